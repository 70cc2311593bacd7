"""Write a proof bundle as its one byte string and read it strictly (证明包格式).

Source: LEDGER 6, "Proof bundle"; the format is described in ``docs/reference/bundle.md``.
Canonical JSON (``jcs``) with binary values in lower-case hex, exactly the members that are named,
and lists in rising order.

Deliberately not here: whether what a bundle says is true (``bundle``).
"""

import hashlib
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ledger import commitment, jcs
from ledger.checkpoint import TIMESTAMP_SIZE, Checkpoint
from ledger.commitment import Disclosure, Field, Step
from ledger.jcs import JSON, JcsError
from ledger.merkle import HASH_SIZE
from ledger.note import KEY_ID_SIZE, MLDSA44_SIGNATURE_SIZE, Signature

FORMAT: Final = "yidan-proof/1"
"""Value of the member ``format``."""

MAX_SIZE: Final = 4 * 2**20
"""Most bytes of a bundle that are read."""

SIGNATURE_SIZE: Final = 64
"""Bytes of an Ed25519 signature."""


class BundleError(ValueError):
    """The bytes are not a bundle, or what the bundle says is not proved."""


class NotCheckedError(BundleError):
    """What would prove the bundle cannot be checked here."""


@dataclass(frozen=True)
class Whole:
    """All fields of an event and its salt."""

    fields: tuple[Field, ...]
    salt: bytes
    """32 bytes."""


@dataclass(frozen=True)
class Part:
    """Some fields of an event, each with its own key."""

    disclosures: tuple[Disclosure, ...]


@dataclass(frozen=True)
class Bare:
    """No field of an event: its content was erased, or is shown elsewhere."""

    commitment: bytes
    """32 bytes."""


Evidence = Whole | Part | Bare
"""What a bundle shows of an event."""


@dataclass(frozen=True)
class EventProof:
    """One event, where it stands in the log, and what is shown of it."""

    event_id: str
    index: int
    """Of its leaf, counted from 0."""
    inclusion: tuple[bytes, ...]
    """Inclusion proof in the bundle's checkpoint, lowest sibling first."""
    evidence: Evidence


@dataclass(frozen=True)
class Bundle:
    """A signed checkpoint and the events it proves."""

    checkpoint: Checkpoint
    log_signature: bytes
    """64 bytes: Ed25519 over the checkpoint's text."""
    cosignatures: tuple[Signature, ...]
    """By rising name and key id."""
    events: tuple[EventProof, ...]
    """By rising index; at least one."""


def encode(bundle: Bundle) -> bytes:
    """Return the bundle's bytes."""
    checkpoint = bundle.checkpoint
    content: dict[str, JSON] = {
        "format": FORMAT,
        "checkpoint": {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "signature": bundle.log_signature.hex(),
            "cosignatures": [_write_cosignature(line) for line in bundle.cosignatures],
        },
        "events": [_write_event(event) for event in bundle.events],
    }
    return jcs.canonicalize({**content, "digest": _digest(content)})


def decode(data: bytes) -> Bundle:
    """Read a bundle's bytes; nothing is verified yet, but they are the only bytes of this bundle.

    Raises:
        BundleError: When they are no bundle.
    """
    if len(data) > MAX_SIZE:
        raise BundleError(f"longer than {MAX_SIZE} bytes")
    try:
        value = jcs.parse(data)
    except JcsError as error:
        raise BundleError(f"not canonical JSON: {error}") from error
    top = _members(value, "format", "checkpoint", "events", "digest")
    if top["format"] != FORMAT:
        raise BundleError("of another format")
    head = _members(top["checkpoint"], "origin", "size", "root", "signature", "cosignatures")
    found = Bundle(
        Checkpoint(_text(head["origin"]), _number(head["size"]), _hex(head["root"], HASH_SIZE)),
        _hex(head["signature"], SIGNATURE_SIZE),
        _rising(head["cosignatures"], _read_cosignature, line_key),
        _rising(top["events"], _read_event, lambda event: event.index, least=1),
    )
    if top.pop("digest") != _digest(top):
        raise BundleError("the digest is of other content")
    return found


def _digest(content: dict[str, JSON]) -> str:
    """Return the SHA-256 that binds a bundle's parts: leaving one out of a list is noticed too."""
    return hashlib.sha256(jcs.canonicalize(content)).hexdigest()


def line_key(line: Signature) -> tuple[str, bytes]:
    """Return what cosignatures are ordered by."""
    return line.name, line.key_id


def _write_cosignature(line: Signature) -> dict[str, JSON]:
    return {
        "name": line.name,
        "keyId": line.key_id.hex(),
        "time": int.from_bytes(line.payload[:TIMESTAMP_SIZE], "big"),
        "signature": line.payload[TIMESTAMP_SIZE:].hex(),
    }


def _write_event(event: EventProof) -> dict[str, JSON]:
    return {
        "eventId": event.event_id,
        "index": event.index,
        "inclusion": [item.hex() for item in event.inclusion],
        **_write_evidence(event.evidence),
    }


def _write_evidence(evidence: Evidence) -> dict[str, JSON]:
    if isinstance(evidence, Whole):
        fields = [list(field) for field in evidence.fields]
        return {"salt": evidence.salt.hex(), "fields": fields}
    if isinstance(evidence, Bare):
        return {"commitment": evidence.commitment.hex()}
    return {"disclosed": [_write_disclosure(shown) for shown in evidence.disclosures]}


def _write_disclosure(shown: Disclosure) -> dict[str, JSON]:
    steps = [{"left" if step.is_left else "right": step.sibling.hex()} for step in shown.steps]
    return {"path": shown.path, "value": shown.value, "key": shown.key.hex(), "steps": steps}


def _read_cosignature(value: Any) -> Signature:
    line = _members(value, "name", "keyId", "time", "signature")
    time = _number(line["time"]).to_bytes(TIMESTAMP_SIZE, "big")
    # Which of the two it has to be, the key in the policy says.
    is_long = isinstance(line["signature"], str) and len(line["signature"]) > 2 * SIGNATURE_SIZE
    size = MLDSA44_SIGNATURE_SIZE if is_long else SIGNATURE_SIZE
    payload = time + _hex(line["signature"], size)
    return Signature(_text(line["name"]), _hex(line["keyId"], KEY_ID_SIZE), payload)


def _read_event(value: Any) -> EventProof:
    where = "eventId", "index", "inclusion"
    evidence: Evidence
    if isinstance(value, dict) and "salt" in value:
        event = _members(value, *where, "salt", "fields")
        fields = _rising(event["fields"], _read_field, lambda field: field[0], least=1)
        evidence = Whole(fields, _hex(event["salt"], commitment.SALT_SIZE))
    elif isinstance(value, dict) and "disclosed" in value:
        event = _members(value, *where, "disclosed")
        shown = _rising(event["disclosed"], _read_disclosure, lambda item: item.path, least=1)
        evidence = Part(shown)
    else:
        event = _members(value, *where, "commitment")
        evidence = Bare(_hex(event["commitment"], HASH_SIZE))
    inclusion = tuple(_hex(item, HASH_SIZE) for item in _list(event["inclusion"]))
    return EventProof(_text(event["eventId"]), _number(event["index"]), inclusion, evidence)


def _read_field(value: Any) -> Field:
    pair = _list(value)
    if len(pair) != 2:  # noqa: PLR2004 - a path and its value
        raise BundleError("a field is not a path and a value")
    return _text(pair[0]), pair[1]


def _read_disclosure(value: Any) -> Disclosure:
    shown = _members(value, "path", "value", "key", "steps")
    steps = tuple(_read_step(step) for step in _list(shown["steps"]))
    key = _hex(shown["key"], commitment.SALT_SIZE)
    return Disclosure(_text(shown["path"]), shown["value"], key, steps)


def _read_step(value: Any) -> Step:
    side = "left" if isinstance(value, dict) and "left" in value else "right"
    return Step(side == "left", _hex(_members(value, side)[side], HASH_SIZE))


def _members(value: Any, *names: str) -> dict[str, Any]:
    """Return an object that has exactly these members."""
    if not isinstance(value, dict) or value.keys() != set(names):
        raise BundleError(f"not an object of {', '.join(names)}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise BundleError("not an array")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BundleError("not a string")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BundleError("not a number from 0 on")
    return value


def _hex(value: Any, size: int) -> bytes:
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value):
        raise BundleError(f"not {size} bytes in lower-case hex")
    return bytes.fromhex(value)


def _rising(
    value: Any, read: Callable[[Any], Any], key: Callable[[Any], Any], least: int = 0
) -> tuple[Any, ...]:
    """Return an array's items, which must stand in strictly rising order."""
    items = tuple(read(item) for item in _list(value))
    keys = [key(item) for item in items]
    if len(items) < least or any(a >= b for a, b in itertools.pairwise(keys)):
        raise BundleError("an array is empty, out of order, or has one item twice")
    return items
