"""Where messages go: endpoints of parties, and deliveries with their tries. Operational rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, LargeBinary, UniqueConstraint, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel

from yidan.exchange import events
from yidan.gate.events import GatedOut
from yidan.kernel.events import Recorded
from yidan.store.columns import Instant, Serial
from yidan.store.followers import follows
from yidan.store.projections import projects
from yidan.tally.events import ReportCompleted

CONSUMER: Final = "exchange"
"""Consumer of events that outsiders are told of (`notices`)."""

follows(CONSUMER, GatedOut, ReportCompleted)


class Endpoint(SQLModel, table=True):
    """Where a party receives the messages of one adapter."""

    __tablename__ = "exchange_endpoint"
    party_id: str = Field(primary_key=True)
    adapter: str = Field(primary_key=True)
    url: str


class Delivery(SQLModel, table=True):
    """One message for one destination: made once, sent until it arrives, in order."""

    __tablename__ = "exchange_delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "party_id", "adapter"),
        {"info": {"operational": True}, "sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    event_id: str
    party_id: str = Field(index=True)
    adapter: str
    body: bytes = Field(sa_type=LargeBinary)
    made_at: datetime = Field(sa_type=Instant)
    attempts: int = 0
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str = ""
    answer: bytes | None = Field(default=None, sa_type=LargeBinary)


_ENDPOINT = Endpoint.__table__  # type: ignore[attr-defined]  # set by SQLModel
_DELIVERY = Delivery.__table__  # type: ignore[attr-defined]  # set by SQLModel


@projects(events.EndpointSet)
def _endpoint_set(connection: Connection, recorded: Recorded[events.EndpointSet]) -> None:
    endpoint = recorded.event
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    statement = make(_ENDPOINT).values(
        party_id=endpoint.party_id, adapter=endpoint.adapter, url=endpoint.url
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["party_id", "adapter"], set_={"url": endpoint.url}
        )
    )


@dataclass(frozen=True)
class Destination:
    """A party's endpoint for one adapter."""

    party_id: str
    adapter: str
    url: str


@dataclass(frozen=True)
class OpenDelivery:
    """A message that has not arrived yet."""

    id: int
    event_id: str
    body: bytes
    attempts: int


def destinations(connection: Connection, adapter: str) -> list[Destination]:
    """Everybody who receives the messages of an adapter."""
    statement = select(_ENDPOINT).where(_ENDPOINT.c.adapter == adapter)
    return [Destination(*row) for row in connection.execute(statement.order_by("party_id"))]


def add_delivery(
    connection: Connection, event_id: str, destination: Destination, body: bytes, *, now: datetime
) -> None:
    """Keep a message for a destination; a second one for the same event is not made."""
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    connection.execute(
        make(_DELIVERY)
        .values(
            event_id=event_id,
            party_id=destination.party_id,
            adapter=destination.adapter,
            body=body,
            made_at=now,
            attempts=0,
            last_error="",
        )
        .on_conflict_do_nothing()
    )


def open_deliveries(
    connection: Connection, destination: Destination, *, limit: int = 100
) -> list[OpenDelivery]:
    """What has not arrived at a destination, in order."""
    statement = (
        select(_DELIVERY.c.id, _DELIVERY.c.event_id, _DELIVERY.c.body, _DELIVERY.c.attempts)
        .where(
            _DELIVERY.c.party_id == destination.party_id,
            _DELIVERY.c.adapter == destination.adapter,
            _DELIVERY.c.delivered_at.is_(None),
        )
        .order_by(_DELIVERY.c.id)
        .limit(limit)
    )
    return [OpenDelivery(*row) for row in connection.execute(statement)]


def delivered(connection: Connection, delivery_id: int, answer: bytes, *, now: datetime) -> None:
    """Note that a message arrived, and what was answered."""
    connection.execute(
        update(_DELIVERY)
        .where(_DELIVERY.c.id == delivery_id)
        .values(delivered_at=now, answer=answer, attempts=_DELIVERY.c.attempts + 1, last_error="")
    )


def failed(connection: Connection, delivery_id: int, error: str) -> None:
    """Note a try that failed."""
    connection.execute(
        update(_DELIVERY)
        .where(_DELIVERY.c.id == delivery_id)
        .values(attempts=_DELIVERY.c.attempts + 1, last_error=error[:500])
    )
