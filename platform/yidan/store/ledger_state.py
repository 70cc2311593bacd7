"""Whether releases are stopped because log, witnesses and chain disagree (LEDGER 0.8)."""

from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from yidan.store.ledger_tables import LedgerState

_STATE = LedgerState.__table__  # type: ignore[attr-defined]  # set by SQLModel


def releases_stopped(connection: Connection) -> str | None:
    """Why releases are stopped, or None while chain, witnesses and log agree."""
    statement = select(_STATE.c.stopped_reason, _STATE.c.restored_from).where(_STATE.c.id == 1)
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    if row.restored_from and not row.stopped_reason:
        return f"restored from {row.restored_from}; the witnesses were not asked yet"
    return row.stopped_reason or None


def disagreement(connection: Connection) -> str:
    """The reason that stands until `yidan resume`, "" if there is none."""
    statement = select(_STATE.c.stopped_reason).where(_STATE.c.id == 1)
    return connection.execute(statement).scalar_one_or_none() or ""


def restored_from(connection: Connection) -> str:
    """Which backup this database came from, "" once the witnesses agreed that it is the newest."""
    statement = select(_STATE.c.restored_from).where(_STATE.c.id == 1)
    return connection.execute(statement).scalar_one_or_none() or ""


def mark_restored(connection: Connection, backup: str) -> None:
    """Stop releases until the witnesses agree that they have seen no longer log.

    A stop that stood in the backup stays: its reason is as true as it was.
    """
    _begin(connection)
    connection.execute(update(_STATE).where(_STATE.c.id == 1).values(restored_from=backup))


def welcome_back(connection: Connection) -> None:
    """The witnesses agreed: the restored log is the newest one."""
    connection.execute(update(_STATE).where(_STATE.c.id == 1).values(restored_from=""))


def stop_releases(connection: Connection, why: str, *, since: datetime) -> None:
    """Stop rights, gate-outs and grants until an operator has looked; the first reason stays."""
    _begin(connection)
    connection.execute(
        update(_STATE)
        .where(_STATE.c.id == 1, _STATE.c.stopped_reason == "")
        .values(stopped_reason=why[:500], since=since)
    )


def resume_releases(connection: Connection) -> None:
    """End the stop: an operator's decision, after `yidan fsck` passed."""
    connection.execute(update(_STATE).values(stopped_reason="", since=None))


def _begin(connection: Connection) -> None:
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    values = {"id": 1, "stopped_reason": "", "restored_from": ""}
    connection.execute(make(_STATE).values(**values).on_conflict_do_nothing())
