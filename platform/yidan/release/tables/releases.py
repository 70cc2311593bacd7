"""Commercial releases and their lines (提货单及箱明细)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    UniqueConstraint,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Event, Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve, visible_to
from yidan.release import events
from yidan.release.rules.commercial import COMMERCIAL, Block, CommercialState, LineState
from yidan.release.tables.bills import BillKey
from yidan.store.columns import Instant
from yidan.store.projections import changed_one, projects
from yidan.waybill.tables import relate


class CommercialRelease(SQLModel, table=True):
    """One delivery order of one bill."""

    __tablename__ = "release_commercial"
    __table_args__ = (
        UniqueConstraint("carrier", "transport_document_reference", "delivery_order_reference"),
    )
    id: str = Field(primary_key=True)
    delivery_order_reference: str
    transport_document_reference: str
    carrier: str
    agent: str
    consignee: str
    release_to: str
    first_holder: str
    first_holder_role: str
    carrier_code: str
    vessel_imo_number: str
    voyage: str
    terminal_location: str
    valid_from: datetime = Field(sa_type=Instant)
    valid_until: datetime = Field(sa_type=Instant)
    letter_of_indemnity: bool
    version: int
    pending_update: bool
    state: str = Field(index=True)
    state_since: datetime = Field(sa_type=Instant)


class ReleaseLine(SQLModel, table=True):
    """One box of a release."""

    __tablename__ = "release_line"
    release_id: str = Field(primary_key=True)
    equipment_reference: str = Field(primary_key=True, index=True)
    state: str


class ReleaseBlock(SQLModel, table=True):
    """One party's block that stands; it outlives a revocation."""

    __tablename__ = "release_block"
    release_id: str = Field(primary_key=True)
    party_id: str = Field(primary_key=True)
    role: str
    since: datetime = Field(sa_type=Instant)


_TABLE = CommercialRelease.__table__  # type: ignore[attr-defined]  # set by SQLModel
_LINE = ReleaseLine.__table__  # type: ignore[attr-defined]  # set by SQLModel
_S = CommercialState
_BLOCK = ReleaseBlock.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Release:
    """A commercial release as actions see it."""

    id: str
    delivery_order_reference: str
    transport_document_reference: str
    carrier: str
    agent: str
    consignee: str
    release_to: str
    first_holder: str
    first_holder_role: Role | None
    carrier_code: str
    vessel_imo_number: str
    voyage: str
    terminal_location: str
    valid_from: datetime
    valid_until: datetime
    letter_of_indemnity: bool
    version: int
    pending_update: bool
    state: CommercialState
    state_since: datetime

    @property
    def bill(self) -> BillKey:
        """The bill it is of."""
        return BillKey(self.carrier, self.transport_document_reference)


def _release(row: RowMapping) -> Release:
    role = row["first_holder_role"]
    return Release(
        **{
            **row,
            "first_holder_role": Role(role) if role else None,
            "state": CommercialState(row["state"]),
        }
    )


def find(connection: Connection, release_id: str) -> Release | None:
    """A release by its id."""
    statement = select(_TABLE).where(_TABLE.c.id == release_id)
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else _release(row)


def find_order(
    connection: Connection, bill: BillKey, delivery_order_reference: str
) -> Release | None:
    """A release by its bill and its own number."""
    statement = select(_TABLE).where(
        _TABLE.c.carrier == bill.carrier,
        _TABLE.c.transport_document_reference == bill.number,
        _TABLE.c.delivery_order_reference == delivery_order_reference,
    )
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else _release(row)


def lines_of(connection: Connection, release_id: str) -> dict[str, LineState]:
    """The boxes of a release with their states, in order of their numbers."""
    statement = (
        select(_LINE.c.equipment_reference, _LINE.c.state)
        .where(_LINE.c.release_id == release_id)
        .order_by(_LINE.c.equipment_reference)
    )
    return {row.equipment_reference: LineState(row.state) for row in connection.execute(statement)}


def line_of(connection: Connection, release_id: str, box: str) -> LineState | None:
    """The state of one box of a release."""
    statement = select(_LINE.c.state).where(
        _LINE.c.release_id == release_id, _LINE.c.equipment_reference == box
    )
    found = connection.execute(statement).scalar_one_or_none()
    return None if found is None else LineState(found)


def blocks_of(connection: Connection, release_id: str) -> tuple[Block, ...]:
    """The blocks that stand on a release, the oldest first."""
    return _blocks(connection, _BLOCK.c.release_id == release_id)


def blocks_against(
    connection: Connection, release_id: str, bill: BillKey, boxes: Sequence[str]
) -> tuple[Block, ...]:
    """The blocks on a release, and on any order of its bill that names or named one of the boxes.

    A block is of its release, whatever boxes are granted on it next.
    """
    orders = (
        select(_TABLE.c.id)
        .join(_LINE, _LINE.c.release_id == _TABLE.c.id)
        .where(
            _TABLE.c.carrier == bill.carrier,
            _TABLE.c.transport_document_reference == bill.number,
            _LINE.c.equipment_reference.in_(boxes),
        )
    )
    own = _BLOCK.c.release_id == release_id
    return _blocks(connection, or_(own, _BLOCK.c.release_id.in_(orders)))


def _blocks(connection: Connection, where: ColumnElement[bool]) -> tuple[Block, ...]:
    statement = select(_BLOCK).where(where).order_by(_BLOCK.c.since, _BLOCK.c.party_id)
    return tuple(
        Block(party_id=row.party_id, role=Role(row.role), since=row.since)
        for row in connection.execute(statement)
    )


def consumed_of(connection: Connection, bill: BillKey, boxes: Sequence[str]) -> list[str]:
    """Which of these boxes have left under any order of a bill."""
    statement = (
        select(_LINE.c.equipment_reference)
        .join(_TABLE, _TABLE.c.id == _LINE.c.release_id)
        .where(
            _TABLE.c.carrier == bill.carrier,
            _TABLE.c.transport_document_reference == bill.number,
            _LINE.c.equipment_reference.in_(boxes),
            _LINE.c.state == LineState.CONSUMED.value,
        )
        .distinct()
    )
    return sorted(connection.execute(statement).scalars())


def let_go(connection: Connection, bill: BillKey) -> bool:
    """Whether an order of a bill is open, or has let goods out."""
    ended = [state.value for state in (_S.UNDER_REVIEW, _S.REVOKED, _S.EXPIRED)]
    gone = (
        select(_LINE.c.release_id)
        .where(_LINE.c.state == LineState.CONSUMED.value)
        .where(_LINE.c.release_id == _TABLE.c.id)
    )
    statement = select(_TABLE.c.id).where(
        _TABLE.c.carrier == bill.carrier,
        _TABLE.c.transport_document_reference == bill.number,
        or_(_TABLE.c.state.not_in(ended), gone.exists()),
    )
    return connection.execute(statement.limit(1)).first() is not None


def waiting_on(
    connection: Connection, boxes: Sequence[str], vessel_imo_number: str, voyage: str
) -> list[str]:
    """Ids of the releases of a voyage that wait for the terminal to know one of these boxes."""
    statement = (
        select(_TABLE.c.id)
        .join(_LINE, _LINE.c.release_id == _TABLE.c.id)
        .where(
            _LINE.c.equipment_reference.in_(boxes),
            _LINE.c.state == LineState.WAITING.value,
            _TABLE.c.vessel_imo_number == vessel_imo_number,
            _TABLE.c.voyage == voyage,
        )
        .distinct()
    )
    return sorted(connection.execute(statement).scalars())


def page(connection: Connection, party_id: str, *, before: str, limit: int) -> list[Release]:
    """A party's releases the newest first, behind `before`."""
    where = [_TABLE.c.id.in_(visible_to(party_id, "release"))]
    if before:
        where.append(_TABLE.c.id < before)
    statement = select(_TABLE).where(*where).order_by(_TABLE.c.id.desc()).limit(limit)
    return [_release(row) for row in connection.execute(statement).mappings()]


def overdue(connection: Connection, *, now: datetime, limit: int) -> list[str]:
    """Ids of granted releases whose end has passed."""
    statement = (
        select(_TABLE.c.id)
        .where(_TABLE.c.state == CommercialState.GRANTED.value, _TABLE.c.valid_until < now)
        .order_by(_TABLE.c.valid_until)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def _advance(connection: Connection, recorded: Recorded[Event], release_id: str, **to: Any) -> None:
    """Move a release along its machine: only from a state that has this step."""
    kind = type(recorded.event)
    steps = {
        before: after for (before, event), after in COMMERCIAL.transitions.items() if event is kind
    }
    statement = select(_TABLE.c.state).where(_TABLE.c.id == release_id)
    before = CommercialState(connection.execute(statement).scalar_one())
    after = COMMERCIAL.advance(before, kind) if before not in steps else steps[before]
    since = {} if after is before else {"state_since": recorded.recorded_at}
    changed_one(
        connection.execute(
            update(_TABLE)
            .where(_TABLE.c.id == release_id, _TABLE.c.state == before.value)
            .values(state=after.value, **since, **to)
        )
    )


def _set_lines(connection: Connection, release_id: str, state: LineState, *where: Any) -> None:
    connection.execute(
        update(_LINE).where(_LINE.c.release_id == release_id, *where).values(state=state.value)
    )


def _add_lines(connection: Connection, release_id: str, boxes: Sequence[str]) -> None:
    known = set(lines_of(connection, release_id))
    _set_lines(connection, release_id, LineState.WAITING, _LINE.c.equipment_reference.in_(boxes))
    if new := [box for box in boxes if box not in known]:
        rows = [
            {"release_id": release_id, "equipment_reference": box, "state": LineState.WAITING.value}
            for box in new
        ]
        connection.execute(insert(_LINE), rows)


@projects(events.ReleaseGranted)
def _granted(connection: Connection, recorded: Recorded[events.ReleaseGranted]) -> None:
    happened = recorded.event
    terms = {
        "carrier": happened.carrier,
        "agent": happened.agent,
        "consignee": happened.consignee,
        "release_to": happened.release_to,
        "first_holder": happened.first_holder,
        "first_holder_role": happened.first_holder_role or "",
        "carrier_code": happened.carrier_code,
        "vessel_imo_number": happened.vessel_imo_number,
        "voyage": happened.voyage,
        "terminal_location": happened.terminal_location,
        "valid_from": happened.valid_from,
        "valid_until": happened.valid_until,
        "letter_of_indemnity": happened.letter_of_indemnity,
        "pending_update": False,
    }
    if find(connection, happened.release_id) is None:
        connection.execute(
            insert(_TABLE).values(
                id=happened.release_id,
                delivery_order_reference=happened.delivery_order_reference,
                transport_document_reference=happened.transport_document_reference,
                version=1,
                state=CommercialState.PENDING_TERMINAL_ACK.value,
                state_since=recorded.recorded_at,
                **terms,
            )
        )
    else:
        version = _TABLE.c.version + 1
        _advance(connection, recorded, happened.release_id, version=version, **terms)
        _set_lines(
            connection,
            happened.release_id,
            LineState.CANCELLED,
            _LINE.c.state != LineState.CONSUMED.value,
        )
    _add_lines(connection, happened.release_id, happened.equipment_references)
    subject = f"release:{happened.release_id}"
    relate(connection, happened.transport_document_reference, subject)
    for party, role in happened.involved.items():
        involve(connection, subject, party, role)


@projects(events.ReleaseAcknowledged)
def _acknowledged(connection: Connection, recorded: Recorded[events.ReleaseAcknowledged]) -> None:
    happened = recorded.event
    _advance(connection, recorded, happened.release_id, pending_update=False)
    _set_lines(
        connection,
        happened.release_id,
        LineState.ARMED,
        _LINE.c.state == LineState.WAITING.value,
    )
    involve(connection, f"release:{happened.release_id}", happened.terminal, Role.TERMINAL)


@projects(events.ReleaseTurnedDown)
def _turned_down(connection: Connection, recorded: Recorded[events.ReleaseTurnedDown]) -> None:
    _advance(connection, recorded, recorded.event.release_id)


@projects(events.ReleaseBlocked)
def _blocked(connection: Connection, recorded: Recorded[events.ReleaseBlocked]) -> None:
    happened = recorded.event
    _advance(connection, recorded, happened.release_id)
    connection.execute(
        insert(_BLOCK).values(
            release_id=happened.release_id,
            party_id=recorded.actor.party,
            role=happened.role.value,
            since=recorded.recorded_at,
        )
    )


@projects(events.ReleaseUnblocked)
def _unblocked(connection: Connection, recorded: Recorded[events.ReleaseUnblocked]) -> None:
    _end_block(connection, recorded, recorded.event)


@projects(events.BlockEnded)
def _block_ended(connection: Connection, recorded: Recorded[events.BlockEnded]) -> None:
    _end_block(connection, recorded, recorded.event)


def _end_block(
    connection: Connection,
    recorded: Recorded[Event],
    happened: events.ReleaseUnblocked | events.BlockEnded,
) -> None:
    _advance(connection, recorded, happened.release_id)
    party = happened.blocked_by or recorded.actor.party
    ended = (_BLOCK.c.release_id == happened.release_id, _BLOCK.c.party_id == party)
    changed_one(connection.execute(delete(_BLOCK).where(*ended)))


@projects(events.ReleaseReplaced)
def _replaced(connection: Connection, recorded: Recorded[events.ReleaseReplaced]) -> None:
    happened = recorded.event
    _advance(
        connection,
        recorded,
        happened.release_id,
        version=happened.version,
        release_to=happened.release_to,
        first_holder=happened.first_holder,
        first_holder_role=happened.first_holder_role or "",
        valid_from=happened.valid_from,
        valid_until=happened.valid_until,
        pending_update=happened.pending_update,
    )
    if happened.added:
        _add_lines(connection, happened.release_id, happened.added)
    if happened.first_holder and happened.first_holder_role:
        subject = f"release:{happened.release_id}"
        involve(connection, subject, happened.first_holder, happened.first_holder_role)


@projects(events.PendingBoxesRefused)
def _pending_refused(
    connection: Connection, recorded: Recorded[events.PendingBoxesRefused]
) -> None:
    release_id = recorded.event.release_id
    _advance(connection, recorded, release_id, pending_update=False)
    waiting = _LINE.c.state == LineState.WAITING.value
    _set_lines(connection, release_id, LineState.CANCELLED, waiting)


@projects(events.ReleaseLinesCancelled)
def _cancelled(connection: Connection, recorded: Recorded[events.ReleaseLinesCancelled]) -> None:
    happened = recorded.event
    _advance(connection, recorded, happened.release_id)
    _set_lines(
        connection,
        happened.release_id,
        LineState.CANCELLED,
        _LINE.c.equipment_reference.in_(happened.equipment_references),
        _LINE.c.state != LineState.CONSUMED.value,
    )


@projects(events.ReleaseRevoked)
def _revoked(connection: Connection, recorded: Recorded[events.ReleaseRevoked]) -> None:
    release_id = recorded.event.release_id
    _advance(connection, recorded, release_id, pending_update=False)
    left = _LINE.c.state != LineState.CONSUMED.value
    _set_lines(connection, release_id, LineState.CANCELLED, left)


@projects(events.ReleaseExpired)
def _expired(connection: Connection, recorded: Recorded[events.ReleaseExpired]) -> None:
    _advance(connection, recorded, recorded.event.release_id)


@projects(events.ReleaseAccomplished)
def _accomplished(connection: Connection, recorded: Recorded[events.ReleaseAccomplished]) -> None:
    _advance(connection, recorded, recorded.event.release_id)


@projects(events.RightConsumed)
def _line_consumed(connection: Connection, recorded: Recorded[events.RightConsumed]) -> None:
    happened = recorded.event
    changed_one(
        connection.execute(
            update(_LINE)
            .where(
                _LINE.c.release_id == happened.release_id,
                _LINE.c.equipment_reference == happened.equipment_reference,
                _LINE.c.state == LineState.ARMED.value,
            )
            .values(state=LineState.CONSUMED.value)
        )
    )
