"""Make a witness's keys at its first start and load them afterwards (见证人密钥).

One file ``witness.json`` in the witness's own folder, mode 0600, holds the name and both secret
keys: Ed25519 for cosignatures and BLS12-381 for the aggregate. The name stands in the file
because C2SP tlog-cosignature demands that an Ed25519 key is never used under two names.
"""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import bls
from ledger.checkpoint import witness_key
from ledger.note import VerifierKey, check_name
from ledger.policy import BlsKey

FILE_NAME: Final = "witness.json"
"""Name of the key file in the witness's folder."""

_OTHERS: Final = 0o077
"""Permission bits of group and world, none of which may be set."""


class KeyFileError(Exception):
    """A key file is readable by others, malformed, or another witness's."""


@dataclass(frozen=True)
class WitnessKeys:
    """A witness's name and secret keys."""

    name: str
    """Key name in signature lines."""
    ed25519: Ed25519PrivateKey
    bls_secret: bytes
    """32 bytes."""

    @property
    def vkey(self) -> VerifierKey:
        """The key that verifies its cosignatures."""
        return witness_key(self.name, self.ed25519)

    @property
    def bls(self) -> BlsKey:
        """The BLS public key with its proof of possession."""
        return BlsKey(bls.sk_to_pk(self.bls_secret), bls.pop_prove(self.bls_secret))


def load_or_create(folder: Path, name: str) -> WitnessKeys:
    """Return the keys in a folder, made now if there are none.

    Two processes that start together agree on the keys of whichever was first.

    Raises:
        KeyFileError: When the file is readable by others, malformed, or of a witness of another
            name.
        NoteError: When the name cannot stand in a signature line.
    """
    path = folder / FILE_NAME
    if not path.exists():
        check_name(name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path, name)
    return _load(path, name)


def _create(path: Path, name: str) -> None:
    content = {
        "name": name,
        "ed25519": Ed25519PrivateKey.generate().private_bytes_raw().hex(),
        "bls": bls.key_gen(secrets.token_bytes(32)).hex(),
    }
    draft = path.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)  # Unlike a rename, a link never replaces keys that are in use.
    finally:
        draft.unlink()


def _load(path: Path, name: str) -> WitnessKeys:
    if path.stat().st_mode & _OTHERS:
        raise KeyFileError(f"{path} is readable by others: chmod 600")
    try:
        content = json.loads(path.read_text())
        keys = WitnessKeys(
            content["name"],
            Ed25519PrivateKey.from_private_bytes(bytes.fromhex(content["ed25519"])),
            bytes.fromhex(content["bls"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise KeyFileError(f"{path} is malformed") from error
    if keys.name != name:
        raise KeyFileError(f"{path} holds the keys of {keys.name}, not of {name}")
    return keys
