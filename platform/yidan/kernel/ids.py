"""UUIDv7 (RFC 9562 5.7) from a given instant and given random bits: sortable, unguessable, pure."""

import uuid
from datetime import datetime


def uuid7(at: datetime, random_bits: bytes) -> str:
    """Make a UUIDv7 from an aware instant and 10 random bytes.

    Raises:
        ValueError: not 10 random bytes.
    """
    if len(random_bits) != 10:  # noqa: PLR2004 - 74 bits are used of 80
        raise ValueError("uuid7 needs 10 random bytes")
    millis = int(at.timestamp() * 1000)
    tail = int.from_bytes(random_bits)
    value = (millis & (2**48 - 1)) << 80 | 0x7 << 76 | (tail >> 68) << 64
    value |= 0b10 << 62 | (tail & (2**62 - 1))
    return str(uuid.UUID(int=value))
