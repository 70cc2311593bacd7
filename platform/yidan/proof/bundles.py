"""Proof bundles of what the platform recorded: anyone verifies them offline (LEDGER 6)."""

from sqlalchemy import Connection

from ledger import bundle
from ledger.bundle import EventProof
from ledger.policy import Policy
from yidan.kernel.errors import NotFoundError, RefusedError
from yidan.kernel.reasons import Role, reason
from yidan.store import chain, events, log
from yidan.store.events import Stored

NOT_WITNESSED_YET = reason(
    "proof-not-ready",
    en="This is recorded; its checkpoint is not cosigned yet. Ask again in a few seconds.",
    zh="已记录；检查点尚待见证方会签。请数秒后再试。",
    owner=Role.ADMINISTRATOR,
)


def of_subject(connection: Connection, policy: Policy, subject: str, *types: str) -> bytes:
    """The bundle of a subject's events, or of those of some types.

    Raises:
        NotFoundError: there are none.
        RefusedError: the newest of them is not under a cosigned checkpoint yet.
    """
    found = [stored for stored in events.of_subject(connection, subject) if _is(stored, types)]
    return of_events(connection, policy, found)


def _is(stored: Stored, types: tuple[str, ...]) -> bool:
    return not types or stored.type in types


def of_events(connection: Connection, policy: Policy, found: list[Stored]) -> bytes:
    """The bundle of some events under the first checkpoint that covers them all.

    Raises:
        NotFoundError: there are none.
        RefusedError: one of them is not under a cosigned checkpoint yet.
    """
    if not found:
        raise NotFoundError
    leaves = [log.leaf_of(connection, stored.event_id) for stored in found]
    indices = [leaf.index for leaf in leaves if leaf is not None]
    checkpoint = _checkpoint_over(connection, max(indices)) if indices else None
    if len(indices) < len(found) or checkpoint is None:
        raise RefusedError(NOT_WITNESSED_YET())
    tiles = log.DatabaseTiles(connection)
    proofs = [
        _prove(tiles, checkpoint.size, stored, index)
        for stored, index in zip(found, indices, strict=True)
    ]
    return bundle.build(policy, checkpoint.note, proofs)


def _checkpoint_over(connection: Connection, index: int) -> log.Checkpoint | None:
    """The first anchored checkpoint over a leaf; the first cosigned one where none is."""
    for instruction in chain.confirmed(connection, "anchor"):
        size = int(instruction.key.removeprefix("anchor:"))
        found = log.checkpoint_of(connection, size) if size > index else None
        if found is not None and found.cosigned_at is not None:
            return found
    return log.checkpoint_covering(connection, index)


def _prove(tiles: log.DatabaseTiles, size: int, stored: Stored, index: int) -> EventProof:
    if stored.recorded is None or stored.salt is None:
        evidence: bundle.Evidence = bundle.Bare(stored.commitment)
    else:
        document = events.committed_document(stored.recorded)
        evidence = bundle.show_whole(document, stored.salt)
    return bundle.prove(tiles, size, stored.event_id, index, evidence)
