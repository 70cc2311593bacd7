"""Projections: the read side, changed by recorded events only.

A room's `tables.py` registers one function an event type with `@projects(EventClass)`.
`UnitOfWork.record` runs it in the same transaction; `yidan rebuild --check` runs the same function
over history and compares. A projector uses the recorded event and projection rows, never a clock,
settings or chance.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Connection, CursorResult

from yidan.kernel.errors import ConflictError
from yidan.kernel.events import Event, Recorded

E = TypeVar("E", bound=Event)
Projector: TypeAlias = Callable[[Connection, Recorded[Any]], None]

_PROJECTORS: Final[dict[type[Event], list[Projector]]] = {}


def projects(
    happened: type[E],
) -> Callable[
    [Callable[[Connection, Recorded[E]], None]], Callable[[Connection, Recorded[E]], None]
]:
    """Register a projector for one event type."""

    def register(
        projector: Callable[[Connection, Recorded[E]], None],
    ) -> Callable[[Connection, Recorded[E]], None]:
        _PROJECTORS.setdefault(happened, []).append(projector)
        return projector

    return register


def project(connection: Connection, recorded: Recorded[Event]) -> None:
    """Run every projector of a recorded event."""
    for projector in _PROJECTORS.get(type(recorded.event), ()):
        projector(connection, recorded)


def changed_one(result: CursorResult[Any]) -> None:
    """Make sure a conditional UPDATE hit exactly one row.

    Raises:
        ConflictError: the row was not in the state the decision was made from.
    """
    if result.rowcount != 1:
        raise ConflictError
