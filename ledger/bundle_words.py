"""Write and read the numbers and words that a compact proof bundle is made of (紧凑编码).

Source: ``docs/reference/bundle.md``, "Compact form". A number is a LEB128 varint. A word is any
JSON value: a number, four times its bytes' count plus its kind, and its bytes.

Deliberately not here: whether a value was written in its one form. ``bundle_compact`` writes what
it read once more and compares.
"""

import re
import uuid
from collections.abc import Callable, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final

from ledger import jcs
from ledger.bundle_format import BundleError
from ledger.jcs import JSON, JcsError

MAX_NUMBER_BYTES: Final = 8
"""Longest number that is read: 56 bits hold every integer of a bundle."""

_HEX: Final = re.compile("(?:[0-9a-f]{2})+")
_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Kind(IntEnum):
    """What a word's bytes are."""

    TEXT = 0
    """A string in UTF-8."""
    HEX = 1
    """A string of lower-case hex digits, an even number of them, at least two."""
    UUID = 2
    """A string that is a UUID in lower case: its 16 bytes (RFC 9562)."""
    OTHER = 3
    """Any other value: its canonical JSON."""


def number(value: int) -> bytes:
    """Return a number from 0 on: seven bits a byte, lowest first, the top bit on all but the last.

    >>> number(300).hex()
    'ac02'
    """
    found = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def word(value: JSON) -> bytes:
    """Return a value in the shortest kind that takes it.

    >>> word("c0ffee").hex()
    '0dc0ffee'
    """
    kind, data = _packed(value)
    return number(4 * len(data) + kind) + data


def _packed(value: JSON) -> tuple[Kind, bytes]:
    if not isinstance(value, str):
        return Kind.OTHER, jcs.canonicalize(value)
    if _UUID.fullmatch(value):
        return Kind.UUID, uuid.UUID(value).bytes
    if _HEX.fullmatch(value):
        return Kind.HEX, bytes.fromhex(value)
    return Kind.TEXT, value.encode()


def path(value: str, before: str) -> bytes:
    """Return a path by how many leading segments it shares with the one before it, and the rest."""
    segments = value.split("/")
    shared = _shared(segments[:-1], before.split("/"))
    return number(shared) + word("/".join(segments[shared:]))


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    count = 0
    while first[count : count + 1] and first[count : count + 1] == second[count : count + 1]:
        count += 1
    return count


_UNPACK: Final = MappingProxyType[Kind, Callable[[bytes], Any]](
    {
        Kind.TEXT: bytes.decode,
        Kind.HEX: bytes.hex,
        Kind.UUID: lambda data: str(uuid.UUID(bytes=data)),
        Kind.OTHER: jcs.parse,
    }
)


class Reader:
    """Takes a compact bundle's bytes one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def bytes(self, count: int) -> bytes:
        """Take so many bytes.

        Raises:
            BundleError: When fewer are left.
        """
        found = self._data[self._at : self._at + count]
        if len(found) < count:
            raise BundleError("the compact form ends too early")
        self._at += count
        return found

    def number(self) -> int:
        """Take a number.

        Raises:
            BundleError: When it is too long, or the bytes end in it.
        """
        value = 0
        for place in range(MAX_NUMBER_BYTES):
            (byte,) = self.bytes(1)
            value |= (byte & 0x7F) << 7 * place
            if not byte & 0x80:
                return value
        raise BundleError("a number of the compact form is too long")

    def word(self) -> Any:
        """Take a value.

        Raises:
            BundleError: When its bytes are not of its kind.
        """
        count, kind = divmod(self.number(), 4)
        data = self.bytes(count)
        try:
            return _UNPACK[Kind(kind)](data)
        except (JcsError, ValueError) as error:
            raise BundleError("a word of the compact form is malformed") from error

    def text(self) -> str:
        """Take a value that is a string.

        Raises:
            BundleError: When it is not.
        """
        found = self.word()
        if not isinstance(found, str):
            raise BundleError("a word of the compact form is no string")
        return found

    def path(self, before: str) -> str:
        """Take a path that follows another.

        Raises:
            BundleError: When the other has fewer segments than they share.
        """
        segments, shared = before.split("/"), self.number()
        if shared > len(segments):
            raise BundleError("a path of the compact form shares too much")
        return "/".join([*segments[:shared], self.text()])

    def end(self) -> None:
        """Make sure that nothing is left.

        Raises:
            BundleError: When something is.
        """
        if self._at < len(self._data):
            raise BundleError("bytes follow the compact form")
