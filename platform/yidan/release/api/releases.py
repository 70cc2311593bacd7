"""`/v1/releases`: grant, replace, cancel, acknowledge, block; readiness; presentation of bills."""

from typing import Annotated
from zoneinfo import ZoneInfo

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.models import Id, IdPath, Instant, Text, WireModel
from yidan.http.openapi import answers
from yidan.http.paging import PageQuery, keys_of
from yidan.http.wiring import services
from yidan.ports import GrantRelease, MessageFunction, ReleaseLine
from yidan.release.actions import (
    acknowledgements,
    cancellations,
    customs,
    grants,
    looking,
)
from yidan.release.api.answers import (
    ReadinessAnswer,
    ReleaseAnswer,
    ReleaseChange,
    ReleaseList,
    ReleaseOutcomeAnswer,
)
from yidan.release.events.bill import Presentation

bp = APIBlueprint("release", __name__)

BoxNumber = Annotated[str, Field(min_length=1, max_length=11)]
Reference = Annotated[str, Field(min_length=1, max_length=35)]
MaybeText = Annotated[str, Field(max_length=500)]


class OrderLine(WireModel):
    """One box of a release order."""

    equipment_reference: BoxNumber
    iso_equipment_code: Annotated[str, Field(max_length=4)] = ""


class ReleaseOrder(WireModel):
    """A release order (放箱指令): original, or replacement of an earlier one."""

    function: MessageFunction = MessageFunction.ORIGINAL
    delivery_order_reference: Reference
    transport_document_reference: Reference
    valid_from: Instant | None = None
    valid_until: Instant
    carrier_code: Annotated[str, Field(max_length=10)] = ""
    vessel_imo_number: Annotated[str, Field(max_length=10)]
    voyage: Annotated[str, Field(min_length=1, max_length=17)]
    release_to: Annotated[str, Field(max_length=80)] = ""
    """Party id or identifier of the first party that gets the right; empty: named later."""
    terminal_location: Annotated[str, Field(max_length=5)] = ""
    lines: Annotated[list[OrderLine], Field(max_length=500)]

    def command(self) -> GrantRelease:
        """The order as a command."""
        return GrantRelease(
            function=self.function,
            delivery_order_reference=self.delivery_order_reference,
            transport_document_reference=self.transport_document_reference,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            carrier_code=self.carrier_code,
            vessel_imo_number=self.vessel_imo_number,
            voyage=self.voyage,
            release_to=self.release_to,
            terminal_location=self.terminal_location,
            lines=tuple(
                ReleaseLine(
                    equipment_reference=line.equipment_reference,
                    iso_equipment_code=line.iso_equipment_code,
                )
                for line in self.lines
            ),
        )


class ReleaseCancellation(WireModel):
    """Boxes to be taken off; none: all."""

    equipment_references: Annotated[list[BoxNumber], Field(max_length=500)] = Field(
        default_factory=list
    )
    reason: Text


class ReleaseReason(WireModel):
    """Why."""

    reason: Text


class ReleaseAcknowledgement(WireModel):
    """An acknowledgement says nothing more: `{}`."""


class TitlePresentationBody(WireModel):
    """How the bill came back."""

    presentation: Presentation
    reference: Annotated[str, Field(max_length=80)] = ""


class TitleAnswer(WireModel):
    """The presentation is recorded."""

    event_id: Id


@bp.post("/v1/releases", responses=answers(ReleaseOutcomeAnswer))
@needs("release:write")
def grant_release(body: ReleaseOrder) -> Response:
    """Grant or replace a release, by the bill's carrier or agent."""
    command = body.command()
    return perform(
        lambda uow: grants.grant_release(command, uow),
        ReleaseOutcomeAnswer.of,
        location=lambda done: f"/v1/releases/{done.release_id}",
    )


@bp.get("/v1/releases", responses=answers(ReleaseList, 200))
@needs("release:read")
def list_releases(query: PageQuery) -> Response:
    """List the caller's releases, each with the caller's role and next action."""
    before = keys_of(query.cursor, 1)
    return look(
        lambda uow: looking.list_releases(
            uow, before=before[0] if before else "", limit=query.limit
        ),
        lambda found: ReleaseList.of(found, query.limit),
    )


@bp.get("/v1/releases/<id>", responses=answers(ReleaseAnswer, 200))
@needs("release:read")
def see_release(path: IdPath) -> Response:
    """Show a release with its boxes and rights."""
    return look(lambda uow: looking.look_at_release(path.id, uow), ReleaseAnswer.of)


@bp.get("/v1/releases/<id>/readiness", responses=answers(ReadinessAnswer, 200))
@needs("release:read")
def see_readiness(path: IdPath) -> Response:
    """Say of each box whether it may leave now, and every reason why not."""
    zone = ZoneInfo(services().settings.site_timezone)
    return look(lambda uow: looking.readiness_of(path.id, zone, uow), ReadinessAnswer.of)


@bp.post("/v1/releases/<id>/cancellation", responses=answers(ReleaseOutcomeAnswer))
@needs("release:write")
def cancel_release(path: IdPath, body: ReleaseCancellation) -> Response:
    """Take boxes off a release, or all; boxes at the gate or gone stay, and the answer says so."""
    boxes = tuple(body.equipment_references)
    return perform(
        lambda uow: cancellations.cancel_release(path.id, boxes, body.reason, uow),
        ReleaseOutcomeAnswer.of,
    )


@bp.post("/v1/releases/<id>/acknowledgement", responses=answers(ReleaseChange))
@needs("release:write")
def acknowledge_release(
    path: IdPath,
    body: ReleaseAcknowledgement,  # noqa: ARG001 - read, empty
) -> Response:
    """Acknowledge a release whose boxes the terminal's list has."""
    return perform(lambda uow: acknowledgements.acknowledge_release(path.id, uow), ReleaseChange.of)


@bp.post("/v1/releases/<id>/refusal", responses=answers(ReleaseChange))
@needs("release:write")
def turn_down_release(path: IdPath, body: ReleaseReason) -> Response:
    """Turn a release down for the terminal; the carrier looks again."""
    return perform(
        lambda uow: acknowledgements.turn_down_release(path.id, body.reason, uow),
        ReleaseChange.of,
    )


@bp.post("/v1/releases/<id>/block", responses=answers(ReleaseChange))
@needs("release:write")
def block_release(path: IdPath, body: ReleaseReason) -> Response:
    """Block a release at once."""
    return perform(
        lambda uow: cancellations.block_release(path.id, body.reason, uow), ReleaseChange.of
    )


@bp.post("/v1/releases/<id>/unblock", responses=answers(ReleaseChange))
@needs("release:write")
def unblock_release(path: IdPath, body: ReleaseReason) -> Response:
    """End one's own block."""
    return perform(
        lambda uow: cancellations.unblock_release(path.id, body.reason, uow), ReleaseChange.of
    )


@bp.post("/v1/waybills/<id>/presentation", responses=answers(TitleAnswer))
@needs("release:write")
def present_title(path: IdPath, body: TitlePresentationBody) -> Response:
    """Record that a negotiable bill came back to its carrier or agent."""
    command = customs.PresentTitle(
        waybill_id=path.id, presentation=body.presentation, reference=body.reference
    )
    return perform(
        lambda uow: customs.present_title(command, uow),
        lambda done: TitleAnswer(event_id=done.event_id),
    )
