"""The read side of tally: vessel visits, their listed and seen boxes, their bulk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Event, Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve, visible_to
from yidan.store.columns import Instant, Json, Serial
from yidan.store.projections import changed_one, projects
from yidan.tally.events import (
    BoxMatched,
    BoxOver,
    BulkTallied,
    Difference,
    ManifestLine,
    ManifestListed,
    ReportCompleted,
    TallyFigure,
)
from yidan.tally.rules import ITEM, TALLY, ItemState, TallyState


class VesselVisitRow(SQLModel, table=True):
    """One call of a vessel at a terminal."""

    __tablename__ = "tally_vessel_visit"
    __table_args__ = (UniqueConstraint("terminal_id", "vessel_imo_number", "voyage"),)
    id: str = Field(primary_key=True)
    terminal_id: str
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    un_location_code: str
    state: str
    listed_at: datetime = Field(sa_type=Instant)
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    last_discharge_at: datetime | None = Field(default=None, sa_type=Instant)
    completed_at: datetime | None = Field(default=None, sa_type=Instant)


class TallyItemRow(SQLModel, table=True):
    """One box under one bill (or bulk: box ""), as listed and as seen."""

    __tablename__ = "tally_item"
    vessel_visit_id: str = Field(primary_key=True)
    transport_document_reference: str = Field(primary_key=True)
    equipment_reference: str = Field(primary_key=True)
    visit_id: str
    iso_equipment_code: str
    fullness: str
    seal_numbers: Any = Field(sa_type=Json)
    package_quantity: int
    listed_mass_kg: int = Field(sa_type=Serial)
    gross_mass_kg: int = Field(sa_type=Serial)
    state: str
    seen_iso_equipment_code: str
    seen_seal_numbers: Any = Field(sa_type=Json)
    damage_codes: Any = Field(sa_type=Json)
    differences: Any = Field(sa_type=Json)
    crane: str
    discharged_at: datetime | None = Field(default=None, sa_type=Instant)


_VISIT = VesselVisitRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_ITEM = TallyItemRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class VesselVisit:
    """A vessel's call as it stands now."""

    id: str
    terminal_id: str
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    un_location_code: str
    state: TallyState
    listed_at: datetime
    started_at: datetime | None
    """First discharge."""
    last_discharge_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TallyItem:
    """One line as it stands now."""

    listed: ManifestLine
    """For an OVER box: what was said of it."""
    state: ItemState
    seen_iso_equipment_code: str
    seen_seal_numbers: tuple[str, ...]
    damage_codes: tuple[str, ...]
    differences: tuple[Difference, ...]
    crane: str
    outturn_kg: int
    """As listed for boxes that came; the sum of all lifts for bulk."""
    discharged_at: datetime | None

    @property
    def figure(self) -> TallyFigure:
        """Its line of the report, as if the tally ended now."""
        listed = self.listed
        came = self.discharged_at is not None
        short = () if came else (Difference.SHORT,)
        return TallyFigure(
            transport_document_reference=listed.transport_document_reference,
            equipment_reference=listed.equipment_reference,
            iso_equipment_code=self.seen_iso_equipment_code or listed.iso_equipment_code,
            fullness=listed.fullness,
            seal_numbers=self.seen_seal_numbers if came else listed.seal_numbers,
            damage_codes=self.damage_codes,
            package_quantity=listed.package_quantity,
            gross_mass_kg=self.outturn_kg if came else listed.gross_mass_kg,
            listed_mass_kg=0 if self.state is ItemState.OVER else listed.gross_mass_kg,
            discharged=came,
            differences=(*self.differences, *short),
        )


def find(connection: Connection, vessel_visit_id: str) -> VesselVisit | None:
    """A vessel visit by its id."""
    return next(iter(_visits(connection, _VISIT.c.id == vessel_visit_id)), None)


def find_by_voyage(
    connection: Connection, terminal_id: str, vessel_imo_number: str, voyage: str
) -> VesselVisit | None:
    """The visit of a vessel on a voyage at a terminal."""
    where = (
        _VISIT.c.terminal_id == terminal_id,
        _VISIT.c.vessel_imo_number == vessel_imo_number,
        _VISIT.c.voyage == voyage,
    )
    return next(iter(_visits(connection, *where)), None)


def page(
    connection: Connection, party_id: str, *, before: str = "", limit: int = 50
) -> list[VesselVisit]:
    """Up to `limit` vessel visits a party may see, the newest first (ids sort by time)."""
    where: list[ColumnElement[bool]] = [_VISIT.c.id.in_(visible_to(party_id, "vessel-visit"))]
    if before:
        where.append(_VISIT.c.id < before)
    return _visits(connection, *where, limit=limit)


def items(connection: Connection, vessel_visit_id: str) -> list[TallyItem]:
    """Every line of a vessel visit by bill and box."""
    rows = connection.execute(
        select(_ITEM)
        .where(_ITEM.c.vessel_visit_id == vessel_visit_id)
        .order_by(_ITEM.c.transport_document_reference, _ITEM.c.equipment_reference)
    ).mappings()
    return [_item(row) for row in rows]


def items_of_boxes(
    connection: Connection, vessel_visit_id: str, equipment_references: list[str]
) -> dict[str, list[TallyItem]]:
    """The lines of these boxes, by box."""
    found: dict[str, list[TallyItem]] = {}
    for row in connection.execute(
        select(_ITEM).where(
            _ITEM.c.vessel_visit_id == vessel_visit_id,
            _ITEM.c.equipment_reference.in_(equipment_references),
        )
    ).mappings():
        found.setdefault(row["equipment_reference"], []).append(_item(row))
    return found


def bulk_bills(connection: Connection, vessel_visit_id: str) -> set[str]:
    """The bills with a bulk line."""
    statement = select(_ITEM.c.transport_document_reference).where(
        _ITEM.c.vessel_visit_id == vessel_visit_id, _ITEM.c.equipment_reference == ""
    )
    return set(connection.execute(statement).scalars())


def outturn_kg(connection: Connection, transport_document_reference: str) -> int:
    """Bulk kilograms of a bill seen to come off, over all vessel visits (卸港重量)."""
    statement = select(func.coalesce(func.sum(_ITEM.c.gross_mass_kg), 0)).where(
        _ITEM.c.transport_document_reference == transport_document_reference,
        _ITEM.c.equipment_reference == "",
        _ITEM.c.discharged_at.is_not(None),
    )
    return int(connection.execute(statement).scalar_one())


def _visits(
    connection: Connection, *where: ColumnElement[bool], limit: int | None = None
) -> list[VesselVisit]:
    statement = select(_VISIT).where(*where).order_by(_VISIT.c.id.desc()).limit(limit)
    return [
        VesselVisit(**{**row, "state": TallyState(row["state"])})
        for row in connection.execute(statement).mappings()
    ]


def _item(row: Mapping[Any, Any]) -> TallyItem:
    return TallyItem(
        listed=ManifestLine(
            transport_document_reference=row["transport_document_reference"],
            equipment_reference=row["equipment_reference"],
            iso_equipment_code=row["iso_equipment_code"],
            fullness=row["fullness"],
            seal_numbers=tuple(row["seal_numbers"]),
            package_quantity=row["package_quantity"],
            gross_mass_kg=row["listed_mass_kg"],
            visit_id=row["visit_id"],
        ),
        state=ItemState(row["state"]),
        seen_iso_equipment_code=row["seen_iso_equipment_code"],
        seen_seal_numbers=tuple(row["seen_seal_numbers"]),
        damage_codes=tuple(row["damage_codes"]),
        differences=tuple(Difference(code) for code in row["differences"]),
        crane=row["crane"],
        outturn_kg=row["gross_mass_kg"],
        discharged_at=row["discharged_at"],
    )


@projects(ManifestListed)
def _listed(connection: Connection, recorded: Recorded[ManifestListed]) -> None:
    happened = recorded.event
    if recorded.position == 1:
        connection.execute(
            insert(_VISIT).values(
                id=happened.vessel_visit_id,
                terminal_id=recorded.actor.party,
                vessel_imo_number=happened.vessel_imo_number,
                vessel_name=happened.vessel_name,
                voyage=happened.voyage,
                un_location_code=happened.un_location_code,
                state=TALLY.advance(TALLY.initial, ManifestListed).value,
                listed_at=recorded.recorded_at,
            )
        )
        involve(connection, recorded.subject, recorded.actor.party, Role.TERMINAL)
    else:
        named = {
            "vessel_name": happened.vessel_name,
            "un_location_code": happened.un_location_code,
            "listed_at": recorded.recorded_at,
        }
        _advance(connection, happened.vessel_visit_id, ManifestListed, **named)
        connection.execute(delete(_ITEM).where(_ITEM.c.vessel_visit_id == happened.vessel_visit_id))
    for line in happened.lines:
        _add(connection, happened.vessel_visit_id, line, ITEM.advance(ITEM.initial, ManifestListed))


def _add(
    connection: Connection,
    vessel_visit_id: str,
    line: ManifestLine,
    state: ItemState,
    **seen: object,
) -> None:
    unseen = {
        "seen_iso_equipment_code": "",
        "seen_seal_numbers": [],
        "damage_codes": [],
        "differences": [],
        "crane": "",
        "gross_mass_kg": 0,
    }
    connection.execute(
        insert(_ITEM).values(
            vessel_visit_id=vessel_visit_id,
            transport_document_reference=line.transport_document_reference,
            equipment_reference=line.equipment_reference,
            visit_id=line.visit_id,
            iso_equipment_code=line.iso_equipment_code,
            fullness=line.fullness,
            seal_numbers=list(line.seal_numbers),
            package_quantity=line.package_quantity,
            listed_mass_kg=line.gross_mass_kg,
            state=state.value,
            **(unseen | seen),
        )
    )


@projects(BoxMatched)
def _matched(connection: Connection, recorded: Recorded[BoxMatched]) -> None:
    happened = recorded.event
    changed = connection.execute(
        update(_ITEM)
        .where(
            _ITEM.c.vessel_visit_id == happened.vessel_visit_id,
            _ITEM.c.equipment_reference == happened.equipment_reference,
            _ITEM.c.state == ItemState.EXPECTED.value,
        )
        .values(
            state=ITEM.advance(ItemState.EXPECTED, BoxMatched).value,
            gross_mass_kg=_ITEM.c.listed_mass_kg,
            **_seen(recorded),
        )
    )
    if not changed.rowcount:
        changed_one(changed)
    _discharging(connection, recorded)


@projects(BoxOver)
def _over(connection: Connection, recorded: Recorded[BoxOver]) -> None:
    happened = recorded.event
    line = ManifestLine(
        transport_document_reference=happened.transport_document_reference,
        equipment_reference=happened.equipment_reference,
        iso_equipment_code=happened.iso_equipment_code,
        fullness="full",
        seal_numbers=(),
        package_quantity=0,
        gross_mass_kg=0,
        visit_id=happened.visit_id,
    )
    state = ITEM.advance(ITEM.initial, BoxOver)
    _add(connection, happened.vessel_visit_id, line, state, **_seen(recorded))
    _discharging(connection, recorded)


def _seen(recorded: Recorded[Any]) -> dict[str, object]:
    happened = recorded.event
    return {
        "seen_iso_equipment_code": happened.iso_equipment_code,
        "seen_seal_numbers": list(happened.seal_numbers),
        "damage_codes": list(happened.damage_codes),
        "differences": [code.value for code in happened.differences],
        "crane": happened.crane,
        "discharged_at": recorded.occurred_at,
    }


@projects(BulkTallied)
def _bulk(connection: Connection, recorded: Recorded[BulkTallied]) -> None:
    happened = recorded.event
    changed_one(
        connection.execute(
            update(_ITEM)
            .where(
                _ITEM.c.vessel_visit_id == happened.vessel_visit_id,
                _ITEM.c.transport_document_reference == happened.transport_document_reference,
                _ITEM.c.equipment_reference == "",
            )
            .values(
                state=ItemState.MATCHED.value,
                gross_mass_kg=_ITEM.c.gross_mass_kg + happened.gross_mass_kg,
                crane=happened.crane,
                discharged_at=recorded.occurred_at,
            )
        )
    )
    _discharging(connection, recorded)


def _discharging(connection: Connection, recorded: Recorded[Any]) -> None:
    """Advance the visit and widen the span of its discharges."""
    found = find(connection, recorded.event.vessel_visit_id)
    started = found.started_at if found is not None else None
    last = found.last_discharge_at if found is not None else None
    at = recorded.occurred_at
    _advance(
        connection,
        recorded.event.vessel_visit_id,
        type(recorded.event),
        started_at=min(started or at, at),
        last_discharge_at=max(last or at, at),
    )


@projects(ReportCompleted)
def _completed(connection: Connection, recorded: Recorded[ReportCompleted]) -> None:
    happened = recorded.event
    _advance(
        connection,
        happened.vessel_visit_id,
        ReportCompleted,
        completed_at=happened.completed_at,
    )
    connection.execute(
        update(_ITEM)
        .where(
            _ITEM.c.vessel_visit_id == happened.vessel_visit_id,
            _ITEM.c.state == ItemState.EXPECTED.value,
        )
        .values(state=ITEM.advance(ItemState.EXPECTED, ReportCompleted).value)
    )


def _advance(
    connection: Connection, vessel_visit_id: str, happened: type[Event], **values: object
) -> None:
    here = _VISIT.c.id == vessel_visit_id
    decided_from = TallyState(connection.execute(select(_VISIT.c.state).where(here)).scalar_one())
    changed_one(
        connection.execute(
            update(_VISIT)
            .where(here, _VISIT.c.state == decided_from.value)
            .values(state=TALLY.advance(decided_from, happened).value, **values)
        )
    )
