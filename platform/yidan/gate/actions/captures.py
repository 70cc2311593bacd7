"""Taking a capture (S3 and S4 of DOMAIN 2(d)): match, lock, read, judge, record; one transaction.

At gate-in an approval locks the right to this truck visit. At gate-out it claims the right for the
decision's seconds. The box itself leaves in `barriers` only.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from yidan.gate import tables
from yidan.gate.events import Approved, Capture, Direction, Referred, Rejected, Replacement
from yidan.gate.rules import judging
from yidan.gate.rules.judging import Expected, Judgement, Ruling, judge
from yidan.gate.rules.states import decision_over
from yidan.gate.tables import Transaction, Truck
from yidan.kernel.errors import InvalidError, NotFoundError
from yidan.kernel.identifiers import damage_code
from yidan.kernel.reasons import Reason, Role
from yidan.release.actions import at_gate, positions
from yidan.release.actions.access import acting
from yidan.release.actions.positions import Asking, Position
from yidan.release.rules.readiness import CONSUMED, Stage
from yidan.release.rules.right import RightState
from yidan.release.tables import rights
from yidan.release.tables.rights import Right
from yidan.store.unit_of_work import UnitOfWork

RESUME_WITHIN: Final = timedelta(minutes=5)
"""A second badge at the same lane within this time goes on with the open transaction (U11)."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """The port's own settings that decisions need."""

    zone: tzinfo
    decision_ttl_s: int


@dataclass(frozen=True, kw_only=True)
class RecordCapture:
    """What a kiosk saw and sends."""

    device_transaction_id: str
    """Made and stored by the device before it sent; its idempotency key."""
    direction: Direction
    lane: str
    plate: str
    driver_id: str
    equipment_reference: str
    seal_numbers: tuple[str, ...]
    gross_mass_kg: int | None
    damage_codes: tuple[str, ...]
    confidences: Mapping[str, int]
    captured_at: datetime


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What the lane is told."""

    transaction: Transaction
    resumed: bool = False
    """It goes on with an earlier transaction; nothing new was recorded."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A transaction to be judged: who sent it, what was seen, against which right."""

    transaction_id: str
    device: str
    device_transaction_id: str
    terminal: str
    capture: Capture
    truck_visit_id: str
    position: Position | None
    replaced: tuple[Replacement, ...] = ()
    accepted: tuple[str, ...] = ()

    @property
    def stood(self) -> Position:
        """The position it is judged against.

        Raises:
            NotFoundError: there is none.
        """
        if self.position is None:
            raise NotFoundError
        return self.position


def record_capture(command: RecordCapture, site: Site, uow: UnitOfWork) -> Answered:
    """Decide on what a kiosk saw: approve, refer or deny, with every reason.

    The same device transaction again, or a second badge at the lane, changes nothing: it hears how
    the open transaction stands.

    Raises:
        ForbiddenError: the acting party is no verified terminal.
        InvalidError: a damage code is malformed; with all findings.
    """
    terminal = acting(uow, Role.TERMINAL).id
    if findings := damage_findings(command.damage_codes):
        raise InvalidError(*findings)
    device = uow.actor.user
    sent = tables.find_sent(uow.connection, device, command.device_transaction_id)
    if sent is not None:
        return Answered(transaction=sent, resumed=True)
    earlier = _open_transaction(command, terminal, device, uow)
    if earlier is not None:
        return Answered(transaction=earlier, resumed=True)
    capture = _capture(command, uow.now)
    right_id, truck = match(capture, terminal, uow)
    case = Case(
        transaction_id=uow.new_id(),
        device=device,
        device_transaction_id=command.device_transaction_id,
        terminal=terminal,
        capture=capture,
        truck_visit_id=truck.id if truck else "",
        position=stand(right_id, capture, truck, site, uow),
    )
    return decide(case, site, uow)


def damage_findings(codes: Iterable[str], base: str = "") -> list[Reason]:
    """Every malformed damage code of a list, each at its place below `base`."""
    return [
        found
        for place, code in enumerate(codes)
        for found in damage_code.findings(code, at=f"{base}/damageCodes/{place}")
    ]


def _open_transaction(
    command: RecordCapture, terminal: str, device: str, uow: UnitOfWork
) -> Transaction | None:
    since = uow.now - RESUME_WITHIN
    for found in tables.open_at(uow.connection, terminal, command.lane, since=since):
        lapsed = found.expires_at is not None and decision_over(found.expires_at, uow.now)
        same_badge = (bool(command.plate) and command.plate == found.plate) or (
            bool(command.driver_id) and command.driver_id == found.driver_id
        )
        same_box = command.equipment_reference in ("", found.equipment_reference)
        same_way = command.direction is found.direction and device == found.device
        if same_badge and same_box and same_way and not lapsed:
            return found
    return None


def _capture(command: RecordCapture, now: datetime) -> Capture:
    return Capture(
        direction=command.direction,
        lane=command.lane,
        plate=command.plate,
        driver_id=command.driver_id,
        equipment_reference=command.equipment_reference,
        seal_numbers=command.seal_numbers,
        gross_mass_kg=command.gross_mass_kg,
        damage_codes=command.damage_codes,
        confidences=dict(command.confidences),
        captured_at=command.captured_at,
        skew_s=round((command.captured_at - now).total_seconds()),
    )


def match(capture: Capture, terminal: str, uow: UnitOfWork) -> tuple[str, Truck | None]:
    """The right a truck comes for or carries, by its plate; its visit where it is inside.

    Read without a lock: what is decided from it is read again under the lock.
    """
    trucks = tables.inside(uow.connection, terminal, capture.plate) if capture.plate else []
    if capture.direction is Direction.IN:
        return _coming(capture, trucks, uow)
    if not trucks:
        return "", None
    carried = {truck.right_id: truck for truck in trucks}
    found = rights.of_ids(uow.connection, tuple(carried))
    right = _fitting(found, capture.equipment_reference)
    return (right.id, carried[right.id]) if right else ("", None)


def _coming(capture: Capture, trucks: list[Truck], uow: UnitOfWork) -> tuple[str, Truck | None]:
    found: list[Right] = []
    if capture.plate:
        found = rights.of_plate(uow.connection, capture.plate, RightState.ASSIGNED)
    right = _fitting(found, capture.equipment_reference)
    if right is not None:
        return right.id, None
    waiting = [truck for truck in trucks if truck.entered_at is None]
    return (waiting[0].right_id, waiting[0]) if waiting else ("", None)


def _fitting(found: list[Right], box: str) -> Right | None:
    """The right of the box that was read; else the one planned first."""
    exact = [right for right in found if right.equipment_reference == box]
    planned = sorted(found, key=lambda right: (str(right.planned_at or ""), right.id))
    return next(iter(exact or planned), None)


def stand(
    right_id: str, capture: Capture, truck: Truck | None, site: Site, uow: UnitOfWork
) -> Position | None:
    """Lock a right with all its guardians and read its position."""
    right = rights.find(uow.connection, right_id) if right_id else None
    if right is None:
        return None
    asking = Asking(plate=capture.plate, truck_visit_id=truck.id if truck else "")
    also = [f"truck:{truck.id}"] if truck else []
    return positions.locked(uow, right, site.zone, asking, *also)


def judged(case: Case, uow: UnitOfWork) -> Judgement:
    """Judge a case by the gate's rules and everything that stands against the box."""
    position = case.position
    if position is None:
        return judge(case.capture, None, _gone(case, uow))
    if position.visit is None or position.visit.terminal != case.terminal:
        return judge(case.capture, None, ())
    return judge(
        case.capture,
        _expected(position),
        _against(case, position),
        accepted=frozenset(case.accepted),
    )


def _gone(case: Case, uow: UnitOfWork) -> list[Reason]:
    """Why a truck that is not inside has nothing to leave with: it left with it already."""
    if case.capture.direction is Direction.IN:
        return []
    last = tables.last_out(uow.connection, case.terminal, case.capture.plate)
    return [CONSUMED(since=last.closed_at)] if last else []


def _against(case: Case, position: Position) -> list[Reason]:
    coming_back = case.capture.direction is Direction.IN and bool(case.truck_visit_id)
    gate_in = case.capture.direction is Direction.IN and not coming_back
    return position.reasons(Stage.GATE_IN if gate_in else Stage.GATE_OUT)


def _expected(position: Position) -> Expected:
    right, visit = position.held_right, position.visit
    if visit is None:
        raise NotFoundError
    return Expected(
        plate=right.plate,
        driver_id=right.driver_id,
        equipment_reference=right.equipment_reference,
        seal_numbers=visit.seal_numbers,
        gross_mass_kg=visit.gross_mass_kg,
        damage_codes=visit.damage_codes,
    )


def decide(case: Case, site: Site, uow: UnitOfWork, *, why: str = "") -> Answered:
    """Judge a case and record the verdict; an approval locks or claims the right."""
    judgement = judged(case, uow)
    position = case.position
    if judgement.ruling is Ruling.APPROVE and position is not None:
        if case.capture.direction is Direction.IN or not _claimed(position, uow.now):
            return _approve(case, judgement, site, uow, why=why)
        judgement = Judgement(hard=(judging.CLAIMED(),), soft=(), findings=judgement.findings)
    kind = Rejected if judgement.ruling is Ruling.DENY else Referred
    uow.record(f"gate:{case.transaction_id}", kind(**_said(case, judgement)), reason=why)
    return _answer(case.transaction_id, uow)


def reject(case: Case, uow: UnitOfWork, *, why: str) -> Answered:
    """Deny a case on a clerk's word, with whatever else stands against it."""
    judgement = judged(case, uow)
    uow.record(f"gate:{case.transaction_id}", Rejected(**_said(case, judgement)), reason=why)
    return _answer(case.transaction_id, uow)


def _claimed(position: Position, now: datetime) -> bool:
    until = position.held_right.claimed_until
    return until is not None and not decision_over(until, now)


def _approve(
    case: Case, judgement: Judgement, site: Site, uow: UnitOfWork, *, why: str
) -> Answered:
    position = case.stood
    decision_id = secrets.token_hex(16)
    expires_at = uow.now + timedelta(seconds=site.decision_ttl_s)
    truck_visit_id = case.truck_visit_id or uow.new_id()
    if case.capture.direction is Direction.OUT:
        at_gate.claim(uow, position, decision_id, expires_at)
    elif not case.truck_visit_id:
        at_gate.lock_to_truck(uow, position, truck_visit_id)
    approved = Approved(
        **{**_said(case, judgement), "truck_visit_id": truck_visit_id},
        decision_id=decision_id,
        expires_at=expires_at,
    )
    uow.record(f"gate:{case.transaction_id}", approved, reason=why)
    return _answer(case.transaction_id, uow)


def _said(case: Case, judgement: Judgement) -> dict[str, Any]:
    """The fields every verdict has."""
    return {
        "transaction_id": case.transaction_id,
        "device": case.device,
        "device_transaction_id": case.device_transaction_id,
        "terminal": case.terminal,
        "capture": case.capture,
        "reasons": tables.said(judgement.reasons),
        "findings": tables.said(judgement.findings),
        "right_id": case.position.held_right.id if case.position else "",
        "truck_visit_id": case.truck_visit_id,
        "replaced": case.replaced,
        "accepted": case.accepted,
    }


def _answer(transaction_id: str, uow: UnitOfWork) -> Answered:
    found = tables.find(uow.connection, transaction_id)
    if found is None:
        raise NotFoundError
    return Answered(transaction=found)
