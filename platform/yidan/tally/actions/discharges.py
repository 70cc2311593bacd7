"""What came off a vessel (卸船): matched, over, bulk; in one transaction with release.

A box under the crane is ashore for release; one that nobody listed gets a visit of its own and is
held for customs; seals are compared with the list and with the bill.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yidan.kernel.errors import InvalidError
from yidan.kernel.quantities import mass_findings
from yidan.kernel.reasons import Reason, Role
from yidan.release.actions.holds import hold_for
from yidan.release.actions.visits import (
    ListedBox,
    ReportDischarge,
    report_discharge,
)
from yidan.release.rules.holds import HoldKind, HoldScope
from yidan.release.rules.lights import DischargeLight
from yidan.release.tables import visits as release_visits
from yidan.store.unit_of_work import UnitOfWork
from yidan.tally import rules, tables
from yidan.tally.actions.manifests import expect_boxes
from yidan.tally.actions.sharing import existing, own, subject
from yidan.tally.events import (
    BoxMatched,
    BoxOver,
    BulkTallied,
    Difference,
)
from yidan.tally.rules import TALLY, ItemState, SeenBox
from yidan.tally.tables import TallyItem, VesselVisit
from yidan.waybill.actions.reports import note_box_seen
from yidan.waybill.events import BoxSeen


@dataclass(frozen=True, kw_only=True)
class SeenBulk:
    """Bulk that came off, by one lift, survey or scale ticket."""

    transport_document_reference: str
    gross_mass_kg: int
    crane: str = ""
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportDischarges:
    """What came off a vessel: boxes, bulk, or both."""

    vessel_visit_id: str
    boxes: tuple[SeenBox, ...] = ()
    bulk: tuple[SeenBulk, ...] = ()


class Outcome(StrEnum):
    """What became of one line of a discharge report."""

    MATCHED = "matched"
    OVER = "over"
    BULK = "bulk"
    ALREADY = "already"
    """Tallied before; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class DischargeLine:
    """One line of the answer."""

    reference: str
    """Box number; for bulk the bill's number."""
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    visit_id: str = ""
    hold_id: str = ""
    event_id: str = ""
    findings: tuple[Reason, ...] = ()
    """Seals that differ from the bill's, as recorded on the bill (一箱制)."""


@dataclass(frozen=True, kw_only=True)
class DischargesTaken:
    """What became of a discharge report."""

    visit: VesselVisit
    lines: tuple[DischargeLine, ...]


def report_discharges(command: ReportDischarges, uow: UnitOfWork) -> DischargesTaken:
    """Take what came off: match it with the list, tell release, hold what nobody listed.

    Raises:
        NotFoundError: no such vessel visit of the acting terminal.
        ForbiddenError: the acting party is no verified terminal.
        InvalidError: a line is wrong; carries all findings.
        InvalidTransitionError: the report is completed.
    """
    visit = own(uow, command.vessel_visit_id)
    found = rules.seen_findings(command.boxes, uow.now)
    found += _bulk_findings(command.bulk, visit, uow)
    if found:
        raise InvalidError(*found)
    TALLY.advance(visit.state, BoxMatched)
    numbers = [box.equipment_reference for box in command.boxes]
    listed = tables.items_of_boxes(uow.connection, visit.id, numbers)
    if found := rules.over_findings(command.boxes, listed):
        raise InvalidError(*found)
    lines = [
        _box(visit, box, listed.get(box.equipment_reference, []), uow) for box in command.boxes
    ]
    lines += [_bulk(visit, bulk, uow) for bulk in command.bulk]
    return DischargesTaken(visit=existing(uow, visit.id), lines=tuple(lines))


def _bulk_findings(bulk: Sequence[SeenBulk], visit: VesselVisit, uow: UnitOfWork) -> list[Reason]:
    listed = tables.bulk_bills(uow.connection, visit.id)
    found: list[Reason] = []
    for index, lift in enumerate(bulk):
        at, bill = f"/bulk/{index}", lift.transport_document_reference
        found += mass_findings(lift.gross_mass_kg, at=f"{at}/grossMassKg")
        found += rules.future_findings(lift.occurred_at, uow.now, at=f"{at}/occurredAt")
        if bill not in listed:
            place = f"{at}/transportDocumentReference"
            found.append(rules.BULK_NOT_LISTED(at=place, bill=bill[:35]))
    return found


def _box(
    visit: VesselVisit, seen: SeenBox, items: list[TallyItem], uow: UnitOfWork
) -> DischargeLine:
    if not items:
        return _over(visit, seen, uow)
    item = items[0]
    if item.state is not ItemState.EXPECTED:
        return DischargeLine(
            reference=seen.equipment_reference,
            outcome=Outcome.ALREADY,
            visit_id=item.listed.visit_id,
        )
    differences = rules.differences(item.listed, seen)
    code = seen.iso_equipment_code or item.listed.iso_equipment_code
    _ashore(item.listed.visit_id, seen, uow)
    happened = BoxMatched(
        vessel_visit_id=visit.id,
        visit_id=item.listed.visit_id,
        equipment_reference=seen.equipment_reference,
        iso_equipment_code=code,
        seal_numbers=seen.seal_numbers,
        damage_codes=seen.damage_codes,
        crane=seen.crane,
        differences=differences,
    )
    recorded = uow.record(subject(visit.id), happened, occurred_at=seen.occurred_at)
    return DischargeLine(
        reference=seen.equipment_reference,
        outcome=Outcome.MATCHED,
        differences=differences,
        visit_id=item.listed.visit_id,
        event_id=recorded.event_id,
        findings=_on_bills(visit, seen, uow),
    )


def _over(visit: VesselVisit, seen: SeenBox, uow: UnitOfWork) -> DischargeLine:
    """A box that nobody listed: a visit of its own, ashore, held for customs (溢卸)."""
    box = ListedBox(
        equipment_reference=seen.equipment_reference,
        iso_equipment_code=seen.iso_equipment_code,
        transport_document_reference=seen.transport_document_reference,
        seal_numbers=seen.seal_numbers,
    )
    ((visit_id,), _) = expect_boxes(visit, (box,), uow)
    _ashore(visit_id, seen, uow)
    hold = hold_for(
        uow,
        authority=Role.CUSTOMS,
        scope=HoldScope.VISIT,
        key=visit_id,
        kind=HoldKind.CUSTOMS,
        why=f"OVER {visit.vessel_imo_number} {visit.voyage}",
    )
    damaged = (Difference.DMG,) if seen.damage_codes else ()
    happened = BoxOver(
        vessel_visit_id=visit.id,
        visit_id=visit_id,
        equipment_reference=seen.equipment_reference,
        iso_equipment_code=seen.iso_equipment_code,
        seal_numbers=seen.seal_numbers,
        damage_codes=seen.damage_codes,
        crane=seen.crane,
        differences=(Difference.OVER, *damaged),
        transport_document_reference=seen.transport_document_reference,
        hold_id=hold.hold.id,
    )
    recorded = uow.record(subject(visit.id), happened, occurred_at=seen.occurred_at)
    return DischargeLine(
        reference=seen.equipment_reference,
        outcome=Outcome.OVER,
        differences=happened.differences,
        visit_id=visit_id,
        hold_id=hold.hold.id,
        event_id=recorded.event_id,
        findings=_on_bills(visit, seen, uow),
    )


def _ashore(visit_id: str, seen: SeenBox, uow: UnitOfWork) -> None:
    """Tell release, unless the terminal told it already."""
    known = release_visits.find(uow.connection, visit_id)
    if known is not None and known.discharge is DischargeLight.DISCHARGED:
        return
    report_discharge(
        ReportDischarge(
            visit_id=visit_id,
            seal_numbers=seen.seal_numbers,
            damage_codes=seen.damage_codes,
            occurred_at=seen.occurred_at,
        ),
        uow,
    )


def _on_bills(visit: VesselVisit, seen: SeenBox, uow: UnitOfWork) -> tuple[Reason, ...]:
    box = BoxSeen(equipment_reference=seen.equipment_reference, seal_numbers=seen.seal_numbers)
    return tuple(
        note_box_seen(
            uow,
            box,
            vessel_imo_number=visit.vessel_imo_number,
            voyage=visit.voyage,
            occurred_at=seen.occurred_at,
        )
    )


def _bulk(visit: VesselVisit, lift: SeenBulk, uow: UnitOfWork) -> DischargeLine:
    happened = BulkTallied(
        vessel_visit_id=visit.id,
        transport_document_reference=lift.transport_document_reference,
        gross_mass_kg=lift.gross_mass_kg,
        crane=lift.crane,
    )
    recorded = uow.record(subject(visit.id), happened, occurred_at=lift.occurred_at)
    return DischargeLine(
        reference=lift.transport_document_reference,
        outcome=Outcome.BULK,
        event_id=recorded.event_id,
    )
