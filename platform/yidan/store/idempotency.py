"""First answers by client, route and key, kept in the transaction of the effect they answer.

After draft-ietf-httpapi-idempotency-key-header-07: the same key and request answers the first
answer again, byte for byte; the same key with another request is refused; a concurrent second waits
for the first. Only answers of committed transactions are kept: a refusal or fault leaves nothing
behind and is worked out anew, since what stood in its way may have gone. Kept for seven days.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select, text
from sqlalchemy.exc import OperationalError

from yidan.kernel.errors import ConflictError, InvalidError
from yidan.kernel.reasons import reason
from yidan.store.tables import Idempotency

KEEP: Final = timedelta(days=7)
"""How long a first answer is answered again."""

OTHER_REQUEST = reason(
    "idempotency-other-request",
    en="This Idempotency-Key was used for another request; use a new one.",
    zh="该 Idempotency-Key 已用于另一请求；请使用新的值。",
)
IN_FLIGHT = reason(
    "idempotency-in-flight",
    en="The first request with this Idempotency-Key is still being worked on; repeat it shortly.",
    zh="使用该 Idempotency-Key 的首个请求仍在处理中；请稍后重试。",
)

_TABLE = Idempotency.__table__  # type: ignore[attr-defined]  # set by SQLModel
_LOCK_NOT_AVAILABLE: Final = "55P03"


@dataclass(frozen=True)
class Call:
    """One request as idempotency sees it."""

    client: str
    """Party and user; another client's equal key is another key."""
    route: str
    """Method and route, e.g. `POST /v1/holds`."""
    key: str
    fingerprint: str
    """Digest of method, path and raw body, hex."""


@dataclass(frozen=True)
class Answer:
    """An answer as it goes out."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def first_answer(connection: Connection, call: Call, *, now: datetime) -> Answer | None:
    """The kept answer of an equal call, or None; until the transaction's end no other can begin it.

    Raises:
        InvalidError: the key was used for another request.
        ConflictError: the first request did not end within the lock time-out.
    """
    _lock(connection, call)
    found = connection.execute(select(_TABLE).where(*_same(call))).one_or_none()
    if found is None:
        return None
    if found.created_at < now - KEEP:
        connection.execute(delete(_TABLE).where(*_same(call)))
        return None
    if found.fingerprint != call.fingerprint:
        raise InvalidError(OTHER_REQUEST())
    return Answer(found.status, found.headers, bytes(found.body))


def keep(connection: Connection, call: Call, answer: Answer, *, now: datetime) -> None:
    """Keep the answer with the effect.

    Raises:
        sqlalchemy.exc.IntegrityError: an equal call was answered meanwhile.
    """
    connection.execute(
        insert(_TABLE).values(
            client=call.client,
            route=call.route,
            key=call.key,
            fingerprint=call.fingerprint,
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
            created_at=now,
        )
    )


def forget_old(connection: Connection, *, now: datetime) -> int:
    """Drop answers older than `KEEP`; answer how many."""
    return connection.execute(delete(_TABLE).where(_TABLE.c.created_at < now - KEEP)).rowcount


def _same(call: Call) -> tuple[ColumnElement[bool], ...]:
    return (
        _TABLE.c.client == call.client,
        _TABLE.c.route == call.route,
        _TABLE.c.key == call.key,
    )


def _lock(connection: Connection, call: Call) -> None:
    """Wait for a concurrent equal call. On SQLite the one writer's place is lock enough."""
    if connection.dialect.name == "sqlite":
        return
    name = f"{call.client}\n{call.route}\n{call.key}".encode()
    number = int.from_bytes(hashlib.sha256(name).digest()[:8], signed=True)
    try:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise ConflictError(IN_FLIGHT()) from None
        raise
