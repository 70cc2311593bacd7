"""Release rights (提货权), who held them, and that one was consumed.

Two guards of the database itself stand behind the rules: at most one live right a visit, and one
consumption a visit and a right, for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Connection,
    Index,
    RowMapping,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Event, Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve, involved, roles_in, visible_to, withdraw
from yidan.release import events
from yidan.release.rules.right import FINAL_STATES, RIGHT, RightState
from yidan.release.tables import visits
from yidan.store.columns import Instant, Json, Serial
from yidan.store.projections import changed_one, projects
from yidan.waybill.tables import relate

_LIVE = text("state <> 'void'")


class ReleaseRight(SQLModel, table=True):
    """One right to collect one box of one visit."""

    __tablename__ = "release_right"
    __table_args__ = (
        Index(
            "release_right_live",
            "visit_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("release_right_at_gate", "plate", "state"),
        CheckConstraint("(holder = '') = (state IN ('unassigned', 'void'))", name="one_holder"),
        CheckConstraint(
            "(truck_visit_id <> '') = (state IN ('locked_at_gate', 'consumed'))", name="one_truck"
        ),
    )
    id: str = Field(primary_key=True)
    serial_number: int = Field(unique=True, sa_type=Serial)
    release_id: str = Field(index=True)
    visit_id: str
    equipment_reference: str = Field(index=True)
    transport_document_reference: str
    state: str
    state_since: datetime = Field(sa_type=Instant)
    suspended: bool
    holder: str
    chain: Any = Field(sa_type=Json)
    """Party ids, first holder first."""
    offered_to: str
    offer_expires_at: datetime | None = Field(default=None, sa_type=Instant)
    plate: str
    driver_id: str
    planned_at: datetime | None = Field(default=None, sa_type=Instant)
    truck_visit_id: str
    decision_id: str
    claimed_until: datetime | None = Field(default=None, sa_type=Instant)


class ReleaseConsumption(SQLModel, table=True):
    """That a box left under a right: one row a visit and a right."""

    __tablename__ = "release_consumption"
    visit_id: str = Field(primary_key=True)
    right_id: str = Field(unique=True)
    decision_id: str = Field(unique=True)
    event_id: str
    consumed_at: datetime = Field(sa_type=Instant)


_TABLE = ReleaseRight.__table__  # type: ignore[attr-defined]  # set by SQLModel
_USED = ReleaseConsumption.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Right:
    """A release right as actions see it."""

    id: str
    serial_number: int
    release_id: str
    visit_id: str
    equipment_reference: str
    transport_document_reference: str
    state: RightState
    state_since: datetime
    suspended: bool
    holder: str
    chain: tuple[str, ...]
    offered_to: str
    offer_expires_at: datetime | None
    plate: str
    driver_id: str
    planned_at: datetime | None
    truck_visit_id: str
    decision_id: str
    claimed_until: datetime | None

    @property
    def final(self) -> bool:
        """Whether nothing leads out of its state: read without a lock, it stays true."""
        return self.state in FINAL_STATES


def _right(row: RowMapping) -> Right:
    return Right(**{**row, "state": RightState(row["state"]), "chain": tuple(row["chain"])})


def _all(connection: Connection, *where: Any) -> list[Right]:
    statement = select(_TABLE).where(*where).order_by(_TABLE.c.id)
    return [_right(row) for row in connection.execute(statement).mappings()]


def find(connection: Connection, right_id: str) -> Right | None:
    """A right by its id."""
    return next(iter(_all(connection, _TABLE.c.id == right_id)), None)


def of_ids(connection: Connection, right_ids: Sequence[str]) -> list[Right]:
    """Rights by their ids."""
    return _all(connection, _TABLE.c.id.in_(right_ids))


def of_visits(connection: Connection, visit_ids: Sequence[str]) -> dict[str, Right]:
    """The live right of each visit that has one, by visit id."""
    live = _TABLE.c.state != RightState.VOID.value
    return {
        right.visit_id: right for right in _all(connection, _TABLE.c.visit_id.in_(visit_ids), live)
    }


def of_release(connection: Connection, release_id: str) -> list[Right]:
    """Every right of a release, void ones too."""
    return _all(connection, _TABLE.c.release_id == release_id)


def of_box(connection: Connection, bill: str, box: str) -> list[Right]:
    """The live rights of a box under a bill."""
    return _all(
        connection,
        _TABLE.c.equipment_reference == box,
        _TABLE.c.transport_document_reference == bill,
        _TABLE.c.state != RightState.VOID.value,
    )


def of_plate(connection: Connection, plate: str, state: RightState) -> list[Right]:
    """Rights that a truck is assigned to, or came in for."""
    return _all(connection, _TABLE.c.plate == plate, _TABLE.c.state == state.value)


def page(connection: Connection, party_id: str, *, before: str, limit: int) -> list[Right]:
    """A party's rights the newest first, behind `before`."""
    where = [_TABLE.c.id.in_(visible_to(party_id, "right"))]
    if before:
        where.append(_TABLE.c.id < before)
    statement = select(_TABLE).where(*where).order_by(_TABLE.c.id.desc()).limit(limit)
    return [_right(row) for row in connection.execute(statement).mappings()]


def last_serial_number(connection: Connection) -> int:
    """The highest serial number given, 0 if none; read under the lock of `serial:right`."""
    return connection.execute(select(func.max(_TABLE.c.serial_number))).scalar_one() or 0


def _advance(connection: Connection, recorded: Recorded[Event], right_id: str, **to: Any) -> None:
    """Move a right along its machine: one conditional UPDATE, from a state with this step."""
    kind = type(recorded.event)
    steps = {before: after for (before, e), after in RIGHT.transitions.items() if e is kind}
    moves = len(set(steps.values())) == 1
    values = (
        {"state": next(iter(steps.values())).value, "state_since": recorded.recorded_at}
        if moves
        else {}
    )
    changed_one(
        connection.execute(
            update(_TABLE)
            .where(_TABLE.c.id == right_id, _TABLE.c.state.in_([s.value for s in steps]))
            .values({**values, **to})
        )
    )


_NO_OFFER: Final[dict[str, Any]] = {"offered_to": "", "offer_expires_at": None}
_NO_TRUCK: Final[dict[str, Any]] = {"plate": "", "driver_id": "", "planned_at": None}
_NOBODY: Final[dict[str, Any]] = {"holder": "", "chain": [], **_NO_OFFER, **_NO_TRUCK}


@projects(events.RightArmed)
def _armed(connection: Connection, recorded: Recorded[events.RightArmed]) -> None:
    happened = recorded.event
    connection.execute(
        insert(_TABLE).values(
            id=happened.right_id,
            serial_number=happened.serial_number,
            release_id=happened.release_id,
            visit_id=happened.visit_id,
            equipment_reference=happened.equipment_reference,
            transport_document_reference=happened.transport_document_reference,
            state=RightState.UNASSIGNED.value,
            state_since=recorded.recorded_at,
            suspended=False,
            holder="",
            chain=[],
            truck_visit_id="",
            decision_id="",
            **_NO_OFFER,
            **_NO_TRUCK,
        )
    )
    subject = f"right:{happened.right_id}"
    relate(connection, happened.transport_document_reference, subject)
    for party, role in involved(connection, f"release:{happened.release_id}"):
        involve(connection, subject, party, role)
        involve(connection, f"visit:{happened.visit_id}", party, role)
    visit = visits.find(connection, happened.visit_id)
    if visit is not None:
        involve(connection, subject, visit.terminal, Role.TERMINAL)


@projects(events.RightNamed)
def _named(connection: Connection, recorded: Recorded[events.RightNamed]) -> None:
    happened = recorded.event
    to = {"holder": happened.holder, "chain": [happened.holder]}
    _advance(connection, recorded, happened.right_id, **to)
    involve(connection, f"right:{happened.right_id}", happened.holder, happened.role)


@projects(events.RightOffered)
def _offered(connection: Connection, recorded: Recorded[events.RightOffered]) -> None:
    happened = recorded.event
    to = {"offered_to": happened.offered_to, "offer_expires_at": happened.expires_at}
    _advance(connection, recorded, happened.right_id, **to)
    involve(connection, f"right:{happened.right_id}", happened.offered_to, happened.role)


@projects(events.RightAccepted)
def _accepted(connection: Connection, recorded: Recorded[events.RightAccepted]) -> None:
    happened = recorded.event
    before = find(connection, happened.right_id)
    chain = [*(before.chain if before else ()), happened.holder]
    to = {"holder": happened.holder, "chain": chain, **_NO_OFFER}
    _advance(connection, recorded, happened.right_id, **to)


@projects(events.RightDeclined)
def _declined(connection: Connection, recorded: Recorded[events.RightDeclined]) -> None:
    _offer_over(connection, recorded, recorded.event.right_id)


@projects(events.OfferExpired)
def _offer_expired(connection: Connection, recorded: Recorded[events.OfferExpired]) -> None:
    _offer_over(connection, recorded, recorded.event.right_id)


@projects(events.OfferRevoked)
def _offer_revoked(connection: Connection, recorded: Recorded[events.OfferRevoked]) -> None:
    _offer_over(connection, recorded, recorded.event.right_id)


def _offer_over(connection: Connection, recorded: Recorded[Event], right_id: str) -> None:
    """Back to the giver; who was offered the right and never held it sees it no more."""
    before = find(connection, right_id)
    _advance(connection, recorded, right_id, **_NO_OFFER)
    if before is None or before.offered_to in before.chain:
        return
    subject = f"right:{right_id}"
    kept = roles_in(connection, f"release:{before.release_id}", before.offered_to)
    for role in roles_in(connection, subject, before.offered_to) - kept:
        withdraw(connection, subject, before.offered_to, Role(role))


@projects(events.RightReturned)
def _returned(connection: Connection, recorded: Recorded[events.RightReturned]) -> None:
    happened = recorded.event
    before = find(connection, happened.right_id)
    chain = list(before.chain[:-1]) if before else []
    to = {"holder": happened.holder, "chain": chain}
    _advance(connection, recorded, happened.right_id, **to)


@projects(events.RightAssigned)
def _assigned(connection: Connection, recorded: Recorded[events.RightAssigned]) -> None:
    happened = recorded.event
    to = {
        "plate": happened.plate,
        "driver_id": happened.driver_id,
        "planned_at": happened.planned_at,
    }
    _advance(connection, recorded, happened.right_id, **to)


@projects(events.RightUnassigned)
def _unassigned(connection: Connection, recorded: Recorded[events.RightUnassigned]) -> None:
    _advance(connection, recorded, recorded.event.right_id, **_NO_TRUCK)


@projects(events.RightLocked)
def _locked(connection: Connection, recorded: Recorded[events.RightLocked]) -> None:
    happened = recorded.event
    _advance(connection, recorded, happened.right_id, truck_visit_id=happened.truck_visit_id)


@projects(events.RightClaimed)
def _claimed(connection: Connection, recorded: Recorded[events.RightClaimed]) -> None:
    """One conditional UPDATE: one decision at a time has the right, for its seconds."""
    happened = recorded.event
    over = or_(_TABLE.c.claimed_until.is_(None), _TABLE.c.claimed_until < recorded.recorded_at)
    changed_one(
        connection.execute(
            update(_TABLE)
            .where(
                _TABLE.c.id == happened.right_id,
                _TABLE.c.state == RightState.LOCKED_AT_GATE.value,
                over,
            )
            .values(decision_id=happened.decision_id, claimed_until=happened.claimed_until)
        )
    )


@projects(events.BoxLeftBehind)
def _left_behind(connection: Connection, recorded: Recorded[events.BoxLeftBehind]) -> None:
    to = {"truck_visit_id": "", "decision_id": "", "claimed_until": None}
    _advance(connection, recorded, recorded.event.right_id, **to)


@projects(events.RightConsumed)
def _consumed(connection: Connection, recorded: Recorded[events.RightConsumed]) -> None:
    """One conditional UPDATE and one UNIQUE row: the box leaves once (QUALITY finding 1)."""
    happened = recorded.event
    changed_one(
        connection.execute(
            update(_TABLE)
            .where(
                _TABLE.c.id == happened.right_id,
                _TABLE.c.state == RightState.LOCKED_AT_GATE.value,
                _TABLE.c.suspended.is_(False),
                _TABLE.c.truck_visit_id == happened.truck_visit_id,
                _TABLE.c.decision_id == happened.decision_id,
            )
            .values(state=RightState.CONSUMED.value, state_since=recorded.recorded_at)
        )
    )
    connection.execute(
        insert(_USED).values(
            visit_id=happened.visit_id,
            right_id=happened.right_id,
            decision_id=happened.decision_id,
            event_id=recorded.event_id,
            consumed_at=recorded.recorded_at,
        )
    )


@projects(events.RightSuspended)
def _suspended(connection: Connection, recorded: Recorded[events.RightSuspended]) -> None:
    _advance(connection, recorded, recorded.event.right_id, suspended=True)


@projects(events.RightResumed)
def _resumed(connection: Connection, recorded: Recorded[events.RightResumed]) -> None:
    happened = recorded.event
    to = {"suspended": False, "release_id": happened.release_id}
    _advance(connection, recorded, happened.right_id, **to)


@projects(events.RightReset)
def _reset(connection: Connection, recorded: Recorded[events.RightReset]) -> None:
    _advance(connection, recorded, recorded.event.right_id, **_NOBODY)


@projects(events.RightVoided)
def _voided(connection: Connection, recorded: Recorded[events.RightVoided]) -> None:
    _advance(connection, recorded, recorded.event.right_id, **_NOBODY)
