"""`/v1/agency-appointments`: a carrier says who acts for it, and where (船代委托)."""

from typing import Annotated, Self

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from yidan.http.auth import known, needs
from yidan.http.edge import look, perform
from yidan.http.models import Id, IdPath, Instant, Text, WireModel
from yidan.http.openapi import answers
from yidan.http.paging import PageQuery, cursor_of, keys_of
from yidan.parties import actions
from yidan.parties.rules import Agency

bp = APIBlueprint("agencies", __name__)

Port = Annotated[str, Field(min_length=5, max_length=5)]


class AppointAgent(WireModel):
    """A shipping agent who may act for the caller, a carrier, on bills that name both."""

    agent: Annotated[str, Field(min_length=1, max_length=80)]
    """Id or `scheme:value`, e.g. `uscc:91320700MA1TDH3E88`."""
    un_location_codes: list[Port] = Field(default_factory=list, max_length=100)
    """Ports it is for, as UN/LOCODE. Default: every port."""
    valid_until: Instant | None = None
    """First instant at which it is over. Default: until the carrier ends it."""


class EndAgency(WireModel):
    """The end of an appointment, at once."""

    reason: Text


class AgencyAnswer(WireModel):
    """An appointment."""

    id: Id
    carrier: Id
    agent: Id
    un_location_codes: list[str]
    """Empty: every port."""
    valid_until: Instant | None
    appointed_at: Instant
    ended_at: Instant | None
    event_id: str | None = None
    """Event that this call recorded."""

    @classmethod
    def of(cls, found: Agency, event_id: str | None = None) -> Self:
        """The answer about an appointment."""
        return cls(
            id=found.id,
            carrier=found.carrier_id,
            agent=found.agent_id,
            un_location_codes=list(found.un_location_codes),
            valid_until=found.valid_until,
            appointed_at=found.appointed_at,
            ended_at=found.ended_at,
            event_id=event_id,
        )

    @classmethod
    def changed(cls, done: actions.AgencyChanged) -> Self:
        """The answer to a change."""
        return cls.of(done.agency, done.event_id)


class AgencyList(WireModel):
    """A page of appointments."""

    items: list[AgencyAnswer]
    next_cursor: str
    """Empty: this is the last page."""


@bp.post("/v1/agency-appointments", responses=answers(AgencyAnswer))
@needs("party:manage")
def appoint_agent(body: AppointAgent) -> Response:
    """Let a shipping agent accept bills and release goods for the caller, from now on."""
    command = actions.AppointAgent(
        agent=body.agent,
        un_location_codes=tuple(body.un_location_codes),
        valid_until=body.valid_until,
    )
    return perform(
        lambda uow: actions.appoint_agent(command, uow),
        AgencyAnswer.changed,
        location=lambda done: f"/v1/agency-appointments/{done.agency.id}",
    )


@bp.get("/v1/agency-appointments", responses=answers(AgencyList, 200))
@known
def list_agencies(query: PageQuery) -> Response:
    """List the appointments by the caller, or of it, the newest first."""
    after = keys_of(query.cursor, 1)

    def answer(found: list[Agency]) -> AgencyList:
        more = len(found) > query.limit
        shown = found[: query.limit]
        return AgencyList(
            items=[AgencyAnswer.of(item) for item in shown],
            next_cursor=cursor_of(shown[-1].id) if more else "",
        )

    return look(
        lambda uow: actions.list_agencies(
            uow, after=after[0] if after else None, limit=query.limit + 1
        ),
        answer,
    )


@bp.get("/v1/agency-appointments/<id>", responses=answers(AgencyAnswer, 200))
@known
def see_agency(path: IdPath) -> Response:
    """Show an appointment to its carrier or its agent."""
    return look(lambda uow: actions.see_agency(path.id, uow), AgencyAnswer.of)


@bp.post("/v1/agency-appointments/<id>/end", responses=answers(AgencyAnswer))
@needs("party:manage")
def end_agency(path: IdPath, body: EndAgency) -> Response:
    """End an appointment at once: nothing that the agent does for the carrier counts any more."""
    return perform(lambda uow: actions.end_agency(path.id, body.reason, uow), AgencyAnswer.changed)
