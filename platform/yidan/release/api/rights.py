"""`/v1/rights`: what holders do with their release rights."""

from typing import Annotated
from zoneinfo import ZoneInfo

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.models import IdPath, Instant, ShortText, WireModel
from yidan.http.openapi import answers
from yidan.http.paging import PageQuery, keys_of
from yidan.http.wiring import services
from yidan.release.actions import looking, rights
from yidan.release.api.answers import BoxReadiness, RightAnswer, RightChange, RightList

bp = APIBlueprint("right", __name__)


class RightHolder(WireModel):
    """The first holder."""

    holder: ShortText
    """Party id or `scheme:value`."""


class RightOffer(WireModel):
    """To whom a right is offered, and until when."""

    offered_to: ShortText
    """Party id or `scheme:value`."""
    expires_at: Instant


class RightAcceptance(WireModel):
    """An acceptance says nothing more: `{}`."""


class RightReason(WireModel):
    """Why, if there is something to say."""

    reason: Annotated[str, Field(max_length=500)] = ""


class RightAssignment(WireModel):
    """Truck, driver and time."""

    plate: Annotated[str, Field(min_length=1, max_length=12)]
    driver_id: ShortText
    planned_at: Instant


@bp.get("/v1/rights", responses=answers(RightList, 200))
@needs("release:read")
def list_rights(query: PageQuery) -> Response:
    """List the caller's rights, each with the caller's role and next action."""
    before = keys_of(query.cursor, 1)
    return look(
        lambda uow: looking.list_rights(uow, before=before[0] if before else "", limit=query.limit),
        lambda found: RightList.of(found, query.limit),
    )


@bp.get("/v1/rights/<id>", responses=answers(RightAnswer, 200))
@needs("release:read")
def see_right(path: IdPath) -> Response:
    """Show a right with its chain of holders."""
    return look(lambda uow: looking.look_at_right(path.id, uow), RightAnswer.of)


@bp.get("/v1/rights/<id>/readiness", responses=answers(BoxReadiness, 200))
@needs("release:read")
def see_right_readiness(path: IdPath) -> Response:
    """Say whether the box may leave now: the gate's verdict before the truck leaves home."""
    zone = ZoneInfo(services().settings.site_timezone)
    return look(lambda uow: looking.readiness_of_right(path.id, zone, uow), BoxReadiness.of)


@bp.post("/v1/rights/<id>/holder", responses=answers(RightChange))
@needs("release:write")
def name_holder(path: IdPath, body: RightHolder) -> Response:
    """Name the first holder, by the carrier or agent."""
    command = rights.NameHolder(right_id=path.id, holder=body.holder)
    return perform(lambda uow: rights.name_holder(command, uow), RightChange.of)


@bp.post("/v1/rights/<id>/offer", responses=answers(RightChange))
@needs("release:write")
def offer_right(path: IdPath, body: RightOffer) -> Response:
    """Offer a right to another party."""
    command = rights.OfferRight(
        right_id=path.id, offered_to=body.offered_to, expires_at=body.expires_at
    )
    return perform(lambda uow: rights.offer_right(command, uow), RightChange.of)


@bp.post("/v1/rights/<id>/acceptance", responses=answers(RightChange))
@needs("release:write")
def accept_right(path: IdPath, body: RightAcceptance) -> Response:  # noqa: ARG001 - read, empty
    """Accept an offered right."""
    return perform(lambda uow: rights.accept_right(path.id, uow), RightChange.of)


@bp.post("/v1/rights/<id>/decline", responses=answers(RightChange))
@needs("release:write")
def decline_right(path: IdPath, body: RightReason) -> Response:
    """Decline an offered right."""
    return perform(lambda uow: rights.decline_right(path.id, body.reason, uow), RightChange.of)


@bp.post("/v1/rights/<id>/revocation", responses=answers(RightChange))
@needs("release:write")
def revoke_offer(path: IdPath, body: RightReason) -> Response:
    """Take an offer back before it is accepted."""
    return perform(lambda uow: rights.revoke_offer(path.id, body.reason, uow), RightChange.of)


@bp.post("/v1/rights/<id>/return", responses=answers(RightChange))
@needs("release:write")
def return_right(path: IdPath, body: RightReason) -> Response:
    """Give a right back to whom it came from."""
    return perform(lambda uow: rights.return_right(path.id, body.reason, uow), RightChange.of)


@bp.post("/v1/rights/<id>/assignment", responses=answers(RightChange))
@needs("release:write")
def assign_right(path: IdPath, body: RightAssignment) -> Response:
    """Name truck, driver and time, or others instead."""
    command = rights.AssignRight(
        right_id=path.id, plate=body.plate, driver_id=body.driver_id, planned_at=body.planned_at
    )
    return perform(lambda uow: rights.assign_right(command, uow), RightChange.of)


@bp.post("/v1/rights/<id>/unassignment", responses=answers(RightChange))
@needs("release:write")
def unassign_right(path: IdPath, body: RightReason) -> Response:
    """Take truck and driver off a right."""
    return perform(lambda uow: rights.unassign_right(path.id, body.reason, uow), RightChange.of)
