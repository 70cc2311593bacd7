"""The terminal's half of a release: it knows the boxes, and so their rights are armed.

A release is acknowledged at once when the terminal's list has every box; else it waits until it
does. Nothing leaves on a release the terminal does not know (DOMAIN U5).
"""

from dataclasses import dataclass
from typing import Final

from yidan.kernel.errors import NotFoundError, RefusedError
from yidan.kernel.reasons import Reason, Role
from yidan.release.actions import delivery_orders
from yidan.release.actions.access import acting
from yidan.release.events import (
    PendingBoxesRefused,
    ReleaseAcknowledged,
    ReleaseTurnedDown,
    RightArmed,
    RightNamed,
    RightReset,
    RightResumed,
    RightVoided,
)
from yidan.release.rules import commercial
from yidan.release.rules.commercial import COMMERCIAL, CommercialState, LineState
from yidan.release.rules.right import RightState
from yidan.release.tables import releases, rights, visits
from yidan.release.tables.releases import Release
from yidan.release.tables.rights import Right
from yidan.release.tables.visits import Visit
from yidan.store.unit_of_work import UnitOfWork

SERIAL: Final = "serial:right"
"""The subject that is locked while a serial number is given."""


@dataclass(frozen=True, kw_only=True)
class ReleaseChanged:
    """What became of a release."""

    event_id: str
    release: Release
    lines: dict[str, LineState]


def acknowledge_release(release_id: str, uow: UnitOfWork) -> ReleaseChanged:
    """Acknowledge a release, or its update, whose boxes are all on the terminal's list.

    Raises:
        NotFoundError: no such release for a voyage the acting terminal listed.
        RefusedError: there is nothing to acknowledge, or a box is not on the list; every reason.
    """
    release = _of_terminal(uow, release_id)
    COMMERCIAL.advance(release.state, ReleaseAcknowledged)
    event_id = acknowledge_known(uow, release_id)
    if not event_id:
        known = _visits(uow, release, _waiting(uow, release_id))
        missing = [box for box in _waiting(uow, release_id) if box not in known]
        taken = _taken_elsewhere(uow, release_id, known)
        raise RefusedError(*(_not_known(release, box) for box in missing), *taken)
    return changed(uow, event_id, release_id)


def turn_down_release(release_id: str, why: str, uow: UnitOfWork) -> ReleaseChanged:
    """Turn a release down, or the boxes of an update that the terminal does not know.

    Raises:
        NotFoundError: no such release for a voyage the acting terminal listed.
        RefusedError: there is nothing to turn down.
    """
    release = _of_terminal(uow, release_id)
    subject = f"release:{release_id}"
    if release.pending_update and release.state is CommercialState.GRANTED:
        recorded = uow.record(subject, PendingBoxesRefused(release_id=release_id), reason=why)
        return changed(uow, recorded.event_id, release_id)
    COMMERCIAL.advance(release.state, ReleaseTurnedDown)
    down = uow.record(subject, ReleaseTurnedDown(release_id=release_id), reason=why)
    return changed(uow, down.event_id, release_id)


def acknowledge_known(uow: UnitOfWork, release_id: str) -> str:
    """Acknowledge a release if the terminal knows every waiting box; the event's id, or "".

    Locks the release, its visits and their rights.
    """
    release = releases.find(uow.connection, release_id)
    boxes = _waiting(uow, release_id)
    if release is None or not boxes:
        return ""
    known = _visits(uow, release, boxes)
    if set(boxes) - known.keys():
        return ""
    lock_visits(uow, release_id, known)
    release = releases.find(uow.connection, release_id)
    boxes = _waiting(uow, release_id)
    open_state = release and COMMERCIAL.allows(release.state, ReleaseAcknowledged)
    if release is None or not open_state or not boxes or set(boxes) - known.keys():
        return ""
    if _taken_elsewhere(uow, release_id, {box: known[box] for box in boxes}):
        return ""
    recorded = uow.record(
        f"release:{release_id}",
        ReleaseAcknowledged(release_id=release_id, terminal=known[boxes[0]].terminal),
    )
    _arm(uow, release, {box: known[box] for box in boxes})
    delivery_orders.issue(uow, release, known[boxes[0]].terminal)
    return recorded.event_id


def _taken_elsewhere(uow: UnitOfWork, release_id: str, known: dict[str, Visit]) -> list[Reason]:
    """Why boxes are another order's: of two that waited, the first to be armed has them."""
    held = rights.of_visits(uow.connection, [visit.id for visit in known.values()])
    return [
        commercial.RELEASED_ELSEWHERE(box=right.equipment_reference, since=right.state_since)
        for right in held.values()
        if right.release_id != release_id and not right.suspended
    ]


def lock_visits(uow: UnitOfWork, release_id: str, known: dict[str, Visit]) -> None:
    """Lock a release with visits and the rights they have."""
    held = rights.of_visits(uow.connection, [visit.id for visit in known.values()])
    uow.lock(
        SERIAL,
        f"release:{release_id}",
        *(f"visit:{visit.id}" for visit in known.values()),
        *(f"right:{right.id}" for right in held.values()),
    )


def changed(uow: UnitOfWork, event_id: str, release_id: str) -> ReleaseChanged:
    """The release as it is now.

    Raises:
        NotFoundError: there is no such release.
    """
    found = releases.find(uow.connection, release_id)
    if found is None:
        raise NotFoundError
    return ReleaseChanged(
        event_id=event_id, release=found, lines=releases.lines_of(uow.connection, release_id)
    )


def name_first(uow: UnitOfWork, right_id: str, release: Release) -> None:
    """Give a right that nobody holds to the release's first party, where it is known."""
    if release.first_holder and release.first_holder_role is not None:
        named = RightNamed(
            right_id=right_id, holder=release.first_holder, role=release.first_holder_role
        )
        uow.record(f"right:{right_id}", named)


def _arm(uow: UnitOfWork, release: Release, boxes: dict[str, Visit]) -> None:
    held = rights.of_visits(uow.connection, [visit.id for visit in boxes.values()])
    serial = rights.last_serial_number(uow.connection)
    for box, visit in boxes.items():
        right = held.get(visit.id)
        if right is not None and right.release_id == release.id:
            _rearm(uow, release, right)
            continue
        if right is not None:
            # Another release's chain of holders never passes to this one.
            uow.record(f"right:{right.id}", RightVoided(right_id=right.id))
        serial += 1
        _new(uow, release, box, visit, serial)


def _new(uow: UnitOfWork, release: Release, box: str, visit: Visit, serial: int) -> None:
    right_id = uow.new_id()
    uow.record(
        f"right:{right_id}",
        RightArmed(
            right_id=right_id,
            serial_number=serial,
            release_id=release.id,
            visit_id=visit.id,
            equipment_reference=box,
            transport_document_reference=release.transport_document_reference,
        ),
    )
    name_first(uow, right_id, release)


def _rearm(uow: UnitOfWork, release: Release, right: Right) -> None:
    """The chain is kept where it began with the same first party; else it begins anew."""
    subject = f"right:{right.id}"
    first = right.chain[0] if right.chain else ""
    if first != release.first_holder and right.state is not RightState.LOCKED_AT_GATE:
        uow.record(subject, RightReset(right_id=right.id))
        name_first(uow, right.id, release)
    if right.suspended:
        uow.record(subject, RightResumed(right_id=right.id, release_id=release.id))


def _waiting(uow: UnitOfWork, release_id: str) -> list[str]:
    lines = releases.lines_of(uow.connection, release_id)
    return [box for box, state in lines.items() if state is LineState.WAITING]


def _visits(uow: UnitOfWork, release: Release, boxes: list[str]) -> dict[str, Visit]:
    voyage = (release.vessel_imo_number, release.voyage)
    return visits.on_voyage(uow.connection, boxes, *voyage)


def _not_known(release: Release, box: str) -> Reason:
    return commercial.VISIT_NOT_KNOWN(
        vessel=release.vessel_imo_number, voyage=release.voyage, box=box
    )


def _of_terminal(uow: UnitOfWork, release_id: str) -> Release:
    """The locked release of a voyage that the acting terminal listed."""
    terminal = acting(uow, Role.TERMINAL).id
    uow.lock(f"release:{release_id}")
    found = releases.find(uow.connection, release_id)
    if found is None or not visits.listed_by(
        uow.connection, terminal, found.vessel_imo_number, found.voyage
    ):
        raise NotFoundError
    return found
