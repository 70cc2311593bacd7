"""The edge of every call: one unit of work, one action, the answer kept with its key, the commit.

A changing call needs an `Idempotency-Key`; its answer is kept in the transaction of its effect
(store/idempotency), so that a client that heard nothing asks again and hears the first answer.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeVar

from flask import Response, request
from sqlalchemy.exc import OperationalError

from yidan.http import auth
from yidan.http.models import WireModel, checked_key
from yidan.http.wiring import services
from yidan.kernel.errors import UnavailableError
from yidan.store import edge, idempotency
from yidan.store.idempotency import Answer, Call
from yidan.store.unit_of_work import UnitOfWork

A = TypeVar("A")

JSON: Final = "application/json"
REPLAYED: Final = "Idempotency-Replayed"


@dataclass(frozen=True)
class Raw:
    """An answer that is not JSON: its bytes and media type."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def perform(
    work: Callable[[UnitOfWork], A],
    answer: Callable[[A], WireModel | Raw],
    *,
    status: int = 201,
    location: Callable[[A], str] | None = None,
) -> Response:
    """Run one action in one transaction, once for its key, and answer.

    Args:
        work: calls one action.
        answer: makes the wire's answer from the action's.
        status: of the first answer.
        location: path of what was made.

    Raises:
        BadRequestError: the Idempotency-Key is missing or malformed.
        InvalidError: the key was used for another request.
    """
    call = _call()

    def once(uow: UnitOfWork) -> tuple[Answer, bool]:
        kept = idempotency.first_answer(uow.connection, call, now=uow.now)
        if kept is not None:
            return kept, True
        result = work(uow)
        extra = {"Location": location(result)} if location else {}
        made = _made(answer(result), status, extra)
        idempotency.keep(uow.connection, call, made, now=uow.now)
        return made, False

    made, replayed = edge.run(services(), auth.actor(), once)
    response = Response(made.body, made.status, dict(made.headers))
    if replayed:
        response.headers[REPLAYED] = "true"
    return response


def look(work: Callable[[UnitOfWork], A], answer: Callable[[A], WireModel | Raw]) -> Response:
    """Answer a question from one consistent state; 304 if the client has it already (ETag).

    Raises:
        UnavailableError: the database is out of reach.
    """
    try:
        with services().unit_of_work(auth.actor(), reading=True) as uow:
            made = _made(answer(work(uow)), 200, {})
    except OperationalError as error:
        raise UnavailableError from error
    response = Response(made.body, made.status, dict(made.headers))
    response.set_etag(hashlib.sha256(made.body).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns itself


def _made(answer: WireModel | Raw, status: int, extra: Mapping[str, str]) -> Answer:
    if isinstance(answer, Raw):
        headers = {"Content-Type": answer.content_type, **answer.headers, **extra}
        return Answer(status, headers, answer.body)
    return Answer(status, {"Content-Type": JSON, **extra}, answer.model_dump_json().encode())


def _call() -> Call:
    actor = auth.actor()
    rule = request.url_rule.rule if request.url_rule else request.path
    return Call(
        client=f"{actor.party}+{actor.user}",
        route=f"{request.method} {rule}",
        key=checked_key(request.headers),
        fingerprint=_fingerprint(),
    )


def _fingerprint() -> str:
    """SHA-256 of method, path and raw body; keyed, since a body may hold a password."""
    told = b"\n".join((request.method.encode(), request.path.encode(), request.get_data()))
    return hmac.new(services().keys["session"], told, hashlib.sha256).hexdigest()
