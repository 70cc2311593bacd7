"""Whether releases are stopped because the anchored root and the log disagree (LEDGER 0.8)."""

from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from yidan.store.ledger_tables import LedgerState

_STATE = LedgerState.__table__  # type: ignore[attr-defined]  # set by SQLModel


def releases_stopped(connection: Connection) -> str | None:
    """Why releases are stopped, or None while chain and log agree."""
    statement = select(_STATE.c.stopped_reason).where(_STATE.c.id == 1)
    return connection.execute(statement).scalar_one_or_none() or None


def stop_releases(connection: Connection, why: str, *, since: datetime) -> None:
    """Stop rights, gate-outs and grants until an operator has looked; the first reason stays."""
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    connection.execute(make(_STATE).values(id=1, stopped_reason="").on_conflict_do_nothing())
    connection.execute(
        update(_STATE)
        .where(_STATE.c.id == 1, _STATE.c.stopped_reason == "")
        .values(stopped_reason=why[:500], since=since)
    )


def resume_releases(connection: Connection) -> None:
    """End the stop: an operator's decision, after `yidan fsck` passed."""
    connection.execute(update(_STATE).values(stopped_reason="", since=None))
