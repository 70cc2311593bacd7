"""The contract's logs as values 合约日志: decoded by the committed ABI, anchors typed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from ledger import artifacts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class UnknownEventError(Exception):
    """A log is of no event of the contract, or its bytes are of no such event."""


@dataclass(frozen=True)
class LedgerEvent:
    """One decoded log."""

    name: str
    arguments: Mapping[str, Any]
    block_number: int


@dataclass(frozen=True)
class Anchor:
    """A checkpoint anchored on the chain."""

    size: int
    root: bytes
    signers: int
    """Lower 192 bits: bit i is set if the witness with the i-th lowest BLS public key of the policy
    signed, bit 0 the lowest; upper 64 bits: the POSIX second that all signed."""
    aggregate: bytes
    """96-byte BLS signature; zeros if there was none."""
    block_number: int


def topic(name: str) -> bytes:
    """Return the 32-byte first topic of an event.

    Raises:
        UnknownEventError: the contract has no such event.
    """
    for entry in _entries().values():
        if entry["name"] == name:
            return bytes(keccak(text=_signature(entry)))
    raise UnknownEventError(name)


def decode_log(topics: Sequence[bytes], data: bytes, block_number: int) -> LedgerEvent:
    """Return the event of a log of the contract.

    Raises:
        UnknownEventError: the first topic is of no event of the contract, or what stands behind it
            cannot be read; some text in a log is whatever a stranger's contract answered.
    """
    entry = _entries().get(bytes(topics[0])) if topics else None
    if entry is None:
        raise UnknownEventError(topics[0].hex() if topics else "no topic")
    try:
        arguments = _arguments(entry, topics[1:], bytes(data))
    except Exception as error:
        raise UnknownEventError(f"{entry['name']}: {error}") from error
    return LedgerEvent(entry["name"], arguments, block_number)


def _arguments(entry: Mapping[str, Any], topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
    indexed = [each for each in entry["inputs"] if each["indexed"]]
    plain = [each for each in entry["inputs"] if not each["indexed"]]
    arguments = {
        each["name"]: decode([each["type"]], bytes(raw))[0]
        for each, raw in zip(indexed, topics, strict=True)
    }
    values = decode([each["type"] for each in plain], data)
    arguments |= {each["name"]: value for each, value in zip(plain, values, strict=True)}
    if any(isinstance(value, str) and "\0" in value for value in values):
        raise ValueError("a NUL character in text")  # no database keeps one
    return arguments


def anchor_of_log(topics: Sequence[bytes], data: bytes, block_number: int) -> Anchor:
    """Return the anchor of an `Anchored` log.

    Raises:
        UnknownEventError: it is another event.
    """
    event = decode_log(topics, data, block_number)
    if event.name != "Anchored":
        raise UnknownEventError(event.name)
    values = event.arguments
    aggregate = b"".join(values["aggregate"])
    return Anchor(values["size"], values["root"], values["signers"], aggregate, block_number)


@cache
def _entries() -> dict[bytes, dict[str, Any]]:
    events = [entry for entry in artifacts.abi() if entry["type"] == "event"]
    return {bytes(keccak(text=_signature(entry))): entry for entry in events}


def _signature(entry: Mapping[str, Any]) -> str:
    return f"{entry['name']}({','.join(each['type'] for each in entry['inputs'])})"
