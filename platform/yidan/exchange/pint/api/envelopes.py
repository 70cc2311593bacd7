"""The endpoints of DCSA PINT 3.0 for other platforms: receiver validation and envelope transfers.

They are described by DCSA's own OpenAPI document, not by ours: requests, answers and errors have
its form. Decisions are signed; an error is not, and then the sender has to try again.
"""

import json
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from yidan.exchange.pint import messages, signing, wire
from yidan.exchange.pint.actions import receiving
from yidan.exchange.pint.actions.receiving import Finished, Started
from yidan.exchange.pint.here import here
from yidan.exchange.pint.rules.envelope import HTTP_STATUS
from yidan.http import auth, problems
from yidan.http.auth import needs
from yidan.http.wiring import services
from yidan.kernel.content import instant_to_text
from yidan.kernel.errors import BadRequestError, InvalidError, YidanError
from yidan.kernel.reasons import Reason
from yidan.kernel.strict_json import loads_with_fractions
from yidan.store import edge

bp = Blueprint("pint", __name__, url_prefix="/v3")

API_VERSION: Final = "3.0.0"
RETRY_AFTER_S: Final = 10
"""When a sender may ask again after "not now", in seconds."""
_TECHNICAL: Final = 7000
"""DCSA's first technical error code."""
_BASE64: Final = 4 * (wire.MAX_DOCUMENT // 3 + 1) + 64
"""Longest body with a document, in bytes."""


@bp.post("/receiver-validation")
@needs("exchange:write")
def validate_receiver() -> Response:
    """Say who would receive (收单人核验)."""
    code = messages.IdentifyingCode.read(_json(signing.MAX_ENVELOPE))
    found = edge.run(
        services(),
        auth.actor(),
        lambda uow: receiving.validate_receiver(code, here(services()), uow),
    )
    return _answer({"partyName": found.name[:70].strip()}, HTTPStatus.OK)


@bp.post("/envelopes")
@needs("exchange:write")
def start() -> Response:
    """Start an envelope transfer (接收信封)."""
    raw = _body(signing.MAX_ENVELOPE)
    answer = edge.run(
        services(), auth.actor(), lambda uow: receiving.start(raw, here(services()), uow)
    )
    return _started(answer) if isinstance(answer, Started) else _finished(answer)


@bp.put("/envelopes/<reference>/additional-documents/<checksum>")
@needs("exchange:write")
def put_document(reference: str, checksum: str) -> Response:
    """Take a document that was announced (接收附件)."""
    content = _json(_BASE64)
    answer = edge.run(
        services(),
        auth.actor(),
        lambda uow: receiving.put_document(reference, checksum, content, here(services()), uow),
    )
    return _finished(answer) if answer else _answer(None, HTTPStatus.NO_CONTENT)


@bp.put("/envelopes/<reference>/finish-transfer")
@needs("exchange:write")
def finish(reference: str) -> Response:
    """Finish an envelope transfer (完成转让)."""
    answer = edge.run(
        services(), auth.actor(), lambda uow: receiving.finish(reference, here(services()), uow)
    )
    return _finished(answer)


def _body(limit: int) -> bytes:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    request.max_content_length = limit
    return request.get_data()


def _json(limit: int) -> Any:
    try:
        return loads_with_fractions(_body(limit), max_bytes=limit)
    except InvalidError as error:
        raise BadRequestError(*error.reasons) from None


def _started(started: Started) -> Response:
    body = {
        "envelopeReference": started.envelope_reference,
        "transportDocumentChecksum": started.transport_document_checksum,
        "lastEnvelopeTransferChainEntrySignedContentChecksum": started.last_checksum,
        "missingAdditionalDocumentChecksums": list(started.missing),
    }
    return _answer(body, HTTPStatus.CREATED)


def _finished(finished: Finished) -> Response:
    return _answer(finished.signed, HTTP_STATUS[finished.code])


def _answer(body: object, status: int) -> Response:
    text = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    response = Response(text, status, {"API-Version": API_VERSION})
    response.content_type = "application/json" if text else ""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


@bp.errorhandler(YidanError)
def _on_error(error: YidanError) -> Response:
    kind = problems.kind_of(error)
    return _error(kind.status, [_detail(one) for one in error.reasons])


@bp.errorhandler(HTTPException)
def _on_http(error: HTTPException) -> Response:
    return _error(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, [])


def _detail(found: Reason) -> dict[str, Any]:
    told = {"errorCodeText": found.code[:100], "errorCodeMessage": found.text("en")[:5000]}
    return told | ({"jsonPath": _json_path(found.at)[:500]} if found.at else {})


def _json_path(pointer: str) -> str:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return "$" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in parts)


def _error(status: int, details: list[dict[str, Any]]) -> Response:
    """`ErrorResponse`: unsigned, so it decides nothing."""
    phrase = HTTPStatus(status).phrase
    plain = {"errorCodeText": phrase, "errorCodeMessage": phrase}
    body = {
        "httpMethod": request.method,
        "requestUri": request.path,
        "statusCode": status,
        "statusCodeText": phrase[:50],
        "statusCodeMessage": phrase[:200],
        "errorDateTime": instant_to_text(services().clock.now()),
        "errors": [{"errorCode": _TECHNICAL, **one} for one in details or [plain]],
    }
    return _answer(body, status)
