"""What is said of a whole bill (提单); its subject `bill:<number>` is the guardian holds lock."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from yidan.kernel.events import Event, event
from yidan.release.rules.lights import CustomsLight


class Presentation(StrEnum):
    """How the bill came back to the carrier (提单交付方式; DOMAIN 2(a) 5a-5e)."""

    ORIGINAL = "original"
    """正本提单"""
    TELEX = "telex"
    """电放"""
    EBL = "ebl"
    """电子提单"""
    LOI = "loi"
    """保函提货; the flag stays on the release until the bill comes"""


@event("release.customs_reported.v1")
@dataclass(frozen=True, kw_only=True)
class CustomsReported(Event):
    """Customs decided on a bill or on boxes of it (海关放行/查验/撤销放行)."""

    carrier: str
    """Whose bill a release was taken for; "" before one is known, and for what stops: it counts
    for every carrier's bill of this number."""
    transport_document_reference: str
    equipment_references: tuple[str, ...]
    """Empty: the whole bill."""
    status: CustomsLight
    released_quantity_kg: int | None
    """For bulk: cumulative quantity released; None for boxes."""
    declaration_number: str
    """报关单号, or ""."""
    as_of: datetime
    """When customs decided; never later than our receiving it. The latest decision counts."""


@event("release.title_presented.v1")
@dataclass(frozen=True, kw_only=True)
class TitlePresented(Event):
    """The bill was presented to the carrier or its agent (提单交付)."""

    waybill_id: str
    transport_document_reference: str
    presentation: Presentation
    reference: str
    """Number of the telex release, guarantee or platform, or ""."""


SAMPLES: Final = (
    CustomsReported(
        carrier="01935300-0000-7000-8000-00000000000e",
        transport_document_reference="MAEU261122001",
        equipment_references=("MSKU9070323",),
        status=CustomsLight.RELEASED,
        released_quantity_kg=None,
        declaration_number="230220261000123456",
        as_of=datetime(2026, 11, 22, 2, 30, tzinfo=UTC),
    ),
    TitlePresented(
        waybill_id="01935300-0000-7000-8000-000000000011",
        transport_document_reference="MAEU261122001",
        presentation=Presentation.TELEX,
        reference="TLX-7781",
    ),
)
