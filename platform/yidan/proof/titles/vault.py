"""Parties' keys that the platform keeps 托管密钥: made at first use, encrypted like the relayer's.

One key file a party under `var/keys/parties`, under the operator's passphrase where there is one.
Only the ledger's loop opens them, and only for what an authenticated person of the party recorded.
A key that is lost is not made anew for a party whose key the contract has: it would sign in vain.
"""

from pathlib import Path
from typing import Any, Final

from ledger.chain import typed_data
from ledger.chain.signing import address_of
from yidan.config import Settings
from yidan.proof import keystores
from yidan.proof.keystores import KeystoreError
from yidan.release.titles.tables import Party

KEY_BYTES: Final = 32


class Vault:
    """Signs for parties; keys stay in memory once they were opened."""

    def __init__(self, settings: Settings) -> None:
        self._folder: Path = settings.var / "keys" / "parties"
        self._passphrase_file = settings.key_passphrase_file
        self._opened: dict[str, bytes] = {}

    def address(self, party_id: str) -> str:
        """The address of a party's key, made if there is none yet.

        Raises:
            KeystoreError: it cannot be opened.
        """
        return address_of(self._key(party_id))

    def sign(self, party: Party, typed: dict[str, Any]) -> bytes:
        """A party's 65-byte signature over typed data.

        Raises:
            KeystoreError: the key cannot be opened, or is not the one that the contract has.
        """
        if party.key and not keystores.exists(self._folder, party.party_id):
            raise KeystoreError(f"the key of party {party.party_id} is not there")
        key = self._key(party.party_id)
        if party.key not in ("", address_of(key)):
            raise KeystoreError(f"the key of party {party.party_id} is not the contract's")
        return typed_data.sign(key, typed)

    def _key(self, party_id: str) -> bytes:
        if party_id not in self._opened:
            secret = keystores.passphrase(self._passphrase_file)
            try:
                key = keystores.load_or_make(self._folder, party_id, secret)
            except OSError as error:
                raise KeystoreError(f"the key of party {party_id}: {error}") from error
            if len(key) != KEY_BYTES:
                raise KeystoreError(f"the key of party {party_id} has not {KEY_BYTES} bytes")
            self._opened[party_id] = key
        return self._opened[party_id]
