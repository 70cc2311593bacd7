"""What a model found wrong, as reasons: each at its JSON pointer, naming the rule and the fix.

Pydantic's error types (pydantic-core, "Validation errors") become our reason codes by one table.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from yidan.kernel.content import JsonValue
from yidan.kernel.reasons import Reason, ReasonCode, reason

MAX_FINDINGS: Final = 100
"""So many findings are told at most."""
_MAX_SHOWN: Final = 60

FIELD_MISSING = reason(
    "field-missing", en="The field {field} is missing; add it.", zh="缺少字段 {field}；请补充。"
)
FIELD_UNKNOWN = reason(
    "field-unknown",
    en="There is no field {field} here; leave it out or correct its name.",
    zh="此处没有字段 {field}；请删除或更正名称。",
)
FIELD_TYPE = reason(
    "field-type",
    en="The field {field} must be a JSON {expected}; send it as such.",
    zh="字段 {field} 必须是 JSON {expected}；请更正。",
)
FIELD_LENGTH = reason(
    "field-length",
    en="The field {field} must have {bound}; shorten or complete it.",
    zh="字段 {field} 的长度必须满足 {bound}；请更正。",
)
FIELD_RANGE = reason(
    "field-range",
    en="The field {field} must be {bound}; correct the number or its unit.",
    zh="字段 {field} 必须 {bound}；请更正数值或单位。",
)
FIELD_CHOICE = reason(
    "field-choice",
    en="The field {field} must be one of {expected}.",
    zh="字段 {field} 必须是下列之一：{expected}。",
)
FIELD_FORM = reason(
    "field-form",
    en="The field {field} does not have the form {expected}; correct it.",
    zh="字段 {field} 不符合格式 {expected}；请更正。",
)
FIELD_INVALID = reason(
    "field-invalid",
    en="The field {field} is not valid; see the API description for its form.",
    zh="字段 {field} 无效；格式请参见接口说明。",
)
CONTROL_CHARACTER = reason(
    "text-control-character",
    en="A text holds the control character {character}; leave it out.",
    zh="文本中含有控制字符 {character}；请去掉。",
)
NOT_COMPOSED = reason(
    "text-not-composed",
    en="A text is not in composed Unicode form (NFC); send it composed.",
    zh="文本不是 Unicode 组合形式（NFC）；请以组合形式发送。",
)

_TYPES: Final[Mapping[str, ReasonCode]] = MappingProxyType(
    {
        "missing": FIELD_MISSING,
        "extra_forbidden": FIELD_UNKNOWN,
        "string_too_short": FIELD_LENGTH,
        "string_too_long": FIELD_LENGTH,
        "too_short": FIELD_LENGTH,
        "too_long": FIELD_LENGTH,
        "greater_than": FIELD_RANGE,
        "greater_than_equal": FIELD_RANGE,
        "less_than": FIELD_RANGE,
        "less_than_equal": FIELD_RANGE,
        "multiple_of": FIELD_RANGE,
        "enum": FIELD_CHOICE,
        "literal_error": FIELD_CHOICE,
        "string_pattern_mismatch": FIELD_FORM,
        "date_from_datetime_parsing": FIELD_FORM,
        "date_parsing": FIELD_FORM,
        "uuid_parsing": FIELD_FORM,
    }
)
_BOUNDS: Final = MappingProxyType(
    {
        "min_length": "≥ {}",
        "max_length": "≤ {}",
        "gt": "> {}",
        "ge": "≥ {}",
        "lt": "< {}",
        "le": "≤ {}",
        "multiple_of": "n × {}",
    }
)
_EXPECTED: Final = MappingProxyType(
    {
        "string_type": "string",
        "int_type": "integer",
        "int_parsing": "integer",
        "bool_type": "boolean",
        "bool_parsing": "boolean",
        "list_type": "array",
        "tuple_type": "array",
        "dict_type": "object",
        "model_type": "object",
        "model_attributes_type": "object",
        "date_type": "string (YYYY-MM-DD)",
    }
)
_FORMS: Final = MappingProxyType(
    {
        "date_parsing": "YYYY-MM-DD",
        "date_from_datetime_parsing": "YYYY-MM-DD",
        "uuid_parsing": "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    }
)
_FORBIDDEN: Final = frozenset(
    "\u200b\u2028\u2029\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Invisible separators and direction marks: texts that look alike must be alike (UTR 36)."""


class WireError(ValueError):
    """A field's own check failed; carries reasons, whose place the model adds."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(", ".join(found.code for found in reasons))
        self.reasons = reasons


def from_validation(error: ValidationError) -> tuple[Reason, ...]:
    """All findings of a model, at most `MAX_FINDINGS`."""
    details = error.errors(include_url=False, include_input=False)
    return tuple(islice((found for item in details for found in _findings(item)), MAX_FINDINGS))


def in_texts(value: JsonValue, at: str = "") -> Iterator[Reason]:
    """Findings about the characters of every text in a JSON value, names included."""
    match value:
        case str():
            yield from _character_findings(value, at)
        case list():
            for index, item in enumerate(value):
                yield from in_texts(item, f"{at}/{index}")
        case dict():
            for name, item in value.items():
                here = pointer((name,), at)
                yield from _character_findings(name, here)
                yield from in_texts(item, here)
        case _:
            pass


def pointer(location: tuple[int | str, ...], base: str = "") -> str:
    """A JSON pointer (RFC 6901)."""
    steps = (_shown(str(step)).replace("~", "~0").replace("/", "~1") for step in location)
    return base + "".join(f"/{step}" for step in steps)


def _findings(item: ErrorDetails) -> Iterator[Reason]:
    at = pointer(item["loc"])
    context: dict[str, Any] = item.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, WireError):
        yield from (replace(found, at=at + found.at) for found in cause.reasons)
        return
    field = _shown(str(item["loc"][-1])) if item["loc"] else "/"
    kind = item["type"]
    if kind in _EXPECTED:
        yield FIELD_TYPE(at=at, field=field, expected=_EXPECTED[kind])
        return
    yield _by_table(kind, at, field, context)


def _by_table(kind: str, at: str, field: str, context: Mapping[str, Any]) -> Reason:
    bound = ", ".join(
        text.format(context[name]) for name, text in _BOUNDS.items() if name in context
    )
    expected = str(context.get("expected") or context.get("pattern") or _FORMS.get(kind, ""))
    if kind in ("enum", "literal_error"):
        expected = expected.replace("' or '", "', '").replace("'", "")
    return _TYPES.get(kind, FIELD_INVALID)(at=at, field=field, bound=bound, expected=expected)


def _character_findings(text: str, at: str) -> Iterator[Reason]:
    if text.isascii() and text.isprintable():
        return
    for character in text:
        if character in _FORBIDDEN or unicodedata.category(character) == "Cc":
            yield CONTROL_CHARACTER(at=at, character=f"U+{ord(character):04X}")
            break
    if not unicodedata.is_normalized("NFC", text):
        yield NOT_COMPOSED(at=at)


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in name[:_MAX_SHOWN])
