"""Strict JSON: bytes in, values out, or every reason why not; the one loader of what comes in.

RFC 8259 with the limits of I-JSON (RFC 7493): UTF-8, no duplicate names, integers within
±(2^53−1), no lone surrogates; and with our own: no fractions at all (quantities are integers,
ARCHITECTURE 2), no NUL (PostgreSQL cannot keep it), bounded size and depth. Lenient loaders keep
the last of two equal names and round large integers silently, so that two readers of the same
signed bytes see different things (QUALITY 1.7, B2).
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from yidan.kernel.content import JsonValue
from yidan.kernel.errors import InvalidError
from yidan.kernel.reasons import Reason, ReasonCode, reason

MAX_BYTES: Final = 1_048_576
"""Default bound of one JSON text, in bytes."""
MAX_DEPTH: Final = 64
"""Default bound of nested arrays and objects."""
MAX_INTEGER: Final = 2**53 - 1
"""Largest magnitude of an integer: RFC 7493 2.2, and what the log can commit to."""
MAX_REASONS: Final = 100
"""So many findings are told at most."""

TOO_LARGE = reason(
    "json-too-large",
    en="The text has {size} bytes; send at most {limit}.",
    zh="内容为 {size} 字节；最多允许 {limit} 字节。",
)
NOT_UTF8 = reason(
    "json-not-utf8",
    en="Byte {offset} is not UTF-8; send the text in UTF-8.",
    zh="第 {offset} 字节不是 UTF-8；请使用 UTF-8 编码。",
)
BYTE_ORDER_MARK = reason(
    "json-byte-order-mark",
    en="The text starts with a byte order mark; send it without.",
    zh="内容以字节顺序标记（BOM）开头；请去掉。",
)
TOO_DEEP = reason(
    "json-too-deep",
    en="Arrays and objects are nested more than {limit} deep; flatten the text.",
    zh="数组和对象的嵌套超过 {limit} 层；请减少层级。",
)
MALFORMED = reason(
    "json-malformed",
    en="Not JSON at line {line}, column {column}; mend the text there.",
    zh="第 {line} 行第 {column} 列不是合法的 JSON；请更正。",
)
DUPLICATE_NAME = reason(
    "json-duplicate-name",
    en="The name {name} stands twice in one object; keep one.",
    zh="名称 {name} 在同一对象中重复出现；请只保留一个。",
)
NOT_AN_INTEGER = reason(
    "json-not-an-integer",
    en="{value} is not a whole number; write an integer in the unit the field's name says.",
    zh="{value} 不是整数；请按字段名所示单位填写整数。",
)
INTEGER_OUT_OF_RANGE = reason(
    "json-integer-out-of-range",
    en="{value} is beyond ±9007199254740991; send a smaller integer or a text.",
    zh="{value} 超出 ±9007199254740991；请使用较小的整数或文本。",
)
LONE_SURROGATE = reason(
    "json-lone-surrogate",
    en="A text holds half of a character (a lone surrogate); send the whole character.",
    zh="文本中含有半个字符（孤立代理项）；请发送完整字符。",
)
NUL_CHARACTER = reason(
    "json-nul-character",
    en="A text holds the character U+0000; leave it out.",
    zh="文本中含有 U+0000 字符；请去掉。",
)

_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS: Final = bytes(sorted(set(range(256)) - set(b"[]{}")))
_MAX_SHOWN: Final = 40
_MAX_POINTER: Final = 200


@dataclass(frozen=True)
class _Refused:
    """Stands in the tree where a scalar was refused, until its place is known."""

    why: ReasonCode
    value: str


class _Doubled(dict[str, Any]):
    """An object in which names stood twice."""

    names: tuple[str, ...] = ()


def loads(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JsonValue:
    """Read one JSON text.

    Raises:
        InvalidError: anything this module's first paragraph refuses; with all findings, each at its
            JSON pointer (RFC 6901), except that unreadable text has one finding.
    """
    return _read(data, _DECODER, max_bytes, max_depth)  # type: ignore[no-any-return]  # checked


def loads_with_fractions(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> Any:
    """Read one JSON text of somebody else's making, in which a number may have a fraction.

    Only to check what others signed: the platform's own quantities are integers.

    Raises:
        InvalidError: anything this module's first paragraph refuses; with all findings, each at its
            JSON pointer (RFC 6901), except that unreadable text has one finding.
    """
    return _read(data, _FRACTIONS, max_bytes, max_depth)


def _read(data: bytes, decoder: json.JSONDecoder, max_bytes: int, max_depth: int) -> Any:
    if len(data) > max_bytes:
        raise InvalidError(TOO_LARGE(size=len(data), limit=max_bytes))
    text = _decoded(data)
    if _deeper_than(data, max_depth):
        raise InvalidError(TOO_DEEP(limit=max_depth))
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidError(MALFORMED(line=error.lineno, column=error.colno)) from None
    if found := tuple(islice(_findings(value, ""), MAX_REASONS)):
        raise InvalidError(*found)
    return value


def _decoded(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        raise InvalidError(BYTE_ORDER_MARK())
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidError(NOT_UTF8(offset=error.start)) from None


def _deeper_than(data: bytes, limit: int) -> bool:
    """Count brackets outside strings, so that the decoder never recurses deep."""
    if data.count(b"[") + data.count(b"{") <= limit:
        return False
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit:
            return True
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = _Doubled(found)
    seen = Counter(name for name, _ in pairs)
    doubled.names = tuple(islice((name for name in found if seen[name] > 1), MAX_REASONS))
    return doubled


def _integer(digits: str) -> int | _Refused:
    # Lengths first: int() of 100,000 digits is slow, and Python refuses it.
    if len(digits) > len(str(-MAX_INTEGER)) or abs(int(digits)) > MAX_INTEGER:
        return _Refused(INTEGER_OUT_OF_RANGE, digits[:_MAX_SHOWN])
    return int(digits)


def _not_integer(text: str) -> _Refused:
    return _Refused(NOT_AN_INTEGER, text[:_MAX_SHOWN])


def _fraction(text: str) -> float | _Refused:
    number = float(text)
    return number if math.isfinite(number) else _not_integer(text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_not_integer,
    parse_constant=_not_integer,
)
_FRACTIONS: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_not_integer,
)


def _findings(value: Any, at: str) -> Iterator[Reason]:
    match value:
        case _Refused():
            yield value.why(at=at, value=value.value)
        case str():
            yield from _text_findings(value, at)
        case list():
            for index, item in enumerate(value):
                yield from _findings(item, f"{at}/{index}")
        case dict():
            yield from _object_findings(value, at)
        case _:
            pass


def _object_findings(value: dict[str, Any], at: str) -> Iterator[Reason]:
    if isinstance(value, _Doubled):
        for name in value.names:
            yield DUPLICATE_NAME(at=_below(at, name), name=_shown(name))
    for name, item in value.items():
        here = _below(at, name)
        yield from _text_findings(name, here)
        yield from _findings(item, here)


def _text_findings(text: str, at: str) -> Iterator[Reason]:
    if "\0" in text:
        yield NUL_CHARACTER(at=at)
    if not text.isascii() and _has_surrogate(text):
        yield LONE_SURROGATE(at=at)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _below(at: str, name: str) -> str:
    escaped = _shown(name).replace("~", "~0").replace("/", "~1")
    return f"{at}/{escaped}"[:_MAX_POINTER]


def _shown(name: str) -> str:
    """A name fit to be printed in an answer: bounded, and encodable."""
    return name[:_MAX_SHOWN].encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
