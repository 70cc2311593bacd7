"""Parties' keys that the platform keeps 托管密钥: made at first use, encrypted like the relayer's.

One key file a party under `var/keys/parties`, under the operator's passphrase where there is one.
Only the ledger's loop opens them, and only for what an authenticated person of the party recorded.
"""

from pathlib import Path
from typing import Any

from ledger.chain import typed_data
from ledger.chain.signing import address_of
from yidan.config import Settings
from yidan.proof import keystores


class Vault:
    """Signs for parties; keys stay in memory once they were opened."""

    def __init__(self, settings: Settings) -> None:
        self._folder: Path = settings.var / "keys" / "parties"
        self._passphrase_file = settings.key_passphrase_file
        self._opened: dict[str, bytes] = {}

    def address(self, party_id: str) -> str:
        """The address of a party's key, made if there is none yet.

        Raises:
            keystores.KeystoreError: it is encrypted, and the passphrase is missing or another's.
        """
        return address_of(self._key(party_id))

    def sign(self, party_id: str, typed: dict[str, Any]) -> bytes:
        """A party's 65-byte signature over typed data.

        Raises:
            keystores.KeystoreError: the key is encrypted, and the passphrase is missing.
        """
        return typed_data.sign(self._key(party_id), typed)

    def _key(self, party_id: str) -> bytes:
        if party_id not in self._opened:
            secret = keystores.passphrase(self._passphrase_file)
            self._opened[party_id] = keystores.load_or_make(self._folder, party_id, secret)
        return self._opened[party_id]
