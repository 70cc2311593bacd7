"""The read side of bulk release: bill quantities, lots, pledges, orders, tasks, tickets.

The database itself refuses a negative balance (CHECK constraints): the last word after the guards.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    Index,
    RowMapping,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve, visible_to
from yidan.release.bulk import events
from yidan.release.bulk.rules import (
    Balance,
    BillQuantities,
    OrderFacts,
    OrderState,
    TaskFacts,
    TaskState,
)
from yidan.release.rules.lights import CustomsLight
from yidan.release.tables import bills
from yidan.release.tables.bills import BillKey
from yidan.store.columns import Instant, Serial
from yidan.store.projections import changed_one, projects


class BulkBill(SQLModel, table=True):
    """The bounds of one bill and what was ordered and stocked under it, in kilograms."""

    __tablename__ = "release_bulk_bill"
    carrier: str = Field(primary_key=True)
    """Party id: a bill number is unique per carrier only."""
    transport_document_reference: str = Field(primary_key=True)
    bill_kg: int | None = Field(default=None, sa_type=Serial)
    tolerance_ppm: int = 0
    outturn_kg: int | None = Field(default=None, sa_type=Serial)
    title_kg: int | None = Field(default=None, sa_type=Serial)
    ordered_kg: int = Field(default=0, sa_type=Serial)
    stocked_kg: int = Field(default=0, sa_type=Serial)


class Lot(SQLModel, table=True):
    """One lot's balance, in kilograms."""

    __tablename__ = "release_lot"
    __table_args__ = (
        CheckConstraint("pledged_kg >= 0 AND reserved_kg >= 0", name="lot_parts_not_negative"),
        CheckConstraint("on_hand_kg - pledged_kg - reserved_kg >= 0", name="lot_free_not_negative"),
    )
    id: str = Field(primary_key=True)
    carrier: str
    transport_document_reference: str = Field(index=True)
    owner: str
    terminal: str
    grade: str
    stockpile: str
    received_kg: int = Field(sa_type=Serial)
    on_hand_kg: int = Field(sa_type=Serial)
    pledged_kg: int = Field(default=0, sa_type=Serial)
    reserved_kg: int = Field(default=0, sa_type=Serial)
    stocked_at: datetime = Field(sa_type=Instant)


class Pledge(SQLModel, table=True):
    """One bank's pledge on a lot."""

    __tablename__ = "release_pledge"
    __table_args__ = (CheckConstraint("pledged_kg >= 0", name="pledge_not_negative"),)
    id: str = Field(primary_key=True)
    lot_id: str = Field(index=True)
    bank: str
    pledged_kg: int = Field(sa_type=Serial)


class ReleaseOrder(SQLModel, table=True):
    """One release order."""

    __tablename__ = "release_order"
    __table_args__ = (
        CheckConstraint(
            "task_reserved_kg >= 0 AND ordered_kg - delivered_kg - task_reserved_kg >= 0",
            name="order_open_not_negative",
        ),
    )
    id: str = Field(primary_key=True)
    lot_id: str = Field(index=True)
    transport_document_reference: str
    nominee: str
    state: str
    ordered_kg: int = Field(sa_type=Serial)
    delivered_kg: int = Field(default=0, sa_type=Serial)
    task_reserved_kg: int = Field(default=0, sa_type=Serial)
    valid_until: datetime = Field(sa_type=Instant)


class TruckTask(SQLModel, table=True):
    """One truck's task; a plate has at most one that is open."""

    __tablename__ = "release_task"
    __table_args__ = (
        Index(
            "release_task_open_plate",
            "plate",
            unique=True,
            sqlite_where=text("state NOT IN ('delivered', 'aborted')"),
            postgresql_where=text("state NOT IN ('delivered', 'aborted')"),
        ),
    )
    id: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    lot_id: str
    haulier: str
    terminal: str
    plate: str
    driver_id: str
    state: str
    planned_net_kg: int
    max_gross_kg: int
    registered_tare_kg: int
    tare_kg: int | None = None
    ticket_id: str = ""
    gross_kg: int | None = None
    net_kg: int | None = None


_BILL = BulkBill.__table__  # type: ignore[attr-defined]  # set by SQLModel
_LOT = Lot.__table__  # type: ignore[attr-defined]  # set by SQLModel
_PLEDGE = Pledge.__table__  # type: ignore[attr-defined]  # set by SQLModel
_ORDER = ReleaseOrder.__table__  # type: ignore[attr-defined]  # set by SQLModel
_TASK = TruckTask.__table__  # type: ignore[attr-defined]  # set by SQLModel

_COLUMN: Final = {
    events.QuantityKind.BILL: "bill_kg",
    events.QuantityKind.OUTTURN: "outturn_kg",
    events.QuantityKind.TITLE: "title_kg",
}


@projects(events.QuantityStated)
def _quantity_stated(connection: Connection, recorded: Recorded[events.QuantityStated]) -> None:
    stated = recorded.event
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    bill = BillKey(stated.carrier, stated.transport_document_reference)
    key = {"carrier": bill.carrier, "transport_document_reference": bill.number}
    connection.execute(make(_BILL).values(key).on_conflict_do_nothing())
    values = {_COLUMN[stated.kind]: stated.quantity_kg}
    if stated.kind is events.QuantityKind.BILL:
        values["tolerance_ppm"] = stated.tolerance_ppm
    changed_one(connection.execute(update(_BILL).where(*_of(bill)).values(values)))


def _of(bill: BillKey) -> tuple[ColumnElement[bool], ...]:
    return (
        _BILL.c.carrier == bill.carrier,
        _BILL.c.transport_document_reference == bill.number,
    )


def _add_to_bill(connection: Connection, bill: BillKey, **more_kg: int) -> None:
    values = {name: _BILL.c[name] + amount for name, amount in more_kg.items()}
    changed_one(connection.execute(update(_BILL).where(*_of(bill)).values(values)))


def _add_to_lot(connection: Connection, lot_id: str, **more_kg: int) -> None:
    values = {name: _LOT.c[name] + amount for name, amount in more_kg.items()}
    changed_one(connection.execute(update(_LOT).where(_LOT.c.id == lot_id).values(values)))


def _add_to_order(connection: Connection, order_id: str, **more_kg: int) -> None:
    values = {name: _ORDER.c[name] + amount for name, amount in more_kg.items()}
    changed_one(connection.execute(update(_ORDER).where(_ORDER.c.id == order_id).values(values)))


@projects(events.LotStocked)
def _lot_stocked(connection: Connection, recorded: Recorded[events.LotStocked]) -> None:
    lot = recorded.event
    connection.execute(
        insert(_LOT).values(
            id=lot.lot_id,
            carrier=lot.carrier,
            transport_document_reference=lot.transport_document_reference,
            owner=lot.owner,
            terminal=lot.terminal,
            grade=lot.grade,
            stockpile=lot.stockpile,
            received_kg=lot.quantity_kg,
            on_hand_kg=lot.quantity_kg,
            pledged_kg=0,
            reserved_kg=0,
            stocked_at=recorded.recorded_at,
        )
    )
    bill = BillKey(lot.carrier, lot.transport_document_reference)
    _add_to_bill(connection, bill, stocked_kg=lot.quantity_kg)
    involve(connection, f"lot:{lot.lot_id}", lot.owner, Role.CONSIGNEE)
    involve(connection, f"lot:{lot.lot_id}", lot.terminal, Role.TERMINAL)


@projects(events.LotPledged)
def _lot_pledged(connection: Connection, recorded: Recorded[events.LotPledged]) -> None:
    pledge = recorded.event
    connection.execute(
        insert(_PLEDGE).values(
            id=pledge.pledge_id,
            lot_id=pledge.lot_id,
            bank=pledge.bank,
            pledged_kg=pledge.quantity_kg,
        )
    )
    _add_to_lot(connection, pledge.lot_id, pledged_kg=pledge.quantity_kg)
    involve(connection, f"lot:{pledge.lot_id}", pledge.bank, Role.BANK)


@projects(events.PledgeDischarged)
def _pledge_discharged(connection: Connection, recorded: Recorded[events.PledgeDischarged]) -> None:
    pledge = recorded.event
    changed_one(
        connection.execute(
            update(_PLEDGE)
            .where(_PLEDGE.c.id == pledge.pledge_id)
            .values(pledged_kg=_PLEDGE.c.pledged_kg - pledge.quantity_kg)
        )
    )
    _add_to_lot(connection, pledge.lot_id, pledged_kg=-pledge.quantity_kg)


@projects(events.OrderPlaced)
def _order_placed(connection: Connection, recorded: Recorded[events.OrderPlaced]) -> None:
    order = recorded.event
    connection.execute(
        insert(_ORDER).values(
            id=order.order_id,
            lot_id=order.lot_id,
            transport_document_reference=order.transport_document_reference,
            nominee=order.nominee,
            state=OrderState.ACTIVE.value,
            ordered_kg=order.quantity_kg,
            delivered_kg=0,
            task_reserved_kg=0,
            valid_until=order.valid_until,
        )
    )
    _add_to_lot(connection, order.lot_id, reserved_kg=order.quantity_kg)
    bill = BillKey(order.carrier, order.transport_document_reference)
    _add_to_bill(connection, bill, ordered_kg=order.quantity_kg)
    involve(connection, f"order:{order.order_id}", order.nominee, Role.HAULIER)
    involve(connection, f"order:{order.order_id}", recorded.actor.party, Role.CONSIGNEE)


def _order_state(
    connection: Connection, order_id: str, before: tuple[OrderState, ...], after: OrderState
) -> None:
    changed_one(
        connection.execute(
            update(_ORDER)
            .where(_ORDER.c.id == order_id, _ORDER.c.state.in_([state.value for state in before]))
            .values(state=after.value)
        )
    )


@projects(events.OrderSuspended)
def _order_suspended(connection: Connection, recorded: Recorded[events.OrderSuspended]) -> None:
    before = (OrderState.ACTIVE,)
    _order_state(connection, recorded.event.order_id, before, OrderState.SUSPENDED)


@projects(events.OrderResumed)
def _order_resumed(connection: Connection, recorded: Recorded[events.OrderResumed]) -> None:
    before = (OrderState.SUSPENDED,)
    _order_state(connection, recorded.event.order_id, before, OrderState.ACTIVE)


@projects(events.OrderCancelled)
def _order_cancelled(connection: Connection, recorded: Recorded[events.OrderCancelled]) -> None:
    order = recorded.event
    before = (OrderState.ACTIVE, OrderState.SUSPENDED)
    _order_state(connection, order.order_id, before, OrderState.CANCELLED)
    _add_to_order(connection, order.order_id, ordered_kg=-order.cancelled_kg)
    _add_to_lot(connection, order.lot_id, reserved_kg=-order.cancelled_kg)
    bill = BillKey(order.carrier, order.transport_document_reference)
    _add_to_bill(connection, bill, ordered_kg=-order.cancelled_kg)


@projects(events.TaskReserved)
def _task_reserved(connection: Connection, recorded: Recorded[events.TaskReserved]) -> None:
    task = recorded.event
    connection.execute(
        insert(_TASK).values(
            id=task.task_id,
            order_id=task.order_id,
            lot_id=task.lot_id,
            haulier=task.haulier,
            terminal=task.terminal,
            plate=task.plate,
            driver_id=task.driver_id,
            state=TaskState.RESERVED.value,
            planned_net_kg=task.planned_net_kg,
            max_gross_kg=task.max_gross_kg,
            registered_tare_kg=task.registered_tare_kg,
        )
    )
    _add_to_order(connection, task.order_id, task_reserved_kg=task.planned_net_kg)
    involve(connection, f"task:{task.task_id}", task.haulier, Role.HAULIER)
    involve(connection, f"task:{task.task_id}", task.terminal, Role.TERMINAL)


def _task_step(
    connection: Connection,
    task_id: str,
    before: tuple[TaskState, ...],
    after: TaskState,
    **values: int | str,
) -> None:
    changed_one(
        connection.execute(
            update(_TASK)
            .where(_TASK.c.id == task_id, _TASK.c.state.in_([state.value for state in before]))
            .values(state=after.value, **values)
        )
    )


@projects(events.TaskTared)
def _task_tared(connection: Connection, recorded: Recorded[events.TaskTared]) -> None:
    tared = recorded.event
    before = (TaskState.RESERVED,)
    _task_step(connection, tared.task_id, before, TaskState.ARRIVED, tare_kg=tared.tare_kg)


_WEIGHABLE: Final = (TaskState.ARRIVED, TaskState.WEIGHED, TaskState.OVER_HOLD)


@projects(events.TaskWeighed)
def _task_weighed(connection: Connection, recorded: Recorded[events.TaskWeighed]) -> None:
    _ticket(connection, recorded.event, TaskState.WEIGHED)


@projects(events.TaskOverHeld)
def _task_over_held(connection: Connection, recorded: Recorded[events.TaskOverHeld]) -> None:
    _ticket(connection, recorded.event, TaskState.OVER_HOLD)


def _ticket(
    connection: Connection, weighed: events.TaskWeighed | events.TaskOverHeld, after: TaskState
) -> None:
    _task_step(
        connection,
        weighed.task_id,
        _WEIGHABLE,
        after,
        ticket_id=weighed.ticket_id,
        gross_kg=weighed.gross_kg,
        net_kg=weighed.net_kg,
    )


@projects(events.TaskDelivered)
def _task_delivered(connection: Connection, recorded: Recorded[events.TaskDelivered]) -> None:
    task = recorded.event
    _task_step(connection, task.task_id, (TaskState.WEIGHED,), TaskState.DELIVERED)
    _add_to_order(
        connection,
        task.order_id,
        task_reserved_kg=-task.planned_net_kg,
        delivered_kg=task.net_kg,
    )
    _add_to_lot(connection, task.lot_id, on_hand_kg=-task.net_kg, reserved_kg=-task.net_kg)


@projects(events.TaskAborted)
def _task_aborted(connection: Connection, recorded: Recorded[events.TaskAborted]) -> None:
    task = recorded.event
    before = (TaskState.RESERVED, TaskState.ARRIVED)
    _task_step(connection, task.task_id, before, TaskState.ABORTED)
    _add_to_order(connection, task.order_id, task_reserved_kg=-task.planned_net_kg)


@dataclass(frozen=True, kw_only=True)
class LotRow:
    """One lot with its balance."""

    id: str
    carrier: str
    transport_document_reference: str
    owner: str
    terminal: str
    grade: str
    stockpile: str
    received_kg: int
    balance: Balance

    @property
    def bill(self) -> BillKey:
        """The bill it came under."""
        return BillKey(self.carrier, self.transport_document_reference)


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """One order."""

    id: str
    lot_id: str
    transport_document_reference: str
    nominee: str
    facts: OrderFacts


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """One truck task."""

    id: str
    order_id: str
    lot_id: str
    haulier: str
    terminal: str
    driver_id: str
    state: TaskState
    facts: TaskFacts
    ticket_id: str
    gross_kg: int | None
    net_kg: int | None


@dataclass(frozen=True, kw_only=True)
class PledgeRow:
    """One pledge; `pledged_kg` is what is left of it."""

    id: str
    lot_id: str
    bank: str
    pledged_kg: int


def bill_quantities(connection: Connection, bill: BillKey) -> BillQuantities:
    """The bounds and sums of a bill; all unknown and zero where nothing was stated.

    What customs released is not stated here: it follows from customs' own decisions, so that a
    cancelled release counts at once.
    """
    customs_kg, customs_whole = _customs_released(connection, bill)
    row = connection.execute(select(_BILL).where(*_of(bill))).one_or_none()
    if row is None:
        return BillQuantities(
            bill_kg=None,
            tolerance_ppm=0,
            outturn_kg=None,
            customs_released_kg=customs_kg,
            customs_released_whole=customs_whole,
            title_released_kg=None,
            ordered_kg=0,
            stocked_kg=0,
        )
    return BillQuantities(
        bill_kg=row.bill_kg,
        tolerance_ppm=row.tolerance_ppm,
        outturn_kg=row.outturn_kg,
        customs_released_kg=customs_kg,
        customs_released_whole=customs_whole,
        title_released_kg=row.title_kg,
        ordered_kg=row.ordered_kg,
        stocked_kg=row.stocked_kg,
    )


def _customs_released(connection: Connection, bill: BillKey) -> tuple[int | None, bool]:
    """The quantity customs released, and whether it released the bill as a whole."""
    decision = bills.customs_of(connection, bill, "")
    if decision is None:
        return None, False
    if decision.status is not CustomsLight.RELEASED:
        return 0, False
    return decision.released_quantity_kg, decision.released_quantity_kg is None


def find_lot(connection: Connection, lot_id: str) -> LotRow | None:
    """A lot by id."""
    row = connection.execute(select(_LOT).where(_LOT.c.id == lot_id)).mappings().one_or_none()
    return None if row is None else _lot(row)


def page(
    connection: Connection, party_id: str, *, before: str = "", limit: int = 50
) -> list[LotRow]:
    """Up to `limit` lots that a party may see, the newest first, behind the one named `before`."""
    statement = select(_LOT).where(_LOT.c.id.in_(visible_to(party_id, "lot")))
    if before:
        statement = statement.where(_LOT.c.id < before)
    rows = connection.execute(statement.order_by(_LOT.c.id.desc()).limit(limit)).mappings()
    return [_lot(row) for row in rows]


def _lot(row: RowMapping) -> LotRow:
    return LotRow(
        id=row["id"],
        carrier=row["carrier"],
        transport_document_reference=row["transport_document_reference"],
        owner=row["owner"],
        terminal=row["terminal"],
        grade=row["grade"],
        stockpile=row["stockpile"],
        received_kg=row["received_kg"],
        balance=Balance(
            on_hand_kg=row["on_hand_kg"],
            pledged_kg=row["pledged_kg"],
            reserved_kg=row["reserved_kg"],
        ),
    )


def lots_of_bill(connection: Connection, bill: BillKey) -> list[LotRow]:
    """A bill's lots, the oldest first."""
    mine = (
        _LOT.c.carrier == bill.carrier,
        _LOT.c.transport_document_reference == bill.number,
    )
    rows = connection.execute(select(_LOT).where(*mine).order_by(_LOT.c.id))
    return [_lot(row) for row in rows.mappings()]


def last_ticket(connection: Connection, order_id: str) -> str:
    """The weighbridge ticket of the last truck that left on an order; "" before the first."""
    left = (_TASK.c.order_id == order_id, _TASK.c.state == TaskState.DELIVERED.value)
    statement = select(func.max(_TASK.c.ticket_id)).where(*left)
    return connection.execute(statement).scalar_one_or_none() or ""


def find_pledge(connection: Connection, pledge_id: str) -> PledgeRow | None:
    """A pledge by id."""
    row = connection.execute(select(_PLEDGE).where(_PLEDGE.c.id == pledge_id)).one_or_none()
    return PledgeRow(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def pledges_of(connection: Connection, lot_id: str) -> list[PledgeRow]:
    """A lot's pledges."""
    statement = select(_PLEDGE).where(_PLEDGE.c.lot_id == lot_id).order_by(_PLEDGE.c.id)
    return [
        PledgeRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in connection.execute(statement)
    ]


def find_order(connection: Connection, order_id: str) -> OrderRow | None:
    """An order by id."""
    return next(iter(_orders(connection, _ORDER.c.id == order_id)), None)


def orders_of(connection: Connection, lot_id: str) -> list[OrderRow]:
    """A lot's orders, the oldest first."""
    return _orders(connection, _ORDER.c.lot_id == lot_id)


def _orders(connection: Connection, where: ColumnElement[bool]) -> list[OrderRow]:
    rows = connection.execute(select(_ORDER).where(where).order_by(_ORDER.c.id))
    return [
        OrderRow(
            id=row.id,
            lot_id=row.lot_id,
            transport_document_reference=row.transport_document_reference,
            nominee=row.nominee,
            facts=OrderFacts(
                state=OrderState(row.state),
                ordered_kg=row.ordered_kg,
                delivered_kg=row.delivered_kg,
                task_reserved_kg=row.task_reserved_kg,
                valid_until=row.valid_until,
            ),
        )
        for row in rows
    ]


def find_task(connection: Connection, task_id: str) -> TaskRow | None:
    """A task by id."""
    row = connection.execute(select(_TASK).where(_TASK.c.id == task_id)).one_or_none()
    if row is None:
        return None
    return TaskRow(
        id=row.id,
        order_id=row.order_id,
        lot_id=row.lot_id,
        haulier=row.haulier,
        terminal=row.terminal,
        driver_id=row.driver_id,
        state=TaskState(row.state),
        facts=TaskFacts(
            plate=row.plate,
            planned_net_kg=row.planned_net_kg,
            max_gross_kg=row.max_gross_kg,
            registered_tare_kg=row.registered_tare_kg,
            tare_kg=row.tare_kg,
        ),
        ticket_id=row.ticket_id,
        gross_kg=row.gross_kg,
        net_kg=row.net_kg,
    )


def open_task_of(connection: Connection, plate: str) -> str | None:
    """Id of a truck's open task."""
    final = [TaskState.DELIVERED.value, TaskState.ABORTED.value]
    statement = select(_TASK.c.id).where(_TASK.c.plate == plate, _TASK.c.state.not_in(final))
    found: str | None = connection.execute(statement).scalar_one_or_none()
    return found
