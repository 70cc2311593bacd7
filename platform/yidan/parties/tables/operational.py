"""Rows of signing in that no event carries: password hashes, attempts, used assertions.

`yidan rebuild` leaves them alone: they cannot be made again from history, and must not be, since a
hash in an event would stay for ever.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel

from yidan.store.columns import Instant

_OPERATIONAL: Final = {"info": {"operational": True}}


class PasswordRow(SQLModel, table=True):
    """A person's argon2id hash."""

    __tablename__ = "parties_password"
    __table_args__ = _OPERATIONAL
    person_id: str = Field(primary_key=True)
    hash: str


class AttemptRow(SQLModel, table=True):
    """Failed sign-ins of one account or address."""

    __tablename__ = "parties_attempt"
    __table_args__ = _OPERATIONAL
    name: str = Field(primary_key=True)
    """`account:<name>` or `address:<ip>`."""
    failures: int
    last_at: datetime = Field(sa_type=Instant)


class LookedAtRow(SQLModel, table=True):
    """A sign-in whose password is being looked at."""

    __tablename__ = "parties_looked_at"
    __table_args__ = _OPERATIONAL
    id: str = Field(primary_key=True)
    account: str = Field(index=True)
    address: str = Field(index=True)
    begun_at: datetime = Field(sa_type=Instant, index=True)


class AssertionRow(SQLModel, table=True):
    """A client assertion that was used; each is good once."""

    __tablename__ = "parties_assertion"
    __table_args__ = _OPERATIONAL
    client_id: str = Field(primary_key=True)
    jti: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=Instant, index=True)


_PASSWORD = PasswordRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_ATTEMPT = AttemptRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_LOOKED_AT = LookedAtRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_ASSERTION = AssertionRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True)
class Failures:
    """How often signing in failed under one name, and when last."""

    count: int
    last_at: datetime


def keep_password(connection: Connection, person_id: str, password_hash: str) -> None:
    """Keep a person's password hash, replacing an earlier one."""
    connection.execute(delete(_PASSWORD).where(_PASSWORD.c.person_id == person_id))
    connection.execute(insert(_PASSWORD).values(person_id=person_id, hash=password_hash))


def password_hash(connection: Connection, person_id: str) -> str | None:
    """A person's password hash."""
    statement = select(_PASSWORD.c.hash).where(_PASSWORD.c.person_id == person_id)
    return connection.execute(statement).scalar_one_or_none()


def failures(connection: Connection, name: str, *, now: datetime) -> Failures:
    """The failures under a name; its row is made or locked, until the transaction's end."""
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    statement = (
        make(_ATTEMPT)
        .values(name=name, failures=0, last_at=now)
        .on_conflict_do_update(index_elements=[_ATTEMPT.c.name], set_={"name": name})
        .returning(_ATTEMPT.c.failures, _ATTEMPT.c.last_at)
    )
    found = connection.execute(statement).one()
    return Failures(found.failures, found.last_at)


def keep_failures(connection: Connection, name: str, count: int, *, now: datetime) -> None:
    """Say how often signing in failed under a (then locked) name."""
    connection.execute(
        update(_ATTEMPT).where(_ATTEMPT.c.name == name).values(failures=count, last_at=now)
    )


def forget_failures(
    connection: Connection, *names: str, older_than: datetime | None = None
) -> None:
    """Forget the failures under these names, and every one older than an instant."""
    connection.execute(delete(_ATTEMPT).where(_ATTEMPT.c.name.in_(names)))
    if older_than is not None:
        connection.execute(delete(_ATTEMPT).where(_ATTEMPT.c.last_at < older_than))


def looked_at(connection: Connection, name: str, *, since: datetime, most: int) -> int:
    """How many sign-ins of an account or address are looked at, begun after an instant; to `most`.

    Asked with the name's failures locked, so that no other one begins meanwhile.
    """
    whose = or_(_LOOKED_AT.c.account == name, _LOOKED_AT.c.address == name)
    statement = select(_LOOKED_AT.c.id).where(whose, _LOOKED_AT.c.begun_at > since).limit(most)
    return len(connection.execute(statement).all())


def keep_looked_at(
    connection: Connection, looking: str, *, account: str, address: str, now: datetime
) -> None:
    """Say that a sign-in is being looked at."""
    row = {"id": looking, "account": account, "address": address, "begun_at": now}
    connection.execute(insert(_LOOKED_AT).values(row))


def forget_looked_at(connection: Connection, looking: str, *, older_than: datetime) -> None:
    """Say that a sign-in was looked at; those begun before an instant are forgotten too."""
    connection.execute(
        delete(_LOOKED_AT).where(
            or_(_LOOKED_AT.c.id == looking, _LOOKED_AT.c.begun_at < older_than)
        )
    )


def use_assertion(
    connection: Connection, client_id: str, jti: str, *, expires_at: datetime, now: datetime
) -> bool:
    """Use up an assertion's id; False if it was used before. Expired ones are forgotten."""
    long_ago = now - timedelta(minutes=10)
    connection.execute(delete(_ASSERTION).where(_ASSERTION.c.expires_at < long_ago))
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    row = {"client_id": client_id, "jti": jti, "expires_at": expires_at}
    statement = make(_ASSERTION).values(row).on_conflict_do_nothing().returning(_ASSERTION.c.jti)
    return connection.execute(statement).one_or_none() is not None
