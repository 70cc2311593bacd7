"""The outbox: work that follows events, done at least once; Redis only rings, these rows decide."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from yidan.store.tables import Outbox

_OUTBOX = Outbox.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True)
class Errand:
    """One open piece of work."""

    id: int
    consumer: str
    event_id: str
    subject: str
    attempts: int


def pending(
    connection: Connection,
    consumer: str,
    *,
    now: datetime,
    limit: int = 500,
    skip_locked: bool = False,
) -> list[Errand]:
    """Open work in the order of recording; `skip_locked` where that order does not matter."""
    statement = (
        select(
            _OUTBOX.c.id,
            _OUTBOX.c.consumer,
            _OUTBOX.c.event_id,
            _OUTBOX.c.subject,
            _OUTBOX.c.attempts,
        )
        .where(
            _OUTBOX.c.consumer == consumer,
            _OUTBOX.c.done_at.is_(None),
            or_(_OUTBOX.c.not_before.is_(None), _OUTBOX.c.not_before <= now),
        )
        .order_by(_OUTBOX.c.id)
        .limit(limit)
    )
    if skip_locked:
        statement = statement.with_for_update(skip_locked=True)
    return [Errand(*row) for row in connection.execute(statement)]


def claim(connection: Connection, errand: Errand, *, now: datetime, until: datetime) -> bool:
    """Take one piece of unordered work for a while; False if another worker was first."""
    return (
        connection.execute(
            update(_OUTBOX)
            .where(
                _OUTBOX.c.id == errand.id,
                _OUTBOX.c.done_at.is_(None),
                or_(_OUTBOX.c.not_before.is_(None), _OUTBOX.c.not_before <= now),
            )
            .values(not_before=until)
        ).rowcount
        == 1
    )


def done(connection: Connection, ids: list[int], *, now: datetime) -> None:
    """Mark work as done."""
    connection.execute(update(_OUTBOX).where(_OUTBOX.c.id.in_(ids)).values(done_at=now))


def postpone(connection: Connection, errand_id: int, *, not_before: datetime, error: str) -> None:
    """Keep work for later, with what went wrong."""
    connection.execute(
        update(_OUTBOX)
        .where(_OUTBOX.c.id == errand_id)
        .values(attempts=_OUTBOX.c.attempts + 1, not_before=not_before, last_error=error[:500])
    )


def backlog(connection: Connection, consumer: str) -> int:
    """How much open work a consumer has, counted up to 10,000."""
    open_rows = (
        select(_OUTBOX.c.id)
        .where(_OUTBOX.c.consumer == consumer, _OUTBOX.c.done_at.is_(None))
        .limit(10_000)
        .subquery()
    )
    return int(connection.execute(select(func.count()).select_from(open_rows)).scalar_one())
