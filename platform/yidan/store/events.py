"""Write and read events: envelope row, erasable content, commitment."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select

from yidan.kernel.content import ContentError, JsonValue, instant_to_text
from yidan.kernel.events import Actor, Event, Recorded, content_of, event_from
from yidan.ports import Commitments
from yidan.store.tables import EventContent, EventRow

_ROW = EventRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_CONTENT = EventContent.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True)
class Stored:
    """An event as it lies in the database.

    `salt` is None where the content was erased; `recorded` is None there and where the row cannot
    be read as its type any more.
    """

    number: int
    event_id: str
    subject: str
    position: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: Actor
    commitment: bytes
    salt: bytes | None
    recorded: Recorded[Event] | None


def committed_document(recorded: Recorded[Event]) -> dict[str, JsonValue]:
    """Envelope and content as one document: what the event's commitment covers (LEDGER 6)."""
    return {
        "eventId": recorded.event_id,
        "subject": recorded.subject,
        "position": recorded.position,
        "type": recorded.event.TYPE,
        "occurredAt": instant_to_text(recorded.occurred_at),
        "recordedAt": instant_to_text(recorded.recorded_at),
        "actorParty": recorded.actor.party,
        "actorUser": recorded.actor.user,
        "onBehalfOf": recorded.actor.on_behalf_of,
        "reason": recorded.reason,
        "content": content_of(recorded.event),
    }


def append(
    connection: Connection, recorded: Recorded[Event], *, commitments: Commitments, salt: bytes
) -> int:
    """Insert an event and its content; answer its number.

    Raises:
        sqlalchemy.exc.IntegrityError: somebody else took the position.
    """
    actor = recorded.actor
    number: int = connection.execute(
        insert(_ROW)
        .values(
            event_id=recorded.event_id,
            subject=recorded.subject,
            position=recorded.position,
            type=recorded.event.TYPE,
            occurred_at=recorded.occurred_at,
            recorded_at=recorded.recorded_at,
            actor_party=actor.party,
            actor_user=actor.user,
            on_behalf_of=actor.on_behalf_of,
            commitment=commitments(committed_document(recorded), salt),
        )
        .returning(_ROW.c.number)
    ).scalar_one()
    connection.execute(
        insert(_CONTENT).values(
            event_id=recorded.event_id,
            salt=salt,
            reason=recorded.reason,
            content=content_of(recorded.event),
        )
    )
    return number


def history(connection: Connection, subject: str) -> list[Recorded[Event]]:
    """A subject's events in order; erased ones are left out.

    Raises:
        ContentError: an event cannot be read as its type.
    """
    found = []
    for stored in read(connection, _ROW.c.subject == subject):
        if stored.recorded is not None:
            found.append(stored.recorded)
        elif stored.salt is not None:
            raise ContentError(f"event {stored.event_id} cannot be read as {stored.type}")
    return found


def latest(
    connection: Connection, subjects: Select[tuple[str]], before: int | None, limit: int
) -> list[Recorded[Event]]:
    """The newest events of several subjects, newest first; erased ones are left out.

    Args:
        connection: to the database.
        subjects: a query of their ids.
        before: only events with a smaller number; None for the newest of all.
        limit: so many at most, erased ones counted.
    """
    statement = _with_content().where(_ROW.c.subject.in_(subjects))
    if before is not None:
        statement = statement.where(_ROW.c.number < before)
    rows = connection.execute(statement.order_by(_ROW.c.number.desc()).limit(limit)).mappings()
    return [stored.recorded for row in rows if (stored := _stored(row)).recorded is not None]


def one(connection: Connection, event_id: str) -> Recorded[Event] | None:
    """One event by id; None where it is unknown or erased."""
    found = next(by_id(connection, event_id), None)
    return found.recorded if found else None


def by_id(connection: Connection, event_id: str) -> Iterator[Stored]:
    """The event of an id as it is stored, if there is one."""
    return read(connection, _ROW.c.event_id == event_id)


def by_ids(connection: Connection, event_ids: Sequence[str]) -> dict[str, Stored]:
    """Events as they are stored, by id; those that are not there are left out."""
    return {one.event_id: one for one in read(connection, _ROW.c.event_id.in_(event_ids))}


def of_subject(connection: Connection, subject: str) -> list[Stored]:
    """A subject's events as they are stored, in order."""
    return list(read(connection, _ROW.c.subject == subject))


def all_of(connection: Connection) -> Iterator[Stored]:
    """Every event as it is stored, in the order of recording."""
    return read(connection)


def read(connection: Connection, *where: object) -> Iterator[Stored]:
    """Events with their content, in the order of recording."""
    statement = (
        _with_content()
        .where(*where)  # type: ignore[arg-type]  # any SQL condition
        .order_by(_ROW.c.number)
    )
    for row in connection.execute(statement).mappings():
        yield _stored(row)


def _with_content() -> Select[Any]:
    return select(_ROW, _CONTENT.c.salt, _CONTENT.c.reason, _CONTENT.c.content).join_from(
        _ROW, _CONTENT, isouter=True
    )


def _stored(row: RowMapping) -> Stored:
    recorded: Recorded[Event] | None = None
    if row["salt"] is not None:
        with suppress(KeyError, ValueError, TypeError):
            recorded = _recorded(row)
    return Stored(
        number=row["number"],
        event_id=row["event_id"],
        subject=row["subject"],
        position=row["position"],
        type=row["type"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        actor=_actor(row),
        commitment=row["commitment"],
        salt=row["salt"],
        recorded=recorded,
    )


def _actor(row: RowMapping) -> Actor:
    return Actor(row["actor_party"], row["actor_user"], row["on_behalf_of"])


def _recorded(row: RowMapping) -> Recorded[Event]:
    return Recorded(
        event_id=row["event_id"],
        number=row["number"],
        subject=row["subject"],
        position=row["position"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        actor=_actor(row),
        reason=row["reason"],
        event=event_from(row["type"], row["content"]),
    )
