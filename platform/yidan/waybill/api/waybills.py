"""`/v1/waybills`: submit, accept, return, report, reseal, list, look, timeline.

The body of a submission is the JSON of the document kind `multimodal_waybill`; its schema and the
business rules judge it together, so that all findings come at once.
"""

from typing import Annotated, Final

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from yidan.documents import kinds
from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.languages import language
from yidan.http.models import Id, IdPath, Instant, PathModel, Text, WireModel
from yidan.http.openapi import answers, with_body
from yidan.http.paging import WRONG_CURSOR, PageQuery, keys_of
from yidan.kernel.errors import InvalidError
from yidan.waybill import actions
from yidan.waybill.actions import LegStep
from yidan.waybill.actions.submission import KIND
from yidan.waybill.api.answers import (
    WaybillAnswer,
    WaybillChange,
    WaybillEventList,
    WaybillList,
)
from yidan.waybill.events import BoxSeen, ResealReason

bp = APIBlueprint("waybill", __name__)

_SCHEMA: Final = kinds.find(KIND).schema
_BODY: Final = {
    "required": True,
    "description": "A multimodal waybill; its whole schema: /v1/document-kinds/multimodal_waybill.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": _SCHEMA["required"],
                "properties": {
                    name: {"description": str(field.get("title", name))}
                    for name, field in _SCHEMA["properties"].items()
                },
            }
        }
    },
}

_DIGITS: Final = 19
"""More digits than any event number has."""

Seals = Annotated[list[Annotated[str, Field(min_length=1, max_length=35)]], Field(max_length=6)]
BoxNumber = Annotated[str, Field(min_length=1, max_length=11)]


class WaybillAcceptance(WireModel):
    """An acceptance says nothing more: `{}`."""


class WaybillReturn(WireModel):
    """Why a bill is sent back."""

    reason: Text


class SeenBox(WireModel):
    """A box and the seals seen on it."""

    equipment_reference: BoxNumber
    seal_numbers: Seals


class LegReport(WireModel):
    """A report on one leg."""

    step: LegStep
    occurred_at: Instant
    boxes: list[SeenBox] = Field(default_factory=list, max_length=500)
    """Empty: all boxes of the bill, unseen."""
    un_location_code: Annotated[str, Field(max_length=5)] = ""
    transport_reference: Annotated[str, Field(max_length=17)] = ""
    reason: Annotated[str, Field(max_length=500)] = ""


class BoxReseal(WireModel):
    """New seals on a box, and why."""

    equipment_reference: BoxNumber
    reseal_reason: ResealReason
    seal_numbers: Annotated[Seals, Field(min_length=1)]
    occurred_at: Instant


class LegPath(PathModel):
    """The path parameters of a leg."""

    id: Id
    sequence: int = Field(ge=1, le=12)


def _changed(done: actions.WaybillChanged) -> WaybillChange:
    return WaybillChange.changed(done, language())


@bp.post("/v1/waybills", responses=answers(WaybillChange))
@needs("waybill:write")
@with_body(_BODY)
def submit_waybill() -> Response:
    """Submit a bill, or submit a returned one again."""
    command = actions.SubmitWaybill(body=request.get_json())
    return perform(
        lambda uow: actions.submit_waybill(command, uow),
        _changed,
        location=lambda done: f"/v1/waybills/{done.bill.id}",
    )


@bp.get("/v1/waybills", responses=answers(WaybillList, 200))
@needs("waybill:read")
def list_waybills(query: PageQuery) -> Response:
    """List the caller's bills, the newest first."""
    before = keys_of(query.cursor, 1)
    return look(
        lambda uow: actions.list_waybills(
            uow, before=before[0] if before else "", limit=query.limit
        ),
        lambda found: WaybillList.of(found, query.limit),
    )


@bp.get("/v1/waybills/<id>", responses=answers(WaybillAnswer, 200))
@needs("waybill:read")
def see_waybill(path: IdPath) -> Response:
    """Show a bill with its parties, legs and boxes."""
    return look(lambda uow: actions.look_at_waybill(path.id, uow), WaybillAnswer.whole)


@bp.get("/v1/waybills/<id>/events", responses=answers(WaybillEventList, 200))
@needs("waybill:read")
def list_waybill_events(path: IdPath, query: PageQuery) -> Response:
    """Show the timeline of a bill and of what is about it, the newest first."""
    before = number_of(query.cursor)
    return look(
        lambda uow: actions.timeline_of(path.id, uow, before=before, limit=query.limit),
        lambda found: WaybillEventList.of(found, query.limit),
    )


@bp.post("/v1/waybills/<id>/acceptance", responses=answers(WaybillChange))
@needs("waybill:write")
def accept_waybill(path: IdPath, body: WaybillAcceptance) -> Response:  # noqa: ARG001 - read, empty
    """Accept a bill for the carrier of its main leg; its document is issued."""
    command = actions.AcceptWaybill(waybill_id=path.id)
    return perform(lambda uow: actions.accept_waybill(command, uow), _changed)


@bp.post("/v1/waybills/<id>/return", responses=answers(WaybillChange))
@needs("waybill:write")
def return_waybill(path: IdPath, body: WaybillReturn) -> Response:
    """Send a bill back to its forwarder, with the reason."""
    command = actions.ReturnWaybill(waybill_id=path.id, why=body.reason)
    return perform(lambda uow: actions.return_waybill(command, uow), _changed)


@bp.post("/v1/waybills/<id>/legs/<int:sequence>/reports", responses=answers(WaybillChange))
@needs("waybill:write")
def report_leg(path: LegPath, body: LegReport) -> Response:
    """Report what happened on a leg, with the boxes and seals seen."""
    command = actions.ReportLeg(
        waybill_id=path.id,
        sequence=path.sequence,
        step=body.step,
        occurred_at=body.occurred_at,
        boxes=tuple(_seen(box) for box in body.boxes),
        un_location_code=body.un_location_code,
        transport_reference=body.transport_reference,
        why=body.reason,
    )
    return perform(lambda uow: actions.report_leg(command, uow), _changed)


@bp.post("/v1/waybills/<id>/reseals", responses=answers(WaybillChange))
@needs("waybill:write")
def reseal_box(path: IdPath, body: BoxReseal) -> Response:
    """Say that new seals were put on a box, and why."""
    command = actions.ResealBox(
        waybill_id=path.id,
        equipment_reference=body.equipment_reference,
        reseal_reason=body.reseal_reason,
        seal_numbers=tuple(body.seal_numbers),
        occurred_at=body.occurred_at,
    )
    return perform(lambda uow: actions.reseal_box(command, uow), _changed)


def number_of(cursor: str) -> int | None:
    """The event number in a timeline's cursor; None for the empty one.

    Raises:
        InvalidError: the cursor is not one of ours.
    """
    keys = keys_of(cursor, 1)
    if keys is None:
        return None
    if not (keys[0].isascii() and keys[0].isdigit() and len(keys[0]) < _DIGITS):
        raise InvalidError(WRONG_CURSOR(at="/cursor"))
    return int(keys[0])


def _seen(box: SeenBox) -> BoxSeen:
    return BoxSeen(
        equipment_reference=box.equipment_reference, seal_numbers=tuple(box.seal_numbers)
    )
