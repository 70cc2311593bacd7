"""Passwords: argon2id (RFC 9106), checked in the same time for unknown names."""

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher()


def hashed(password: str) -> str:
    """The argon2id hash of a password, with its salt and parameters."""
    return _HASHER.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether a password has this hash; without a hash it takes as long, and does not."""
    try:
        _HASHER.verify(password_hash or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobodys() -> str:
    return hashed("a password that nobody has")
