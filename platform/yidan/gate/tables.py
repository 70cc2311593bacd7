"""The read side of the gate: transactions with their decisions, and trucks in the terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Index, UniqueConstraint, insert, select, text, update
from sqlmodel import Field, SQLModel

from yidan.gate import events
from yidan.gate.events import Direction, Said, Verdict
from yidan.gate.rules.judging import TRUCK_STILL_INSIDE
from yidan.gate.rules.states import TRANSACTION, TransactionState, TruckState
from yidan.kernel.content import from_json, to_json
from yidan.kernel.events import Recorded
from yidan.kernel.reasons import Reason, Role
from yidan.parties.involvement import involve, visible_to
from yidan.store.columns import Instant, Json
from yidan.store.erasing import forgets
from yidan.store.projections import changed_one, projects

_HERE: Final = text("state = 'in_yard'")


class GateTransaction(SQLModel, table=True):
    """One gate transaction; the device made its own id and stored it before it sent."""

    __tablename__ = "gate_transaction"
    __table_args__ = (
        UniqueConstraint("device", "device_transaction_id"),
        Index("gate_transaction_lane", "terminal", "lane", "recorded_at"),
    )
    id: str = Field(primary_key=True)
    device: str
    device_transaction_id: str
    terminal: str
    direction: str
    lane: str
    plate: str
    driver_id: str
    equipment_reference: str
    state: str
    reasons: Any = Field(sa_type=Json)
    findings: Any = Field(sa_type=Json)
    accepted: Any = Field(sa_type=Json)
    right_id: str
    truck_visit_id: str
    decision_id: str | None = Field(default=None, unique=True)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    decided_at: datetime = Field(sa_type=Instant)
    opened_at: datetime | None = Field(default=None, sa_type=Instant)


class TruckVisit(SQLModel, table=True):
    """One truck that came for one box; a plate is inside for a right once at a time."""

    __tablename__ = "gate_truck_visit"
    __table_args__ = (
        Index(
            "gate_truck_visit_here",
            "right_id",
            unique=True,
            sqlite_where=_HERE,
            postgresql_where=_HERE,
        ),
        Index("gate_truck_visit_plate", "plate", "state"),
    )
    id: str = Field(primary_key=True)
    terminal: str
    plate: str
    driver_id: str
    right_id: str
    state: str
    opened_at: datetime = Field(sa_type=Instant)
    entered_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)


_TABLE = GateTransaction.__table__  # type: ignore[attr-defined]  # set by SQLModel
_TRUCK = TruckVisit.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """A gate transaction as it stands now."""

    id: str
    device: str
    device_transaction_id: str
    terminal: str
    direction: Direction
    lane: str
    plate: str
    driver_id: str
    equipment_reference: str
    state: TransactionState
    reasons: tuple[Reason, ...]
    findings: tuple[Reason, ...]
    accepted: frozenset[str]
    right_id: str
    truck_visit_id: str
    decision_id: str | None
    expires_at: datetime | None
    recorded_at: datetime
    decided_at: datetime
    opened_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Truck:
    """A truck visit as it stands now."""

    id: str
    terminal: str
    plate: str
    driver_id: str
    right_id: str
    state: TruckState
    opened_at: datetime
    entered_at: datetime | None
    closed_at: datetime | None


def said(reasons: tuple[Reason, ...]) -> tuple[Said, ...]:
    """Reasons as events keep them."""
    return tuple(
        Said(code=r.code, owner=r.owner, since=r.since, params=dict(r.params)) for r in reasons
    )


def _heard(kept: list[Any]) -> tuple[Reason, ...]:
    found = [from_json(Said, one) for one in kept]
    return tuple(
        Reason(code=one.code, owner=one.owner, since=one.since, params=one.params) for one in found
    )


def _transactions(
    connection: Connection, *where: Any, limit: int | None = None
) -> list[Transaction]:
    statement = select(_TABLE).where(*where).order_by(_TABLE.c.id.desc()).limit(limit)
    return [
        Transaction(
            **{
                **row,
                "direction": Direction(row["direction"]),
                "state": TransactionState(row["state"]),
                "reasons": _heard(row["reasons"]),
                "findings": _heard(row["findings"]),
                "accepted": frozenset(row["accepted"]),
            }
        )
        for row in connection.execute(statement).mappings()
    ]


def find(connection: Connection, transaction_id: str) -> Transaction | None:
    """A transaction by its id."""
    return next(iter(_transactions(connection, _TABLE.c.id == transaction_id)), None)


def find_sent(
    connection: Connection, device: str, device_transaction_id: str
) -> Transaction | None:
    """The transaction a device sent under its own id."""
    where = (_TABLE.c.device == device, _TABLE.c.device_transaction_id == device_transaction_id)
    return next(iter(_transactions(connection, *where)), None)


def find_decision(connection: Connection, decision_id: str) -> Transaction | None:
    """The transaction a decision belongs to."""
    return next(iter(_transactions(connection, _TABLE.c.decision_id == decision_id)), None)


def open_at(
    connection: Connection, terminal: str, lane: str, *, since: datetime
) -> list[Transaction]:
    """Transactions of a lane that wait for a clerk or for the barrier, the newest first."""
    waiting = (TransactionState.REFERRED.value, TransactionState.APPROVED.value)
    return _transactions(
        connection,
        _TABLE.c.terminal == terminal,
        _TABLE.c.lane == lane,
        _TABLE.c.recorded_at >= since,
        _TABLE.c.state.in_(waiting),
        limit=5,
    )


def page(
    connection: Connection, party_id: str, *, before: str, state: str, limit: int
) -> list[Transaction]:
    """A terminal's transactions, the newest first, behind the one named by `before`."""
    where = [_TABLE.c.id.in_(visible_to(party_id, "gate"))]
    if before:
        where.append(_TABLE.c.id < before)
    if state:
        where.append(_TABLE.c.state == state)
    return _transactions(connection, *where, limit=limit)


def find_truck(connection: Connection, truck_visit_id: str) -> Truck | None:
    """A truck visit by its id."""
    return next(iter(_trucks(connection, _TRUCK.c.id == truck_visit_id)), None)


def inside(connection: Connection, terminal: str, plate: str) -> list[Truck]:
    """The visits of a plate that is in a terminal now."""
    return _trucks(
        connection,
        _TRUCK.c.plate == plate,
        _TRUCK.c.state == TruckState.IN_YARD.value,
        _TRUCK.c.terminal == terminal,
    )


def last_out(connection: Connection, terminal: str, plate: str) -> Truck | None:
    """The last visit of a plate that ended with a box."""
    found = _trucks(
        connection,
        _TRUCK.c.plate == plate,
        _TRUCK.c.state == TruckState.OUT.value,
        _TRUCK.c.terminal == terminal,
        limit=1,
    )
    return next(iter(found), None)


def _trucks(connection: Connection, *where: Any, limit: int | None = None) -> list[Truck]:
    statement = select(_TRUCK).where(*where).order_by(_TRUCK.c.id.desc()).limit(limit)
    return [
        Truck(**{**row, "state": TruckState(row["state"])})
        for row in connection.execute(statement).mappings()
    ]


def _row(recorded: Recorded[Any], happened: Verdict) -> dict[str, Any]:
    capture = happened.capture
    return {
        "device": happened.device,
        "device_transaction_id": happened.device_transaction_id,
        "terminal": happened.terminal,
        "direction": capture.direction.value,
        "lane": capture.lane,
        "plate": capture.plate,
        "driver_id": capture.driver_id,
        "equipment_reference": capture.equipment_reference,
        "reasons": to_json(happened.reasons),
        "findings": to_json(happened.findings),
        "accepted": sorted(happened.accepted),
        "right_id": happened.right_id,
        "truck_visit_id": happened.truck_visit_id,
        "decided_at": recorded.recorded_at,
    }


def _decide(
    connection: Connection, recorded: Recorded[Any], more: Mapping[str, Any] | None = None
) -> None:
    """The first verdict makes the row; a clerk's changes a referred one, and no other."""
    happened: Verdict = recorded.event
    values = {**_row(recorded, happened), **(more or {})}
    if recorded.position == 1:
        state = TRANSACTION.advance(TransactionState.NONE, type(happened))
        connection.execute(
            insert(_TABLE).values(
                id=happened.transaction_id,
                state=state.value,
                recorded_at=recorded.recorded_at,
                **values,
            )
        )
        subject = f"gate:{happened.transaction_id}"
        involve(connection, subject, happened.terminal, Role.TERMINAL)
        return
    referred = TransactionState.REFERRED
    state = TRANSACTION.advance(referred, type(happened))
    changed_one(
        connection.execute(
            update(_TABLE)
            .where(_TABLE.c.id == happened.transaction_id, _TABLE.c.state == referred.value)
            .values(state=state.value, **values)
        )
    )


@projects(events.Approved)
def _approved(connection: Connection, recorded: Recorded[events.Approved]) -> None:
    happened = recorded.event
    more = {"decision_id": happened.decision_id, "expires_at": happened.expires_at}
    _decide(connection, recorded, more)
    if happened.capture.direction is Direction.IN and (
        find_truck(connection, happened.truck_visit_id) is None
    ):
        connection.execute(
            insert(_TRUCK).values(
                id=happened.truck_visit_id,
                terminal=happened.terminal,
                plate=happened.capture.plate,
                driver_id=happened.capture.driver_id,
                right_id=happened.right_id,
                state=TruckState.IN_YARD.value,
                opened_at=recorded.recorded_at,
            )
        )


@projects(events.Referred)
def _referred(connection: Connection, recorded: Recorded[events.Referred]) -> None:
    _decide(connection, recorded)


@projects(events.Rejected)
def _rejected(connection: Connection, recorded: Recorded[events.Rejected]) -> None:
    _decide(connection, recorded)


def _complete(
    connection: Connection, recorded: Recorded[Any], transaction_id: str, decision_id: str
) -> None:
    """One conditional UPDATE: a decision opens the barrier once."""
    changed_one(
        connection.execute(
            update(_TABLE)
            .where(
                _TABLE.c.id == transaction_id,
                _TABLE.c.decision_id == decision_id,
                _TABLE.c.state == TransactionState.APPROVED.value,
            )
            .values(state=TransactionState.COMPLETE.value, opened_at=recorded.recorded_at)
        )
    )


def _move(connection: Connection, truck_visit_id: str, **values: Any) -> None:
    changed_one(
        connection.execute(
            update(_TRUCK)
            .where(_TRUCK.c.id == truck_visit_id, _TRUCK.c.state == TruckState.IN_YARD.value)
            .values(values)
        )
    )


@projects(events.GatedIn)
def _gated_in(connection: Connection, recorded: Recorded[events.GatedIn]) -> None:
    happened = recorded.event
    _complete(connection, recorded, happened.transaction_id, happened.decision_id)
    _move(connection, happened.truck_visit_id, entered_at=recorded.recorded_at)


@projects(events.GatedOut)
def _gated_out(connection: Connection, recorded: Recorded[events.GatedOut]) -> None:
    happened = recorded.event
    _complete(connection, recorded, happened.transaction_id, happened.decision_id)
    out = {"state": TruckState.OUT.value, "closed_at": recorded.recorded_at}
    _move(connection, happened.truck_visit_id, **out)


@projects(events.LeftWithoutBox)
def _left(connection: Connection, recorded: Recorded[events.LeftWithoutBox]) -> None:
    left = {"state": TruckState.LEFT.value, "closed_at": recorded.recorded_at}
    _move(connection, recorded.event.truck_visit_id, **left)
    truck = find_truck(connection, recorded.event.truck_visit_id)
    if truck is not None:
        involve(connection, f"truck:{truck.id}", truck.terminal, Role.TERMINAL)


# --- forgetting ---------------------------------------------------------------------------------

V = TypeVar("V", bound=events.Verdict)


def _driverless(happened: V) -> V:
    replaced = tuple(
        replace(one, old="", new="") if one.field is events.Field.DRIVER else one
        for one in happened.replaced
    )
    return replace(happened, capture=replace(happened.capture, driver_id=""), replaced=replaced)


def _truck_inside(connection: Connection, happened: events.Verdict) -> list[Reason]:
    """The driver is compared at the way out, so the name is needed until then."""
    found = find_truck(connection, happened.truck_visit_id)
    inside = found is not None and found.state is TruckState.IN_YARD
    return [TRUCK_STILL_INSIDE()] if inside else []


def _forget_driver(connection: Connection, recorded: Recorded[Any]) -> None:
    """Blank the rows that this very event wrote last: they carry its instant."""
    happened: events.Verdict = recorded.event
    connection.execute(
        update(_TABLE)
        .where(_TABLE.c.id == happened.transaction_id, _TABLE.c.decided_at == recorded.recorded_at)
        .values(driver_id="")
    )
    connection.execute(
        update(_TRUCK)
        .where(_TRUCK.c.id == happened.truck_visit_id, _TRUCK.c.opened_at == recorded.recorded_at)
        .values(driver_id="")
    )


forgets(events.Approved, _driverless, _truck_inside)(_forget_driver)
forgets(events.Referred, _driverless, _truck_inside)(_forget_driver)
forgets(events.Rejected, _driverless, _truck_inside)(_forget_driver)
