"""Say how large the log is and what its root is, signed by the log and by witnesses (检查点).

Source: C2SP tlog-checkpoint (the note's text and the log's signature) and tlog-cosignature (what a
witness signs, with the time at which it saw the checkpoint: Ed25519 over ``cosignature/v1``, and
ML-DSA-44 over ``subtree/v1``).

Deliberately not here: who is trusted (``policy``) and the BLS signature for the chain
(``aggregate``).
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import note
from ledger.merkle import HASH_SIZE
from ledger.note import (
    KeyType,
    Note,
    NoteError,
    PrivateKey,
    Signature,
    VerifierKey,
    decode_base64,
    encode_base64,
    public_key_bytes,
    verify_ed25519,
)

MAX_TREE_SIZE: Final = 2**63 - 1
"""Largest size and latest time that a signed 64-bit integer holds."""

TIMESTAMP_SIZE: Final = 8
"""Bytes of the big-endian time before a cosignature."""

_SUBTREE: Final = b"subtree/v1\n\0"
"""Label of what is signed with ML-DSA-44."""

_MAX_OPAQUE: Final = 255
"""Most bytes of a name in it."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class CheckpointError(ValueError):
    """A checkpoint's text is malformed."""


@dataclass(frozen=True)
class Checkpoint:
    """A log's name, size and root."""

    origin: str
    """Unique name of the log."""
    size: int
    """Number of leaves."""
    root: bytes
    """32-byte root over them."""
    extensions: tuple[str, ...] = ()
    """Opaque further lines; our log writes none."""

    def body(self) -> str:
        r"""Return the text that is signed.

        >>> Checkpoint("example.com/log", 3, bytes(32)).body()
        'example.com/log\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'
        """
        root = encode_base64(self.root)
        return "".join(
            f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions)
        )

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read a checkpoint's text.

        Raises:
            CheckpointError: When a line is missing, empty or malformed.
        """
        *lines, last = body.split("\n")
        if last or len(lines) < 3 or not all(lines):  # noqa: PLR2004 - origin, size and root
            raise CheckpointError("a checkpoint has at least three lines, none empty")
        origin, size, encoded, *extensions = lines
        try:
            root = decode_base64(encoded)
        except NoteError as error:
            raise CheckpointError("a root is not base64") from error
        if len(root) != HASH_SIZE:
            raise CheckpointError("a root is not 32 bytes")
        return cls(origin, parse_decimal(size), root, tuple(extensions))


def parse_decimal(text: str) -> int:
    """Read an ASCII decimal without leading zeroes, at most 2**63 - 1.

    Raises:
        CheckpointError: On anything else.
    """
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_TREE_SIZE:
        raise CheckpointError("a size is not a plain decimal below 2**63")
    return int(text)


def sign(checkpoint: Checkpoint, private_key: Ed25519PrivateKey) -> Signature:
    """Sign a checkpoint as its log, under the origin as key name."""
    payload = private_key.sign(checkpoint.body().encode())
    key = log_key(checkpoint.origin, private_key)
    return Signature(key.name, key.key_id, payload)


def cosign(checkpoint: Checkpoint, name: str, private_key: PrivateKey, time: int) -> Signature:
    """Sign a checkpoint as a witness.

    Args:
        checkpoint: What the witness found to extend all it saw before.
        name: The witness's key name.
        private_key: The witness's key, used for this name alone.
        time: POSIX seconds of signing, at least 1.

    Raises:
        NoteError: When the key is of ML-DSA-44 and a name too long for it.
    """
    key = witness_key(name, private_key)
    signature = private_key.sign(_message(checkpoint, key, time))
    return Signature(key.name, key.key_id, time.to_bytes(TIMESTAMP_SIZE, "big") + signature)


def log_key(origin: str, private_key: Ed25519PrivateKey) -> VerifierKey:
    """Return the vkey of a log."""
    return VerifierKey(origin, KeyType.ED25519, public_key_bytes(private_key))


def witness_key(name: str, private_key: PrivateKey) -> VerifierKey:
    """Return the vkey of a witness."""
    is_ed25519 = isinstance(private_key, Ed25519PrivateKey)
    key_type = KeyType.COSIGNATURE_V1 if is_ed25519 else KeyType.COSIGNATURE_MLDSA44
    return VerifierKey(name, key_type, public_key_bytes(private_key))


def is_by(signature: Signature, key: VerifierKey) -> bool:
    """Tell whether a signature line names this key; says nothing about its validity."""
    return (signature.name, signature.key_id) == (key.name, key.key_id)


def verify(checkpoint: Checkpoint, key: VerifierKey, signature: Signature) -> int:
    """Check a log's signature or a witness's cosignature.

    Returns:
        The POSIX second at which a witness signed; 0 for a log, which signs no time.

    Raises:
        UncheckedError: When the installed ``cryptography`` cannot check it.
        NoteError: When the line names another key, or the signature does not verify.
    """
    if not is_by(signature, key):
        raise NoteError("a signature is of another key")
    if key.key_type is KeyType.ED25519:
        verify_ed25519(key.public_key, checkpoint.body().encode(), signature.payload)
        return 0
    time = int.from_bytes(signature.payload[:TIMESTAMP_SIZE], "big")
    if not 0 < time <= MAX_TREE_SIZE:
        raise NoteError("a cosignature carries no time")
    message = _message(checkpoint, key, time)
    note.verify(key, message, signature.payload[TIMESTAMP_SIZE:])
    return time


def parse_signed(data: bytes) -> tuple[Checkpoint, tuple[Signature, ...]]:
    """Read a signed checkpoint; nothing is verified yet.

    Raises:
        NoteError: When the bytes are no note.
        CheckpointError: When the note is no checkpoint.
    """
    found = Note.parse(data)
    return Checkpoint.parse(found.text), found.signatures


def _message(checkpoint: Checkpoint, key: VerifierKey, time: int) -> bytes:
    """Return what a witness signs with this key.

    A ``cosignature/v1`` is a header, the time and the checkpoint's text; a ``subtree/v1`` names the
    witness too, and of the checkpoint all but extension lines: of these it says nothing.
    """
    if key.key_type is KeyType.COSIGNATURE_V1:
        return f"cosignature/v1\ntime {time}\n{checkpoint.body()}".encode()
    start, end = 0, checkpoint.size
    return b"".join(
        [
            _SUBTREE,
            _opaque(key.name),
            time.to_bytes(8, "big"),
            _opaque(checkpoint.origin),
            start.to_bytes(8, "big"),
            end.to_bytes(8, "big"),
            checkpoint.root,
        ]
    )


def _opaque(name: str) -> bytes:
    """Return a name with its length before it (RFC 8446 section 3.4)."""
    data = name.encode()
    if len(data) > _MAX_OPAQUE:
        raise NoteError(f"a name is longer than {_MAX_OPAQUE} bytes, the most of ML-DSA-44")
    return bytes([len(data)]) + data
