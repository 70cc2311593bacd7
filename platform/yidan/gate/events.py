"""What happens at the gate (闸口); subjects `gate:<transaction>` and `truck:<visit>`.

Each verdict carries the capture it was given on, so that one event says what was seen, what was
decided and why (DOMAIN 2(d)). Confidences are per mille: quantities are integers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.events import Event, event
from yidan.kernel.reasons import Role


class Direction(StrEnum):
    """Which way the truck goes."""

    IN = "in"
    """进闸"""
    OUT = "out"
    """出闸"""


class Field(StrEnum):
    """What is read at a lane, and by a clerk anew: never a right, light, hold or balance."""

    PLATE = "plate"
    """车牌"""
    DRIVER = "driverId"
    """司机"""
    BOX = "equipmentReference"
    """箱号"""
    SEALS = "sealNumbers"
    """铅封号"""
    WEIGHT = "grossMassKg"
    """重量"""
    DAMAGE = "damageCodes"
    """残损"""


@dataclass(frozen=True, kw_only=True)
class Capture:
    """What a lane saw, as the device sent it; nothing is mended."""

    direction: Direction
    lane: str
    plate: str
    driver_id: str
    equipment_reference: str
    seal_numbers: tuple[str, ...]
    gross_mass_kg: int | None
    """Box with cargo, by the lane's scale; None where it has none."""
    damage_codes: tuple[str, ...]
    """ISO 9897 (CEDEX) as component-location-damage, e.g. `PAA-LB3N-DT`."""
    confidences: Mapping[str, int]
    """Per mille, by field name; a field without one counts as unread."""
    captured_at: datetime
    """By the device's clock: recorded, never trusted."""
    skew_s: int
    """Device clock minus ours, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A reason as it was given."""

    code: str
    owner: Role | None
    since: datetime | None
    params: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """A reading that a clerk replaced (old → new)."""

    field: Field
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Verdict(Event):
    """What every verdict says."""

    transaction_id: str
    device: str
    """Device's key id, or the clerk's where a clerk decided."""
    device_transaction_id: str
    terminal: str
    capture: Capture
    reasons: tuple[Said, ...]
    findings: tuple[Said, ...]
    """Noticed, and no ground for the verdict."""
    right_id: str
    """The right it was judged against, or ""."""
    truck_visit_id: str
    replaced: tuple[Replacement, ...] = ()
    accepted: tuple[str, ...] = ()
    """Codes of the reasons to refer that a clerk let pass."""


@event("gate.approved.v1")
@dataclass(frozen=True, kw_only=True)
class Approved(Verdict):
    """The truck may pass: by this decision, once, at this lane, within its seconds (放行)."""

    decision_id: str
    expires_at: datetime


@event("gate.referred.v1")
@dataclass(frozen=True, kw_only=True)
class Referred(Verdict):
    """A clerk has to look (转人工)."""


@event("gate.rejected.v1")
@dataclass(frozen=True, kw_only=True)
class Rejected(Verdict):
    """The truck may not pass (拒绝)."""


@event("gate.gated_in.v1")
@dataclass(frozen=True, kw_only=True)
class GatedIn(Event):
    """The barrier opened and the truck came in (进闸)."""

    transaction_id: str
    decision_id: str
    truck_visit_id: str
    lane: str
    plate: str


@event("gate.gated_out.v1")
@dataclass(frozen=True, kw_only=True)
class GatedOut(Event):
    """The barrier opened and the box left (出闸, GTOT)."""

    transaction_id: str
    decision_id: str
    truck_visit_id: str
    right_id: str
    release_id: str
    visit_id: str
    terminal: str
    lane: str
    plate: str
    transport_document_reference: str
    delivery_order_reference: str
    equipment_reference: str
    iso_equipment_code: str
    seal_numbers: tuple[str, ...]
    gross_mass_kg: int | None
    damage_codes: tuple[str, ...]
    un_location_code: str
    vessel_imo_number: str
    voyage: str
    carrier_code: str
    eir_document_id: str
    """The equipment interchange receipt issued with it (设备交接单)."""


@event("gate.left_without_box.v1")
@dataclass(frozen=True, kw_only=True)
class LeftWithoutBox(Event):
    """The truck leaves as it came (空车离场)."""

    truck_visit_id: str
    plate: str
    right_id: str


_CAPTURE: Final = Capture(
    direction=Direction.OUT,
    lane="OUT-02",
    plate="苏GA1234",
    driver_id="LYG-D-0417",
    equipment_reference="CSQU3054383",
    seal_numbers=("EO7781203",),
    gross_mass_kg=25_230,
    damage_codes=(),
    confidences=MappingProxyType(
        {"plate": 992, "driverId": 1000, "equipmentReference": 981, "sealNumbers": 930}
    ),
    captured_at=datetime(2026, 11, 22, 6, 30, tzinfo=UTC),
    skew_s=-1,
)
_TRANSACTION: Final = "01935300-0000-7000-8000-000000000601"
_TRUCK: Final = "01935300-0000-7000-8000-000000000501"
_DECISION: Final = "8f3b0c44298fc1c149afbf4c8996fb92"
_RIGHT: Final = "01935300-0000-7000-8000-000000000301"
_SAID: Final = Said(
    code="gate-box-unread",
    owner=Role.TERMINAL,
    since=None,
    params=MappingProxyType({"box": "CSQU3054383"}),
)

SAMPLES: Final = (
    Approved(
        transaction_id=_TRANSACTION,
        device="01935300-0000-7000-8000-00000000000e",
        device_transaction_id="kiosk-7-000123",
        terminal="01935300-0000-7000-8000-00000000000c",
        capture=_CAPTURE,
        reasons=(),
        findings=(),
        right_id=_RIGHT,
        truck_visit_id=_TRUCK,
        replaced=(Replacement(field=Field.BOX, old="CSQU305438", new="CSQU3054383"),),
        accepted=("gate-weight-differs",),
        decision_id=_DECISION,
        expires_at=datetime(2026, 11, 22, 6, 30, 20, tzinfo=UTC),
    ),
    Referred(
        transaction_id=_TRANSACTION,
        device="01935300-0000-7000-8000-00000000000e",
        device_transaction_id="kiosk-7-000123",
        terminal="01935300-0000-7000-8000-00000000000c",
        capture=_CAPTURE,
        reasons=(_SAID,),
        findings=(),
        right_id=_RIGHT,
        truck_visit_id=_TRUCK,
    ),
    Rejected(
        transaction_id=_TRANSACTION,
        device="01935300-0000-7000-8000-00000000000e",
        device_transaction_id="kiosk-7-000123",
        terminal="01935300-0000-7000-8000-00000000000c",
        capture=_CAPTURE,
        reasons=(_SAID,),
        findings=(),
        right_id="",
        truck_visit_id="",
    ),
    GatedIn(
        transaction_id=_TRANSACTION,
        decision_id=_DECISION,
        truck_visit_id=_TRUCK,
        lane="IN-01",
        plate="苏GA1234",
    ),
    GatedOut(
        transaction_id=_TRANSACTION,
        decision_id=_DECISION,
        truck_visit_id=_TRUCK,
        right_id=_RIGHT,
        release_id="01935300-0000-7000-8000-000000000201",
        visit_id="01935300-0000-7000-8000-000000000101",
        terminal="01935300-0000-7000-8000-00000000000c",
        lane="OUT-02",
        plate="苏GA1234",
        transport_document_reference="EOCLYG26110042",
        delivery_order_reference="DO-LYG-26-118820",
        equipment_reference="CSQU3054383",
        iso_equipment_code="45G1",
        seal_numbers=("EO7781203",),
        gross_mass_kg=25_230,
        damage_codes=(),
        un_location_code="CNLYG",
        vessel_imo_number="9795426",
        voyage="062E",
        carrier_code="EOC",
        eir_document_id="01935300-0000-7000-8000-000000000001",
    ),
    LeftWithoutBox(truck_visit_id=_TRUCK, plate="苏GA1234", right_id=_RIGHT),
)
