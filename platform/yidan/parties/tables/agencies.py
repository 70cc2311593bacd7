"""Which agents act for which carriers (船代委托): one row an appointment, kept when it is over."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Recorded
from yidan.kernel.reasons import Role
from yidan.parties import events
from yidan.parties.involvement import involve, visible_to
from yidan.parties.rules import Agency
from yidan.store.columns import Instant, Json
from yidan.store.projections import changed_one, projects


class AgencyRow(SQLModel, table=True):
    """A carrier's appointment of an agent."""

    __tablename__ = "parties_agency"
    id: str = Field(primary_key=True)
    carrier_id: str = Field(index=True)
    agent_id: str = Field(index=True)
    un_location_codes: Any = Field(sa_type=Json)
    valid_until: datetime | None = Field(default=None, sa_type=Instant)
    appointed_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


_AGENCY = AgencyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


def find(connection: Connection, agency_id: str) -> Agency | None:
    """An appointment by id."""
    return next(iter(_agencies(connection, _AGENCY.c.id == agency_id)), None)


def between(connection: Connection, carrier_id: str, agent_id: str) -> list[Agency]:
    """Every appointment of an agent by a carrier, over or not."""
    return _agencies(connection, _AGENCY.c.carrier_id == carrier_id, _AGENCY.c.agent_id == agent_id)


def page(
    connection: Connection, party_id: str, *, after: str | None = None, limit: int = 50
) -> list[Agency]:
    """A carrier's or agent's appointments, newest first; with `after`, those older than that id."""
    where: list[ColumnElement[bool]] = [_AGENCY.c.id.in_(visible_to(party_id, "agency"))]
    if after is not None:
        where.append(_AGENCY.c.id < after)
    return _agencies(connection, *where, limit=limit)


def _agencies(
    connection: Connection, *where: ColumnElement[bool], limit: int | None = None
) -> list[Agency]:
    statement = select(_AGENCY).where(*where).order_by(_AGENCY.c.id.desc()).limit(limit)
    return [
        Agency(**{**row, "un_location_codes": tuple(row["un_location_codes"])})
        for row in connection.execute(statement).mappings()
    ]


@projects(events.AgentAppointed)
def _appointed(connection: Connection, recorded: Recorded[events.AgentAppointed]) -> None:
    made = recorded.event
    connection.execute(
        insert(_AGENCY).values(
            id=made.agency_id,
            carrier_id=made.carrier_id,
            agent_id=made.agent_id,
            un_location_codes=list(made.un_location_codes),
            valid_until=made.valid_until,
            appointed_at=recorded.recorded_at,
        )
    )
    involve(connection, recorded.subject, made.carrier_id, Role.CARRIER)
    involve(connection, recorded.subject, made.agent_id, Role.SHIPPING_AGENT)


@projects(events.AgencyEnded)
def _ended(connection: Connection, recorded: Recorded[events.AgencyEnded]) -> None:
    changed_one(
        connection.execute(
            update(_AGENCY)
            .where(_AGENCY.c.id == recorded.event.agency_id, _AGENCY.c.ended_at.is_(None))
            .values(ended_at=recorded.recorded_at)
        )
    )
