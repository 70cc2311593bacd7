"""Title word and order word 控制权字、提货指令字: the packed 256 bits of the contract, as fields.

Source of the rule: `contracts/title_word.vy`, LEDGER 1 and 3; a test packs and unpacks against
the contract.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class TitleState(IntEnum):
    """State of a title; 8 and above are ends."""

    ABSENT = 0
    ACTIVE = 1
    PENDING = 2
    SURRENDERED = 3
    RELEASING = 4
    AMENDMENT = 5
    RELEASED = 8
    VOID = 9
    PAPER = 10
    MIGRATED = 11


class Flag(IntFlag):
    """What else is to be known of a title."""

    PLEDGED = 1
    APART = 2
    """Owner and holder are two."""
    CHILD = 4
    """It took the place of other titles."""
    FORECLOSING = 8
    """The pledgee has given notice: no goods leave."""


class Roles(IntFlag):
    """What a proposal offers."""

    OWNER = 1
    HOLDER = 2


BEARER: Final = 2**32 - 1
"""The owner of a title endorsed in blank: whoever holds it."""


class OrderState(IntEnum):
    """State of a release order."""

    ABSENT = 0
    OPEN = 1
    COMPLETE = 2
    REVOKED = 3


PLEDGE_LAYOUT: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"pledgee": (0, 32), "notice_s": (32, 32), "ends_at": (64, 40)}
)
"""Field to offset and width in bits, counted from the least significant."""

TITLE_LAYOUT: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "state": (0, 4),
        "flags": (4, 4),
        "quantity": (8, 40),
        "ordered": (48, 40),
        "collected": (88, 40),
        "owner": (128, 32),
        "holder": (160, 32),
        "holds": (192, 8),
        "gates_required": (200, 8),
        "gates_satisfied": (208, 8),
        "issuer": (216, 16),
        "sequence": (232, 24),
    }
)
"""Field to offset and width in bits, counted from the least significant."""

ORDER_LAYOUT: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "state": (0, 4),
        "terminal": (8, 16),
        "nominee": (24, 32),
        "authorised": (56, 40),
        "collected": (96, 40),
        "valid_until": (136, 40),
        "issuer": (176, 16),
        "number": (192, 24),
    }
)
"""Field to offset and width in bits, counted from the least significant."""


@dataclass(frozen=True)
class Offer:
    """A title on offer: to whom, until when (UTC seconds, the last one counts), and what of it."""

    taker: int
    until: int
    roles: Roles

    def noted(self) -> dict[str, int]:
        """Return the fields of a title's word that hold it."""
        bits = self.taker | self.until << 32 | self.roles << 72
        return {"ordered": bits & (1 << 40) - 1, "collected": bits >> 40}


@dataclass(frozen=True)
class TitleWord:
    """A title's word, unpacked; quantities in the unit of the document (kilograms for bulk)."""

    state: int = 0
    flags: int = 0
    quantity: int = 0
    ordered: int = 0
    collected: int = 0
    owner: int = 0
    holder: int = 0
    holds: int = 0
    gates_required: int = 0
    gates_satisfied: int = 0
    issuer: int = 0
    sequence: int = 0

    @property
    def offer(self) -> Offer:
        """What is on offer, if the state is PENDING: these bits hold quantities otherwise."""
        noted = self.ordered | self.collected << 40
        return Offer(noted & BEARER, noted >> 32 & (1 << 40) - 1, Roles(noted >> 72 & 3))

    @classmethod
    def unpack(cls, word: int) -> TitleWord:
        """Return the fields of a packed word."""
        return cls(**_unpacked(word, TITLE_LAYOUT))

    def pack(self) -> int:
        """Return the packed word.

        Raises:
            ValueError: a field does not fit.
        """
        return _packed(self, TITLE_LAYOUT)


@dataclass(frozen=True)
class OrderWord:
    """A release order's word, unpacked; `valid_until` in UTC seconds."""

    state: int = 0
    terminal: int = 0
    nominee: int = 0
    authorised: int = 0
    collected: int = 0
    valid_until: int = 0
    issuer: int = 0
    number: int = 0

    @classmethod
    def unpack(cls, word: int) -> OrderWord:
        """Return the fields of a packed word."""
        return cls(**_unpacked(word, ORDER_LAYOUT))

    def pack(self) -> int:
        """Return the packed word.

        Raises:
            ValueError: a field does not fit.
        """
        return _packed(self, ORDER_LAYOUT)


@dataclass(frozen=True)
class PledgeWord:
    """The second word of a pledged title; `ends_at` in UTC seconds, 0 before a notice."""

    pledgee: int = 0
    notice_s: int = 0
    ends_at: int = 0

    @classmethod
    def unpack(cls, word: int) -> PledgeWord:
        """Return the fields of a packed word."""
        return cls(**_unpacked(word, PLEDGE_LAYOUT))

    def pack(self) -> int:
        """Return the packed word.

        Raises:
            ValueError: a field does not fit.
        """
        return _packed(self, PLEDGE_LAYOUT)


def _unpacked(word: int, layout: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    return {name: (word >> at) & ((1 << width) - 1) for name, (at, width) in layout.items()}


def _packed(
    record: TitleWord | OrderWord | PledgeWord, layout: Mapping[str, tuple[int, int]]
) -> int:
    word = 0
    for field in fields(record):
        at, width = layout[field.name]
        value = int(getattr(record, field.name))
        if not 0 <= value < 1 << width:
            raise ValueError(f"{field.name} does not fit into {width} bits")
        word |= value << at
    return word
