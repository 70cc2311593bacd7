"""Events to notices: what counterparts are told, in plain words for the adapters."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from yidan.config import Settings
from yidan.kernel.events import Event, Recorded
from yidan.parties.tables import organisation
from yidan.ports import Notice

Maker = Callable[[Connection, Recorded[Any], Settings], Notice | None]

NOTICES: Final[Mapping[type[Event], Maker]] = MappingProxyType({})


def notice_of(
    connection: Connection, recorded: Recorded[Event], settings: Settings
) -> Notice | None:
    """The notice of an event; None for one that nobody outside is told of."""
    maker = NOTICES.get(type(recorded.event))
    return maker(connection, recorded, settings) if maker else None


def concerns(connection: Connection, notice: Notice, party_id: str) -> bool:
    """Whether a party is told of this."""
    return organisation(connection, party_id) is not None and notice is not None


def recipient_of(connection: Connection, party_id: str) -> str:
    """The identifier by which a party is named in an envelope."""
    found = organisation(connection, party_id)
    return found.identifiers[0].partition(":")[2] if found and found.identifiers else party_id
