"""Looking at releases and rights: what stands, what is missing, whose turn it is."""

from dataclasses import dataclass
from datetime import tzinfo

from yidan.kernel.errors import NotFoundError
from yidan.kernel.reasons import Reason, Role
from yidan.parties.involvement import require, roles_in
from yidan.release.actions import positions
from yidan.release.actions.positions import Position
from yidan.release.rules import lights
from yidan.release.rules.commercial import Block, CommercialState, LineState, effective
from yidan.release.rules.next_steps import OF_RELEASE, OF_RIGHT
from yidan.release.rules.right import RightState
from yidan.release.tables import releases, rights
from yidan.release.tables.releases import Release
from yidan.release.tables.rights import Right
from yidan.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What comes next, and whether it is the caller's turn."""

    my_roles: tuple[Role, ...]
    next_action: Reason
    mine: bool


@dataclass(frozen=True, kw_only=True)
class ReleaseView:
    """A release as one party sees it."""

    release: Release
    state: CommercialState
    """By the clock: a granted release past its end is expired."""
    lines: dict[str, LineState]
    rights: dict[str, Right]
    """Live rights by box."""
    blocks: tuple[Block, ...]
    """The blocks that stand on it, the oldest first."""
    turn: Turn


@dataclass(frozen=True, kw_only=True)
class RightView:
    """A right as one party sees it."""

    right: Right
    turn: Turn


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """Whether the boxes of a release may leave, box by box, and the bill's customs progress."""

    release_id: str
    positions: tuple[Position, ...]
    progress: lights.CustomsProgress


def look_at_release(release_id: str, uow: UnitOfWork) -> ReleaseView:
    """One release.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, f"release:{release_id}")
    return _release_view(_release(uow, release_id), uow)


def list_releases(uow: UnitOfWork, *, before: str = "", limit: int = 50) -> list[ReleaseView]:
    """The acting party's releases, the newest first."""
    found = releases.page(uow.connection, uow.actor.party, before=before, limit=limit)
    return [_release_view(release, uow) for release in found]


def readiness_of(release_id: str, zone: tzinfo, uow: UnitOfWork) -> Readiness:
    """Every reason why each box of a release may not leave now.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, f"release:{release_id}")
    found = [
        position
        for position in positions.of_release(uow, _release(uow, release_id), zone)
        if position.line is not LineState.CANCELLED
    ]
    customs = tuple(position.lights.customs for position in found)
    return Readiness(
        release_id=release_id, positions=tuple(found), progress=lights.progress(customs)
    )


def look_at_right(right_id: str, uow: UnitOfWork) -> RightView:
    """One right.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, f"right:{right_id}")
    found = rights.find(uow.connection, right_id)
    if found is None:
        raise NotFoundError
    return _right_view(found, uow)


def readiness_of_right(right_id: str, zone: tzinfo, uow: UnitOfWork) -> Position:
    """Every reason why the box of a right may not leave now.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, f"right:{right_id}")
    return positions.read(uow, right_id, zone)


def list_rights(uow: UnitOfWork, *, before: str = "", limit: int = 50) -> list[RightView]:
    """The acting party's rights, the newest first."""
    found = rights.page(uow.connection, uow.actor.party, before=before, limit=limit)
    return [_right_view(right, uow) for right in found]


def _release(uow: UnitOfWork, release_id: str) -> Release:
    found = releases.find(uow.connection, release_id)
    if found is None:
        raise NotFoundError
    return found


def _release_view(release: Release, uow: UnitOfWork) -> ReleaseView:
    held = rights.of_release(uow.connection, release.id)
    state = effective(release.state, release.valid_until, uow.now)
    return ReleaseView(
        release=release,
        state=state,
        lines=releases.lines_of(uow.connection, release.id),
        rights={r.equipment_reference: r for r in held if r.state is not RightState.VOID},
        blocks=releases.blocks_of(uow.connection, release.id),
        turn=_turn(uow, f"release:{release.id}", OF_RELEASE[state](since=release.state_since)),
    )


def _right_view(right: Right, uow: UnitOfWork) -> RightView:
    step = OF_RIGHT[right.state](since=right.state_since)
    turn = _turn(uow, f"right:{right.id}", step)
    who = right.offered_to if right.state is RightState.OFFERED else right.holder
    if right.state in (RightState.HELD, RightState.OFFERED, RightState.ASSIGNED):
        turn = Turn(
            my_roles=turn.my_roles, next_action=turn.next_action, mine=who == uow.actor.party
        )
    return RightView(right=right, turn=turn)


def _turn(uow: UnitOfWork, subject: str, step: Reason) -> Turn:
    mine = roles_in(uow.connection, subject, uow.actor.party)
    carrier_side = {Role.CARRIER, Role.SHIPPING_AGENT}
    owners = carrier_side if step.owner in carrier_side else {step.owner}
    return Turn(my_roles=tuple(sorted(mine)), next_action=step, mine=bool(owners & mine))
