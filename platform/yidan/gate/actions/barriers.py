"""The barrier (S5 of DOMAIN 2(d)): opens on a committed decision, once, here, within its seconds.

Every guard is read again under the lock in the transaction that lets the box out. So a hold that
was committed first always wins, and a decision is no bearer secret: it serves only the device and
lane it was given to.
"""

from dataclasses import dataclass, replace

from yidan.gate import tables
from yidan.gate.actions import captures, receipts
from yidan.gate.actions.captures import Case, Site
from yidan.gate.events import Approved, Direction, GatedIn, GatedOut, LeftWithoutBox
from yidan.gate.rules.states import TransactionState, TruckState, decision_over
from yidan.gate.tables import Transaction, Truck
from yidan.kernel.errors import NotFoundError, RefusedError
from yidan.kernel.reasons import Role, reason
from yidan.parties.involvement import require
from yidan.release.actions import at_gate, positions
from yidan.release.actions.access import acting
from yidan.release.actions.positions import Asking, Position
from yidan.release.rules.right import refuse
from yidan.release.tables import rights
from yidan.store.unit_of_work import UnitOfWork

DECISION_USED = reason(
    "gate-decision-used",
    en="This decision has opened the barrier once; capture again.",
    zh="该放行决定已使用；请重新采集。",
    owner=Role.TERMINAL,
)
DECISION_OVER = reason(
    "gate-decision-over",
    en="This decision was good until {until}; capture again.",
    zh="该放行决定有效期至 {until}；请重新采集。",
    owner=Role.TERMINAL,
)
NOT_IN_YARD = reason(
    "gate-truck-gone",
    en="This truck has left the terminal.",
    zh="该车辆已离开码头。",
)


@dataclass(frozen=True, kw_only=True)
class OpenBarrier:
    """A lane asks to open on a decision."""

    decision_id: str
    lane: str


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The barrier opens: the transaction that says so is committed with this answer."""

    event_id: str
    transaction: Transaction
    eir_document_id: str
    """The receipt issued with a box that left, or ""."""


@dataclass(frozen=True, kw_only=True)
class TruckLeft:
    """A truck left without its box."""

    event_id: str
    truck: Truck


def open_barrier(command: OpenBarrier, site: Site, uow: UnitOfWork) -> Opened:
    """Open the barrier on a decision; at gate-out the box's right is consumed with it.

    Raises:
        ForbiddenError: the acting party is no verified terminal.
        NotFoundError: no such decision of this device and lane.
        RefusedError: used, over, or something stands against it now; every reason.
        ConflictError: somebody else was first.
    """
    terminal = acting(uow, Role.TERMINAL).id
    found = tables.find_decision(uow.connection, command.decision_id)
    mine = (terminal, uow.actor.user, command.lane)
    if found is None or (found.terminal, found.device, found.lane) != mine:
        raise NotFoundError
    _check_decision(found, uow)
    position = _locked(found, site, uow)
    found = tables.find(uow.connection, found.id) or found
    _check_decision(found, uow)
    _check_again(found, position, uow)
    if found.direction is Direction.IN:
        return _let_in(found, uow)
    return _let_out(found, position, uow)


def _check_decision(found: Transaction, uow: UnitOfWork) -> None:
    if found.state is TransactionState.COMPLETE:
        raise RefusedError(DECISION_USED(since=found.opened_at))
    if found.state is not TransactionState.APPROVED or found.expires_at is None:
        raise NotFoundError
    if decision_over(found.expires_at, uow.now):
        until = found.expires_at.isoformat()
        raise RefusedError(DECISION_OVER(since=found.expires_at, until=until))


def _locked(found: Transaction, site: Site, uow: UnitOfWork) -> Position:
    right = rights.find(uow.connection, found.right_id)
    if right is None:
        raise NotFoundError
    asking = Asking(plate=found.plate, truck_visit_id=found.truck_visit_id)
    also = (f"gate:{found.id}", f"truck:{found.truck_visit_id}")
    return positions.locked(uow, right, site.zone, asking, *also)


def _check_again(found: Transaction, position: Position, uow: UnitOfWork) -> None:
    """Every guard once more, under the lock: what the lane saw against what stands now."""
    approved = _approval(found, uow)
    case = Case(
        transaction_id=found.id,
        device=found.device,
        device_transaction_id=found.device_transaction_id,
        terminal=found.terminal,
        capture=approved.capture,
        truck_visit_id=found.truck_visit_id,
        position=position,
        accepted=approved.accepted,
    )
    refuse(list(captures.judged(case, uow).reasons))


def _approval(found: Transaction, uow: UnitOfWork) -> Approved:
    for recorded in reversed(uow.history(f"gate:{found.id}")):
        if isinstance(recorded.event, Approved):
            return recorded.event
    raise NotFoundError


def _let_in(found: Transaction, uow: UnitOfWork) -> Opened:
    recorded = uow.record(
        f"gate:{found.id}",
        GatedIn(
            transaction_id=found.id,
            decision_id=found.decision_id or "",
            truck_visit_id=found.truck_visit_id,
            lane=found.lane,
            plate=found.plate,
        ),
    )
    return Opened(event_id=recorded.event_id, transaction=_again(found, uow), eir_document_id="")


def _let_out(found: Transaction, position: Position, uow: UnitOfWork) -> Opened:
    capture = _approval(found, uow).capture
    decision_id = found.decision_id or ""
    at_gate.consume(uow, position, decision_id)
    eir_document_id = receipts.issue(uow, found, capture, position)
    right, release, visit = position.held_right, position.release, position.visit
    if visit is None:
        raise NotFoundError
    recorded = uow.record(
        f"gate:{found.id}",
        GatedOut(
            transaction_id=found.id,
            decision_id=decision_id,
            truck_visit_id=found.truck_visit_id,
            right_id=right.id,
            release_id=release.id,
            visit_id=visit.id,
            terminal=found.terminal,
            lane=found.lane,
            plate=capture.plate,
            transport_document_reference=release.transport_document_reference,
            delivery_order_reference=release.delivery_order_reference,
            equipment_reference=right.equipment_reference,
            iso_equipment_code=visit.iso_equipment_code,
            seal_numbers=capture.seal_numbers,
            gross_mass_kg=capture.gross_mass_kg,
            damage_codes=capture.damage_codes,
            un_location_code=visit.un_location_code,
            vessel_imo_number=visit.vessel_imo_number,
            voyage=visit.voyage,
            carrier_code=release.carrier_code,
            eir_document_id=eir_document_id,
        ),
    )
    return Opened(
        event_id=recorded.event_id,
        transaction=_again(found, uow),
        eir_document_id=eir_document_id,
    )


def leave_without_box(truck_visit_id: str, why: str, site: Site, uow: UnitOfWork) -> TruckLeft:
    """Let a truck leave as it came; the right goes back to its assignment.

    Raises:
        NotFoundError: no such truck in the acting terminal.
        RefusedError: it has left.
    """
    terminal = acting(uow, Role.TERMINAL).id
    truck = tables.find_truck(uow.connection, truck_visit_id)
    if truck is None or truck.terminal != terminal:
        raise NotFoundError
    right = rights.find(uow.connection, truck.right_id)
    if right is None:
        raise NotFoundError
    asking = Asking(plate=truck.plate, truck_visit_id=truck.id)
    position = positions.locked(uow, right, site.zone, asking, f"truck:{truck.id}")
    truck = tables.find_truck(uow.connection, truck_visit_id) or truck
    if truck.state is not TruckState.IN_YARD:
        raise RefusedError(NOT_IN_YARD(since=truck.closed_at))
    at_gate.leave_behind(uow, position, why)
    happened = LeftWithoutBox(truck_visit_id=truck.id, plate=truck.plate, right_id=truck.right_id)
    recorded = uow.record(f"truck:{truck.id}", happened, reason=why)
    left = replace(truck, state=TruckState.LEFT, closed_at=uow.now)
    return TruckLeft(event_id=recorded.event_id, truck=left)


def look_at_transaction(transaction_id: str, uow: UnitOfWork) -> Transaction:
    """A gate transaction, for its terminal.

    Raises:
        NotFoundError: not there, or another terminal's.
    """
    require(uow, f"gate:{transaction_id}")
    found = tables.find(uow.connection, transaction_id)
    if found is None:
        raise NotFoundError
    return found


def list_transactions(
    uow: UnitOfWork, *, before: str = "", state: str = "", limit: int = 50
) -> list[Transaction]:
    """The acting terminal's transactions, the newest first."""
    return tables.page(uow.connection, uow.actor.party, before=before, state=state, limit=limit)


def _again(found: Transaction, uow: UnitOfWork) -> Transaction:
    return tables.find(uow.connection, found.id) or found
