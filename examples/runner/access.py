"""Who takes part and how they sign in: kept in `var/demo/access.json`, readable by its owner only.

The demo makes every key and password itself, at random, and keeps them, so that a second port day
goes on with the same parties. No real installation keeps its parties' secrets in one file.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass
class PartyAccess:
    """One party's access."""

    organisation_id: str = ""
    verified: bool = False
    person: str = ""
    password: str = ""
    password_set: bool = False
    client_id: str = ""
    client_key_hex: str = field(default="", repr=False)
    kiosk_id: str = ""
    kiosk_key_hex: str = field(default="", repr=False)
    appointment_id: str = ""
    """A carrier's appointment of its agent."""


@dataclass
class Access:
    """All of the demo's access."""

    path: Path
    ports: dict[str, int] = field(default_factory=dict)
    """The platform's ports by name; chosen once, since the policy names the witnesses' ones."""
    days: int = 0
    """How many port days were begun."""
    one_time_password: str = ""
    admin_password: str = ""
    parties: dict[str, PartyAccess] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what an earlier port day kept; empty if there was none."""
        if not path.exists():
            return cls(path)
        kept = json.loads(path.read_text(encoding="utf-8"))
        kept["parties"] = {key: PartyAccess(**one) for key, one in kept["parties"].items()}
        return cls(path, **kept)

    def save(self) -> None:
        """Keep everything, whole or not at all."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = {name: value for name, value in asdict(self).items() if name != "path"}
        draft = self.path.with_suffix(".draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept, file, indent=1)
        draft.replace(self.path)

    def party(self, key: str) -> PartyAccess:
        """The access of a party, new if it has none."""
        return self.parties.setdefault(key, PartyAccess())


def new_password() -> str:
    """A random password."""
    return secrets.token_urlsafe(12)


def new_key_hex() -> str:
    """A random Ed25519 private key."""
    return Ed25519PrivateKey.generate().private_bytes_raw().hex()


def key_of(key_hex: str) -> Ed25519PrivateKey:
    """The private key of its hexadecimal digits."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key_hex))
