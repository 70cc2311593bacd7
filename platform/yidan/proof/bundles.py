"""Proof bundles of what the platform recorded: anyone verifies them offline (LEDGER 6)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from ledger import bundle, bundle_compact, commitment
from ledger.bundle import Bundle, BundleError
from ledger.policy import Policy
from ledger.succession import History
from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role, reason
from yidan.store import chain, events, log
from yidan.store.events import Stored

NOT_WITNESSED_YET = reason(
    "proof-not-ready",
    en="This is recorded; its checkpoint is not cosigned yet. Ask again in a few seconds.",
    zh="已记录；检查点尚待见证方会签。请数秒后再试。",
    owner=Role.ADMINISTRATOR,
)

TOO_LONG = reason(
    "proof-too-long",
    en="This proof is too long for the compact form. Ask for it as JSON, or for fewer fields.",
    zh="该证明过长，无法用紧凑格式。请改用 JSON，或减少字段。",
)

NO_SUBJECT = reason(
    "proof-no-such-subject",
    en="Nothing is recorded of {subject}. A subject is kind:id, for instance waybill:01a2….",
    zh="没有 {subject} 的记录。对象的写法为 类型:编号，例如 waybill:01a2…。",
)

NO_FIELD = reason(
    "proof-no-such-field",
    en="None of these events has the field {field}. Ask for a path as the whole bundle shows it.",
    zh="这些事件均无字段 {field}。请按完整证明包中的路径填写。",
)


class Form(StrEnum):
    """How a bundle is written (docs/reference/bundle.md)."""

    JSON = "json"
    COMPACT = "compact"
    TEXT = "text"


FORMS: Final[Mapping[Form, tuple[str, Callable[[Bundle], bytes]]]] = MappingProxyType(
    {
        Form.JSON: ("application/json", bundle.encode),
        Form.COMPACT: ("application/octet-stream", bundle_compact.pack),
        Form.TEXT: ("text/plain", lambda found: bundle_compact.pack_text(found).encode()),
    }
)
"""Media type of each form, and what writes it."""


def written(data: bytes, form: Form) -> bytes:
    """A bundle in another form.

    Raises:
        RefusedError: it is too long for the compact form.
    """
    _, write = FORMS[form]
    try:
        return write(bundle.decode(data))
    except BundleError as error:
        raise RefusedError(TOO_LONG()) from error


def of_subject(
    connection: Connection, trust: History, subject: str, *types: str, fields: Collection[str] = ()
) -> bytes:
    """The bundle of a subject's events, or of those of some types.

    Args:
        connection: to the database.
        trust: whom the receiver trusts, size by size.
        subject: `kind:id`.
        types: names of event types; none for all.
        fields: paths of the only fields to show; none for all. An event without one of them
            shows that it is there, and nothing else.

    Raises:
        NotFoundError: there are none.
        InvalidError: a field is in none of them.
        RefusedError: the newest of them is not under a cosigned checkpoint yet.
    """
    found = [stored for stored in events.of_subject(connection, subject) if _is(stored, types)]
    if not found:
        raise NotFoundError(NO_SUBJECT(subject=subject))
    return of_events(connection, trust, found, fields=fields)


def _is(stored: Stored, types: tuple[str, ...]) -> bool:
    return not types or stored.type in types


def of_events(
    connection: Connection, trust: History, found: list[Stored], *, fields: Collection[str] = ()
) -> bytes:
    """The bundle of some events under the first checkpoint that covers them all.

    With `fields`, only these are shown.

    Raises:
        NotFoundError: there are none.
        InvalidError: a field is in none of them.
        RefusedError: one of them is not under a cosigned checkpoint yet.
    """
    if not found:
        raise NotFoundError
    _require_fields(found, fields)
    leaves = [log.leaf_of(connection, stored.event_id) for stored in found]
    indices = [leaf.index for leaf in leaves if leaf is not None]
    covering = checkpoint_over(connection, trust, max(indices)) if indices else None
    if len(indices) < len(found) or covering is None:
        raise RefusedError(NOT_WITNESSED_YET())
    checkpoint, policy = covering
    tiles = log.DatabaseTiles(connection)
    proofs = [
        bundle.prove(tiles, checkpoint.size, stored.event_id, index, _evidence(stored, fields))
        for stored, index in zip(found, indices, strict=True)
    ]
    return bundle.build(policy, checkpoint.note, proofs)


def checkpoint_over(
    connection: Connection, trust: History, index: int
) -> tuple[log.Checkpoint, Policy] | None:
    """The first anchored checkpoint over a leaf, the first cosigned one where none is; its policy.

    One that was signed by the old trust just before it handed over, beyond the size in the note,
    proves nothing any more and is passed over.
    """
    for found in _covering(connection, index):
        policy = trust.met_by(found.note)
        if policy is not None:
            return found, policy
    return None


def _covering(connection: Connection, index: int) -> Iterator[log.Checkpoint]:
    for instruction in chain.confirmed(connection, "anchor"):
        size = int(instruction.key.removeprefix("anchor:"))
        found = log.checkpoint_of(connection, size) if size > index else None
        if found is not None and found.cosigned_at is not None:
            yield found
    yield from log.checkpoints_covering(connection, index)


def _require_fields(found: list[Stored], fields: Collection[str]) -> None:
    """Refuse a field that no event has: its proof would show nothing, and be found valid.

    An event whose content was erased may have had it.
    """
    missing = set(fields)
    for stored in found:
        if stored.recorded is None:
            return
        document = events.committed_document(stored.recorded)
        missing -= {path for path, _ in commitment.flatten(document)}
    if missing:
        raise InvalidError(*(NO_FIELD(at="/field", field=name) for name in sorted(missing)))


def _evidence(stored: Stored, fields: Collection[str]) -> bundle.Evidence:
    """What is shown: all, some fields, or nothing but the commitment."""
    if stored.recorded is None or stored.salt is None:
        return bundle.Bare(stored.commitment)
    document = events.committed_document(stored.recorded)
    if not fields:
        return bundle.show_whole(document, stored.salt)
    there = {path for path, _ in commitment.flatten(document)} & set(fields)
    if not there:
        return bundle.Bare(stored.commitment)
    return bundle.show_part(document, stored.salt, there)
