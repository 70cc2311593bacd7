"""Make a witness's keys at its first start and load them afterwards (见证人密钥).

One file ``witness.json`` in the witness's own folder, mode 0600, holds the name and both secret
keys: Ed25519 for cosignatures and BLS12-381 for the aggregate. The name stands in the file
because C2SP tlog-cosignature demands that an Ed25519 key is never used under two names. A second
one, ``witness-mldsa44.json``, holds an ML-DSA-44 key where the witness was told to make one; from
then on it signs with both.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import bls
from ledger.checkpoint import witness_key
from ledger.note import PrivateKey, VerifierKey, check_name
from ledger.policy import BlsKey

FILE_NAME: Final = "witness.json"
"""Name of the key file in the witness's folder."""

MLDSA44_FILE_NAME: Final = "witness-mldsa44.json"
"""Name of the file of the additional key."""

FILE_NAMES: Final = frozenset({FILE_NAME, MLDSA44_FILE_NAME})
"""What a copy of a witness must hold beside its state."""

_SEED_SIZE: Final = 32
"""Bytes of an ML-DSA-44 secret key, the seed of FIPS 204 section 7.1."""

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
    mldsa44: "PrivateKey | None" = None
    """Of ML-DSA-44, for a second cosignature; ``None`` where none was asked for."""

    @property
    def vkey(self) -> VerifierKey:
        """The key that verifies its cosignatures."""
        return self.vkeys[0]

    @property
    def vkeys(self) -> tuple[VerifierKey, ...]:
        """The keys that verify all of them, in the order of ``signing``."""
        return tuple(witness_key(self.name, key) for key in self.signing)

    @property
    def signing(self) -> tuple[PrivateKey, ...]:
        """The keys that sign for people who verify offline, Ed25519 first."""
        return (self.ed25519, self.mldsa44) if self.mldsa44 else (self.ed25519,)

    @property
    def bls(self) -> BlsKey:
        """The BLS public key with its proof of possession."""
        return BlsKey(bls.sk_to_pk(self.bls_secret), bls.pop_prove(self.bls_secret))


def load_or_create(folder: Path, name: str, *, with_mldsa44: bool = False) -> WitnessKeys:
    """Return the keys in a folder, made now if there are none.

    Two processes that start together agree on the keys of whichever was first.

    Args:
        folder: The witness's own.
        name: Its key name.
        with_mldsa44: Whether to make the additional key too; one that is there is used anyhow.

    Raises:
        KeyFileError: When a file is readable by others, malformed, or of a witness of another
            name, or the installed ``cryptography`` has no ML-DSA-44 for the key in it.
        NoteError: When the name cannot stand in a signature line.
    """
    path, additional = folder / FILE_NAME, folder / MLDSA44_FILE_NAME
    if not path.exists():
        check_name(name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ed25519 = Ed25519PrivateKey.generate().private_bytes_raw()
        _create(path, name, ed25519=ed25519, bls=bls.key_gen(secrets.token_bytes(32)))
    keys = _load(path, name)
    if with_mldsa44 and not additional.exists():
        seed = secrets.token_bytes(_SEED_SIZE)
        _mldsa44(seed)
        _create(additional, name, mldsa44=seed)
    if additional.exists():
        return replace(keys, mldsa44=_load_mldsa44(additional, name))
    return keys


def _create(path: Path, name: str, **secret: bytes) -> None:
    content = {"name": name, **{kind: key.hex() for kind, key in secret.items()}}
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
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
    content = _read(path, name)
    try:
        ed25519 = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(content["ed25519"]))
        return WitnessKeys(name, ed25519, bytes.fromhex(content["bls"]))
    except (ValueError, KeyError, TypeError) as error:
        raise KeyFileError(f"{path} is malformed") from error


def _load_mldsa44(path: Path, name: str) -> PrivateKey:
    content = _read(path, name)
    try:
        return _mldsa44(bytes.fromhex(content["mldsa44"]))
    except (ValueError, KeyError, TypeError) as error:
        raise KeyFileError(f"{path} is malformed") from error


def _mldsa44(seed: bytes) -> PrivateKey:
    try:
        # Imported here: an older cryptography lacks it, and a witness needs it only if asked to.
        from cryptography.hazmat.primitives.asymmetric.mldsa import (  # noqa: PLC0415 - see above
            MLDSA44PrivateKey,
        )

        return MLDSA44PrivateKey.from_seed_bytes(seed)
    except (ImportError, UnsupportedAlgorithm) as error:
        raise KeyFileError("the installed cryptography has no ML-DSA-44") from error


def _read(path: Path, name: str) -> Mapping[str, Any]:
    if path.stat().st_mode & _OTHERS:
        raise KeyFileError(f"{path} is readable by others: chmod 600")
    try:
        content = json.loads(path.read_text())
        found = content["name"]
    except (ValueError, KeyError, TypeError) as error:
        raise KeyFileError(f"{path} is malformed") from error
    if found != name:
        raise KeyFileError(f"{path} holds the keys of {found}, not of {name}")
    return dict(content)
