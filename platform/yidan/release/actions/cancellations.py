"""What stops a release: cancelling boxes or all of it, blocking, expiry (SM-A1).

What the carrier takes back acts at once. A box whose truck is in the terminal, or that has left,
is not taken back; the answer says so box by box.
"""

from dataclasses import dataclass

from yidan.kernel.errors import NotFoundError, RefusedError
from yidan.kernel.events import SYSTEM
from yidan.kernel.reasons import Reason, Role
from yidan.ports import LineOutcome
from yidan.release.actions.access import CARRIER_SIDE, acting, for_issuer
from yidan.release.actions.acknowledgements import ReleaseChanged, changed
from yidan.release.events import (
    BlockEnded,
    ReleaseAccomplished,
    ReleaseBlocked,
    ReleaseExpired,
    ReleaseLinesCancelled,
    ReleaseRevoked,
    ReleaseUnblocked,
    RightSuspended,
)
from yidan.release.rules import commercial
from yidan.release.rules.commercial import COMMERCIAL, CommercialState, LineState
from yidan.release.rules.right import RIGHT, RightState, refuse
from yidan.release.tables import releases, rights
from yidan.release.tables.releases import Release
from yidan.release.tables.rights import Right
from yidan.store.unit_of_work import UnitOfWork

BLOCKERS = (Role.CARRIER, Role.BANK, Role.SHIPPING_AGENT)
"""Who may block a release: who gave it, and a bank that holds the bill in pledge.

In this order: a bank that is agent too blocks as bank, and no carrier ends its block.
"""


@dataclass(frozen=True, kw_only=True)
class ReleaseOutcome:
    """What became of a release order, box by box."""

    event_ids: tuple[str, ...]
    """Empty where nothing of it could be applied."""
    release_id: str
    lines: tuple[LineOutcome, ...]


def cancel_release(
    release_id: str, boxes: tuple[str, ...], why: str, uow: UnitOfWork
) -> ReleaseOutcome:
    """Take boxes off a release, or all of it where none is named (撤销).

    Raises:
        NotFoundError: no such release of the acting carrier or agent.
        ForbiddenError: an agent that the carrier has not appointed.
        RefusedError: no box can be taken off; every reason.
    """
    acting(uow, *CARRIER_SIDE)
    for_issuer(uow, f"release:{release_id}", release_id, *CARRIER_SIDE)
    outcome = take_off(uow, release_id, boxes, why)
    if not outcome.event_ids:
        raise RefusedError(*(found for line in outcome.lines for found in line.reasons))
    return outcome


def take_off(
    uow: UnitOfWork, release_id: str, boxes: tuple[str, ...], why: str = ""
) -> ReleaseOutcome:
    """Take boxes off a release (all where none is named), as far as they can be.

    Raises:
        RefusedError: the release is not one that can be cancelled.
    """
    release, lines = locked(uow, release_id)
    if not COMMERCIAL.allows(release.state, ReleaseLinesCancelled):
        refuse([commercial.NOT_CANCELLABLE(state=release.state.value, since=release.state_since)])
    held = _live(uow, release_id)
    named = boxes or tuple(box for box, state in lines.items() if state in _OPEN)
    outcomes = tuple(_outcome(release, box, lines.get(box), held.get(box)) for box in named)
    off = tuple(line.reference for line in outcomes if line.applied)
    if not off:
        return ReleaseOutcome(event_ids=(), release_id=release_id, lines=outcomes)
    kept = {
        box for box, state in lines.items() if state is not LineState.CANCELLED and box not in off
    }
    cancelled = ReleaseLinesCancelled(release_id=release_id, equipment_references=off)
    event = cancelled if kept else ReleaseRevoked(release_id=release_id)
    event_id = uow.record(f"release:{release_id}", event, reason=why).event_id
    for box in off:
        suspend(uow, held.get(box))
    accomplish(uow, release_id)
    return ReleaseOutcome(event_ids=(event_id,), release_id=release_id, lines=outcomes)


_OPEN = (LineState.WAITING, LineState.ARMED)


def _outcome(
    release: Release, box: str, line: LineState | None, right: Right | None
) -> LineOutcome:
    found: list[Reason] = []
    if line is LineState.CONSUMED:
        found.append(commercial.GATE_OUT_DONE(box=box))
    elif line not in _OPEN:
        number = release.delivery_order_reference
        found.append(commercial.NOT_ON_RELEASE(box=box, release=number))
    elif right is not None and right.state is RightState.LOCKED_AT_GATE:
        found.append(commercial.LOCKED_AT_GATE(box=box, since=right.state_since))
    return LineOutcome(reference=box, applied=not found, reasons=tuple(found))


def locked(uow: UnitOfWork, release_id: str) -> tuple[Release, dict[str, LineState]]:
    """A release with all its rights locked, and its lines.

    Raises:
        NotFoundError: there is no such release.
    """
    uow.lock(f"release:{release_id}")
    uow.lock(*(f"right:{right.id}" for right in rights.of_release(uow.connection, release_id)))
    found = releases.find(uow.connection, release_id)
    if found is None:
        raise NotFoundError
    return found, releases.lines_of(uow.connection, release_id)


def _live(uow: UnitOfWork, release_id: str) -> dict[str, Right]:
    found = rights.of_release(uow.connection, release_id)
    return {r.equipment_reference: r for r in found if r.state is not RightState.VOID}


def suspend(uow: UnitOfWork, right: Right | None) -> None:
    """Suspend a right that is not at the gate, if it is not suspended already."""
    if right is not None and not right.suspended and RIGHT.allows(right.state, RightSuspended):
        uow.record(f"right:{right.id}", RightSuspended(right_id=right.id))


def accomplish(uow: UnitOfWork, release_id: str) -> None:
    """Close a granted release all of whose boxes have left."""
    release = releases.find(uow.connection, release_id)
    lines = set(releases.lines_of(uow.connection, release_id).values())
    done = LineState.CONSUMED in lines and lines <= {LineState.CONSUMED, LineState.CANCELLED}
    if release is not None and release.state is CommercialState.GRANTED and done:
        uow.record(f"release:{release_id}", ReleaseAccomplished(release_id=release_id))


def block_release(release_id: str, why: str, uow: UnitOfWork) -> ReleaseChanged:
    """Block a release; nothing leaves on it until every party that blocked it has unblocked it.

    Raises:
        NotFoundError: no such release of which the acting party is carrier, agent or bank.
        ForbiddenError: an agent that the carrier has not appointed.
        InvalidTransitionError: it is not granted.
        RefusedError: the acting party blocks it already.
    """
    release, role = _for_blocking(uow, release_id)
    COMMERCIAL.advance(release.state, ReleaseBlocked)
    if _own_block(uow, release_id):
        raise RefusedError(commercial.BLOCKED_BY_YOU(since=release.state_since))
    event = ReleaseBlocked(release_id=release_id, role=role)
    recorded = uow.record(f"release:{release_id}", event, reason=why)
    return changed(uow, recorded.event_id, release_id)


def unblock_release(release_id: str, why: str, uow: UnitOfWork) -> ReleaseChanged:
    """End one's own block; another party's stands. Also after the release was revoked.

    The carrier that has no block of its own ends its agent's, the oldest first: an agent that it
    dismissed can end none any more.

    Raises:
        NotFoundError: no such release of which the acting party is carrier, agent or bank.
        ForbiddenError: an agent that the carrier has not appointed.
        InvalidTransitionError: it is not blocked.
        RefusedError: the acting party has no block on it that it may end.
    """
    release, _ = _for_blocking(uow, release_id)
    blocks = releases.blocks_of(uow.connection, release_id)
    last = len(blocks) <= 1 and (not blocks or release.state is CommercialState.BLOCKED)
    kind = ReleaseUnblocked if last else BlockEnded
    COMMERCIAL.advance(release.state, kind)
    me = uow.actor.party
    ended = commercial.block_to_end(blocks, me, carrier=release.carrier)
    if ended is None:
        raise RefusedError(commercial.NOT_BLOCKED_BY_YOU(since=release.state_since))
    blocked_by = "" if ended.party_id == me else ended.party_id
    event = kind(release_id=release_id, blocked_by=blocked_by)
    recorded = uow.record(f"release:{release_id}", event, reason=why)
    accomplish(uow, release_id)
    return changed(uow, recorded.event_id, release_id)


def _own_block(uow: UnitOfWork, release_id: str) -> bool:
    blocks = releases.blocks_of(uow.connection, release_id)
    return any(block.party_id == uow.actor.party for block in blocks)


def _for_blocking(uow: UnitOfWork, release_id: str) -> tuple[Release, Role]:
    """The locked release, and the role in which the acting party may block it."""
    acting(uow, *BLOCKERS)
    roles = for_issuer(uow, f"release:{release_id}", release_id, *BLOCKERS)
    uow.lock(f"release:{release_id}")
    found = releases.find(uow.connection, release_id)
    if found is None:
        raise NotFoundError
    return found, next(role for role in BLOCKERS if role in roles)


def expire(uow: UnitOfWork, release: Release) -> None:
    """Write down that a release ran out, and suspend its rights that are not at the gate."""
    event = ReleaseExpired(release_id=release.id)
    uow.record(f"release:{release.id}", event, occurred_at=release.valid_until, actor=SYSTEM)
    for right in rights.of_release(uow.connection, release.id):
        suspend(uow, right)


def expire_overdue(uow: UnitOfWork, *, limit: int = 100) -> int:
    """Write down which releases ran out: a tidy-up, since every use judges by the clock itself."""
    count = 0
    for release_id in sorted(releases.overdue(uow.connection, now=uow.now, limit=limit)):
        release, _ = locked(uow, release_id)
        late = commercial.effective(release.state, release.valid_until, uow.now)
        if late is CommercialState.EXPIRED and release.state is CommercialState.GRANTED:
            expire(uow, release)
            count += 1
    return count
