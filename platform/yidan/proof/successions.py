"""Hand trust over while the platform runs (交接): other witnesses, another log key, another log.

Source: LEDGER 2 and 6, "signed by a quorum of the old set, logged, effective at a size"; what a
succession is stands in `ledger.succession`. Three steps: the log proposes, its witnesses sign by
their operators' hands, and what a quorum signed is applied. Applying records an event, which is
a leaf like any other, and then keeps policy and note beside the policy file, where the
checkpointer, the embedded witnesses and every reader choose by size. The event comes first: what a
crash left out is made up for from it (`keep_up`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from ledger import checkpoint as checkpoints
from ledger import policy_file, succession_files
from ledger.note import public_key_bytes
from ledger.policy import Log, Policy, PolicyError
from ledger.succession import Succession, SuccessionError, digest, encode, propose, sign
from yidan.config import Settings
from yidan.kernel.events import SYSTEM
from yidan.ports import Services
from yidan.proof import setup
from yidan.proof.events import TrustHandedOver
from yidan.store import edge, events, keys, log
from yidan.store.unit_of_work import UnitOfWork

AHEAD: Final = 100
"""So many leaves ahead a succession takes effect, if nobody says otherwise."""


class NotAppliedError(Exception):
    """A succession cannot be proposed or applied; the text says why."""


@dataclass(frozen=True)
class Proposal:
    """A new policy and the note in which the log alone hands over to it."""

    policy: bytes
    note: bytes


def subject(settings: Settings) -> str:
    """Under what the log's own events stand."""
    return f"log:{settings.log_origin}"


def with_new_key(settings: Settings, origin: str) -> Policy:
    """The newest policy with a new key for a log, whose private half lies in `var/keys`.

    For another origin than this installation's, the log of that name takes its place. A key that
    was made for a proposal and never spoke is used for the next one.
    """
    trust, folder = setup.read_trust(settings), settings.var / "keys"
    known = {one.key.public_key for policy in trust.policies for one in policy.logs}
    made = [path.name for path in sorted(folder.glob("log*"))]
    spare = [one for one in made if public_key_bytes(keys.ed25519(folder, one)) not in known]
    name = spare[0] if spare else f"log-{len(made) + 1}"
    key = checkpoints.log_key(origin, keys.ed25519(folder, name))
    others = tuple(one for one in trust.newest.logs if one.key.name != settings.log_origin)
    return replace(trust.newest, logs=(Log(key), *others))


def proposed(
    connection: Connection, settings: Settings, new: Policy, at: int | None, successor: str = ""
) -> Proposal:
    """Propose a policy, to speak for what is larger than `at`; the log's key signs.

    Args:
        connection: to the database.
        settings: of this installation.
        new: whom to trust then.
        at: the last size that the old policy speaks for; `AHEAD` of the log if None.
        successor: origin of the log that follows, where this one ends at `at`.

    Raises:
        NotAppliedError: the policy is not one that may follow, or the log has passed the size.
    """
    origin, old = settings.log_origin, setup.read_trust(settings).newest
    size = log.size(connection) + AHEAD if at is None else at
    _check(connection, settings, old, new, size)
    try:
        step = propose(old, new, origin, size, successor)
    except SuccessionError as error:
        raise NotAppliedError(str(error)) from error
    line = sign(step, origin, setup.signing_key(settings, old, origin))
    return Proposal(policy_file.write(new), encode(step, (line,)))


def _check(connection: Connection, settings: Settings, old: Policy, new: Policy, size: int) -> None:
    if old.chain is None:
        raise NotAppliedError("the policy names no contract yet: wait for the first anchor")
    if new.chain != old.chain:
        raise NotAppliedError("the new policy names another contract")
    if digest(new) == digest(old):
        raise NotAppliedError("the new policy is the old one")
    if setup.read_trust(settings).frozen_at(settings.log_origin) is not None:
        raise NotAppliedError("this log is to end already: propose nothing more for it")
    found = log.size(connection)
    if size < found:
        raise NotAppliedError(f"the log has {found} leaves already: propose a larger size")


def apply(services: Services, new: bytes, note: bytes) -> Succession:
    """Apply what a quorum of the old witnesses signed: record it, then keep it.

    Applying the newest one again is fine.

    Raises:
        NotAppliedError: the old trust did not sign it, or the log has passed the size in it.
    """
    settings = services.settings
    keep_up(services)
    path = setup.policy_path(settings)
    last = [(a.read_bytes(), b.read_bytes()) for a, b in succession_files.steps(path)][-1:]
    trust = setup.read_trust(settings)
    if last == [(new, note)]:
        return trust.steps[-1][0]
    try:
        texts = new.decode(), note.decode()
        step, policy = trust.then(policy_file.parse(new), note).steps[-1]
        setup.signing_key(settings, policy, step.successor or step.origin)
    except (PolicyError, SuccessionError, UnicodeDecodeError, setup.MissingKeyError) as error:
        raise NotAppliedError(str(error)) from error
    if step.origin != settings.log_origin:
        raise NotAppliedError(f"it is of the log {step.origin}")
    if policy_file.write(policy) != new:
        raise NotAppliedError("the policy file is not written as `propose` wrote it")

    def record(uow: UnitOfWork) -> None:
        uow.lock(subject(settings))
        _check(uow.connection, settings, trust.newest, policy, step.size)
        happened = TrustHandedOver(
            origin=step.origin,
            size=step.size,
            successor=step.successor,
            old_policy=policy_file.write(trust.newest).decode(),
            new_policy=texts[0],
            note=texts[1],
        )
        uow.record(subject(settings), happened)

    edge.run(services, SYSTEM, record)
    keep_up(services)
    return step


def recorded(connection: Connection, settings: Settings) -> list[TrustHandedOver]:
    """What the log says of its own trust, in order."""
    found = (one.recorded for one in events.of_subject(connection, subject(settings)))
    return [one.event for one in found if one and isinstance(one.event, TrustHandedOver)]


def keep_up(services: Services) -> None:
    """Keep beside the policy file what was recorded and is not there yet.

    Raises:
        SuccessionError: an event stands there that the trust before it did not sign.
        PolicyError: likewise, with a policy that is none.
    """
    path = setup.policy_path(services.settings)
    with services.unit_of_work(SYSTEM, reading=True) as uow:
        said = recorded(uow.connection, services.settings)
    for one in said[len(succession_files.steps(path)) :]:
        succession_files.add(path, one.new_policy.encode(), one.note.encode())


def told(settings: Settings) -> Iterator[tuple[bytes, bytes]]:
    """Policy file and note of each step, for whoever trusts the first policy."""
    for new, note in succession_files.steps(setup.policy_path(settings)):
        yield new.read_bytes(), note.read_bytes()
