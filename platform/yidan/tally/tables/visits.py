"""Vessel visits and their lines, as listed and as seen; the finders."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    UniqueConstraint,
    func,
    select,
)
from sqlmodel import Field, SQLModel

from yidan.parties.involvement import visible_to
from yidan.store.columns import Instant, Json, Serial
from yidan.tally.events import (
    Difference,
    ManifestLine,
    TallyFigure,
)
from yidan.tally.rules import ItemState, TallyState


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


VISIT = VesselVisitRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
ITEM_ROW = TallyItemRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


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
    return next(iter(_visits(connection, VISIT.c.id == vessel_visit_id)), None)


def find_by_voyage(
    connection: Connection, terminal_id: str, vessel_imo_number: str, voyage: str
) -> VesselVisit | None:
    """The visit of a vessel on a voyage at a terminal."""
    where = (
        VISIT.c.terminal_id == terminal_id,
        VISIT.c.vessel_imo_number == vessel_imo_number,
        VISIT.c.voyage == voyage,
    )
    return next(iter(_visits(connection, *where)), None)


def page(
    connection: Connection, party_id: str, *, before: str = "", limit: int = 50
) -> list[VesselVisit]:
    """Up to `limit` vessel visits a party may see, the newest first (ids sort by time)."""
    where: list[ColumnElement[bool]] = [VISIT.c.id.in_(visible_to(party_id, "vessel-visit"))]
    if before:
        where.append(VISIT.c.id < before)
    return _visits(connection, *where, limit=limit)


def items(connection: Connection, vessel_visit_id: str) -> list[TallyItem]:
    """Every line of a vessel visit by bill and box."""
    rows = connection.execute(
        select(ITEM_ROW)
        .where(ITEM_ROW.c.vessel_visit_id == vessel_visit_id)
        .order_by(ITEM_ROW.c.transport_document_reference, ITEM_ROW.c.equipment_reference)
    ).mappings()
    return [_item(row) for row in rows]


def items_of_boxes(
    connection: Connection, vessel_visit_id: str, equipment_references: list[str]
) -> dict[str, list[TallyItem]]:
    """The lines of these boxes, by box."""
    found: dict[str, list[TallyItem]] = {}
    for row in connection.execute(
        select(ITEM_ROW).where(
            ITEM_ROW.c.vessel_visit_id == vessel_visit_id,
            ITEM_ROW.c.equipment_reference.in_(equipment_references),
        )
    ).mappings():
        found.setdefault(row["equipment_reference"], []).append(_item(row))
    return found


def bulk_bills(connection: Connection, vessel_visit_id: str) -> set[str]:
    """The bills with a bulk line."""
    statement = select(ITEM_ROW.c.transport_document_reference).where(
        ITEM_ROW.c.vessel_visit_id == vessel_visit_id, ITEM_ROW.c.equipment_reference == ""
    )
    return set(connection.execute(statement).scalars())


def outturn_kg(connection: Connection, transport_document_reference: str) -> int:
    """Bulk kilograms of a bill seen to come off, over all vessel visits (卸港重量)."""
    statement = select(func.coalesce(func.sum(ITEM_ROW.c.gross_mass_kg), 0)).where(
        ITEM_ROW.c.transport_document_reference == transport_document_reference,
        ITEM_ROW.c.equipment_reference == "",
        ITEM_ROW.c.discharged_at.is_not(None),
    )
    return int(connection.execute(statement).scalar_one())


def _visits(
    connection: Connection, *where: ColumnElement[bool], limit: int | None = None
) -> list[VesselVisit]:
    statement = select(VISIT).where(*where).order_by(VISIT.c.id.desc()).limit(limit)
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
