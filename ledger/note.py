"""Read and write signed notes and the keys that verify them (签名便笺).

Source: C2SP signed-note. A note is UTF-8 text that ends in a newline, an empty line, and one line
per
signature: ``— <key name> base64(key id || signature)``. A verifier key ("vkey") is written
``<key name>+<key id>+base64(type || public key)``.

Narrower than the specification in one point: base64 must be in its one canonical form, so that two
different byte strings are never the same note.

Deliberately not here: what a note says (``checkpoint``) and whose keys are trusted (``policy``).
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:  # an older cryptography has no such module
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

PrivateKey: TypeAlias = "Ed25519PrivateKey | MLDSA44PrivateKey"
"""What signs here."""

MAX_SIGNATURES: Final = 64
"""Most signature lines that are read; the specification asks for at least 16."""

MAX_SIZE: Final = 65_536
"""Most bytes of a note that are read."""

KEY_ID_SIZE: Final = 4
"""Bytes of a key id."""

ED25519_KEY_SIZE: Final = 32
"""Bytes of an Ed25519 public key."""

MLDSA44_KEY_SIZE: Final = 1312
"""Bytes of an ML-DSA-44 public key."""

MLDSA44_SIGNATURE_SIZE: Final = 2420
"""Bytes of an ML-DSA-44 signature."""

_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""What an octet that is not UTF-8 becomes in a policy's text."""
_LINE: Final = re.compile(r"— ([^ ]+) ([A-Za-z0-9+/]+={0,2})")


class NoteError(ValueError):
    """A note, key or signature is malformed, or a signature does not verify."""


class UncheckedError(NoteError):
    """A signature is of an algorithm that the installed ``cryptography`` has not."""


class KeyType(IntEnum):
    """Signature type bytes that are used here (C2SP signed-note, "Signature types")."""

    ED25519 = 0x01
    """Ed25519 over the note's text: a log signs so."""
    COSIGNATURE_V1 = 0x04
    """Timestamped Ed25519 cosignature of a checkpoint: a witness signs so."""
    COSIGNATURE_MLDSA44 = 0x06
    """Timestamped ML-DSA-44 cosignature of a checkpoint: a witness may sign so too (抗量子)."""
    OWN = 0xFF
    """Followed by a longer identifier; see ``aggregate`` for the one we define."""


_KEY_SIZES: Final = MappingProxyType(
    {
        int(KeyType.ED25519): ED25519_KEY_SIZE,
        int(KeyType.COSIGNATURE_V1): ED25519_KEY_SIZE,
        int(KeyType.COSIGNATURE_MLDSA44): MLDSA44_KEY_SIZE,
    }
)


@dataclass(frozen=True)
class VerifierKey:
    """A name, a signature type and a public key."""

    name: str
    key_type: KeyType
    public_key: bytes
    """32 bytes; of ML-DSA-44 1,312."""

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key in signature lines."""
        return key_id(self.name, bytes([self.key_type]) + self.public_key)

    def encode(self) -> str:
        """Return the vkey's text."""
        key = encode_base64(bytes([self.key_type]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a vkey.

        Raises:
            NoteError: When it is malformed, of a type not used here, or its key id is not its own.
        """
        name, plus, rest = text.partition("+")
        identifier, second_plus, encoded = rest.partition("+")
        check_name(name)
        if not (plus and second_plus):
            raise NoteError("a verifier key has three parts")
        data = decode_base64(encoded)
        if not data or len(data) - 1 != _KEY_SIZES.get(data[0]):
            raise NoteError("a verifier key is neither a log's nor a cosignature's")
        key = cls(name, KeyType(data[0]), data[1:])
        if identifier != key.key_id.hex():
            raise NoteError("a verifier key's id is not its own")
        return key


@dataclass(frozen=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    """4 bytes."""
    payload: bytes
    """What the signature type defines, at least one byte."""

    def encode(self) -> str:
        """Return the line with its newline."""
        return f"— {self.name} {encode_base64(self.key_id + self.payload)}\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line without its newline.

        Raises:
            NoteError: When it is malformed.
        """
        match = _LINE.fullmatch(line)
        if match is None:
            raise NoteError("a signature line is malformed")
        check_name(match[1])
        data = decode_base64(match[2])
        if len(data) <= KEY_ID_SIZE:
            raise NoteError("a signature is too short")
        return cls(match[1], data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])


@dataclass(frozen=True)
class Note:
    """A text and the signature lines under it, not yet verified."""

    text: str
    """Ends in a newline."""
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """Return the note's bytes."""
        return f"{self.text}\n{''.join(line.encode() for line in self.signatures)}".encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a note.

        Raises:
            NoteError: When it is no note, has no signature, or too many.
        """
        text = decode_text(data)
        body, separator, tail = text.rpartition("\n\n")
        if not separator or not tail.endswith("\n"):
            raise NoteError("no signatures follow the note's text")
        lines = tail[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise NoteError(f"more than {MAX_SIGNATURES} signatures")
        return cls(body + "\n", tuple(Signature.parse(line) for line in lines))


def key_id(name: str, typed_key: bytes) -> bytes:
    """Return the 4-byte id of a key from its name and its type byte(s) with the public key."""
    return hashlib.sha256(name.encode() + b"\n" + typed_key).digest()[:KEY_ID_SIZE]


def check_name(name: str) -> None:
    """Refuse a key name that is empty, no text, or holds a plus, a Unicode space or a control.

    Raises:
        NoteError: When the name cannot stand in a signature line.
    """
    if not name or "+" in name or any(c.isspace() for c in name) or _CONTROL.search(name):
        raise NoteError("a key name is empty or holds a space or a plus")
    if _SURROGATE.search(name):
        raise NoteError("a key name is not UTF-8")


def decode_text(data: bytes) -> str:
    """Return a note's bytes as text.

    Raises:
        NoteError: When they are too many, not UTF-8, or hold a control character.
    """
    if len(data) > MAX_SIZE:
        raise NoteError(f"longer than {MAX_SIZE} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NoteError("not UTF-8") from error
    if _CONTROL.search(text):
        raise NoteError("a control character")
    return text


def encode_base64(data: bytes) -> str:
    """Return standard base64 with padding."""
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes:
    """Read standard base64 in its one canonical form.

    Raises:
        NoteError: On other characters, missing padding, or spare bits that are not zero.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NoteError("not base64") from error
    if encode_base64(data) != text:
        raise NoteError("base64 that is not canonical")
    return data


def public_key_bytes(private_key: PrivateKey) -> bytes:
    """Return the public key as a vkey holds it."""
    return private_key.public_key().public_bytes_raw()


def verify(key: VerifierKey, message: bytes, signature: bytes) -> None:
    """Check a signature by a key of any type.

    Raises:
        UncheckedError: When the installed ``cryptography`` cannot check it.
        NoteError: When it does not verify.
    """
    is_mldsa44 = key.key_type is KeyType.COSIGNATURE_MLDSA44
    (verify_mldsa44 if is_mldsa44 else verify_ed25519)(key.public_key, message, signature)


def verify_mldsa44(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check an ML-DSA-44 signature without context (FIPS 204).

    Raises:
        UncheckedError: When the installed ``cryptography``, or its OpenSSL, has no ML-DSA.
        NoteError: When it does not verify.
    """
    if len(signature) != MLDSA44_SIGNATURE_SIZE:
        raise NoteError("a signature does not verify")
    try:
        # Imported here: an older cryptography lacks it, and all else can be checked without.
        from cryptography.hazmat.primitives.asymmetric.mldsa import (  # noqa: PLC0415 - see above
            MLDSA44PublicKey,
        )

        key = MLDSA44PublicKey.from_public_bytes(public_key)
    except (ImportError, UnsupportedAlgorithm) as error:
        raise UncheckedError("ML-DSA-44 cannot be checked here") from error
    try:
        key.verify(signature, message)
    except InvalidSignature as error:
        raise NoteError("a signature does not verify") from error


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature (RFC 8032).

    Raises:
        NoteError: When it does not verify.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise NoteError("a signature does not verify") from error
