"""The unit of work: one transaction with events, projections, outbox and answer, or nothing.

The edge opens it, runs one action, and commits; actions never commit (ARCHITECTURE 2). Leaving
without `commit()` rolls back.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from yidan.kernel.events import Actor, Event, Recorded
from yidan.kernel.ids import uuid7
from yidan.ports import Commitments
from yidan.store import events
from yidan.store.engine import database_now, is_sqlite, queue_lock
from yidan.store.projections import project
from yidan.store.tables import Outbox, Subject

E = TypeVar("E", bound=Event)

_SUBJECT = Subject.__table__  # type: ignore[attr-defined]  # set by SQLModel
_OUTBOX = Outbox.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True)
class Workshop:
    """What every unit of work needs: engine, commitments, followers of events, bell, clock."""

    engine: Engine
    commitments: Commitments
    consumers_of: Callable[[str], Iterable[str]]
    """Outbox consumers of an event type."""
    ring: Callable[[str], None] = lambda _consumer: None
    now: Callable[[Connection], datetime] = database_now

    def open(self, actor: Actor, *, reading: bool = False) -> "UnitOfWork":
        """A unit of work for an actor; one that only reads takes no turn in the writers' queue."""
        return UnitOfWork(self, actor, reading=reading)


class UnitOfWork:
    """One transaction on behalf of one actor."""

    connection: Connection
    """For rooms' `tables.py` only."""

    def __init__(self, workshop: Workshop, actor: Actor, *, reading: bool = False) -> None:
        self.actor = actor
        self._reading = reading
        self._workshop = workshop
        self._stack = ExitStack()
        self._positions: dict[str, int] = {}
        self._now: datetime | None = None
        self._recorded = False
        self._woken: set[str] = set()
        self._after: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        engine = self._workshop.engine
        if not self._reading:
            self._stack.enter_context(queue_lock(engine))
        connection = self._stack.enter_context(engine.connect())
        self.connection = connection.execution_options(reading=self._reading)
        self._transaction = self.connection.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._transaction.is_active:
            self._transaction.rollback()
        self._stack.__exit__(kind, value, trace)

    @property
    def now(self) -> datetime:
        """The instant of this transaction (UTC), read from the database once.

        Before anything is recorded it is read anew after a wait for a lock: what ran out meanwhile
        has run out (QUALITY G8).
        """
        if self._now is None:
            self._now = self._workshop.now(self.connection)
        return self._now

    def new_id(self) -> str:
        """A new UUIDv7."""
        return uuid7(self.now, secrets.token_bytes(10))

    def lock(self, *subjects: str) -> None:
        """Lock subjects, in sorted order, until the transaction ends; new ones are created."""
        wanted = sorted(set(subjects) - self._positions.keys())
        found = self._locked_positions(wanted)
        if new := [subject for subject in wanted if subject not in found]:
            make = sqlite_insert if is_sqlite(self._workshop.engine) else pg_insert
            self.connection.execute(
                make(_SUBJECT).on_conflict_do_nothing(),
                [{"id": subject, "position": 0} for subject in new],
            )
            found |= self._locked_positions(new)
        self._positions |= found
        if wanted and not self._recorded and not is_sqlite(self._workshop.engine):
            self._now = None  # SQLite waits for its one lock before it reads the clock

    def _locked_positions(self, subjects: list[str]) -> dict[str, int]:
        """Positions of those that exist: one statement, locking rows in the order it sorts them."""
        if not subjects:
            return {}
        statement = (
            select(_SUBJECT.c.id, _SUBJECT.c.position)
            .where(_SUBJECT.c.id.in_(subjects))
            .order_by(_SUBJECT.c.id)
            .with_for_update()
        )
        return {row.id: int(row.position) for row in self.connection.execute(statement)}

    def position(self, subject: str) -> int:
        """How many events the (then locked) subject has."""
        self.lock(subject)
        return self._positions[subject]

    def history(self, subject: str) -> list[Recorded[Event]]:
        """The subject's events in order."""
        return events.history(self.connection, subject)

    def record(
        self,
        subject: str,
        happened: E,
        *,
        occurred_at: datetime | None = None,
        reason: str = "",
        actor: Actor | None = None,
    ) -> Recorded[E]:
        """Record one event: its row, its content, its projections and the work that follows it.

        Raises:
            ConflictError: a projection row was not in the state the event starts from.
            sqlalchemy.exc.IntegrityError: a UNIQUE row stands already (for instance a consumption).
        """
        position = self.position(subject) + 1
        self._recorded = True
        recorded = Recorded(
            event_id=self.new_id(),
            number=0,
            subject=subject,
            position=position,
            occurred_at=occurred_at or self.now,
            recorded_at=self.now,
            actor=actor or self.actor,
            reason=reason,
            event=happened,
        )
        number = events.append(
            self.connection,
            recorded,
            commitments=self._workshop.commitments,
            salt=secrets.token_bytes(32),
        )
        recorded = replace(recorded, number=number)
        self.connection.execute(
            update(_SUBJECT).where(_SUBJECT.c.id == subject).values(position=position)
        )
        self._positions[subject] = position
        project(self.connection, recorded)
        self._follow(recorded)
        return recorded

    def _follow(self, recorded: Recorded[E]) -> None:
        consumers = list(self._workshop.consumers_of(recorded.event.TYPE))
        self.connection.execute(
            insert(_OUTBOX),
            [
                {"consumer": consumer, "event_id": recorded.event_id, "subject": recorded.subject}
                for consumer in consumers
            ],
        )
        self._woken.update(consumers)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that may fail on its own: an exception inside takes back that part only."""
        positions, woken = dict(self._positions), set(self._woken)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            self._positions, self._woken = positions, woken
            raise

    def after_commit(self, ring: Callable[[], None]) -> None:
        """Run something after the commit: bells only, since a crash may lose it."""
        self._after.append(ring)

    def commit(self) -> None:
        """Make everything durable, then ring the bells."""
        self._transaction.commit()
        for consumer in sorted(self._woken):
            self._workshop.ring(consumer)
        for ring in self._after:
            ring()
