"""The contract's order word, read (提货指令字): 256 bits as fields. Pure.

Source: `contracts/title_word.vy`. Like the title's word it stands here a second time; a test holds
it against `ledger.chain.words`.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class OrderState(StrEnum):
    """Where an order on the contract stands."""

    OPEN = "open"
    """可提货"""
    COMPLETE = "complete"
    """已提清"""
    REVOKED = "revoked"
    """已撤销"""


STATES: Final = MappingProxyType(
    {1: OrderState.OPEN, 2: OrderState.COMPLETE, 3: OrderState.REVOKED}
)
"""The contract's numbers."""

LAYOUT: Final = MappingProxyType(
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


@dataclass(frozen=True, kw_only=True)
class OrderWord:
    """An order's word; quantities in the title's unit."""

    state: OrderState
    terminal: int
    """Number of the terminal's office."""
    nominee: int
    """Handle, 0 where the platform alone names it."""
    authorised: int
    collected: int
    valid_until: int
    """UTC seconds."""
    issuer: int
    number: int
    """Unique in its title."""

    @property
    def counted(self) -> int:
        """What its title counts as ordered by it: of a revoked one, what was collected."""
        return self.collected if self.state is OrderState.REVOKED else self.authorised


def read(word_hex: str) -> OrderWord:
    """Return the fields of an order's word of 64 hex digits.

    Raises:
        ValueError: it is no word of an order.
    """
    bits = int(word_hex, 16)
    field = {name: bits >> at & (1 << width) - 1 for name, (at, width) in LAYOUT.items()}
    if field["state"] not in STATES:
        raise ValueError(f"order state {field['state']} is not known")
    return OrderWord(state=STATES[field.pop("state")], **field)
