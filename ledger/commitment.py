"""Commit to an event's fields with a salt, and disclose single fields later (加盐承诺).

Source: LEDGER 6. The commitment is the RFC 6962 root over one leaf per field, in path order,
where a field's leaf data is HMAC-SHA256(salt, path) || JCS([path, value]). Whoever knows the salt
can check every field; whoever is given one field's 32-byte key learns that field and nothing
about its neighbours. When the salt is erased the commitment cannot be linked to guessed content
any more (个人信息删除).

A path is an RFC 6901 JSON Pointer. Fields are the scalars of a document, plus one field for every
array (its length in a list, such as ``["/items", [2]]``) and one for every empty object (``{}``).
Without those two the array ``["a"]`` and the object ``{"0": "a"}`` would commit alike.

Deliberately not here: where salts are kept. They are made by the caller, 32 random bytes per event.
"""

import hashlib
import hmac
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger import jcs, merkle
from ledger.jcs import JSON
from ledger.proof import ProofError

SALT_SIZE: Final = 32
"""Bytes of a salt and of a field's key. Fixed, since HMAC pads shorter keys with zeros."""

MAX_STEPS: Final = 64
"""Longest way from a field to the commitment that is accepted."""

Field = tuple[str, JSON]
"""A path and its value."""


@dataclass(frozen=True)
class Step:
    """One sibling on the way from a field up to the commitment."""

    is_left: bool
    """Whether the sibling stands left of the way."""
    sibling: bytes
    """32-byte hash."""


@dataclass(frozen=True)
class Disclosure:
    """One field with what is needed to check it alone."""

    path: str
    value: JSON
    key: bytes
    """32 bytes: HMAC-SHA256(salt, path)."""
    steps: tuple[Step, ...]
    """Lowest sibling first. Sides are named, so the number of fields need not be trusted."""


def flatten(document: Mapping[str, JSON]) -> list[Field]:
    """Return a document's fields in path order (by code point).

    >>> flatten({"b": ["x"], "a": {"c": 1}})
    [('/a/c', 1), ('/b', [1]), ('/b/0', 'x')]
    """
    return sorted(_fields("", dict(document)), key=_path)


def commit(document: Mapping[str, JSON], salt: bytes) -> bytes:
    """Return the 32-byte commitment to a document.

    Raises:
        ValueError: When the salt is not 32 bytes.
        JcsError: When a value has no canonical form.
    """
    return commit_fields(flatten(document), salt)


def commit_fields(fields: Sequence[Field], salt: bytes) -> bytes:
    """Return the 32-byte commitment to fields that ``flatten`` made.

    Raises:
        ValueError: When the salt is not 32 bytes, or the paths are not in strictly rising order.
        JcsError: When a value has no canonical form.
    """
    return merkle.root(_leaf_hashes(fields, salt))


def disclose(document: Mapping[str, JSON], salt: bytes, path: str) -> Disclosure:
    """Return one field of a document with its key and its way to the commitment.

    Raises:
        KeyError: When the document has no such field.
        ValueError: When the salt is not 32 bytes.
        JcsError: When a value has no canonical form.
    """
    fields = flatten(document)
    index = next((i for i, field in enumerate(fields) if field[0] == path), None)
    if index is None:
        raise KeyError(path)
    steps = _steps(_leaf_hashes(fields, salt), index)
    return Disclosure(path, fields[index][1], field_key(salt, path), steps)


def disclosed_commitment(disclosure: Disclosure) -> bytes:
    """Return the 32-byte commitment that a disclosed field leads to.

    The field belongs to an event only if this is the commitment in the event's leaf.

    Raises:
        ProofError: When the key or a sibling is not 32 bytes, or the way is too long.
        JcsError: When the value has no canonical form.
    """
    sizes = {len(disclosure.key), *(len(step.sibling) for step in disclosure.steps)}
    if sizes != {SALT_SIZE} or len(disclosure.steps) > MAX_STEPS:
        raise ProofError("a disclosed field is malformed")
    result = _leaf_hash(disclosure.key, disclosure.path, disclosure.value)
    for step in disclosure.steps:
        left, right = (step.sibling, result) if step.is_left else (result, step.sibling)
        result = merkle.node_hash(left, right)
    return result


def field_key(salt: bytes, path: str) -> bytes:
    """Return the 32-byte key that opens one field: HMAC-SHA256(salt, path)."""
    return hmac.digest(salt, path.encode(), hashlib.sha256)


def leaf_data(origin: str, event_id: str, commitment: bytes) -> bytes:
    """Return the data of an event's leaf, version 1, fixed for ever.

    >>> leaf_data("example.com/log", "e1", bytes(32))[:35]
    b'{"commitment":"00000000000000000000'
    """
    return jcs.canonicalize(
        {"v": 1, "log": origin, "eventId": event_id, "commitment": commitment.hex()}
    )


def _path(field: Field) -> str:
    return field[0]


def _fields(path: str, value: Any) -> Iterator[Field]:
    if isinstance(value, dict):
        if not value:
            yield path, {}
        for key, item in value.items():
            token = key.replace("~", "~0").replace("/", "~1")
            yield from _fields(f"{path}/{token}", item)
    elif isinstance(value, list | tuple):
        yield path, [len(value)]
        for index, item in enumerate(value):
            yield from _fields(f"{path}/{index}", item)
    else:
        yield path, value


def _leaf_hash(key: bytes, path: str, value: JSON) -> bytes:
    return merkle.leaf_hash(key + jcs.canonicalize([path, value]))


def _leaf_hashes(fields: Sequence[Field], salt: bytes) -> list[bytes]:
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt is {SALT_SIZE} bytes")
    paths = [path for path, _ in fields]
    if any(first >= second for first, second in itertools.pairwise(paths)):
        raise ValueError("fields are not in path order, or one is there twice")
    return [_leaf_hash(field_key(salt, path), path, value) for path, value in fields]


def _steps(level: list[bytes], index: int) -> tuple[Step, ...]:
    """Return the siblings of one leaf, lowest first; the odd one of a level is carried up."""
    steps = []
    while len(level) > 1:
        if index ^ 1 < len(level):
            steps.append(Step(is_left=bool(index & 1), sibling=level[index ^ 1]))
        pairs = [merkle.node_hash(*level[i : i + 2]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
        index //= 2
    return tuple(steps)
