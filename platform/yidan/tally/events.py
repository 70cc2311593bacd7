"""What happens at a vessel's discharge (卸船理货); the subject is `vessel-visit:<id>`.

Source: DOMAIN 2(e), SM-E1 and SM-E2, difference codes; thin: discharge only, no crane or picture
events yet.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from yidan.kernel.events import Event, event


class Difference(StrEnum):
    """How what was seen differs from the manifest (理货差异)."""

    OVER = "OVER"
    """溢卸: on the quay, not on the manifest"""
    SHORT = "SHORT"
    """短卸: on the manifest, not found"""
    DMG = "DMG"
    """残损"""
    SEAL = "SEAL"
    """铅封不符"""
    TYPE = "TYPE"
    """箱型不符"""


@dataclass(frozen=True, kw_only=True)
class ManifestLine:
    """One line of the manifest list (舱单): a box under a bill, or bulk under a bill."""

    transport_document_reference: str
    equipment_reference: str
    """ISO 6346 number, or "" for bulk."""
    iso_equipment_code: str
    fullness: str
    """`full` or `empty`; "" for bulk."""
    seal_numbers: tuple[str, ...]
    package_quantity: int
    gross_mass_kg: int
    visit_id: str = ""
    """The box's visit in the release room, or "" for bulk."""


@event("tally.manifest_listed.v1")
@dataclass(frozen=True, kw_only=True)
class ManifestListed(Event):
    """The terminal listed what a vessel should bring, first or corrected (舱单/卸船清单)."""

    vessel_visit_id: str
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    un_location_code: str
    lines: tuple[ManifestLine, ...]


@dataclass(frozen=True, kw_only=True)
class TalliedBox(Event):
    """A box that came off the vessel, as it was seen."""

    vessel_visit_id: str
    visit_id: str
    """The box's visit in the release room."""
    equipment_reference: str
    iso_equipment_code: str
    """As seen."""
    seal_numbers: tuple[str, ...]
    """As seen."""
    damage_codes: tuple[str, ...]
    """UNTDED 7501, or `7501:7503` with the area."""
    crane: str
    differences: tuple[Difference, ...]


@event("tally.box_matched.v1")
@dataclass(frozen=True, kw_only=True)
class BoxMatched(TalliedBox):
    """It is on the manifest (相符)."""


@event("tally.box_over.v1")
@dataclass(frozen=True, kw_only=True)
class BoxOver(TalliedBox):
    """It is not on the manifest (溢卸); it is held for customs."""

    transport_document_reference: str
    """Bill said to belong to it, or ""."""
    hold_id: str


@event("tally.bulk_tallied.v1")
@dataclass(frozen=True, kw_only=True)
class BulkTallied(Event):
    """So much bulk cargo of a bill came off, by draft survey or scale (散货卸船)."""

    vessel_visit_id: str
    transport_document_reference: str
    gross_mass_kg: int
    """Of this lift alone; the sum of them is the outturn (卸港重量)."""
    crane: str


@dataclass(frozen=True, kw_only=True)
class TallyFigure:
    """One line of the report (理货明细)."""

    transport_document_reference: str
    equipment_reference: str
    """"" for bulk."""
    iso_equipment_code: str
    fullness: str
    seal_numbers: tuple[str, ...]
    """As seen; for SHORT as listed."""
    damage_codes: tuple[str, ...]
    package_quantity: int
    gross_mass_kg: int
    """As listed; of bulk the outturn."""
    listed_mass_kg: int
    """As listed; 0 for OVER."""
    discharged: bool
    differences: tuple[Difference, ...]


@event("tally.report_completed.v1")
@dataclass(frozen=True, kw_only=True)
class ReportCompleted(Event):
    """The tally is signed by clerk and ship's officer (理货报告); MT5101 is made from it."""

    vessel_visit_id: str
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    un_location_code: str
    started_at: datetime
    completed_at: datetime
    tally_clerk: str
    ships_officer: str
    planned: int
    """Boxes on the manifest."""
    matched: int
    short: int
    over: int
    lines: tuple[TallyFigure, ...]


_ID: Final = "01935300-0000-7000-8000-000000000501"
_VISIT: Final = "01935300-0000-7000-8000-000000000101"
_BILL: Final = "EOCLYG26110042"
_SHIP: Final = {"vessel_imo_number": "9795426", "vessel_name": "EAST OCEAN HARMONY"}

SAMPLES: Final = (
    ManifestListed(
        vessel_visit_id=_ID,
        **_SHIP,
        voyage="062E",
        un_location_code="CNLYG",
        lines=(
            ManifestLine(
                transport_document_reference=_BILL,
                equipment_reference="CSQU3054383",
                iso_equipment_code="45G1",
                fullness="full",
                seal_numbers=("EO7781203",),
                package_quantity=8,
                gross_mass_kg=21_350,
                visit_id=_VISIT,
            ),
        ),
    ),
    BoxMatched(
        vessel_visit_id=_ID,
        visit_id=_VISIT,
        equipment_reference="CSQU3054383",
        iso_equipment_code="45G1",
        seal_numbers=("EO9999999",),
        damage_codes=("1:2",),
        crane="QC03",
        differences=(Difference.SEAL, Difference.DMG),
    ),
    BoxOver(
        vessel_visit_id=_ID,
        visit_id="01935300-0000-7000-8000-000000000102",
        equipment_reference="MSCU6639870",
        iso_equipment_code="22G1",
        seal_numbers=(),
        damage_codes=(),
        crane="QC03",
        differences=(Difference.OVER,),
        transport_document_reference="",
        hold_id="01935300-0000-7000-8000-000000000401",
    ),
    BulkTallied(
        vessel_visit_id=_ID,
        transport_document_reference="NTLLYG26100007",
        gross_mass_kg=12_400_000,
        crane="GSU1",
    ),
    ReportCompleted(
        vessel_visit_id=_ID,
        **_SHIP,
        voyage="062E",
        un_location_code="CNLYG",
        started_at=datetime(2026, 11, 19, 0, 12, tzinfo=UTC),
        completed_at=datetime(2026, 11, 19, 9, 40, tzinfo=UTC),
        tally_clerk="Clerk 7",
        ships_officer="Chief officer",
        planned=1,
        matched=1,
        short=0,
        over=0,
        lines=(
            TallyFigure(
                transport_document_reference=_BILL,
                equipment_reference="CSQU3054383",
                iso_equipment_code="45G1",
                fullness="full",
                seal_numbers=("EO9999999",),
                damage_codes=("1:2",),
                package_quantity=8,
                gross_mass_kg=21_350,
                listed_mass_kg=21_350,
                discharged=True,
                differences=(Difference.SEAL, Difference.DMG),
            ),
        ),
    ),
)
