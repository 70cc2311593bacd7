"""The platform's own keys: made at the first start, kept under `var/keys`, never defaults.

One file a key, mode 0600, written whole or not at all. Two processes that start together get the
same key: the second finds the first one's file. A key that others may read stops the start
(ARCHITECTURE 3).
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

SECRET_BYTES: Final = 32
_OTHERS: Final = 0o077


def load_or_make(folder: Path, name: str, make: Callable[[], bytes]) -> bytes:
    """The key file's bytes; made by `make` if there is none yet.

    Raises:
        PermissionError: the file may be read by others.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(path, make())
    if path.stat().st_mode & _OTHERS:
        raise PermissionError(f"{path} may be read by others; chmod 600 it, or make a new key")
    return path.read_bytes()


def secret(folder: Path, name: str) -> bytes:
    """A 32-byte secret for signing sessions and the like."""
    return load_or_make(folder, name, lambda: secrets.token_bytes(SECRET_BYTES))


def ed25519(folder: Path, name: str) -> Ed25519PrivateKey:
    """An Ed25519 private key; the file holds its 32 raw bytes."""
    made = load_or_make(folder, name, lambda: _raw(Ed25519PrivateKey.generate()))
    return Ed25519PrivateKey.from_private_bytes(made)


def p256(folder: Path, name: str) -> EllipticCurvePrivateKey:
    """A P-256 private key; the file holds it as PKCS #8 in DER."""
    made = load_or_make(folder, name, lambda: _der(generate_private_key(SECP256R1())))
    key = load_der_private_key(made, None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError(f"{folder / name} holds no P-256 key")
    return key


def _der(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _raw(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def _write_new(path: Path, data: bytes) -> None:
    """Write durably under a name of our own, then take the real name unless somebody has it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
