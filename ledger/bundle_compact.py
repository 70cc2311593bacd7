"""Write a proof bundle in few bytes, for a QR code, and read it strictly (紧凑证明包).

Source: ``docs/reference/bundle.md``, "Compact form". The same bundle as its JSON: each has exactly
one compact form, and what can be computed (the root, shared siblings, the digest) is left out.
Bundles whose proofs do not fit one tree, which never verify, have none.

Deliberately not here: whether what a bundle says is true (``bundle``).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ledger import base41, bundle, bundle_format, bundle_trees, commitment
from ledger.bundle_format import (
    SIGNATURE_SIZE,
    Bare,
    Bundle,
    BundleError,
    EventProof,
    Evidence,
    Whole,
)
from ledger.bundle_words import Reader, number, path, word
from ledger.checkpoint import TIMESTAMP_SIZE, Checkpoint
from ledger.commitment import Field
from ledger.jcs import JcsError
from ledger.merkle import HASH_SIZE
from ledger.note import KEY_ID_SIZE, Signature

MAGIC: Final = b"YP\x01"
"""First bytes of a compact bundle, the version last."""

TEXT_PREFIX: Final = "YIDAN1:"
"""What stands before a compact bundle in base41."""

MAX_COMPACT_SIZE: Final = 2**16
"""Most bytes of a compact bundle."""

_WHOLE, _PART, _BARE = range(3)


def pack(found: Bundle) -> bytes:
    """Return the compact form of a bundle.

    Raises:
        BundleError: When it has none: its proofs do not fit one tree, it is too long, or a
            cosignature of it is of ML-DSA-44.
    """
    data = _write(found)
    if len(data) > MAX_COMPACT_SIZE:
        raise BundleError(f"longer than {MAX_COMPACT_SIZE} bytes in compact form")
    if _read(data) != found:
        raise BundleError(bundle_trees.NO_TREE)
    return data


def unpack(data: bytes) -> Bundle:
    """Read a compact form; nothing is verified yet, but it is the only one of this bundle.

    Raises:
        BundleError: When the bytes are no compact form.
    """
    if len(data) > MAX_COMPACT_SIZE:
        raise BundleError(f"longer than {MAX_COMPACT_SIZE} bytes in compact form")
    found = _read(data)
    try:
        as_json = bundle_format.encode(found)
    except JcsError as error:
        raise BundleError(f"not canonical JSON: {error}") from error
    if bundle_format.decode(as_json) != found or _write(found) != data:
        raise BundleError("not the one compact form of this bundle")
    return found


def pack_text(found: Bundle) -> str:
    """Return the compact form as text for a QR code.

    Raises:
        BundleError: When it has none.
    """
    return text_of(pack(found))


def text_of(packed: bytes) -> str:
    """Return a compact form's bytes as text."""
    return TEXT_PREFIX + base41.encode(packed)


def read(data: bytes) -> Bundle:
    """Read a bundle in any of its forms: JSON, compact, or compact as text.

    Raises:
        BundleError: When it is none of them.
    """
    if data.startswith(MAGIC):
        return unpack(data)
    if not data.startswith(TEXT_PREFIX.encode()):
        return bundle_format.decode(data)
    try:
        return unpack(base41.decode(data[len(TEXT_PREFIX) :].decode("ascii")))
    except BundleError:
        raise
    except ValueError as error:
        raise BundleError("not base41") from error


def _write(found: Bundle) -> bytes:
    head = found.checkpoint
    proofs = [(event.index, event.inclusion) for event in found.events]
    return b"".join(
        [
            MAGIC,
            word(head.origin),
            number(head.size),
            found.log_signature,
            number(len(found.cosignatures)),
            *(_write_cosignature(line) for line in found.cosignatures),
            number(len(found.events)),
            *(_write_event(event) for event in found.events),
            bundle_trees.prune_log(head.size, proofs),
        ]
    )


def _read(data: bytes) -> Bundle:
    try:
        return _parse(Reader(data))
    except BundleError:
        raise
    except ValueError as error:  # fields out of order, mixed, or without a canonical form
        raise BundleError(str(error)) from error


def _parse(reader: Reader) -> Bundle:
    if reader.bytes(len(MAGIC)) != MAGIC:
        raise BundleError("of another compact form")
    origin, size = reader.text(), reader.number()
    signature = reader.bytes(SIGNATURE_SIZE)
    lines = tuple(_read_cosignature(reader) for _ in range(reader.number()))
    events = [_read_event(reader) for _ in range(reader.number())]
    leaves = [(event.index, bundle.leaf_hash(origin, event)) for event in events]
    root, ways = bundle_trees.regrow_log(size, leaves, reader)
    reader.end()
    return Bundle(
        Checkpoint(origin, size, root),
        signature,
        lines,
        tuple(
            replace(event, inclusion=tuple(step.sibling for step in way))
            for event, way in zip(events, ways, strict=True)
        ),
    )


def _write_cosignature(line: Signature) -> bytes:
    if len(line.payload) != TIMESTAMP_SIZE + SIGNATURE_SIZE:
        raise BundleError("an ML-DSA-44 signature has no compact form")
    time = int.from_bytes(line.payload[:TIMESTAMP_SIZE], "big")
    return word(line.name) + line.key_id + number(time) + line.payload[TIMESTAMP_SIZE:]


def _read_cosignature(reader: Reader) -> Signature:
    name, key_id = reader.text(), reader.bytes(KEY_ID_SIZE)
    time = reader.number().to_bytes(TIMESTAMP_SIZE, "big")
    return Signature(name, key_id, time + reader.bytes(SIGNATURE_SIZE))


def _write_event(event: EventProof) -> bytes:
    return number(event.index) + word(event.event_id) + _write_evidence(event.evidence)


def _read_event(reader: Reader) -> EventProof:
    index, event_id = reader.number(), reader.text()
    return EventProof(event_id, index, (), _read_evidence(reader))


def _write_evidence(evidence: Evidence) -> bytes:
    if isinstance(evidence, Bare):
        return bytes([_BARE]) + evidence.commitment
    if isinstance(evidence, Whole):
        head = bytes([_WHOLE]) + evidence.salt + number(len(evidence.fields))
        return head + _write_fields(evidence.fields)
    return bytes([_PART]) + bundle_trees.prune_fields(evidence)


def _read_evidence(reader: Reader) -> Evidence:
    (kind,) = reader.bytes(1)
    if kind == _BARE:
        return Bare(reader.bytes(HASH_SIZE))
    if kind == _PART:
        return bundle_trees.regrow_fields(reader)
    if kind != _WHOLE:
        raise BundleError("an event of the compact form is malformed")
    salt = reader.bytes(commitment.SALT_SIZE)
    return Whole(_read_fields(reader, reader.number()), salt)


def _write_fields(fields: Sequence[Field]) -> bytes:
    before = ["", *(name for name, _ in fields)]
    return b"".join(
        path(name, last) + word(value) for last, (name, value) in zip(before, fields, strict=False)
    )


def _read_fields(reader: Reader, count: int) -> tuple[Field, ...]:
    fields: list[Field] = []
    for _ in range(count):
        name = reader.path(fields[-1][0] if fields else "")
        fields.append((name, reader.word()))
    return tuple(fields)
