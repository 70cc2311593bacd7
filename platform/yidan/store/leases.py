"""Leases: one holder of an ordered job at a time, by the database's clock, with a fencing token."""

from datetime import timedelta

from sqlalchemy import Connection, Engine, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from yidan.store.engine import database_now, is_sqlite, writing
from yidan.store.tables import Lease

_LEASE = Lease.__table__  # type: ignore[attr-defined]  # set by SQLModel


def acquire(engine: Engine, name: str, holder: str, *, seconds: int = 15) -> int | None:
    """Take or renew a lease; answer its token, or None while another holder's lease runs."""
    with writing(engine) as connection:
        now = database_now(connection)
        make = sqlite_insert if is_sqlite(engine) else pg_insert
        connection.execute(
            make(_LEASE).values(name=name, holder="", token=0, until=now).on_conflict_do_nothing()
        )
        until = now + timedelta(seconds=seconds)
        renewed = connection.execute(
            update(_LEASE)
            .where(_LEASE.c.name == name, _LEASE.c.holder == holder)
            .values(until=until)
        ).rowcount
        if not renewed:
            connection.execute(
                update(_LEASE)
                .where(_LEASE.c.name == name, or_(_LEASE.c.holder == "", _LEASE.c.until < now))
                .values(holder=holder, token=_LEASE.c.token + 1, until=until)
            )
        return held(connection, name, holder)


def held(connection: Connection, name: str, holder: str) -> int | None:
    """The token if this holder has the lease, locked until the end of the caller's transaction."""
    row = connection.execute(
        select(_LEASE.c.token, _LEASE.c.until)
        .where(_LEASE.c.name == name, _LEASE.c.holder == holder)
        .with_for_update()
    ).one_or_none()
    if row is None or row.until < database_now(connection):
        return None
    return int(row.token)


def release(engine: Engine, name: str, holder: str) -> None:
    """Give a lease back."""
    with writing(engine) as connection:
        connection.execute(
            update(_LEASE).where(_LEASE.c.name == name, _LEASE.c.holder == holder).values(holder="")
        )
