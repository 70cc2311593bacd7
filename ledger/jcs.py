"""Write and read canonical JSON, the one byte string of a value (规范化 JSON).

Source: RFC 8785 (JSON Canonicalization Scheme), narrowed to what a commitment may hold: strings,
integers that every JSON reader keeps exactly (I-JSON, RFC 7493 section 2.2), booleans, null,
arrays and objects.

Deliberately not here: floats. A quantity is an integer with its unit in the name, so RFC 8785
section 3.2.2.3 (ECMAScript number formatting) is never needed.
"""

import json
import re
from typing import Any, Final, NoReturn, TypeAlias

JSON: TypeAlias = "str | int | bool | list[Any] | tuple[Any, ...] | dict[str, Any] | None"
"""A JSON value without floats. Tuples are written as arrays; they are read back as lists."""

MAX_INTEGER: Final = 2**53 - 1
"""Largest magnitude that RFC 7493 section 2.2 lets two JSON readers agree on."""

MAX_DEPTH: Final = 64
"""Deepest nesting that is accepted, counted from 0 for a bare scalar."""

_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[]}]')


class JcsError(ValueError):
    """A value has no canonical form here, or bytes are not canonical JSON."""


def canonicalize(value: JSON) -> bytes:
    """Return the RFC 8785 bytes of a value, in UTF-8.

    Raises:
        JcsError: On a float, an integer beyond ``MAX_INTEGER``, an object key that is no string,
            a lone
            surrogate, nesting beyond ``MAX_DEPTH``, or any type that JSON has not.

    >>> canonicalize({"b": [1, None], "a": "单"}).decode()
    '{"a":"单","b":[1,null]}'
    """
    try:
        text = json.dumps(_ordered(value, 0), ensure_ascii=False, separators=(",", ":"))
        return text.encode()
    except UnicodeEncodeError as error:
        raise JcsError("a string holds a lone surrogate") from error


def parse(data: bytes) -> Any:
    """Read JSON strictly: the bytes must be exactly what ``canonicalize`` writes.

    Duplicate keys, spaces, other escapes, floats, NaN and trailing bytes are therefore all refused.

    Raises:
        JcsError: When the bytes are not the canonical form of any value.
    """
    check_depth(data)
    try:
        value = json.loads(data.decode(), parse_float=_refuse_number, parse_constant=_refuse_number)
    except ValueError as error:
        raise JcsError("not JSON") from error
    if canonicalize(value) != data:
        raise JcsError("not in canonical form")
    return value


def check_depth(data: bytes) -> None:
    """Refuse deep nesting before a parser recurses: a raised recursion limit lets it overflow.

    Raises:
        JcsError: When the JSON text is nested deeper than ``MAX_DEPTH``.
    """
    depth = 0
    for token in _TOKENS.finditer(data):
        first = token[0][:1]
        depth += (first in b"[{") - (first in b"]}")
        if depth > MAX_DEPTH + 1:
            raise JcsError(f"nested deeper than {MAX_DEPTH}")


def _refuse_number(text: str) -> NoReturn:
    raise JcsError(f"not an integer: {text[:32]}")


def _ordered(value: Any, depth: int) -> Any:
    """Return the value with every object's keys in order, or refuse it."""
    if depth > MAX_DEPTH:
        raise JcsError(f"nested deeper than {MAX_DEPTH}")
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise JcsError("an integer is beyond 2**53 - 1: write it as a string")
        return value
    if isinstance(value, list | tuple):
        return [_ordered(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: _ordered(value[key], depth + 1) for key in sorted(value, key=_utf16)}
    raise JcsError(f"no canonical form for {type(value).__name__}")


def _utf16(key: Any) -> bytes:
    """Order keys by UTF-16 code units (RFC 8785 section 3.2.3), not by code points."""
    if not isinstance(key, str):
        raise JcsError("an object key is not a string")
    return key.encode("utf-16-be")
