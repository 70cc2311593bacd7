"""Problems: the one table from error class to status, as `application/problem+json` (RFC 9457).

Never a word of an exception: what is not in the table is a 500 that carries an id only, and the log
has the rest under that id (ASVS 16.5.4). Chinese or English by `Accept-Language`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import structlog
from flask import Flask, Response, request
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]  # has no types
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from yidan.http.languages import language
from yidan.http.models import Problem, ReasonAnswer
from yidan.kernel import errors
from yidan.kernel.reasons import Reason, reason

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:yidan:problem:"

_log = structlog.get_logger("yidan.http")


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its stable name, status and titles."""

    name: str
    status: int
    en: str
    zh: str


TABLE: Final[Mapping[type[errors.YidanError], Kind]] = MappingProxyType(
    {
        errors.BadRequestError: Kind("bad-request", 400, "Unreadable request", "请求无法读取"),
        errors.UnauthenticatedError: Kind("unauthenticated", 401, "Not signed in", "未登录"),
        errors.ForbiddenError: Kind("forbidden", 403, "Not allowed", "无权操作"),
        errors.NotFoundError: Kind("not-found", 404, "Not found", "未找到"),
        errors.ConflictError: Kind("conflict", 409, "Changed by another", "并发冲突"),
        errors.RefusedError: Kind("refused", 409, "Refused by the rules", "规则不允许"),
        errors.InvalidError: Kind("invalid", 422, "Invalid content", "内容无效"),
        errors.ThrottledError: Kind("throttled", 429, "Too many attempts", "尝试次数过多"),
        errors.UnavailableError: Kind("unavailable", 503, "Not available", "暂不可用"),
    }
)
"""Error class to kind; a subclass is answered as its nearest ancestor here."""

_INTERNAL: Final = Kind("internal", 500, "Internal error", "内部错误")

_HTTP_ZH: Final = MappingProxyType(
    {
        400: "请求无法读取",
        405: "不支持该方法",
        413: "请求体过大",
        415: "不支持的内容类型",
        431: "请求头过大",
    }
)
HTTP_REFUSAL = reason(
    "http-refusal",
    en="The request was refused ({status} {phrase}); see the API description.",
    zh="请求被拒绝（{status} {phrase}）；请参见接口说明。",
)
METHOD_NOT_ALLOWED = reason(
    "http-method-not-allowed",
    en="This address does not take {method}; use {allowed}.",
    zh="该地址不支持 {method}；请使用 {allowed}。",
)
BODY_TOO_LARGE = reason(
    "http-body-too-large",
    en="The body is larger than {limit} bytes; send less.",
    zh="请求体超过 {limit} 字节；请减小。",
)
CSRF_TOKEN_WRONG = reason(
    "csrf-token-wrong",
    en="This call by session needs its X-CSRFToken; load the page again.",
    zh="会话请求须带有效的 X-CSRFToken；请重新加载页面。",
)
MEDIA_TYPE_REFUSED = reason(
    "http-media-type",
    en="Send the body with the media type the API description names, uncompressed.",
    zh="请按接口说明的内容类型发送请求体，且不要压缩。",
)


def install(app: Flask) -> None:
    """Answer every error of the application as a problem."""
    app.register_error_handler(errors.YidanError, _on_error)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(OperationalError, _on_database)
    app.register_error_handler(Exception, _on_anything)


def kind_of(error: errors.YidanError) -> Kind:
    """The kind of an error, by its nearest ancestor in the table."""
    return next((TABLE[cls] for cls in type(error).__mro__ if cls in TABLE), _INTERNAL)


def _on_error(error: errors.YidanError) -> Response:
    response = answer(kind_of(error), error.reasons)
    if isinstance(error, errors.ThrottledError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, errors.UnauthenticatedError):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.UnavailableError):
        response.headers["Retry-After"] = "2"
    return response


def _on_http(error: HTTPException) -> Response:
    if isinstance(error, CSRFError):
        return _on_error(errors.ForbiddenError(CSRF_TOKEN_WRONG()))
    status = error.code or 500
    if status < 400 and error.response is not None:  # noqa: PLR2004 - a redirect is no problem
        return Response(error.get_body(), status, error.get_headers())
    if status == HTTPStatus.NOT_FOUND:
        return _on_error(errors.NotFoundError())
    phrase = HTTPStatus(status).phrase
    kind = Kind(f"http-{status}", status, phrase, _HTTP_ZH.get(status, phrase))
    response = answer(kind, _http_reasons(error, status, phrase))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _http_reasons(error: HTTPException, status: int, phrase: str) -> tuple[Reason, ...]:
    match status:
        case 405:
            allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
            return (METHOD_NOT_ALLOWED(method=request.method, allowed=allowed),)
        case 413:
            return (BODY_TOO_LARGE(limit=request.max_content_length),)
        case 415:
            return (MEDIA_TYPE_REFUSED(),)
        case _:
            return (HTTP_REFUSAL(status=status, phrase=phrase),)


def _on_database(error: OperationalError) -> Response:
    _log.error("database unavailable", path=request.path, exc_info=error)
    return _on_error(errors.UnavailableError())


def _on_anything(error: Exception) -> Response:
    response = answer(_INTERNAL, ())
    _log.error(
        "unexpected error",
        instance=response.headers["X-Problem-Id"],
        method=request.method,
        path=request.path,
        exc_info=error,
    )
    return response


def answer(kind: Kind, reasons: tuple[Reason, ...], *, oauth_error: str | None = None) -> Response:
    """One problem as a response."""
    spoken = language()
    title = kind.zh if spoken == "zh" else kind.en
    said = [_reason_answer(found, spoken) for found in reasons]
    problem_id = str(uuid.uuid4())
    body = Problem(
        type=TYPE_PREFIX + kind.name,
        title=title,
        status=kind.status,
        detail=" ".join(found.message for found in said)[:1_000] or title,
        instance=f"urn:uuid:{problem_id}",
        reasons=said,
        error=oauth_error,
    )
    text = body.model_dump_json(exclude={"error"} if oauth_error is None else None)
    response = Response(text, kind.status, content_type=MEDIA_TYPE)
    response.headers["Content-Language"] = spoken
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Problem-Id"] = problem_id
    return response


def _reason_answer(found: Reason, spoken: str) -> ReasonAnswer:
    return ReasonAnswer(
        code=found.code,
        message=found.text(spoken),
        at=found.at,
        owner=found.owner.value if found.owner else None,
        since=found.since,
    )
