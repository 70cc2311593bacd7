"""The rules of tally: two machines, what must be right about a list, what differs, the sums.

Source: DOMAIN 2(e): SM-E1 (COUNTED to RECONCILED only when planned = matched + short and physical
= matched + over; SIGNED needs two different people), SM-E2, difference codes.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.identifiers import (
    bill_number,
    container,
    damage_code,
    imo,
    seal_number,
    size_type,
    un_location_code,
    voyage,
)
from yidan.kernel.machine import Machine
from yidan.kernel.quantities import mass_findings
from yidan.kernel.reasons import Reason, Role, reason
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


class TallyState(StrEnum):
    """Where the tally of a vessel visit is (SM-E1)."""

    NONE = "none"
    """Before its list."""
    PLANNED = "planned"
    """已计划"""
    OPEN = "open"
    """理货中"""
    REPORTED = "reported"
    """已出具理货报告"""


TALLY: Final = Machine(
    name="tally",
    initial=TallyState.NONE,
    transitions=MappingProxyType(
        {
            (TallyState.NONE, ManifestListed): TallyState.PLANNED,
            (TallyState.PLANNED, ManifestListed): TallyState.PLANNED,
            (TallyState.PLANNED, BoxMatched): TallyState.OPEN,
            (TallyState.PLANNED, BoxOver): TallyState.OPEN,
            (TallyState.PLANNED, BulkTallied): TallyState.OPEN,
            (TallyState.OPEN, BoxMatched): TallyState.OPEN,
            (TallyState.OPEN, BoxOver): TallyState.OPEN,
            (TallyState.OPEN, BulkTallied): TallyState.OPEN,
            (TallyState.OPEN, ReportCompleted): TallyState.REPORTED,
        }
    ),
)


class ItemState(StrEnum):
    """Where one box of a vessel visit is (SM-E2)."""

    NONE = "none"
    EXPECTED = "expected"
    """待卸"""
    MATCHED = "matched"
    """相符"""
    OVER = "over"
    """溢卸"""
    SHORT = "short"
    """短卸"""


ITEM: Final = Machine(
    name="tally item",
    initial=ItemState.NONE,
    transitions=MappingProxyType(
        {
            (ItemState.NONE, ManifestListed): ItemState.EXPECTED,
            (ItemState.EXPECTED, ManifestListed): ItemState.EXPECTED,
            (ItemState.NONE, BoxOver): ItemState.OVER,
            (ItemState.EXPECTED, BoxMatched): ItemState.MATCHED,
            (ItemState.EXPECTED, ReportCompleted): ItemState.SHORT,
        }
    ),
)

CLOCK_SKEW: Final = timedelta(minutes=5)
"""So far may a reporter's clock be ahead of ours."""

LINE_TWICE = reason(
    "tally-line-twice",
    en="Bill {bill} lists {what} twice; give each line once.",
    zh="提单 {bill} 重复列出 {what}；每行只列一次。",
    owner=Role.TERMINAL,
)
BOX_DESCRIBED_TWICE = reason(
    "tally-box-described-twice",
    en="{box} stands under several bills with different type, fullness or seals.",
    zh="{box} 在多份提单下的箱型、重空或铅封不一致。",
    owner=Role.TERMINAL,
)
BULK_HAS_NO_BOX = reason(
    "tally-bulk-has-no-box",
    en="A line without a box is bulk: it has kilograms, but no type, seals, fullness or packages.",
    zh="无箱号的行为散货：只有重量，没有箱型、铅封、重空或件数。",
    owner=Role.TERMINAL,
)
FULLNESS_MISSING = reason(
    "tally-fullness-missing",
    en="{box}: say whether it is full or empty.",
    zh="{box}：请注明重箱或空箱。",
    owner=Role.TERMINAL,
)
DAMAGE_FORM = reason(
    "tally-damage-form",
    en="{value} is not a damage code; write its type, or type:area (UNTDED 7501, 7503).",
    zh="{value} 不是残损代码；请写类型，或 类型:部位（UNTDED 7501、7503）。",
    owner=Role.TERMINAL,
)
OVER_NEEDS_TYPE = reason(
    "tally-over-needs-type",
    en="{box} is on no line of the list; report its size-type too.",
    zh="{box} 不在清单中；请同时上报其箱型。",
    owner=Role.TERMINAL,
)
SEEN_TWICE = reason(
    "tally-seen-twice",
    en="{box} stands twice in this report.",
    zh="{box} 在本次报告中重复。",
    owner=Role.TERMINAL,
)
IN_THE_FUTURE = reason(
    "tally-in-the-future",
    en="{instant} lies in the future; report what has happened, with its offset.",
    zh="{instant} 在未来；请上报已发生的事项，并带时区偏移。",
    owner=Role.TERMINAL,
)
BULK_NOT_LISTED = reason(
    "tally-bulk-not-listed",
    en="The list has no bulk line for bill {bill}; correct the list or the bill number.",
    zh="清单中没有提单 {bill} 的散货行；请更正清单或提单号。",
    owner=Role.TERMINAL,
)
ONE_SIGNER = reason(
    "tally-one-signer",
    en="The report is signed by two people: the tally clerk and the ship's officer.",
    zh="理货报告须由两人签署：理货员和船方大副。",
    owner=Role.TERMINAL,
)
ENDS_TOO_EARLY = reason(
    "tally-ends-too-early",
    en="The report would end at {end}, before the last discharge at {last}.",
    zh="报告结束时间 {end} 早于最后一次卸船 {last}。",
    owner=Role.TERMINAL,
)


@dataclass(frozen=True, kw_only=True)
class SeenBox:
    """A box as it was seen under the crane."""

    equipment_reference: str
    iso_equipment_code: str = ""
    """"" where it was not read: as listed."""
    seal_numbers: tuple[str, ...] = ()
    damage_codes: tuple[str, ...] = ()
    crane: str = ""
    transport_document_reference: str = ""
    occurred_at: datetime


def list_findings(happened: ManifestListed) -> list[Reason]:
    """Everything wrong with a manifest list."""
    found = imo.findings(happened.vessel_imo_number, at="/vesselImoNumber")
    found += voyage.findings(happened.voyage, at="/voyage")
    found += un_location_code.findings(happened.un_location_code, at="/unLocationCode")
    seen: Counter[tuple[str, str]] = Counter()
    described: dict[str, tuple[object, ...]] = {}
    for index, line in enumerate(happened.lines):
        at, box, bill = (
            f"/lines/{index}",
            line.equipment_reference,
            line.transport_document_reference,
        )
        found += bill_number.findings(bill, at=f"{at}/transportDocumentReference")
        found += _box_findings(line, at) if box else _bulk_findings(line, at)
        seen[bill, box] += 1
        if seen[bill, box] > 1:
            found.append(LINE_TWICE(at=at, bill=bill, what=box or "bulk"))
        description = (line.iso_equipment_code, line.fullness, frozenset(line.seal_numbers))
        if box and described.setdefault(box, description) != description:
            found.append(BOX_DESCRIBED_TWICE(at=at, box=box))
    return found


def _box_findings(line: ManifestLine, at: str) -> list[Reason]:
    found = container.findings(line.equipment_reference, at=f"{at}/equipmentReference")
    found += size_type.findings(line.iso_equipment_code, at=f"{at}/isoEquipmentCode")
    found += mass_findings(
        line.gross_mass_kg, at=f"{at}/grossMassKg", low=0 if line.fullness == "empty" else 1
    )
    for index, seal in enumerate(line.seal_numbers):
        found += seal_number.findings(seal, at=f"{at}/sealNumbers/{index}")
    if line.fullness not in ("full", "empty"):
        found.append(FULLNESS_MISSING(at=f"{at}/fullness", box=line.equipment_reference))
    return found


def _bulk_findings(line: ManifestLine, at: str) -> list[Reason]:
    found = mass_findings(line.gross_mass_kg, at=f"{at}/grossMassKg")
    if line.iso_equipment_code or line.seal_numbers or line.package_quantity or line.fullness:
        found.append(BULK_HAS_NO_BOX(at=at))
    return found


def seen_findings(boxes: Sequence[SeenBox], now: datetime) -> list[Reason]:
    """Everything wrong with a report of boxes seen."""
    found: list[Reason] = []
    counted: Counter[str] = Counter()
    for index, box in enumerate(boxes):
        at = f"/boxes/{index}"
        found += container.findings(box.equipment_reference, at=f"{at}/equipmentReference")
        if box.iso_equipment_code:
            found += size_type.findings(box.iso_equipment_code, at=f"{at}/isoEquipmentCode")
        if bill := box.transport_document_reference:
            found += bill_number.findings(bill, at=f"{at}/transportDocumentReference")
        for place, seal in enumerate(box.seal_numbers):
            found += seal_number.findings(seal, at=f"{at}/sealNumbers/{place}")
        for place, code in enumerate(box.damage_codes):
            if not damage_code.UNTDED.fullmatch(code):
                found.append(DAMAGE_FORM(at=f"{at}/damageCodes/{place}", value=code[:20]))
        found += future_findings(box.occurred_at, now, at=f"{at}/occurredAt")
        counted[box.equipment_reference] += 1
        if counted[box.equipment_reference] > 1:
            found.append(SEEN_TWICE(at=at, box=box.equipment_reference))
    return found


def over_findings(boxes: Sequence[SeenBox], listed: Container[str]) -> list[Reason]:
    """Whether what is needed of a box that nobody listed was seen."""
    return [
        OVER_NEEDS_TYPE(at=f"/boxes/{index}/isoEquipmentCode", box=box.equipment_reference)
        for index, box in enumerate(boxes)
        if box.equipment_reference not in listed and not box.iso_equipment_code
    ]


def future_findings(occurred_at: datetime, now: datetime, *, at: str) -> list[Reason]:
    """Whether something is reported that has not happened yet."""
    if occurred_at <= now + CLOCK_SKEW:
        return []
    return [IN_THE_FUTURE(at=at, instant=occurred_at.isoformat())]


def differences(listed: ManifestLine, seen: SeenBox) -> tuple[Difference, ...]:
    """How a listed box differs from its line."""
    found: list[Difference] = []
    if set(seen.seal_numbers) != set(listed.seal_numbers):
        found.append(Difference.SEAL)
    if seen.iso_equipment_code not in ("", listed.iso_equipment_code):
        found.append(Difference.TYPE)
    if seen.damage_codes:
        found.append(Difference.DMG)
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """How many boxes were planned and came."""

    planned: int
    matched: int
    short: int
    over: int

    @property
    def agree(self) -> bool:
        """SM-E1: planned = matched + short."""
        return self.planned == self.matched + self.short


def sums(figures: Iterable[TallyFigure]) -> Sums:
    """Count the boxes of a report; a box under several bills counts once."""
    boxes: dict[str, TallyFigure] = {}
    for figure in figures:
        if figure.equipment_reference:
            boxes.setdefault(figure.equipment_reference, figure)
    kinds = Counter(
        next((d for d in f.differences if d in (Difference.OVER, Difference.SHORT)), None)
        for f in boxes.values()
    )
    over, short = kinds[Difference.OVER], kinds[Difference.SHORT]
    return Sums(
        planned=len(boxes) - over, matched=len(boxes) - over - short, short=short, over=over
    )


def completion_findings(
    tally_clerk: str,
    ships_officer: str,
    completed_at: datetime,
    last_discharge_at: datetime | None,
    now: datetime,
) -> list[Reason]:
    """Everything wrong with the end of a tally."""
    found = future_findings(completed_at, now, at="/completedAt")
    if tally_clerk.strip().casefold() == ships_officer.strip().casefold():
        found.append(ONE_SIGNER(at="/shipsOfficer"))
    if last_discharge_at is not None and completed_at < last_discharge_at:
        found.append(
            ENDS_TOO_EARLY(
                at="/completedAt",
                end=completed_at.isoformat(),
                last=last_discharge_at.isoformat(),
            )
        )
    return found
