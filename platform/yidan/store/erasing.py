"""Erase what an event says of a person; that it happened stays proved (个人信息删除, PIPL 47).

Source: LEDGER 6 and 7. Content and salt are deleted, so that the leaf cannot be linked to a guess
any more; the row, its commitment and its leaf stay, and the proofs of everything else with them.
The erasing is itself an event. It keeps the content with the personal fields taken out, because
history is replayed from it.

A room says beside its projectors which events hold personal data: `@forgets(Event, …)`. What no
room declares is evidence, not personal data, and is not erased.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, delete, insert, select

from yidan.kernel.errors import NotFoundError, RefusedError
from yidan.kernel.events import REGISTRY, Event, Recorded, content_of, event_from
from yidan.kernel.reasons import Reason, Role, reason
from yidan.store import events
from yidan.store.erasure_events import ContentErased
from yidan.store.events import Stored
from yidan.store.tables import Erasure, EventContent
from yidan.store.unit_of_work import UnitOfWork

NOT_ERASABLE = reason(
    "event-not-erasable",
    en="An event {type} holds no personal data that may be erased; it stays as evidence.",
    zh="事件 {type} 不含可删除的个人信息，作为证据保留。",
    owner=Role.ADMINISTRATOR,
)
ERASED_ALREADY = reason(
    "event-erased-already", en="The content of this event is erased.", zh="该事件内容已删除。"
)

_ERASURE = Erasure.__table__  # type: ignore[attr-defined]  # set by SQLModel
_CONTENT = EventContent.__table__  # type: ignore[attr-defined]  # set by SQLModel

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Forgetting:
    """How one event type is erased."""

    without: Callable[[Any], Event]
    """The event with its personal fields taken out; the identifiers of rows stay."""
    forget: Callable[[Connection, Recorded[Any]], None]
    """Brings the projections to what the event without its fields would have made of them."""
    obstacles: Callable[[Connection, Any], list[Reason]]
    """Why it may not be erased yet."""


_FORGETTING: Final[dict[str, Forgetting]] = {}
ERASABLE: Final[Mapping[str, Forgetting]] = MappingProxyType(_FORGETTING)
"""By event type's name."""


def _none(_connection: Connection, _happened: Any) -> list[Reason]:
    return []


def forgets(
    happened: type[E],
    without: Callable[[E], E],
    obstacles: Callable[[Connection, E], list[Reason]] = _none,
) -> Callable[
    [Callable[[Connection, Recorded[E]], None]], Callable[[Connection, Recorded[E]], None]
]:
    """Declare that an event type holds personal data, and how its projections lose them."""

    def register(
        forget: Callable[[Connection, Recorded[E]], None],
    ) -> Callable[[Connection, Recorded[E]], None]:
        _FORGETTING[happened.TYPE] = Forgetting(without, forget, obstacles)
        return forget

    return register


def erase(event_id: str, ground: str, uow: UnitOfWork) -> Recorded[ContentErased]:
    """Erase an event's content and salt; everything in this unit of work, or nothing.

    Raises:
        NotFoundError: there is no such event.
        RefusedError: it is erased already, holds no personal data, or is still needed.
    """
    found = _lock(event_id, uow)
    if found.recorded is None:
        raise RefusedError(ERASED_ALREADY())
    way = ERASABLE.get(found.type)
    if way is None:
        raise RefusedError(NOT_ERASABLE(type=found.type))
    if obstacles := way.obstacles(uow.connection, found.recorded.event):
        raise RefusedError(*obstacles)
    kept = way.without(found.recorded.event)
    text = json.dumps(content_of(kept), ensure_ascii=False, sort_keys=True)
    erasing = ContentErased(erased_event_id=event_id, erased_type=found.type, kept=text)
    recorded = uow.record(found.subject, erasing, reason=ground)
    permission = {"event_id": event_id, "erased_by": recorded.event_id}
    uow.connection.execute(insert(_ERASURE).values(permission))
    uow.connection.execute(delete(_CONTENT).where(_CONTENT.c.event_id == event_id))
    way.forget(uow.connection, replace(found.recorded, event=kept, reason=""))
    return recorded


def _lock(event_id: str, uow: UnitOfWork) -> Stored:
    """The event, read once its subject is locked."""
    found = next(events.by_id(uow.connection, event_id), None)
    if found is None:
        raise NotFoundError
    uow.lock(found.subject)
    return next(events.by_id(uow.connection, event_id))


def kept_contents(connection: Connection) -> dict[str, tuple[str, Event]]:
    """For each erased event: the id of the event that erased it, and what a replay goes by.

    An erasing event that cannot be read is left out: what it erased counts as gone without one.
    """
    found = {}
    statement = select(_ERASURE.c.event_id, _ERASURE.c.erased_by)
    for erased, erased_by in connection.execute(statement).all():
        erasing = events.one(connection, erased_by)
        if erasing is None or not isinstance(erasing.event, ContentErased):
            continue
        if erasing.event.erased_event_id == erased and erasing.event.erased_type in REGISTRY:
            kept = event_from(erasing.event.erased_type, json.loads(erasing.event.kept))
            found[erased] = erased_by, kept
    return found


def as_kept(stored: Stored, kept: Event) -> Recorded[Event]:
    """An erased event as a replay sees it: its envelope, and the content that was kept."""
    return Recorded(
        event_id=stored.event_id,
        number=stored.number,
        subject=stored.subject,
        position=stored.position,
        occurred_at=stored.occurred_at,
        recorded_at=stored.recorded_at,
        actor=stored.actor,
        reason="",
        event=kept,
    )
