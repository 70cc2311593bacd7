"""The store's own tables: subjects, events, their content, outbox, inbox, idempotency, leases.

`event` is append-only: the database itself refuses UPDATE, DELETE and TRUNCATE (schema.py). Content
and salt live in `event_content` so that they can be erased while the row and its commitment stay
(LEDGER 6).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from yidan.store.columns import Instant, Json, Serial


class Subject(SQLModel, table=True):
    """What events are about; the row that writers lock."""

    __tablename__ = "subject"
    id: str = Field(primary_key=True)
    position: int = 0


class EventRow(SQLModel, table=True):
    """One event's envelope and commitment; never updated or deleted."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("subject", "position"), {"sqlite_autoincrement": True})
    number: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    event_id: str = Field(unique=True)
    subject: str
    position: int
    type: str = Field(index=True)
    occurred_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    actor_party: str
    actor_user: str
    on_behalf_of: str
    commitment: bytes = Field(sa_type=LargeBinary)


class EventContent(SQLModel, table=True):
    """An event's salt, reason and content; deleted only by an erasure."""

    __tablename__ = "event_content"
    event_id: str = Field(primary_key=True, foreign_key="event.event_id")
    salt: bytes = Field(sa_type=LargeBinary)
    reason: str
    content: Any = Field(sa_type=Json)


class Erasure(SQLModel, table=True):
    """Permission for the database to let one event's content go, written with the erasing event."""

    __tablename__ = "erasure"
    event_id: str = Field(primary_key=True, foreign_key="event.event_id")
    erased_by: str = Field(foreign_key="event.event_id")


class Outbox(SQLModel, table=True):
    """Work that follows an event, one row a consumer, done or not."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "outbox_open",
            "consumer",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    consumer: str
    event_id: str = Field(foreign_key="event.event_id")
    subject: str
    attempts: int = 0
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str = ""


class Inbox(SQLModel, table=True):
    """Every transmission received, kept as it came."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("partner", "adapter", "reference"),)
    id: str = Field(primary_key=True)
    partner: str = Field(index=True)
    """Authenticated party id."""
    adapter: str
    reference: str
    """Interchange reference as sent."""
    sha256_hex: str
    raw: bytes = Field(sa_type=LargeBinary)
    received_at: datetime = Field(sa_type=Instant)
    state: str
    """`applied`, `partly_applied`, `refused`, `unreadable` or `conflict`."""
    findings: Any = Field(sa_type=Json)
    answer: bytes | None = Field(default=None, sa_type=LargeBinary)


class Idempotency(SQLModel, table=True):
    """First answers by client, route and key."""

    __tablename__ = "idempotency"
    client: str = Field(primary_key=True)
    route: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    """SHA-256 of method, path and raw body, hex."""
    status: int
    headers: Any = Field(sa_type=Json)
    body: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=Instant, index=True)


class Lease(SQLModel, table=True):
    """Who alone may do an ordered job, and until when; the token rises with each holder."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    holder: str
    token: int
    until: datetime = Field(sa_type=Instant)
