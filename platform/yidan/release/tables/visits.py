"""Box visits (箱的一次到港) and what the terminal says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, UniqueConstraint, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve, visible_to
from yidan.release.events import BoxDischarged, ChargesSet, TerminalStatusSet, VisitExpected
from yidan.release.rules.lights import ChargesLight, DischargeLight, TerminalLight
from yidan.store.columns import Instant, Json
from yidan.store.projections import changed_one, projects
from yidan.waybill.tables import relate


class BoxVisit(SQLModel, table=True):
    """One visit of one box, with the terminal's lights."""

    __tablename__ = "release_visit"
    __table_args__ = (UniqueConstraint("equipment_reference", "vessel_imo_number", "voyage"),)
    id: str = Field(primary_key=True)
    terminal: str
    equipment_reference: str
    iso_equipment_code: str
    vessel_imo_number: str
    voyage: str
    un_location_code: str
    transport_document_reference: str = Field(index=True)
    further_bills: Any = Field(sa_type=Json)
    seal_numbers: Any = Field(sa_type=Json)
    gross_mass_kg: int | None
    damage_codes: Any = Field(sa_type=Json)
    expected_at: datetime = Field(sa_type=Instant)
    discharge: str
    discharged_at: datetime | None = Field(default=None, sa_type=Instant)
    terminal_status: str
    terminal_since: datetime | None = Field(default=None, sa_type=Instant)
    charges: str
    charges_since: datetime | None = Field(default=None, sa_type=Instant)
    paid_through_on: date | None = None


_TABLE = BoxVisit.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A box visit as actions see it."""

    id: str
    terminal: str
    equipment_reference: str
    iso_equipment_code: str
    vessel_imo_number: str
    voyage: str
    un_location_code: str
    transport_document_reference: str
    further_bills: tuple[str, ...]
    """The other bills under which the terminal's list has it."""
    seal_numbers: tuple[str, ...]
    gross_mass_kg: int | None
    damage_codes: tuple[str, ...]
    expected_at: datetime
    discharge: DischargeLight
    discharged_at: datetime | None
    terminal_status: TerminalLight
    terminal_since: datetime | None
    charges: ChargesLight
    charges_since: datetime | None
    paid_through_on: date | None


def visit_from(row: RowMapping) -> Visit:
    """Read a row of the table."""
    values = {column.name: row[column] for column in _TABLE.c}
    return Visit(
        **{
            **values,
            "further_bills": tuple(values["further_bills"]),
            "seal_numbers": tuple(values["seal_numbers"]),
            "damage_codes": tuple(values["damage_codes"]),
            "discharge": DischargeLight(values["discharge"]),
            "terminal_status": TerminalLight(values["terminal_status"]),
            "charges": ChargesLight(values["charges"]),
        }
    )


def _one(connection: Connection, *where: Any) -> Visit | None:
    row = connection.execute(select(_TABLE).where(*where)).mappings().one_or_none()
    return None if row is None else visit_from(row)


def find(connection: Connection, visit_id: str) -> Visit | None:
    """A visit by its id."""
    return _one(connection, _TABLE.c.id == visit_id)


def find_by_key(
    connection: Connection, equipment_reference: str, vessel_imo_number: str, voyage: str
) -> Visit | None:
    """The visit of a box on one voyage of a vessel."""
    return _one(
        connection,
        _TABLE.c.equipment_reference == equipment_reference,
        _TABLE.c.vessel_imo_number == vessel_imo_number,
        _TABLE.c.voyage == voyage,
    )


def on_voyage(
    connection: Connection, boxes: Sequence[str], vessel_imo_number: str, voyage: str
) -> dict[str, Visit]:
    """Visits of these boxes on one voyage, by box number."""
    rows = connection.execute(
        select(_TABLE).where(
            _TABLE.c.equipment_reference.in_(boxes),
            _TABLE.c.vessel_imo_number == vessel_imo_number,
            _TABLE.c.voyage == voyage,
        )
    ).mappings()
    return {row["equipment_reference"]: visit_from(row) for row in rows}


def listed_by(connection: Connection, terminal: str, vessel_imo_number: str, voyage: str) -> bool:
    """Whether a terminal listed any box of a voyage."""
    statement = (
        select(_TABLE.c.id)
        .where(
            _TABLE.c.terminal == terminal,
            _TABLE.c.vessel_imo_number == vessel_imo_number,
            _TABLE.c.voyage == voyage,
        )
        .limit(1)
    )
    return connection.execute(statement).first() is not None


def page(connection: Connection, party_id: str, *, before: str, limit: int) -> list[Visit]:
    """A party's visits the newest first, behind `before`."""
    where = [_TABLE.c.id.in_(visible_to(party_id, "visit"))]
    if before:
        where.append(_TABLE.c.id < before)
    statement = select(_TABLE).where(*where).order_by(_TABLE.c.id.desc()).limit(limit)
    rows = connection.execute(statement).mappings()
    return [visit_from(row) for row in rows]


@projects(VisitExpected)
def _expected(connection: Connection, recorded: Recorded[VisitExpected]) -> None:
    happened = recorded.event
    listed = {
        "iso_equipment_code": happened.iso_equipment_code,
        "un_location_code": happened.un_location_code,
        "transport_document_reference": happened.transport_document_reference,
        "further_bills": list(happened.further_bills),
        "seal_numbers": list(happened.seal_numbers),
        "gross_mass_kg": happened.gross_mass_kg,
    }
    if recorded.position > 1:
        changed_one(
            connection.execute(
                update(_TABLE).where(_TABLE.c.id == happened.visit_id).values(listed)
            )
        )
        return
    connection.execute(
        insert(_TABLE).values(
            id=happened.visit_id,
            terminal=happened.terminal,
            equipment_reference=happened.equipment_reference,
            vessel_imo_number=happened.vessel_imo_number,
            voyage=happened.voyage,
            damage_codes=[],
            expected_at=recorded.recorded_at,
            discharge=DischargeLight.UNKNOWN.value,
            terminal_status=TerminalLight.UNKNOWN.value,
            charges=ChargesLight.UNKNOWN.value,
            **listed,
        )
    )
    subject = f"visit:{happened.visit_id}"
    involve(connection, subject, happened.terminal, Role.TERMINAL)
    for bill in filter(None, (happened.transport_document_reference, *happened.further_bills)):
        relate(connection, bill, subject)


def _set(connection: Connection, visit_id: str, **values: object) -> None:
    changed_one(connection.execute(update(_TABLE).where(_TABLE.c.id == visit_id).values(values)))


@projects(BoxDischarged)
def _discharged(connection: Connection, recorded: Recorded[BoxDischarged]) -> None:
    happened = recorded.event
    seals = {"seal_numbers": list(happened.seal_numbers)} if happened.seal_numbers else {}
    _set(
        connection,
        happened.visit_id,
        discharge=DischargeLight.DISCHARGED.value,
        discharged_at=recorded.occurred_at,
        damage_codes=list(happened.damage_codes),
        **seals,
    )


@projects(TerminalStatusSet)
def _terminal_status(connection: Connection, recorded: Recorded[TerminalStatusSet]) -> None:
    happened = recorded.event
    _set(
        connection,
        happened.visit_id,
        terminal_status=happened.status.value,
        terminal_since=recorded.recorded_at,
    )


@projects(ChargesSet)
def _charges(connection: Connection, recorded: Recorded[ChargesSet]) -> None:
    happened = recorded.event
    _set(
        connection,
        happened.visit_id,
        charges=happened.status.value,
        charges_since=recorded.recorded_at,
        paid_through_on=happened.paid_through_on,
    )
