"""Checking a document against its kind's JSON Schema (2020-12), with every finding at once.

`jsonschema_rs` judges: strict about trailing newlines and digits where Python's `jsonschema` is not
(QUALITY finding 6). The schemas use only patterns on which both agree; the tests hold them to it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import jsonschema_rs

from yidan.documents import kinds, wording
from yidan.kernel.reasons import Reason, ReasonCode

_OWN_WORDS: Final = frozenset({"pattern", "not", "format", "contains", "falseSchema"})
"""Keywords that mean nothing to a reader; the rule they stand for speaks (`x-rule`)."""


@cache
def _validator(name: str, version: int) -> jsonschema_rs.Validator:
    schema = dict(kinds.find(name, version).schema)
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


def findings(kind: kinds.Kind, body: Mapping[str, Any]) -> list[Reason]:
    """Everything that is wrong with a document of a kind, each with its JSON pointer; or []."""
    plain = dict(body)
    errors = list(_validator(kind.name, kind.version).iter_errors(plain))
    ill_typed = {tuple(e.instance_path) for e in errors if e.kind.name == "type"}
    found = [
        said
        for error in errors
        if error.kind.name == "type" or tuple(error.instance_path) not in ill_typed
        for said in _say(kind, error)
    ]
    found += [wording.NOT_WHOLE(at=_pointer(path), field=_field(path)) for path in _floats(plain)]
    return list(dict.fromkeys(found))


def _say(kind: kinds.Kind, error: jsonschema_rs.ValidationError) -> Iterator[Reason]:
    keyword, path = error.kind.name, error.instance_path
    if keyword == "required":
        yield _about(wording.MISSING, [*path, error.kind.value])
    elif keyword == "additionalProperties":
        yield from (_about(wording.UNKNOWN, [*path, name]) for name in error.kind.value)
    else:
        rule = _rule(kind.schema, error.schema_path)
        if rule is not None and (keyword in _OWN_WORDS or rule is not wording.BY_RULE["text"]):
            yield _about(rule, path) if keyword != "type" else _generic(error)
        else:
            yield _generic(error)


def _generic(error: jsonschema_rs.ValidationError) -> Reason:
    keyword, value = error.kind.name, error.kind.value
    said = wording.BY_KEYWORD.get(keyword)
    if said is None:
        return _about(wording.NOT_ALLOWED, error.instance_path, limit=keyword)
    limit = ", ".join(map(str, value)) if isinstance(value, list) else value
    return _about(said, error.instance_path, limit=limit)


def _about(said: ReasonCode, path: Sequence[str | int], limit: object = "") -> Reason:
    return said(at=_pointer(path), field=_field(path), limit=limit)


def _rule(schema: Mapping[str, Any], path: Sequence[str | int]) -> ReasonCode | None:
    """The rule named nearest to a keyword, on the way from the schema's root down to it."""
    here: Any = schema
    named: str | None = None
    for step in path[:-1]:
        here = here[step]
        if isinstance(here, Mapping):
            named = here.get("x-rule", named)
    return wording.BY_RULE[named] if named is not None else None


def _floats(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where a number was written as 1.0 or 1e3: JSON Schema takes those for integers, we do not."""
    entries: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for step, item in entries:
        if isinstance(item, float) and item.is_integer():
            yield (*path, step)
        elif isinstance(item, dict | list):
            yield from _floats(item, (*path, step))


def _field(path: Sequence[str | int]) -> str:
    """The field as the sender wrote it: its name, or the list's name and entry, from 1."""
    if not path:
        return "document"
    last = path[-1]
    if isinstance(last, str) or len(path) == 1:
        return str(last)
    return f"{path[-2]}[{last + 1}]"


def _pointer(path: Sequence[str | int]) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
