"""Alarms: what somebody must look at, kept until acknowledged. Operational rows, not events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.store.columns import Instant, Serial


class AlarmRow(SQLModel, table=True):
    """One alarm."""

    __tablename__ = "alarm"
    __table_args__ = {"sqlite_autoincrement": True}
    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    kind: str
    what: str
    raised_at: datetime = Field(sa_type=Instant)
    acknowledged_at: datetime | None = Field(default=None, sa_type=Instant)


_ALARM = AlarmRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True)
class Alarm:
    """One open alarm."""

    id: int
    kind: str
    what: str
    raised_at: datetime


def raise_alarm(connection: Connection, kind: str, what: str, *, now: datetime) -> None:
    """Raise an alarm; the same kind and text is not raised again while it is open."""
    standing = select(_ALARM.c.id).where(
        _ALARM.c.kind == kind, _ALARM.c.what == what, _ALARM.c.acknowledged_at.is_(None)
    )
    if connection.execute(standing).first() is None:
        connection.execute(insert(_ALARM).values(kind=kind, what=what[:1000], raised_at=now))


def open_alarms(connection: Connection, *, limit: int = 100) -> Sequence[Alarm]:
    """Alarms nobody has acknowledged, newest first."""
    statement = (
        select(_ALARM.c.id, _ALARM.c.kind, _ALARM.c.what, _ALARM.c.raised_at)
        .where(_ALARM.c.acknowledged_at.is_(None))
        .order_by(_ALARM.c.id.desc())
        .limit(limit)
    )
    return [Alarm(*row) for row in connection.execute(statement)]


def acknowledge(connection: Connection, alarm_id: int, *, now: datetime) -> None:
    """Take an alarm off the list."""
    connection.execute(update(_ALARM).where(_ALARM.c.id == alarm_id).values(acknowledged_at=now))


def acknowledge_kind(connection: Connection, kind: str, *, now: datetime) -> None:
    """Take every open alarm of a kind off the list: its cause was looked at."""
    connection.execute(
        update(_ALARM)
        .where(_ALARM.c.kind == kind, _ALARM.c.acknowledged_at.is_(None))
        .values(acknowledged_at=now)
    )
