"""`/v1/vessel-visits`: the list of a vessel, its discharges, its report; for terminals."""

from typing import Annotated, Any, Self

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.languages import language
from yidan.http.models import Id, IdPath, Instant, ShortText, WireModel
from yidan.http.openapi import answers
from yidan.http.paging import PageQuery, cursor_of, keys_of
from yidan.kernel.reasons import Reason
from yidan.tally import actions
from yidan.tally.actions import DischargeLine, Outcome
from yidan.tally.events import Difference, ManifestLine, TallyFigure
from yidan.tally.rules import SeenBox
from yidan.tally.tables import TallyItem, VesselVisit

bp = APIBlueprint("tally", __name__)

BillNumber = Annotated[str, Field(min_length=1, max_length=35)]
BoxNumber = Annotated[str, Field(max_length=11)]
SizeType = Annotated[str, Field(max_length=4)]
Seals = Annotated[list[Annotated[str, Field(min_length=1, max_length=35)]], Field(max_length=9)]
Kilograms = Annotated[int, Field(ge=0, le=10**12)]


class VesselVisitLine(WireModel):
    """One line of a list: a box under a bill, or bulk under a bill."""

    transport_document_reference: BillNumber
    equipment_reference: BoxNumber = ""
    """Empty: bulk."""
    iso_equipment_code: SizeType = ""
    fullness: Annotated[str, Field(max_length=5)] = ""
    """`full` or `empty`; empty for bulk."""
    seal_numbers: Seals = Field(default_factory=list)
    package_quantity: int = Field(default=0, ge=0, le=10**9)
    gross_mass_kg: Kilograms


class VesselVisitList(WireModel):
    """What a vessel should bring (舱单/卸船清单)."""

    vessel_imo_number: Annotated[str, Field(max_length=7)]
    vessel_name: ShortText
    voyage: Annotated[str, Field(max_length=17)]
    un_location_code: Annotated[str, Field(max_length=5)]
    lines: list[VesselVisitLine] = Field(min_length=1, max_length=5000)


class DischargedBox(WireModel):
    """A box as it was seen under the crane."""

    equipment_reference: BoxNumber
    iso_equipment_code: SizeType = ""
    seal_numbers: Seals = Field(default_factory=list)
    damage_codes: list[Annotated[str, Field(max_length=7)]] = Field(
        default_factory=list, max_length=99
    )
    """UNTDED 7501, or `7501:7503` with the area."""
    crane: Annotated[str, Field(max_length=20)] = ""
    transport_document_reference: Annotated[str, Field(max_length=35)] = ""
    """Of a box that is not listed, if anybody knows."""
    occurred_at: Instant


class DischargedBulk(WireModel):
    """Bulk that came off by one lift, survey or scale ticket."""

    transport_document_reference: BillNumber
    gross_mass_kg: Kilograms
    crane: Annotated[str, Field(max_length=20)] = ""
    occurred_at: Instant


class DischargeReport(WireModel):
    """What came off: boxes, bulk, or both."""

    boxes: list[DischargedBox] = Field(default_factory=list, max_length=500)
    bulk: list[DischargedBulk] = Field(default_factory=list, max_length=100)


class TallyCompletion(WireModel):
    """The end of a tally, signed by two people."""

    completed_at: Instant
    tally_clerk: ShortText
    ships_officer: ShortText


class VesselVisitSummary(WireModel):
    """A vessel's call."""

    id: Id
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    un_location_code: str
    state: str
    listed_at: Instant
    started_at: Instant | None
    last_discharge_at: Instant | None
    completed_at: Instant | None

    @classmethod
    def of(cls, visit: VesselVisit) -> Self:
        """The answer about a vessel visit in a list."""
        return cls(**_fields(visit))


class TallyItemAnswer(WireModel):
    """One line as it stands now."""

    transport_document_reference: str
    equipment_reference: str
    visit_id: str
    """The box's own visit, for release and gate."""
    state: str
    iso_equipment_code: str
    seal_numbers: list[str]
    damage_codes: list[str]
    differences: list[Difference]
    listed_mass_kg: int
    discharged_at: Instant | None

    @classmethod
    def of(cls, item: TallyItem) -> Self:
        """The answer about a line."""
        figure = item.figure
        return cls(
            transport_document_reference=figure.transport_document_reference,
            equipment_reference=figure.equipment_reference,
            visit_id=item.listed.visit_id,
            state=item.state.value,
            iso_equipment_code=figure.iso_equipment_code,
            seal_numbers=list(figure.seal_numbers),
            damage_codes=list(figure.damage_codes),
            differences=list(item.differences),
            listed_mass_kg=figure.listed_mass_kg,
            discharged_at=item.discharged_at,
        )


class VesselVisitAnswer(VesselVisitSummary):
    """A vessel's call with its lines."""

    event_ids: list[str]
    """Recorded by this call."""
    items: list[TallyItemAnswer]

    @classmethod
    def whole(cls, view: actions.VesselVisitView) -> Self:
        """The answer about a vessel visit."""
        return cls(
            **_fields(view.visit),
            event_ids=list(view.event_ids),
            items=[TallyItemAnswer.of(item) for item in view.items],
        )


class VesselVisitPage(WireModel):
    """A page of vessel visits, the newest first."""

    items: list[VesselVisitSummary]
    next_cursor: str
    """Empty: this is the last page."""


class TallyFinding(WireModel):
    """Something noticed and recorded without refusing the report."""

    code: str
    message: str


class DischargeLineAnswer(WireModel):
    """What became of one line of a report."""

    reference: str
    outcome: Outcome
    differences: list[Difference]
    visit_id: str
    hold_id: str
    """Of the customs hold on a box that nobody listed, or empty."""
    event_id: str
    findings: list[TallyFinding]


class DischargeAnswer(WireModel):
    """What became of a discharge report."""

    state: str
    lines: list[DischargeLineAnswer]


class TallyFigureAnswer(WireModel):
    """One line of the report."""

    transport_document_reference: str
    equipment_reference: str
    iso_equipment_code: str
    fullness: str
    seal_numbers: list[str]
    damage_codes: list[str]
    package_quantity: int
    gross_mass_kg: int
    listed_mass_kg: int
    discharged: bool
    differences: list[Difference]

    @classmethod
    def of(cls, figure: TallyFigure) -> Self:
        """The answer about a figure."""
        values: dict[str, Any] = {name: getattr(figure, name) for name in cls.model_fields}
        lists = ("seal_numbers", "damage_codes", "differences")
        return cls(**(values | {name: list(values[name]) for name in lists}))


class TallyReportAnswer(WireModel):
    """The completed report (理货报告)."""

    event_id: str
    planned: int
    matched: int
    short: int
    over: int
    started_at: Instant
    completed_at: Instant
    lines: list[TallyFigureAnswer]

    @classmethod
    def of(cls, taken: actions.ReportTaken) -> Self:
        """The answer about a report."""
        report = taken.report
        names = ("planned", "matched", "short", "over", "started_at", "completed_at")
        values: dict[str, Any] = {name: getattr(report, name) for name in names}
        return cls(
            event_id=taken.event_id,
            lines=[TallyFigureAnswer.of(line) for line in report.lines],
            **values,
        )


@bp.post("/v1/vessel-visits", responses=answers(VesselVisitAnswer))
@needs("tally:write")
def list_manifest(body: VesselVisitList) -> Response:
    """List what a vessel should bring; before its first box a second list replaces the first."""
    command = actions.ListManifest(
        vessel_imo_number=body.vessel_imo_number,
        vessel_name=body.vessel_name,
        voyage=body.voyage,
        un_location_code=body.un_location_code,
        lines=tuple(_line(line) for line in body.lines),
    )
    return perform(
        lambda uow: actions.list_manifest(command, uow),
        VesselVisitAnswer.whole,
        location=lambda view: f"/v1/vessel-visits/{view.visit.id}",
    )


@bp.get("/v1/vessel-visits", responses=answers(VesselVisitPage, 200))
@needs("tally:write")
def list_vessel_visits(query: PageQuery) -> Response:
    """List the caller's vessel visits, the newest first."""
    before = keys_of(query.cursor, 1)

    def answer(found: list[VesselVisit]) -> VesselVisitPage:
        return VesselVisitPage(
            items=[VesselVisitSummary.of(visit) for visit in found],
            next_cursor=cursor_of(found[-1].id) if len(found) == query.limit else "",
        )

    return look(
        lambda uow: actions.list_vessel_visits(
            uow, before=before[0] if before else "", limit=query.limit
        ),
        answer,
    )


@bp.get("/v1/vessel-visits/<id>", responses=answers(VesselVisitAnswer, 200))
@needs("tally:write")
def see_vessel_visit(path: IdPath) -> Response:
    """Show a vessel visit with its lines."""
    return look(lambda uow: actions.look_at_vessel_visit(path.id, uow), VesselVisitAnswer.whole)


@bp.post("/v1/vessel-visits/<id>/discharges", responses=answers(DischargeAnswer))
@needs("tally:write")
def report_discharges(path: IdPath, body: DischargeReport) -> Response:
    """Report what came off; a box that nobody listed is held for customs."""
    command = actions.ReportDischarges(
        vessel_visit_id=path.id,
        boxes=tuple(_seen(box) for box in body.boxes),
        bulk=tuple(_bulk(lift) for lift in body.bulk),
    )
    return perform(lambda uow: actions.report_discharges(command, uow), _discharged)


@bp.post("/v1/vessel-visits/<id>/report", responses=answers(TallyReportAnswer))
@needs("tally:write")
def complete_report(path: IdPath, body: TallyCompletion) -> Response:
    """Complete the tally: what did not come is short, and the report goes to customs."""
    command = actions.CompleteReport(
        vessel_visit_id=path.id,
        completed_at=body.completed_at,
        tally_clerk=body.tally_clerk,
        ships_officer=body.ships_officer,
    )
    return perform(lambda uow: actions.complete_report(command, uow), TallyReportAnswer.of)


def _fields(visit: VesselVisit) -> dict[str, Any]:
    values = {name: getattr(visit, name) for name in VesselVisitSummary.model_fields}
    return {**values, "state": visit.state.value}


def _line(line: VesselVisitLine) -> ManifestLine:
    values: dict[str, Any] = {n: getattr(line, n) for n in VesselVisitLine.model_fields}
    return ManifestLine(**(values | {"seal_numbers": tuple(line.seal_numbers)}))


def _seen(box: DischargedBox) -> SeenBox:
    values: dict[str, Any] = {n: getattr(box, n) for n in DischargedBox.model_fields}
    lists = ("seal_numbers", "damage_codes")
    return SeenBox(**(values | {name: tuple(values[name]) for name in lists}))


def _bulk(lift: DischargedBulk) -> actions.SeenBulk:
    values: dict[str, Any] = {n: getattr(lift, n) for n in DischargedBulk.model_fields}
    return actions.SeenBulk(**values)


def _discharged(taken: actions.DischargesTaken) -> DischargeAnswer:
    return DischargeAnswer(
        state=taken.visit.state.value, lines=[_line_answer(line) for line in taken.lines]
    )


def _line_answer(line: DischargeLine) -> DischargeLineAnswer:
    return DischargeLineAnswer(
        reference=line.reference,
        outcome=line.outcome,
        differences=list(line.differences),
        visit_id=line.visit_id,
        hold_id=line.hold_id,
        event_id=line.event_id,
        findings=[_finding(found) for found in line.findings],
    )


def _finding(found: Reason) -> TallyFinding:
    return TallyFinding(code=found.code, message=found.text(language()))
