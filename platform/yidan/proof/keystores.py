"""Keys of accounts on the chain, kept encrypted 密钥库: Web3 Secret Storage, version 3, scrypt.

One file `NAME.json` a key, which other Ethereum tools read too, with the passphrase from a file of
the operator's. Without a passphrase the key lies in a plain file `NAME`, mode 0600, as the other
platform keys do; as soon as there is one, the plain file is encrypted and removed.
"""

import json
from pathlib import Path
from typing import Final

from eth_account import Account

from yidan.store import keys

SCRYPT_N: Final = 1 << 15
"""Work factor: 32 MiB and about a tenth of a second."""


class KeystoreError(Exception):
    """The key cannot be opened: its file is broken, or the passphrase is missing or another's."""


def passphrase(file: str) -> str:
    """The passphrase in a file; "" where no file is named. A newline at its end does not count.

    Raises:
        KeystoreError: the file is missing or empty.
    """
    if not file:
        return ""
    try:
        found = Path(file).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise KeystoreError(f"the passphrase file cannot be read: {error}") from error
    if not found:
        raise KeystoreError(f"{file} is empty")
    return found


def exists(folder: Path, name: str) -> bool:
    """Whether there is such a key, in either form."""
    return (folder / name).exists() or _path(folder, name).exists()


def load_or_make(folder: Path, name: str, secret: str) -> bytes:
    """The 32-byte key, made if there is none; encrypted under `secret` unless that is empty.

    Raises:
        KeystoreError: it is encrypted, and `secret` is empty or another's.
        PermissionError: the file may be read by others.
    """
    sealed = _path(folder, name)
    if not secret:
        if sealed.exists():
            raise KeystoreError(f"{sealed} is encrypted: set YIDAN_KEY_PASSPHRASE_FILE")
        return keys.secret(folder, name)
    if not sealed.exists():
        plain = keys.secret(folder, name)
        keys.load_or_make(folder, sealed.name, lambda: _encrypted(plain, secret))
    (folder / name).unlink(missing_ok=True)
    stored = keys.load_or_make(folder, sealed.name, lambda: b"")
    try:
        return bytes(Account.decrypt(json.loads(stored), secret))
    except (ValueError, KeyError, TypeError) as error:
        raise KeystoreError(f"{sealed} does not open with this passphrase") from error


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _encrypted(key: bytes, secret: str) -> bytes:
    return json.dumps(Account.encrypt(key, secret, kdf="scrypt", iterations=SCRYPT_N)).encode()
