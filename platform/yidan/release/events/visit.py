"""What happens to one visit of a box (箱的一次到港); the subject is `visit:<id>`.

A box number is not a key: the same box comes again (DOMAIN 2.0). The key is box, vessel and voyage.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from yidan.kernel.events import Event, event
from yidan.release.rules.lights import ChargesLight, TerminalLight


@event("release.visit_expected.v1")
@dataclass(frozen=True, kw_only=True)
class VisitExpected(Event):
    """The terminal listed a box of a vessel (舱单/卸船清单), first or corrected."""

    visit_id: str
    terminal: str
    """Party id of the terminal that will discharge and keep it."""
    equipment_reference: str
    iso_equipment_code: str
    vessel_imo_number: str
    voyage: str
    un_location_code: str
    transport_document_reference: str
    """B/L number as listed, or ""."""
    further_bills: tuple[str, ...] = ()
    """The other B/L numbers under which the list has the box (拼箱)."""
    seal_numbers: tuple[str, ...]
    gross_mass_kg: int | None
    """Box and cargo; None where the list has none."""


@event("release.box_discharged.v1")
@dataclass(frozen=True, kw_only=True)
class BoxDischarged(Event):
    """The box is ashore (卸船)."""

    visit_id: str
    seal_numbers: tuple[str, ...]
    """As read at discharge; empty: as listed."""
    damage_codes: tuple[str, ...]


@event("release.terminal_status_set.v1")
@dataclass(frozen=True, kw_only=True)
class TerminalStatusSet(Event):
    """The terminal lets go of the box, or blocks it (码头放行)."""

    visit_id: str
    status: TerminalLight


@event("release.charges_set.v1")
@dataclass(frozen=True, kw_only=True)
class ChargesSet(Event):
    """The terminal's charges for the box are due, paid up to a day, or on account (港杂费)."""

    visit_id: str
    status: ChargesLight
    paid_through_on: date | None
    """Last local day the payment covers; None where no day ends it."""


SAMPLES: Final = (
    VisitExpected(
        visit_id="01935300-0000-7000-8000-000000000101",
        terminal="01935300-0000-7000-8000-00000000000c",
        equipment_reference="MSKU9070323",
        iso_equipment_code="42G1",
        vessel_imo_number="9632064",
        voyage="441W",
        un_location_code="CNLYG",
        transport_document_reference="MAEU261122001",
        seal_numbers=("ML-CN0012345",),
        gross_mass_kg=21_350,
    ),
    BoxDischarged(
        visit_id="01935300-0000-7000-8000-000000000101",
        seal_numbers=("ML-CN0012345",),
        damage_codes=(),
    ),
    TerminalStatusSet(
        visit_id="01935300-0000-7000-8000-000000000101", status=TerminalLight.RELEASED
    ),
    ChargesSet(
        visit_id="01935300-0000-7000-8000-000000000101",
        status=ChargesLight.PAID,
        paid_through_on=date(2026, 11, 25),
    ),
)
