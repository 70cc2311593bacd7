"""Use cases of bulk release: state quantities, stock, pledge, order, plan a truck, weigh, leave.

Every action locks the lot, the bill and whatever else may stop the goods before it reads: either
a hold commits first and is seen, or the goods left first; never both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.identifiers import plate as plates
from yidan.kernel.quantities import mass_findings
from yidan.kernel.reasons import ROLE_WORDS, Reason, Role, reason, worded
from yidan.parties.actions import acting_party
from yidan.parties.involvement import require
from yidan.parties.rules import OrganisationState
from yidan.parties.tables import organisation
from yidan.release.bulk import events, rules, tables
from yidan.release.bulk.rules import TaskFacts, TaskState
from yidan.release.bulk.tables import LotRow, OrderRow, TaskRow
from yidan.release.rules.holds import hold_reasons
from yidan.release.tables import holds
from yidan.release.tables.bills import BillKey
from yidan.release.titles.goods import on_chain
from yidan.release.titles.orders.actions import leaving_findings, placing_findings
from yidan.store import ledger_state
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.actions.agents import act_for_carrier
from yidan.waybill.tables import Bill, find_bills

NOT_A_PARTY_IN_ROLE = reason(
    "party-not-in-role",
    en="{party} is no verified {role}; name one that is.",
    zh="{party} 不是已核验的{role}；请指定符合条件的单位。",
    role=worded(ROLE_WORDS),
)
PARTY_BARRED = reason(
    "bulk-party-not-verified",
    en="The owner or the haulier of these goods is suspended; an administrator must verify it.",
    zh="该批货物的货主或承运车队已被停用；须由管理员重新核验。",
    owner=Role.ADMINISTRATOR,
)
OWNER_NOT_CONSIGNEE = reason(
    "bulk-owner-not-consignee",
    en="{party} is not the consignee of this bill; a lot begins with the bill's consignee.",
    zh="{party} 不是该提单的收货人；货位的首个货主须为提单收货人。",
)
TASKS_OPEN = reason(
    "bulk-tasks-open",
    en="Trucks have {reserved} kg of this order reserved; finish or abort their tasks first.",
    zh="该指令有 {reserved} 千克已由车辆预留；请先完成或取消这些任务。",
    owner=Role.HAULIER,
)
CARRIER_NEEDED = reason(
    "bulk-carrier-needed",
    en="Several carriers use bill number {bill}; name the carrier.",
    zh="多个承运人使用提单号 {bill}；请指明承运人。",
)
NOT_STATED = reason(
    "bulk-quantity-not-stateable",
    en="The quantity customs released follows from customs' own decisions; nobody states it.",
    zh="海关放行数量以海关自身决定为准，不接受申报。",
    owner=Role.CUSTOMS,
)
TOLERANCE = reason(
    "bulk-tolerance-out-of-range",
    en="A trade tolerance is 0 to {most} parts per million.",
    zh="溢短装允差应为百万分之 0 至 {most}。",
)
EXPIRY_PAST = reason(
    "bulk-order-ends-in-the-past",
    en="The order would end at {until}, which is past; give a later end.",
    zh="放货指令将于 {until} 结束，已经过期；请填写更晚的时间。",
)
MAX_TOLERANCE_PPM: Final = 200_000
"""Largest trade tolerance of a bill's quantity, parts per million `[K]`."""
STATED_BY: Final = {
    events.QuantityKind.BILL: (Role.CARRIER, Role.SHIPPING_AGENT),
    events.QuantityKind.TITLE: (Role.CARRIER, Role.SHIPPING_AGENT),
    events.QuantityKind.OUTTURN: (Role.TERMINAL,),
}
"""Who states which quantity; customs' own comes with its decisions."""


@dataclass(frozen=True, kw_only=True)
class StateQuantity:
    """State one of a bill's quantities."""

    transport_document_reference: str
    kind: events.QuantityKind
    quantity_kg: int
    tolerance_ppm: int = 0
    carrier: str = ""
    """Party id; "" where one carrier alone uses the number."""


@dataclass(frozen=True, kw_only=True)
class StockLot:
    """Stock a lot."""

    transport_document_reference: str
    owner: str
    grade: str
    stockpile: str
    quantity_kg: int
    carrier: str = ""
    """Party id; "" where one carrier alone uses the number."""


@dataclass(frozen=True, kw_only=True)
class PlaceOrder:
    """Order a quantity of a lot to be released to a nominee."""

    lot_id: str
    nominee: str
    quantity_kg: int
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class PlanTruck:
    """Plan a truck on an order."""

    order_id: str
    plate: str
    driver_id: str
    planned_net_kg: int
    max_gross_kg: int
    registered_tare_kg: int


def _refuse(reasons: Iterable[Reason]) -> None:
    found = tuple(reasons)
    if found:
        raise RefusedError(*found)


def _check_mass(quantity_kg: int, at: str) -> None:
    if found := mass_findings(quantity_kg, at=at):
        raise InvalidError(*found)


def _in_role(uow: UnitOfWork, party_id: str, role: Role, at: str) -> None:
    """Make sure another party named in a command is verified and has a role.

    Raises:
        InvalidError: it does not.
    """
    found = organisation(uow.connection, party_id)
    if found is None or found.state is not OrganisationState.VERIFIED or role not in found.roles:
        raise InvalidError(NOT_A_PARTY_IN_ROLE(at=at, party=party_id, role=role.value))


def _stopping(uow: UnitOfWork, *guardians: str) -> list[Reason]:
    """Holds on any guardian, suspended parties, the ledger's stop; under the caller's locks."""
    found = hold_reasons(holds.active_on(uow.connection, guardians))
    if why := ledger_state.releases_stopped(uow.connection):
        found.append(rules.LEDGER_STOPPED(why=why))
    parties = [key for kind, _, key in (g.partition(":") for g in guardians) if kind == _PARTY]
    if any(_barred(uow, party) for party in parties):
        found.append(PARTY_BARRED())
    return found


_PARTY: Final = "organisation"


def _barred(uow: UnitOfWork, party_id: str) -> bool:
    found = organisation(uow.connection, party_id)
    return found is None or found.state is not OrganisationState.VERIFIED


def _lot(uow: UnitOfWork, lot_id: str, *roles: Role) -> LotRow:
    require(uow, f"lot:{lot_id}", *roles)
    found = tables.find_lot(uow.connection, lot_id)
    if found is None:
        raise NotFoundError
    uow.lock(*_guardians(found))
    locked = tables.find_lot(uow.connection, lot_id)
    if locked is None:
        raise NotFoundError
    return locked


def _guardians(lot: LotRow) -> tuple[str, ...]:
    return (
        f"lot:{lot.id}",
        f"bill:{lot.transport_document_reference}",
        f"organisation:{lot.owner}",
    )


@dataclass(frozen=True, kw_only=True)
class LotView:
    """A lot with its pledges."""

    lot: LotRow
    pledges: tuple[tables.PledgeRow, ...]


def see_lot(lot_id: str, uow: UnitOfWork) -> LotView:
    """A lot as its owner, its terminal or its banks see it; a bank sees its own pledges alone.

    Raises:
        NotFoundError: the acting party is none of them.
    """
    roles = require(uow, f"lot:{lot_id}")
    found = tables.find_lot(uow.connection, lot_id)
    if found is None:
        raise NotFoundError
    pledges = tables.pledges_of(uow.connection, lot_id)
    if not roles & {Role.CONSIGNEE, Role.TERMINAL}:
        pledges = [pledge for pledge in pledges if pledge.bank == uow.actor.party]
    return LotView(lot=found, pledges=tuple(pledges))


def see_order(order_id: str, uow: UnitOfWork) -> OrderRow:
    """An order as its owner or nominee sees it.

    Raises:
        NotFoundError: the acting party is neither.
    """
    require(uow, f"order:{order_id}")
    found = tables.find_order(uow.connection, order_id)
    if found is None:
        raise NotFoundError
    return found


def see_task(task_id: str, uow: UnitOfWork) -> TaskRow:
    """A task as its haulier or terminal sees it.

    Raises:
        NotFoundError: the acting party is neither.
    """
    require(uow, f"task:{task_id}")
    found = tables.find_task(uow.connection, task_id)
    if found is None:
        raise NotFoundError
    return found


def state_quantity(command: StateQuantity, uow: UnitOfWork) -> events.QuantityStated:
    """State a quantity that bounds what may be released of a bill.

    Raises:
        NotFoundError: the acting party is not the one who states this quantity of this bill.
        ForbiddenError: neither the carrier of the main leg nor an agent that it appointed.
        InvalidError: the quantity is out of range.
    """
    party = acting_party(uow)
    _check_quantity(command)
    outturn = command.kind is events.QuantityKind.OUTTURN
    if outturn and Role.TERMINAL not in party.roles:
        raise NotFoundError
    uow.lock(f"bill:{command.transport_document_reference}")
    bill = _bill(uow, command, "" if outturn else party.id)
    if outturn:
        _keep_out_other_terminals(uow, _key(bill))
    else:
        require(uow, f"waybill:{bill.id}", *STATED_BY[command.kind])
        act_for_carrier(uow, bill, bill.release_ports)
    stated = events.QuantityStated(
        carrier=bill.carrier_id,
        transport_document_reference=command.transport_document_reference,
        kind=command.kind,
        quantity_kg=command.quantity_kg,
        tolerance_ppm=command.tolerance_ppm,
        stated_by=party.id,
    )
    uow.record(f"bill:{command.transport_document_reference}", stated)
    return stated


def _check_quantity(command: StateQuantity) -> None:
    found = mass_findings(command.quantity_kg, at="/quantityKg")
    if command.kind not in STATED_BY:
        found.append(NOT_STATED(at="/kind"))
    if not 0 <= command.tolerance_ppm <= MAX_TOLERANCE_PPM:
        found.append(TOLERANCE(at="/tolerancePpm", most=MAX_TOLERANCE_PPM))
    if found:
        raise InvalidError(*found)


def _bill(uow: UnitOfWork, named: StateQuantity | StockLot, issuer: str) -> Bill:
    """The one live bill a command names; of a carrier or agent where `issuer` is not "".

    Raises:
        NotFoundError: there is none.
        InvalidError: several carriers use the number and none is named.
    """
    number = named.transport_document_reference
    found = [
        bill
        for bill in find_bills(uow.connection, number)
        if bill.live
        and named.carrier in ("", bill.carrier_id)
        and issuer in ("", bill.carrier_id, bill.agent_id)
    ]
    if len(found) > 1:
        raise InvalidError(CARRIER_NEEDED(at="/carrier", bill=number))
    if not found:
        raise NotFoundError
    return found[0]


def _key(bill: Bill) -> BillKey:
    return BillKey(bill.carrier_id, bill.transport_document_reference)


def _keep_out_other_terminals(uow: UnitOfWork, bill: BillKey) -> None:
    """A bill is discharged at one terminal: the first that stated its outturn (A15).

    Raises:
        NotFoundError: that is another terminal than the acting party.
    """
    for recorded in uow.history(f"bill:{bill.number}"):
        stated = recorded.event
        if isinstance(stated, events.QuantityStated) and (
            stated.kind is events.QuantityKind.OUTTURN
            and stated.carrier == bill.carrier
            and stated.stated_by != uow.actor.party
        ):
            raise NotFoundError


def stock_lot(command: StockLot, uow: UnitOfWork) -> LotView:
    """Stock a quantity of one grade of one owner; the acting terminal keeps it.

    Raises:
        NotFoundError: the acting party is no terminal, another one has the goods, or there is no
            such bill.
        InvalidError: the quantity is out of range, or the owner is not the bill's own consignee,
            verified.
        RefusedError: more would be stocked than was discharged.
    """
    terminal = acting_party(uow)
    if Role.TERMINAL not in terminal.roles:
        raise NotFoundError
    _check_mass(command.quantity_kg, "/quantityKg")
    _in_role(uow, command.owner, Role.CONSIGNEE, "/owner")
    uow.lock(f"bill:{command.transport_document_reference}")
    bill = _bill(uow, command, "")
    if bill.consignee.party_id != command.owner:
        raise InvalidError(OWNER_NOT_CONSIGNEE(at="/owner", party=command.owner))
    _keep_out_other_terminals(uow, _key(bill))
    quantities = tables.bill_quantities(uow.connection, _key(bill))
    _refuse(rules.stocking_reasons(quantities, command.quantity_kg))
    lot_id = uow.new_id()
    uow.record(
        f"lot:{lot_id}",
        events.LotStocked(
            lot_id=lot_id,
            carrier=bill.carrier_id,
            transport_document_reference=command.transport_document_reference,
            owner=command.owner,
            terminal=terminal.id,
            grade=command.grade,
            stockpile=command.stockpile,
            quantity_kg=command.quantity_kg,
        ),
    )
    return see_lot(lot_id, uow)


def pledge_lot(lot_id: str, bank: str, quantity_kg: int, uow: UnitOfWork) -> LotView:
    """Pledge a free quantity to a bank.

    Raises:
        NotFoundError: the lot is not the acting party's own.
        InvalidError: the quantity is out of range, or the bank is no verified bank.
        RefusedError: the quantity is not free, or the lot is held.
    """
    acting_party(uow)
    _check_mass(quantity_kg, "/quantityKg")
    _in_role(uow, bank, Role.BANK, "/bank")
    lot = _lot(uow, lot_id, Role.CONSIGNEE)
    _refuse([*_stopping(uow, *_guardians(lot)), *rules.free_reasons(lot.balance, quantity_kg)])
    uow.record(
        f"lot:{lot_id}",
        events.LotPledged(
            lot_id=lot_id, pledge_id=uow.new_id(), bank=bank, quantity_kg=quantity_kg
        ),
    )
    return see_lot(lot_id, uow)


def discharge_pledge(pledge_id: str, quantity_kg: int, uow: UnitOfWork) -> LotView:
    """Let go of a pledge, or of part of it: the bank's consent that this much may leave (G7).

    Raises:
        NotFoundError: the pledge is not the acting bank's.
        RefusedError: less is pledged.
    """
    bank = acting_party(uow)
    _check_mass(quantity_kg, "/quantityKg")
    pledge = tables.find_pledge(uow.connection, pledge_id)
    if pledge is None or pledge.bank != bank.id:
        raise NotFoundError
    _lot(uow, pledge.lot_id, Role.BANK)
    pledge = tables.find_pledge(uow.connection, pledge_id) or pledge
    _refuse(rules.discharge_reasons(pledge.pledged_kg, quantity_kg))
    uow.record(
        f"lot:{pledge.lot_id}",
        events.PledgeDischarged(lot_id=pledge.lot_id, pledge_id=pledge_id, quantity_kg=quantity_kg),
    )
    return see_lot(pledge.lot_id, uow)


def place_order(command: PlaceOrder, uow: UnitOfWork) -> OrderRow:
    """Order a quantity to be released to a nominee, within G1 and G4.

    Raises:
        NotFoundError: the lot is not the acting party's own.
        InvalidError: the quantity is out of range, the nominee is no verified haulier, or the
            end is past.
        RefusedError: every reason why it cannot be released.
    """
    acting_party(uow)
    _check_mass(command.quantity_kg, "/quantityKg")
    _in_role(uow, command.nominee, Role.HAULIER, "/nominee")
    lot = _lot(uow, command.lot_id, Role.CONSIGNEE)
    if command.valid_until <= uow.now:
        until = command.valid_until.isoformat()
        raise InvalidError(EXPIRY_PAST(at="/validUntil", until=until))
    quantities = tables.bill_quantities(uow.connection, lot.bill)
    _refuse(
        [
            *_stopping(uow, *_guardians(lot), f"organisation:{command.nominee}"),
            *on_chain(uow.connection, lot.bill, first=lot.owner).reasons,
            *rules.bill_reasons(quantities, command.quantity_kg),
            *rules.free_reasons(lot.balance, command.quantity_kg),
            *placing_findings(uow.connection, lot, command.quantity_kg),
        ]
    )
    order_id = uow.new_id()
    uow.record(
        f"order:{order_id}",
        events.OrderPlaced(
            order_id=order_id,
            lot_id=lot.id,
            carrier=lot.carrier,
            transport_document_reference=lot.transport_document_reference,
            nominee=command.nominee,
            quantity_kg=command.quantity_kg,
            valid_until=command.valid_until,
        ),
    )
    return _order(uow, order_id)


def _order(uow: UnitOfWork, order_id: str, *roles: Role) -> OrderRow:
    require(uow, f"order:{order_id}", *roles)
    uow.lock(f"order:{order_id}")
    found = tables.find_order(uow.connection, order_id)
    if found is None:
        raise NotFoundError
    return found


def cancel_order(order_id: str, uow: UnitOfWork) -> OrderRow:
    """Cancel what is left of an order; what was delivered stays delivered.

    Raises:
        NotFoundError: the order is not the acting party's own.
        RefusedError: trucks are on their way, or the order has ended.
    """
    acting_party(uow)
    found = tables.find_order(uow.connection, order_id)
    if found is None:
        raise NotFoundError
    require(uow, f"order:{order_id}", Role.CONSIGNEE)
    lot = _lot(uow, found.lot_id, Role.CONSIGNEE)
    order = _order(uow, order_id, Role.CONSIGNEE)
    rules.ORDER.advance(order.facts.state, events.OrderCancelled)
    if order.facts.task_reserved_kg:
        raise RefusedError(TASKS_OPEN(reserved=order.facts.task_reserved_kg))
    uow.record(
        f"order:{order_id}",
        events.OrderCancelled(
            order_id=order_id,
            lot_id=order.lot_id,
            carrier=lot.carrier,
            transport_document_reference=order.transport_document_reference,
            cancelled_kg=order.facts.open_kg,
        ),
    )
    return _order(uow, order_id)


def suspend_order(order_id: str, uow: UnitOfWork) -> OrderRow:
    """Suspend an order: nothing leaves on it until it is resumed."""
    return _switch(order_id, events.OrderSuspended(order_id=order_id), uow)


def resume_order(order_id: str, uow: UnitOfWork) -> OrderRow:
    """Resume a suspended order."""
    return _switch(order_id, events.OrderResumed(order_id=order_id), uow)


def _switch(
    order_id: str, happened: events.OrderSuspended | events.OrderResumed, uow: UnitOfWork
) -> OrderRow:
    acting_party(uow)
    order = _order(uow, order_id, Role.CONSIGNEE)
    rules.ORDER.advance(order.facts.state, type(happened))
    uow.record(f"order:{order_id}", happened)
    return _order(uow, order_id)


def plan_truck(command: PlanTruck, uow: UnitOfWork) -> TaskRow:
    """Plan a truck on an order and reserve its kilograms (G2).

    Raises:
        NotFoundError: the acting party is not the order's nominee.
        InvalidError: the plate is malformed.
        RefusedError: every reason why the truck cannot be planned.
    """
    haulier = acting_party(uow)
    require(uow, f"order:{command.order_id}", Role.HAULIER)
    if wrong := plates.findings(command.plate, at="/plate"):
        raise InvalidError(*wrong)
    found = tables.find_order(uow.connection, command.order_id)
    lot = tables.find_lot(uow.connection, found.lot_id) if found else None
    if found is None or lot is None:
        raise NotFoundError
    vehicle = f"vehicle:{command.plate}"
    guardians = (*_guardians(lot), vehicle, f"organisation:{haulier.id}")
    uow.lock(*guardians, f"order:{command.order_id}")
    order = _order(uow, command.order_id)
    task = TaskFacts(
        plate=command.plate,
        planned_net_kg=command.planned_net_kg,
        max_gross_kg=command.max_gross_kg,
        registered_tare_kg=command.registered_tare_kg,
        tare_kg=None,
    )
    reasons = [
        *_stopping(uow, *guardians),
        *on_chain(uow.connection, lot.bill, first=lot.owner).reasons,
        *leaving_findings(uow.connection, order, lot),
        *rules.reserve_reasons(order.facts, task, uow.now),
    ]
    if tables.open_task_of(uow.connection, command.plate):
        reasons.append(rules.TRUCK_BUSY(plate=command.plate, at="/plate"))
    _refuse(reasons)
    task_id = uow.new_id()
    uow.record(
        f"task:{task_id}",
        events.TaskReserved(
            task_id=task_id,
            order_id=order.id,
            lot_id=order.lot_id,
            haulier=haulier.id,
            terminal=lot.terminal,
            plate=command.plate,
            driver_id=command.driver_id,
            planned_net_kg=command.planned_net_kg,
            max_gross_kg=command.max_gross_kg,
            registered_tare_kg=command.registered_tare_kg,
        ),
    )
    return _task(uow, task_id)


def _task(uow: UnitOfWork, task_id: str, *roles: Role) -> TaskRow:
    require(uow, f"task:{task_id}", *roles)
    uow.lock(f"task:{task_id}")
    found = tables.find_task(uow.connection, task_id)
    if found is None:
        raise NotFoundError
    return found


@dataclass(frozen=True, kw_only=True)
class _Situation:
    """A task with everything its leaving depends on, all of it locked."""

    task: TaskRow
    order: OrderRow
    lot: LotRow
    guardians: tuple[str, ...]


def _situation(uow: UnitOfWork, task_id: str) -> _Situation:
    """Lock a task's order, lot, bill, parties and truck, then read them."""
    require(uow, f"task:{task_id}", Role.TERMINAL)
    seen = tables.find_task(uow.connection, task_id)
    lot = tables.find_lot(uow.connection, seen.lot_id) if seen else None
    if seen is None or lot is None:
        raise NotFoundError
    guardians = (
        *_guardians(lot),
        f"order:{seen.order_id}",
        f"organisation:{seen.haulier}",
        f"vehicle:{seen.facts.plate}",
    )
    uow.lock(*guardians, f"task:{task_id}")
    task = tables.find_task(uow.connection, task_id)
    order = tables.find_order(uow.connection, seen.order_id)
    lot = tables.find_lot(uow.connection, seen.lot_id)
    if task is None or order is None or lot is None:
        raise NotFoundError
    return _Situation(task=task, order=order, lot=lot, guardians=guardians)


def weigh_empty(task_id: str, plate: str, tare_kg: int, scale_id: str, uow: UnitOfWork) -> TaskRow:
    """Weigh the truck empty as it comes in (空磅).

    Raises:
        NotFoundError: the task is not at the acting terminal.
        RefusedError: another truck, a tare far from the registered one, or a hold.
    """
    acting_party(uow)
    seen = _situation(uow, task_id)
    rules.TASK.advance(seen.task.state, events.TaskTared)
    reasons = [
        *_stopping(uow, *seen.guardians),
        *rules.order_reasons(seen.order.facts, uow.now),
        *rules.tare_reasons(seen.task.facts, tare_kg),
    ]
    if plate != seen.task.facts.plate:
        expected = seen.task.facts.plate
        reasons.append(rules.NOT_THE_TRUCK(expected=expected, read=plate, at="/plate"))
    _refuse(reasons)
    tared = events.TaskTared(task_id=task_id, tare_kg=tare_kg, scale_id=scale_id)
    uow.record(f"task:{task_id}", tared)
    return _task(uow, task_id)


def weigh_loaded(task_id: str, gross_kg: int, scale_id: str, uow: UnitOfWork) -> TaskRow:
    """Weigh the loaded truck (重磅): WEIGHED, or OVER_HOLD until it is trimmed and weighed again.

    Raises:
        NotFoundError: the task is not at the acting terminal.
        RefusedError: this is no weighing: gross is not above tare.
    """
    acting_party(uow)
    seen = _situation(uow, task_id)
    rules.TASK.advance(seen.task.state, events.TaskWeighed)
    _refuse(rules.weighing_reasons(seen.task.facts, gross_kg))
    tare_kg = seen.task.facts.tare_kg or 0
    over = rules.overload_reasons(seen.order.facts, seen.task.facts, gross_kg)
    kind = events.TaskOverHeld if over else events.TaskWeighed
    ticket = kind(
        task_id=task_id,
        ticket_id=uow.new_id(),
        supersedes=seen.task.ticket_id,
        gross_kg=gross_kg,
        tare_kg=tare_kg,
        net_kg=gross_kg - tare_kg,
        scale_id=scale_id,
    )
    uow.record(
        f"task:{task_id}",
        ticket,
        reason=" ".join(r.text(tongue) for r in over for tongue in ("zh", "en")),
    )
    return _task(uow, task_id)


def leave(task_id: str, plate: str, uow: UnitOfWork) -> TaskRow:
    """Let the weighed truck out: every guard is read again under the lock, the balances go down.

    Raises:
        NotFoundError: the task is not at the acting terminal.
        RefusedError: every reason why the truck must stay.
    """
    acting_party(uow)
    seen = _situation(uow, task_id)
    rules.TASK.advance(seen.task.state, events.TaskDelivered)
    net_kg = seen.task.net_kg or 0
    reasons = [
        *_stopping(uow, *seen.guardians),
        *on_chain(uow.connection, seen.lot.bill, first=seen.lot.owner).reasons,
        *leaving_findings(uow.connection, seen.order, seen.lot),
        *rules.departure_reasons(
            seen.order.facts,
            seen.task.facts,
            tables.bill_quantities(uow.connection, seen.lot.bill),
            seen.lot.balance,
            net_kg=net_kg,
            plate=plate,
            now=uow.now,
        ),
    ]
    _refuse(reasons)
    uow.record(
        f"task:{task_id}",
        events.TaskDelivered(
            task_id=task_id,
            order_id=seen.order.id,
            lot_id=seen.lot.id,
            ticket_id=seen.task.ticket_id,
            plate=plate,
            net_kg=net_kg,
            planned_net_kg=seen.task.facts.planned_net_kg,
        ),
    )
    return _task(uow, task_id)


def abort_task(task_id: str, uow: UnitOfWork) -> TaskRow:
    """Give up a task whose truck is not loaded; its kilograms are open again.

    Raises:
        NotFoundError: the task is not the acting party's.
        RefusedError: the truck is loaded, or the task has ended.
    """
    acting_party(uow)
    require(uow, f"task:{task_id}", Role.HAULIER, Role.TERMINAL)
    seen = tables.find_task(uow.connection, task_id)
    if seen is None:
        raise NotFoundError
    uow.lock(f"order:{seen.order_id}", f"task:{task_id}")
    task = _task(uow, task_id)
    if task.state is not TaskState.RESERVED:
        require(uow, f"task:{task_id}", Role.TERMINAL)  # it is inside: only the gate saw it empty
    rules.TASK.advance(task.state, events.TaskAborted)
    uow.record(
        f"task:{task_id}",
        events.TaskAborted(
            task_id=task_id,
            order_id=task.order_id,
            plate=task.facts.plate,
            planned_net_kg=task.facts.planned_net_kg,
        ),
    )
    return _task(uow, task_id)
