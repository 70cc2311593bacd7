"""Frozen dataclasses to JSON values and back: how event content and commands are written down.

Only the types the platform uses in events: str, int, bool, None, StrEnum, aware datetime (UTC,
written `2026-11-22T08:00:00.000000Z`), date, tuple, str-keyed mapping, and frozen dataclasses of
those. Floats are refused: quantities are integers with the unit in the name (ARCHITECTURE 2).
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeAlias, get_args, get_origin, get_type_hints

JsonValue: TypeAlias = bool | int | str | list["JsonValue"] | dict[str, "JsonValue"] | None


_LENGTH: Final = len("2026-11-22T08:00:00.000000Z")


class ContentError(ValueError):
    """A value cannot be written as, or read from, event content."""


def instant_to_text(at: datetime) -> str:
    """Write an aware instant in UTC with microseconds.

    Raises:
        ContentError: the instant has no offset.
    """
    if at.tzinfo is None:
        raise ContentError("an instant needs its offset")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def text_to_instant(text: str) -> datetime:
    """Read what `instant_to_text` wrote.

    Raises:
        ValueError: it is written another way.
    """
    if len(text) != _LENGTH or text[7] != "-" or text[-1] != "Z":
        raise ValueError(f"{text!r} is no instant as content writes it")
    return datetime.fromisoformat(text)  # many times quicker than strptime, on every row read


def to_json(value: object) -> JsonValue:
    """Turn a value of the allowed types into JSON values.

    Raises:
        ContentError: a type that content may not hold.
    """
    match value:
        case StrEnum():
            written: JsonValue = value.value
        case None | bool() | int() | str():
            written = value
        case datetime():
            written = instant_to_text(value)
        case date():
            written = value.isoformat()
        case tuple() | list():
            written = [to_json(item) for item in value]
        case Mapping():
            written = {str(key): to_json(item) for key, item in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            written = {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
        case _:
            raise ContentError(f"{type(value).__name__} may not stand in content")
    return written


_hints = cache(get_type_hints)


def from_json(kind: Any, value: JsonValue) -> Any:
    """Read a value of type `kind` back from JSON values.

    Raises:
        ContentError: the value does not have that type's shape.
    """
    origin = get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return _from_union(get_args(kind), value)
    if origin is tuple:
        return tuple(from_json(get_args(kind)[0], item) for item in _expect(list, value))
    if origin is not None and issubclass(origin, Mapping):
        return {key: from_json(get_args(kind)[1], v) for key, v in _expect(dict, value).items()}
    if dataclasses.is_dataclass(kind):
        return _from_object(kind, _expect(dict, value))
    return _from_scalar(kind, value)


def _from_union(options: tuple[Any, ...], value: JsonValue) -> Any:
    kinds = [option for option in options if option is not type(None)]
    if value is None or len(kinds) > 1:  # Several kinds: it is `JsonValue`, and stays as it is.
        return value
    return from_json(kinds[0], value)


def _from_object(kind: Any, value: dict[str, JsonValue]) -> Any:
    hints = _hints(kind)
    known = {f.name for f in dataclasses.fields(kind)}
    if unknown := value.keys() - known:
        raise ContentError(f"{kind.__name__} has no {sorted(unknown)}")
    found = {name: from_json(hints[name], item) for name, item in value.items()}
    try:
        return kind(**found)
    except TypeError as error:
        raise ContentError(str(error)) from error


def _from_scalar(kind: Any, value: JsonValue) -> Any:
    if kind is datetime:
        return text_to_instant(_expect(str, value))
    if kind is date:
        return date.fromisoformat(_expect(str, value))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(_expect(str, value))
    if kind is Any:
        return value
    return _expect(kind, value)


def _expect(kind: Any, value: object) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ContentError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value
