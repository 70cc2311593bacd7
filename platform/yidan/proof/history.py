"""Which events are one bill's: found from the events alone (一单全程).

An event belongs to a bill if it names the bill, or a thing that an event of the bill named: a
release, a right, a visit, a document, a lot, a truck. An event that also names other bills (a
vessel's list, a train) belongs to each of them and leads no further. A box is used again by other
bills, so it leads to two things only: holds placed on it since the bill began, and trucks turned
away at the gate without a right to any bill. Events are read several times, until nothing new is
found: this is for a command, not for a request.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from yidan.documents.events import DocumentIssued
from yidan.gate.events import Verdict
from yidan.kernel.events import Event, content_of
from yidan.release.events import HoldPlaced
from yidan.release.rules.holds import HoldScope, guardian
from yidan.store import erasing, events
from yidan.store.events import Stored

THINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "transport_document_reference": "bill",
        "waybill_id": "waybill",
        "release_id": "release",
        "right_id": "right",
        "visit_id": "visit",
        "hold_id": "hold",
        "document_id": "document",
        "eir_document_id": "document",
        "transaction_id": "gate",
        "truck_visit_id": "truck",
        "lot_id": "lot",
        "pledge_id": "pledge",
        "order_id": "order",
        "task_id": "task",
    }
)
"""Which fields of events name a thing that belongs to a bill, and the kind of its subject."""


@dataclass(frozen=True)
class _Read:
    """What an event names."""

    stored: Stored
    named: frozenset[str]
    """Things it is about or names, boxes apart."""
    boxes: frozenset[str]
    on_a_box: frozenset[str]
    """The box that a hold hangs on, or that a truck without a right came for."""

    def is_of_others(self, seed: str) -> bool:
        """Whether it names another bill."""
        return any(one.startswith("bill:") and one != seed for one in self.named)

    def belongs(self, things: Collection[str], *, began: bool) -> bool:
        """Whether it names one of the things; by its box only after the bill began."""
        by_box = began and not self.on_a_box.isdisjoint(things)
        return by_box or not self.named.isdisjoint(things)


def of_bill(connection: Connection, number: str) -> list[Stored]:
    """Every event of a bill, in the order of recording."""
    seed = f"bill:{number}"
    things, before, found = {seed}, 0, list[Stored]()
    while len(things) != before:
        before, found = len(things), []
        for one in _read(connection):
            if one.belongs(things, began=bool(found)):
                found.append(one.stored)
                if not one.is_of_others(seed):
                    things |= one.named | one.boxes
    return found


def _read(connection: Connection) -> Iterator[_Read]:
    kept = erasing.kept_contents(connection)
    for stored in events.all_of(connection):
        happened: Event | None = stored.recorded.event if stored.recorded else None
        if stored.event_id in kept:
            _, happened = kept[stored.event_id]
        yield _named(stored, happened)


def _named(stored: Stored, happened: Event | None) -> _Read:
    content = content_of(happened) if happened else {}
    named, on_a_box = {stored.subject, *_things(content)}, frozenset[str]()
    if isinstance(happened, DocumentIssued):
        named.add(happened.about)
    if isinstance(happened, HoldPlaced):
        held = guardian(happened.scope, happened.key)
        if happened.scope is HoldScope.CONTAINER:
            on_a_box = frozenset([held])
        else:
            named.add(held)
    if isinstance(happened, Verdict) and not happened.right_id:
        on_a_box = frozenset([f"box:{happened.capture.equipment_reference}"])
    boxes = frozenset(f"box:{box}" for box in _values(content, "equipment_reference"))
    return _Read(stored, frozenset(named), boxes, on_a_box)


def _things(content: Any) -> Iterator[str]:
    for name, kind in THINGS.items():
        yield from (f"{kind}:{found}" for found in _values(content, name))


def _values(value: Any, name: str) -> Iterator[str]:
    """The texts, empty ones apart, that stand under a name, anywhere inside."""
    if isinstance(value, dict):
        found = value.get(name)
        if isinstance(found, str) and found:
            yield found
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from _values(item, name)
