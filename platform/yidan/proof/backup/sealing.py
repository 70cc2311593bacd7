"""Encrypt a file under a passphrase 口令加密: scrypt, then AES-256-GCM in numbered chunks.

Source of the rules: RFC 7914 (scrypt), NIST SP 800-38D (GCM), and the STREAM construction of
Hoang, Reyhanitabar, Rogaway and Vizár (CRYPTO 2015): the nonce carries the chunk's number and
whether it is the last one, so that chunks cannot be cut off, swapped or taken from another file.
Each file has a key of its own, derived (RFC 5869) from the passphrase's key and the file's name.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

CHUNK: Final = 1 << 20
"""Bytes of plain text in one chunk."""
TAG: Final = 16
"""Bytes that GCM adds to each chunk."""
KEY_BYTES: Final = 32


class SealError(Exception):
    """The passphrase is wrong, or the file was cut off or changed."""


@dataclass(frozen=True)
class Seal:
    """A key made from a passphrase, and how it was made."""

    salt: bytes
    key: bytes
    n: int = 1 << 15
    """Work factor: 32 MiB and about a tenth of a second."""
    r: int = 8
    p: int = 1

    @classmethod
    def of(cls, passphrase: bytes, made_by: dict[str, Any] | None = None) -> "Seal":
        """A new seal, or the one that the parameters of a set describe.

        Raises:
            SealError: the passphrase is empty, or the parameters are not ours.
        """
        if not passphrase:
            raise SealError("the passphrase is empty")
        given = made_by or {"kdf": "scrypt", "salt": secrets.token_hex(16)}
        n, r, p = (given.get(name, default) for name, default in (("n", cls.n), ("r", 8), ("p", 1)))
        if given.get("kdf") != "scrypt" or (n, r, p) != (cls.n, cls.r, cls.p):
            raise SealError("the set is sealed in a way this version does not know")
        salt = bytes.fromhex(given["salt"])
        return cls(salt, Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p).derive(passphrase))

    def described(self) -> dict[str, Any]:
        """How to make the key again from the passphrase."""
        return {"kdf": "scrypt", "n": self.n, "r": self.r, "p": self.p, "salt": self.salt.hex()}

    def _cipher(self, name: str) -> AESGCM:
        made = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=name.encode())
        return AESGCM(made.derive(self.key))

    def sealed(self, name: str, source: BinaryIO) -> Iterator[bytes]:
        """The chunks of a file, encrypted."""
        cipher, number = self._cipher(name), 0
        block = source.read(CHUNK)
        while True:
            following = source.read(CHUNK)
            yield cipher.encrypt(_nonce(number, last=not following), block, None)
            if not following:
                return
            block, number = following, number + 1

    def opened(self, name: str, source: BinaryIO) -> Iterator[bytes]:
        """The chunks of a sealed file, decrypted; nothing is given out that is not authentic.

        Raises:
            SealError: the passphrase is wrong, or the file was cut off or changed.
        """
        cipher, number = self._cipher(name), 0
        block = source.read(CHUNK + TAG)
        while True:
            following = source.read(CHUNK + TAG)
            try:
                yield cipher.decrypt(_nonce(number, last=not following), block, None)
            except InvalidTag:
                raise SealError(f"{name}: wrong passphrase, or the file was changed") from None
            if not following:
                return
            block, number = following, number + 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
