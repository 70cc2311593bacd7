"""Event types and what a recorded event is.

An event type is one frozen dataclass under `@event("room.something_happened.v1")`; a new meaning is
a `.v2`, never a changed class. Each room's `events.py` ends with `SAMPLES`, one instance a type; a
test demands them, and the reference page is made from them. The envelope follows DOMAIN 2.0.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final, Generic, TypeVar

from yidan.kernel.content import JsonValue, from_json, to_json

_NAME: Final = re.compile(r"[a-z_]+\.[a-z_]+\.v[1-9][0-9]*")


class Event:
    """Base of all event types; the class attribute `TYPE` is the stable name."""

    TYPE: ClassVar[str]


E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)

_REGISTRY: Final[dict[str, type[Event]]] = {}
REGISTRY: Final[Mapping[str, type[Event]]] = MappingProxyType(_REGISTRY)
"""Every declared event type by name."""


def event(name: str) -> Callable[[type[E]], type[E]]:
    """Declare an event type under a stable name such as `gate.gated_out.v1`.

    Raises:
        ValueError: the name has another form, is taken, or the class is not a frozen dataclass.
    """

    def declare(cls: type[E]) -> type[E]:
        if not _NAME.fullmatch(name) or name in _REGISTRY:
            raise ValueError(f"event name {name!r} is malformed or taken")
        if not getattr(cls.__dict__.get("__dataclass_params__"), "frozen", False):
            raise ValueError(f"event {name!r} must be a frozen dataclass")
        cls.TYPE = name
        _REGISTRY[name] = cls
        return cls

    return declare


def content_of(happened: Event) -> dict[str, JsonValue]:
    """The event's fields as JSON values."""
    content = to_json(happened)
    assert isinstance(content, dict)  # noqa: S101 - a dataclass always becomes an object
    return content


def event_from(name: str, content: Mapping[str, JsonValue]) -> Event:
    """Read an event back.

    Raises:
        KeyError: no event type has this name.
        ContentError: the content has another shape.
    """
    found: Any = from_json(_REGISTRY[name], dict(content))
    assert isinstance(found, Event)  # noqa: S101 - the registry holds event classes only
    return found


@dataclass(frozen=True)
class Actor:
    """Who acts (`actor_party`, `actor_user`) and for whom (`on_behalf_of`); ids, never names."""

    party: str
    """Party id, or "system" for what the platform does by the clock."""
    user: str = ""
    """Person, machine key or device id within the party; "" where no one person acted."""
    on_behalf_of: str = ""
    """Party id of the principal, or ""."""


SYSTEM: Final = Actor(party="system")


@dataclass(frozen=True)
class Recorded(Generic[E_co]):
    """An event with its envelope (DOMAIN 2.0). Times are UTC."""

    event_id: str
    """UUIDv7."""
    number: int
    """Order of recording in this installation, counted from 1, may have gaps."""
    subject: str
    """`kind:id` of what the event is about, e.g. `waybill:0190…`."""
    position: int
    """1 for the subject's first event, then +1."""
    occurred_at: datetime
    recorded_at: datetime
    actor: Actor
    reason: str
    event: E_co
