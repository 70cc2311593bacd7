"""The tally is completed (理货报告): the rest is short, the sums are checked, two people signed."""

from dataclasses import dataclass
from datetime import datetime

from yidan.kernel.errors import InvalidError, RefusedError
from yidan.kernel.reasons import Role, reason
from yidan.store.unit_of_work import UnitOfWork
from yidan.tally import rules, tables
from yidan.tally.actions.sharing import own, subject
from yidan.tally.events import (
    BoxMatched,
    BoxOver,
    ManifestListed,
    ReportCompleted,
)
from yidan.tally.rules import TALLY
from yidan.tally.tables import VesselVisit

NOT_RECONCILED = reason(
    "tally-not-reconciled",
    en="{matched} matched and {over} over boxes were recorded, the report would say {told_matched}"
    " and {told_over}; the tally must be corrected first.",
    zh="已记录相符 {matched} 箱、溢卸 {over} 箱，"
    "而报告为 {told_matched} 和 {told_over}；须先更正理货记录。",
    owner=Role.TERMINAL,
)


@dataclass(frozen=True, kw_only=True)
class CompleteReport:
    """The tally is over and signed by two people."""

    vessel_visit_id: str
    completed_at: datetime
    tally_clerk: str
    ships_officer: str


@dataclass(frozen=True, kw_only=True)
class ReportTaken:
    """The completed report."""

    event_id: str
    report: ReportCompleted


def complete_report(command: CompleteReport, uow: UnitOfWork) -> ReportTaken:
    """Complete the tally: what did not come is short, the sums are checked, the report stands.

    Raises:
        NotFoundError: no such vessel visit of the acting terminal.
        ForbiddenError: the acting party is no verified terminal.
        InvalidError: signers or time are wrong; carries all findings.
        InvalidTransitionError: nothing was tallied yet, or the report is completed.
        RefusedError: the lines do not agree with what was recorded.
    """
    visit = own(uow, command.vessel_visit_id)
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
    recorded = uow.record(subject(visit.id), report, occurred_at=command.completed_at)
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
    happened = [one.event for one in uow.history(subject(report.vessel_visit_id))]
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
