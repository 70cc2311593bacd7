"""Base classes of everything that crosses the wire: bodies, answers, parameters.

camelCase outside, snake_case inside; strict types, unknown fields refused, instants with their
offset (RFC 3339). Reading a model raises the platform's own errors with all findings, never
pydantic's.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain, islice
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from typing_extensions import override
from werkzeug.datastructures import Headers

from yidan.http.findings import MAX_FINDINGS, WireError, from_validation, in_texts
from yidan.kernel.content import instant_to_text
from yidan.kernel.errors import BadRequestError, InvalidError, NotFoundError
from yidan.kernel.reasons import reason

KEY_HEADER: Final = "Idempotency-Key"
MAX_TEXT: Final = 2_000
"""Longest text of a field that names no other bound, in characters."""
_YEARS: Final = range(1970, 2200)

WRONG_INSTANT = reason(
    "instant-form",
    en="Write an instant YYYY-MM-DDThh:mm:ss with its offset: 2026-11-22T08:00:00+08:00.",
    zh="时间须写作 YYYY-MM-DDThh:mm:ss 并带时区偏移，例如 2026-11-22T08:00:00+08:00。",
)
KEY_MISSING = reason(
    "idempotency-key-missing",
    en="Send an Idempotency-Key header: a text of your own, new for each request.",
    zh="请在请求头中提供 Idempotency-Key：每个请求使用一个新的值。",
)
KEY_MALFORMED = reason(
    "idempotency-key-malformed",
    en="An Idempotency-Key has 1 to 255 printable ASCII characters.",
    zh="Idempotency-Key 必须是 1 至 255 个可打印 ASCII 字符。",
)

_RFC_3339: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,9}))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_KEY: Final = re.compile(r"[\x20-\x7e]{1,255}")


def _read_instant(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    found = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[1]) not in _YEARS:
        raise WireError(WRONG_INSTANT())
    try:
        offset = timedelta(hours=int(found[9] or 0), minutes=int(found[10] or 0))
        micros = int((found[7] or "")[:6].ljust(6, "0"))
        read = datetime(
            int(found[1]),
            int(found[2]),
            int(found[3]),
            hour=int(found[4]),
            minute=int(found[5]),
            second=int(found[6]),
            microsecond=micros,
            tzinfo=timezone(-offset if found[8] == "-" else offset),
        )
    except ValueError:
        raise WireError(WRONG_INSTANT()) from None
    return read.astimezone(UTC)


Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    PlainSerializer(instant_to_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant: RFC 3339 with a mandatory offset outside, aware UTC inside; years 1970 to 2199."""

Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,79}$")]
"""An id the platform gave: UUID or natural key."""
ShortText = Annotated[str, Field(min_length=1, max_length=80)]
"""A name, code or reference in free form."""
Text = Annotated[str, Field(min_length=1, max_length=500)]
"""A sentence or two in free form."""


class WireModel(BaseModel):
    """A JSON object on the wire, in or out."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        strict=True,
        extra="forbid",
        frozen=True,
        str_max_length=MAX_TEXT,
    )

    @override
    @classmethod
    def model_validate(cls, obj: Any, **_options: Any) -> Self:
        """Read what the strict loader read.

        It goes through pydantic's JSON mode, in which strict still lets a text be a date or a code;
        by wire names only.

        Raises:
            InvalidError: with all findings.
        """
        texts = in_texts(obj)
        try:
            found = cls.model_validate_json(json.dumps(obj), by_alias=True, by_name=False)
        except ValidationError as error:
            raise InvalidError(
                *islice(chain(from_validation(error), texts), MAX_FINDINGS)
            ) from None
        if wrong := tuple(islice(texts, MAX_FINDINGS)):
            raise InvalidError(*wrong)
        return found


class _Parameters(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        str_max_length=MAX_TEXT,
    )

    @classmethod
    def _read(cls, obj: Any) -> Self:
        return super().model_validate(obj)


class QueryModel(_Parameters):
    """Query parameters; unknown ones are refused."""

    @override
    @classmethod
    def model_validate(cls, obj: Any, **_options: Any) -> Self:
        """Read the query.

        Raises:
            InvalidError: with all findings.
        """
        texts = tuple(islice(in_texts(obj), MAX_FINDINGS))
        try:
            found = cls._read(obj)
        except ValidationError as error:
            raise InvalidError(*from_validation(error), *texts) from None
        if texts:
            raise InvalidError(*texts)
        return found


class PathModel(_Parameters):
    """Path parameters. A text that cannot be an id is "not there"."""

    @override
    @classmethod
    def model_validate(cls, obj: Any, **_options: Any) -> Self:
        """Read the path.

        Raises:
            NotFoundError: no such thing can exist.
        """
        try:
            return cls._read(obj)
        except ValidationError:
            raise NotFoundError from None


class IdPath(PathModel):
    """The path parameter `{id}`."""

    id: Id


class IdempotencyKey(BaseModel):
    """The header every changing POST needs: the caller's own name for this request."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    key: str = Field(
        alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$"
    )

    @override
    @classmethod
    def model_validate(cls, obj: Any, **_options: Any) -> Self:
        """Read the header.

        Raises:
            BadRequestError: it is missing or malformed.
        """
        return cls.model_construct(key=checked_key(obj))


def checked_key(headers: Mapping[str, str] | Headers) -> str:
    """The idempotency key among request headers.

    Raises:
        BadRequestError: it is missing or malformed.
    """
    key = headers.get(KEY_HEADER, "")
    if not key:
        raise BadRequestError(KEY_MISSING())
    if not _KEY.fullmatch(key):
        raise BadRequestError(KEY_MALFORMED())
    return key


class ReasonAnswer(WireModel):
    """One reason of a problem."""

    code: str = Field(max_length=80)
    """Stable code, see the reference."""
    message: str
    """The reason in the language asked for."""
    at: str
    """JSON pointer of the field, or empty."""
    owner: str | None = Field(max_length=40)
    """Role of the party that owes the next step."""
    since: Instant | None
    """Since when it is so."""


class Problem(WireModel):
    """What went wrong (RFC 9457), with every reason."""

    type: str
    """Stable URN of the kind of problem."""
    title: str
    status: int
    detail: str
    instance: str
    """URN of this occurrence; the log knows it."""
    reasons: list[ReasonAnswer]
    error: str | None = None
    """OAuth 2.0 error code (RFC 6749 5.2); of the token endpoint only."""
