"""What a terminal does at a discharge: give the list, report boxes and bulk, complete the report.

Each call is one transaction with what it means for release: a listed box becomes a visit, a box
under the crane is ashore, and one that nobody listed is held for customs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.quantities import mass_findings
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties.involvement import require
from yidan.release.actions.access import acting
from yidan.release.actions.holds import hold_for
from yidan.release.actions.visits import (
    ExpectVisits,
    ListedBox,
    ReportDischarge,
    expect_visits,
    report_discharge,
)
from yidan.release.rules.holds import HoldKind, HoldScope
from yidan.release.rules.lights import DischargeLight
from yidan.release.tables import visits as release_visits
from yidan.store.unit_of_work import UnitOfWork
from yidan.tally import rules, tables
from yidan.tally.events import (
    BoxMatched,
    BoxOver,
    BulkTallied,
    Difference,
    ManifestLine,
    ManifestListed,
    ReportCompleted,
)
from yidan.tally.rules import TALLY, ItemState, SeenBox
from yidan.tally.tables import TallyItem, VesselVisit
from yidan.waybill.actions.reports import note_box_seen
from yidan.waybill.events import BoxSeen

NOT_RECONCILED = reason(
    "tally-not-reconciled",
    en="{matched} matched and {over} over boxes were recorded, the report would say {told_matched}"
    " and {told_over}; the tally must be corrected first.",
    zh="已记录相符 {matched} 箱、溢卸 {over} 箱，"
    "而报告为 {told_matched} 和 {told_over}；须先更正理货记录。",
    owner=Role.TERMINAL,
)


@dataclass(frozen=True, kw_only=True)
class ListManifest:
    """What a vessel should bring; a second list before the first box replaces the first."""

    vessel_imo_number: str
    vessel_name: str
    voyage: str
    un_location_code: str
    lines: tuple[ManifestLine, ...]


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


@dataclass(frozen=True, kw_only=True)
class CompleteReport:
    """The tally is over and signed by two people."""

    vessel_visit_id: str
    completed_at: datetime
    tally_clerk: str
    ships_officer: str


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
class VesselVisitView:
    """A vessel visit with its lines."""

    event_ids: tuple[str, ...]
    """Recorded by this call; empty when only looked at."""
    visit: VesselVisit
    items: tuple[TallyItem, ...]


@dataclass(frozen=True, kw_only=True)
class DischargesTaken:
    """What became of a discharge report."""

    visit: VesselVisit
    lines: tuple[DischargeLine, ...]


@dataclass(frozen=True, kw_only=True)
class ReportTaken:
    """The completed report."""

    event_id: str
    report: ReportCompleted


def list_manifest(command: ListManifest, uow: UnitOfWork) -> VesselVisitView:
    """Take a vessel's list; its boxes are expected from now on.

    Raises:
        ForbiddenError: the acting party is no verified terminal.
        InvalidError: the list is wrong; carries all findings.
        InvalidTransitionError: boxes of the visit were tallied already.
        RefusedError: another terminal listed a box, or a box has left.
    """
    terminal = acting(uow, Role.TERMINAL)
    known = tables.find_by_voyage(
        uow.connection, terminal.id, command.vessel_imo_number, command.voyage
    )
    happened = ManifestListed(
        vessel_visit_id=known.id if known else uow.new_id(),
        vessel_imo_number=command.vessel_imo_number,
        vessel_name=command.vessel_name,
        voyage=command.voyage,
        un_location_code=command.un_location_code,
        lines=command.lines,
    )
    if found := rules.list_findings(happened):
        raise InvalidError(*found)
    subject = _subject(happened.vessel_visit_id)
    uow.lock(subject)
    if known is not None:
        TALLY.advance(_existing(uow, known.id).state, ManifestListed)
    visit_ids, event_ids = _expect(happened, uow)
    lines = tuple(
        replace(line, visit_id=visit_ids.get(line.equipment_reference, ""))
        for line in happened.lines
    )
    recorded = uow.record(subject, replace(happened, lines=lines))
    return _view(uow, happened.vessel_visit_id, (*event_ids, recorded.event_id))


def _expect(happened: ManifestListed, uow: UnitOfWork) -> tuple[dict[str, str], tuple[str, ...]]:
    """Tell release which boxes come; answer their visits by box, and the event ids."""
    by_box: dict[str, list[ManifestLine]] = {}
    for line in happened.lines:
        if line.equipment_reference:
            by_box.setdefault(line.equipment_reference, []).append(line)
    if not by_box:
        return {}, ()
    boxes = tuple(
        ListedBox(
            equipment_reference=box,
            iso_equipment_code=lines[0].iso_equipment_code,
            transport_document_reference=lines[0].transport_document_reference,
            seal_numbers=lines[0].seal_numbers,
            gross_mass_kg=sum(line.gross_mass_kg for line in lines) or None,
        )
        for box, lines in by_box.items()
    )
    expected = _expect_boxes(happened, boxes, uow)
    return dict(zip(by_box, expected[0], strict=True)), expected[1]


def _expect_boxes(
    voyage: ManifestListed | VesselVisit, boxes: tuple[ListedBox, ...], uow: UnitOfWork
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    expected = expect_visits(
        ExpectVisits(
            vessel_imo_number=voyage.vessel_imo_number,
            voyage=voyage.voyage,
            un_location_code=voyage.un_location_code,
            boxes=boxes,
        ),
        uow,
    )
    return expected.visit_ids, expected.event_ids


def report_discharges(command: ReportDischarges, uow: UnitOfWork) -> DischargesTaken:
    """Take what came off: match it with the list, tell release, hold what nobody listed.

    Raises:
        NotFoundError: no such vessel visit of the acting terminal.
        ForbiddenError: the acting party is no verified terminal.
        InvalidError: a line is wrong; carries all findings.
        InvalidTransitionError: the report is completed.
    """
    visit = _own(uow, command.vessel_visit_id)
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
    return DischargesTaken(visit=_existing(uow, visit.id), lines=tuple(lines))


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
    recorded = uow.record(_subject(visit.id), happened, occurred_at=seen.occurred_at)
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
    ((visit_id,), _) = _expect_boxes(visit, (box,), uow)
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
    recorded = uow.record(_subject(visit.id), happened, occurred_at=seen.occurred_at)
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
    recorded = uow.record(_subject(visit.id), happened, occurred_at=lift.occurred_at)
    return DischargeLine(
        reference=lift.transport_document_reference,
        outcome=Outcome.BULK,
        event_id=recorded.event_id,
    )


def complete_report(command: CompleteReport, uow: UnitOfWork) -> ReportTaken:
    """Complete the tally: what did not come is short, the sums are checked, the report stands.

    Raises:
        NotFoundError: no such vessel visit of the acting terminal.
        ForbiddenError: the acting party is no verified terminal.
        InvalidError: signers or time are wrong; carries all findings.
        InvalidTransitionError: nothing was tallied yet, or the report is completed.
        RefusedError: the lines do not agree with what was recorded.
    """
    visit = _own(uow, command.vessel_visit_id)
    found = rules.completion_findings(
        command.tally_clerk,
        command.ships_officer,
        command.completed_at,
        visit.last_discharge_at,
        uow.now,
    )
    if found:
        raise InvalidError(*found)
    TALLY.advance(visit.state, ReportCompleted)
    report = _report(command, visit, uow)
    _reconcile(report, uow)
    recorded = uow.record(_subject(visit.id), report, occurred_at=command.completed_at)
    return ReportTaken(event_id=recorded.event_id, report=report)


def _report(command: CompleteReport, visit: VesselVisit, uow: UnitOfWork) -> ReportCompleted:
    lines = tuple(item.figure for item in tables.items(uow.connection, visit.id))
    sums = rules.sums(lines)
    return ReportCompleted(
        vessel_visit_id=visit.id,
        vessel_imo_number=visit.vessel_imo_number,
        vessel_name=visit.vessel_name,
        voyage=visit.voyage,
        un_location_code=visit.un_location_code,
        started_at=visit.started_at or command.completed_at,
        completed_at=command.completed_at,
        tally_clerk=command.tally_clerk,
        ships_officer=command.ships_officer,
        planned=sums.planned,
        matched=sums.matched,
        short=sums.short,
        over=sums.over,
        lines=lines,
    )


def _reconcile(report: ReportCompleted, uow: UnitOfWork) -> None:
    """Compare the report with the events themselves (SM-E1: planned and physical both agree)."""
    happened = [one.event for one in uow.history(_subject(report.vessel_visit_id))]
    matched = {one.equipment_reference for one in happened if isinstance(one, BoxMatched)}
    over = {one.equipment_reference for one in happened if isinstance(one, BoxOver)}
    lists = [one for one in happened if isinstance(one, ManifestListed)]
    planned = {line.equipment_reference for line in lists[-1].lines} - {""}
    told = (report.planned, report.matched, report.over, report.planned - report.short)
    if told != (len(planned), len(matched), len(over), len(matched)):
        raise RefusedError(
            NOT_RECONCILED(
                matched=len(matched),
                over=len(over),
                told_matched=report.matched,
                told_over=report.over,
            )
        )


def look_at_vessel_visit(vessel_visit_id: str, uow: UnitOfWork) -> VesselVisitView:
    """A vessel visit with its lines, for a party to it.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, _subject(vessel_visit_id))
    return _view(uow, vessel_visit_id, ())


def list_vessel_visits(uow: UnitOfWork, *, before: str = "", limit: int = 50) -> list[VesselVisit]:
    """The acting party's vessel visits, the newest first, behind the one named by `before`."""
    return tables.page(uow.connection, uow.actor.party, before=before, limit=limit)


def _own(uow: UnitOfWork, vessel_visit_id: str) -> VesselVisit:
    """The locked vessel visit of the acting terminal."""
    acting(uow, Role.TERMINAL)
    require(uow, _subject(vessel_visit_id), Role.TERMINAL)
    uow.lock(_subject(vessel_visit_id))
    return _existing(uow, vessel_visit_id)


def _existing(uow: UnitOfWork, vessel_visit_id: str) -> VesselVisit:
    found = tables.find(uow.connection, vessel_visit_id)
    if found is None:
        raise NotFoundError
    return found


def _view(uow: UnitOfWork, vessel_visit_id: str, event_ids: tuple[str, ...]) -> VesselVisitView:
    return VesselVisitView(
        event_ids=event_ids,
        visit=_existing(uow, vessel_visit_id),
        items=tuple(tables.items(uow.connection, vessel_visit_id)),
    )


def _subject(vessel_visit_id: str) -> str:
    return f"vessel-visit:{vessel_visit_id}"
