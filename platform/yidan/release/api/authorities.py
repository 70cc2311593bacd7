"""What terminals and authorities say: holds, terminal status, charges, customs' decisions."""

from datetime import date
from typing import Annotated

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.models import IdPath, Instant, ShortText, Text, WireModel
from yidan.http.openapi import answers
from yidan.http.paging import PageQuery, keys_of
from yidan.ports import ReportCustomsStatus
from yidan.release.actions import customs, holds, visits
from yidan.release.actions.customs import CustomsRecorded
from yidan.release.api.answers import (
    HoldChange,
    HoldList,
    LineOutcomeAnswer,
    VisitAnswer,
    VisitChange,
    VisitList,
    said,
)
from yidan.release.rules.holds import HoldKind, HoldScope
from yidan.release.rules.lights import ChargesLight, TerminalLight

bp = APIBlueprint("authorities", __name__)

BoxNumber = Annotated[str, Field(min_length=1, max_length=11)]
Reference = Annotated[str, Field(min_length=1, max_length=35)]


class HoldBody(WireModel):
    """What is held, of which kind, and why."""

    scope: HoldScope
    key: ShortText
    """Number of the bill, box or plate; id of the visit, lot or party."""
    kind: HoldKind
    reason: Text


class HoldLifting(WireModel):
    """Why it is lifted."""

    reason: Text


class VisitKey(WireModel):
    """A box on a voyage of a vessel."""

    equipment_reference: BoxNumber
    vessel_imo_number: Annotated[str, Field(min_length=1, max_length=10)]
    voyage: Annotated[str, Field(min_length=1, max_length=17)]


class TerminalStatusBody(VisitKey):
    """The terminal lets go of a box, or blocks it."""

    status: TerminalLight
    reason: Annotated[str, Field(max_length=500)] = ""


class ChargesBody(VisitKey):
    """What stands of the terminal's charges for a box."""

    status: ChargesLight
    paid_through_on: date | None = None
    """Last local day the payment covers."""


class CustomsStatusBody(WireModel):
    """A decision of customs on a bill, or on boxes of it."""

    transport_document_reference: Reference
    equipment_references: Annotated[list[BoxNumber], Field(max_length=500)] = Field(
        default_factory=list
    )
    status: Annotated[str, Field(min_length=1, max_length=40)]
    released_quantity_kg: Annotated[int, Field(ge=0, le=10**12)] | None = None
    declaration_number: Annotated[str, Field(max_length=35)] = ""
    occurred_at: Instant


class CustomsOutcome(WireModel):
    """What became of customs' decision, box by box."""

    event_id: str
    lines: list[LineOutcomeAnswer]


def _customs(done: CustomsRecorded) -> CustomsOutcome:
    lines = [
        LineOutcomeAnswer(
            equipment_reference=line.reference,
            applied=line.applied,
            reasons=[said(reason) for reason in line.reasons],
        )
        for line in done.lines
    ]
    return CustomsOutcome(event_id=done.event_id, lines=lines)


@bp.post("/v1/holds", responses=answers(HoldChange))
@needs("release:write")
def place_hold(body: HoldBody) -> Response:
    """Place a hold; it acts from this answer on."""
    command = holds.PlaceHold(scope=body.scope, key=body.key, kind=body.kind, why=body.reason)
    return perform(lambda uow: holds.place_hold(command, uow), HoldChange.of)


@bp.get("/v1/holds", responses=answers(HoldList, 200))
@needs("release:read")
def list_holds(query: PageQuery) -> Response:
    """List the holds the caller placed."""
    before = keys_of(query.cursor, 1)
    return look(
        lambda uow: holds.list_holds(uow, before=before[0] if before else "", limit=query.limit),
        lambda found: HoldList.of(found, query.limit),
    )


@bp.post("/v1/holds/<id>/lifting", responses=answers(HoldChange))
@needs("release:write")
def lift_hold(path: IdPath, body: HoldLifting) -> Response:
    """Lift a hold, by who placed it or a higher authority."""
    return perform(lambda uow: holds.lift_hold(path.id, body.reason, uow), HoldChange.of)


@bp.post("/v1/terminal-status", responses=answers(VisitChange))
@needs("release:write")
def set_terminal_status(body: TerminalStatusBody) -> Response:
    """Let go of a box, or block it."""
    return perform(
        lambda uow: visits.set_terminal_status(
            visits.SetTerminalStatus(
                visit_id=visits.visit_id_of(
                    body.equipment_reference, body.vessel_imo_number, body.voyage, uow
                ),
                status=body.status,
                why=body.reason,
            ),
            uow,
        ),
        VisitChange.of,
    )


@bp.post("/v1/charges", responses=answers(VisitChange))
@needs("release:write")
def set_charges(body: ChargesBody) -> Response:
    """Say that charges are due, paid up to a day, or on account."""
    return perform(
        lambda uow: visits.set_charges(
            visits.SetCharges(
                visit_id=visits.visit_id_of(
                    body.equipment_reference, body.vessel_imo_number, body.voyage, uow
                ),
                status=body.status,
                paid_through_on=body.paid_through_on,
            ),
            uow,
        ),
        VisitChange.of,
    )


@bp.post("/v1/customs-status", responses=answers(CustomsOutcome))
@needs("release:write")
def report_customs_status(body: CustomsStatusBody) -> Response:
    """Report customs' decision; what stops acts from this answer on."""
    command = ReportCustomsStatus(
        transport_document_reference=body.transport_document_reference,
        equipment_references=tuple(body.equipment_references),
        status=body.status,
        released_quantity_kg=body.released_quantity_kg,
        declaration_number=body.declaration_number,
        occurred_at=body.occurred_at,
    )
    return perform(lambda uow: customs.report_customs_status(command, uow), _customs)


@bp.get("/v1/visits", responses=answers(VisitList, 200))
@needs("release:read")
def list_visits(query: PageQuery) -> Response:
    """List the visits of boxes the caller is a party to."""
    before = keys_of(query.cursor, 1)
    return look(
        lambda uow: visits.list_visits(uow, before=before[0] if before else "", limit=query.limit),
        lambda found: VisitList.of(found, query.limit),
    )


@bp.get("/v1/visits/<id>", responses=answers(VisitAnswer, 200))
@needs("release:read")
def see_visit(path: IdPath) -> Response:
    """Show one visit of a box."""
    return look(lambda uow: visits.look_at_visit(path.id, uow), VisitAnswer.of_visit)
