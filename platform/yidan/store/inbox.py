"""The inbox: every transmission kept as it came, recognised when it comes again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from yidan.kernel.content import JsonValue
from yidan.store.tables import Inbox

_INBOX = Inbox.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Received:
    """One transmission and what became of it."""

    id: str
    partner: str
    adapter: str
    reference: str
    sha256_hex: str
    raw: bytes
    received_at: datetime
    state: str
    findings: JsonValue
    answer: bytes | None


def find(connection: Connection, partner: str, adapter: str, reference: str) -> Received | None:
    """The transmission with this reference from this partner, if it came before."""
    row = connection.execute(
        select(_INBOX).where(
            _INBOX.c.partner == partner,
            _INBOX.c.adapter == adapter,
            _INBOX.c.reference == reference,
        )
    ).one_or_none()
    return Received(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def get(connection: Connection, inbox_id: str) -> Received | None:
    """One transmission by id."""
    row = connection.execute(select(_INBOX).where(_INBOX.c.id == inbox_id)).one_or_none()
    return Received(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def keep(connection: Connection, received: Received) -> None:
    """Keep a transmission.

    Raises:
        sqlalchemy.exc.IntegrityError: its reference is taken: it came at the same moment twice.
    """
    connection.execute(insert(_INBOX).values(**received.__dict__))


def listed(
    connection: Connection, partner: str | None, *, before: str = "", limit: int = 50
) -> list[Received]:
    """Transmissions, newest first; of one partner, or of all."""
    statement = select(_INBOX).order_by(_INBOX.c.id.desc()).limit(limit)
    if partner is not None:
        statement = statement.where(_INBOX.c.partner == partner)
    if before:
        statement = statement.where(_INBOX.c.id < before)
    return [
        Received(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in connection.execute(statement)
    ]
