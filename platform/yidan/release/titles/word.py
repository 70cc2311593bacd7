"""The contract's title word, read (控制权字): 256 bits as fields. Pure.

Source: `contracts/title_word.vy`; LEDGER 1 and 3. A room may not see `ledger`, so the layout stands
here a second time; a test holds it against `ledger.chain.words` and the contract's own source.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class TitleState(StrEnum):
    """Where a title stands; from `released` on nothing changes any more."""

    ABSENT = "absent"
    """Never issued."""
    ACTIVE = "active"
    """有效"""
    PENDING = "pending"
    """转让待接受"""
    SURRENDERED = "surrendered"
    """已交单，待承运人确认"""
    RELEASING = "releasing"
    """交单已接受，可提货"""
    AMENDMENT = "amendment"
    """交单改单"""
    RELEASED = "released"
    """已提清"""
    VOID = "void"
    """已作废"""
    PAPER = "paper"
    """已转纸质"""
    MIGRATED = "migrated"
    """已迁移"""


STATES: Final = MappingProxyType(
    {
        0: TitleState.ABSENT,
        1: TitleState.ACTIVE,
        2: TitleState.PENDING,
        3: TitleState.SURRENDERED,
        4: TitleState.RELEASING,
        5: TitleState.AMENDMENT,
        8: TitleState.RELEASED,
        9: TitleState.VOID,
        10: TitleState.PAPER,
        11: TitleState.MIGRATED,
    }
)
"""The contract's numbers; another one cannot be read."""

ENDS: Final = frozenset(
    {TitleState.RELEASED, TitleState.VOID, TitleState.PAPER, TitleState.MIGRATED}
)
"""States that absorb everything (I3)."""

PLEDGED, APART, CHILD, FORECLOSING = 1, 2, 4, 8
"""Flags: under pledge; owner and holder are two; took others' place; a pledgee gave notice."""

BEARER: Final = 2**32 - 1
"""Handle of an owner in blank: whoever holds the title owns it."""
FREEZING: Final = 0xF0
"""Holds of court, bank, port authority and security, which freeze the title itself."""

LAYOUT: Final = MappingProxyType(
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


@dataclass(frozen=True, kw_only=True)
class Word:
    """A title's word; quantities in the document's unit, flags and gates one bit each."""

    state: TitleState
    flags: int
    quantity: int
    ordered: int
    """0 while an offer stands in its bits."""
    collected: int
    owner: int
    holder: int
    holds: int
    gates_required: int
    gates_satisfied: int
    issuer: int
    sequence: int
    taker: int
    """Handle of who may take it, in state PENDING; else 0."""
    offered_until: datetime | None
    """Last instant of the offer."""
    offered_roles: int
    """1 ownership, 2 possession, 3 both; 0 without an offer."""

    @property
    def pledged(self) -> bool:
        """Whether nothing moves it without its pledgee (I7)."""
        return bool(self.flags & PLEDGED)

    @property
    def foreclosing(self) -> bool:
        """Whether the pledgee gave notice, so that no goods leave."""
        return bool(self.flags & FORECLOSING)

    @property
    def in_one_hand(self) -> bool:
        """Whether its owner holds it."""
        return not self.flags & APART

    @property
    def open_gates(self) -> int:
        """Required gates that are not satisfied, one bit each."""
        return self.gates_required & ~self.gates_satisfied

    @property
    def frozen(self) -> bool:
        """Whether an authority keeps the title itself from moving."""
        return bool(self.holds & FREEZING)


LAST_SECOND: Final = 253_402_300_799
"""The last second of the year 9999."""
NONE: Final = "0" * 64
"""The word of a title that was never issued."""


def read(word_hex: str) -> Word:
    """Return the fields of a packed word of 64 hex digits.

    Raises:
        ValueError: it is no word of the contract.
    """
    if len(word_hex) != len(NONE):
        raise ValueError("a word has 64 hex digits")
    bits = int(word_hex, 16)
    field = {name: bits >> at & (1 << width) - 1 for name, (at, width) in LAYOUT.items()}
    if field["state"] not in STATES:
        raise ValueError(f"state {field['state']} is not known")
    state = STATES[field.pop("state")]
    noted = field["ordered"] | field["collected"] << 40
    offered = state is TitleState.PENDING
    if offered:
        field |= {"ordered": 0, "collected": 0}
    until = _instant(noted >> 32 & (1 << 40) - 1) if offered else None
    return Word(
        state=state,
        taker=noted & BEARER if offered else 0,
        offered_until=until,
        offered_roles=noted >> 72 & 3 if offered else 0,
        **field,
    )


@dataclass(frozen=True)
class Pledge:
    """The second word of a pledged title."""

    pledgee: int
    """Handle."""
    notice_s: int
    """Seconds between notice and foreclosure."""
    ends_at: datetime | None
    """End of the notice; None before it was given."""


_PLEDGE: Final = (1 << 64) - 1
"""What of a second word stays when a notice is withdrawn."""


def read_pledge(second_hex: str) -> Pledge | None:
    """Return the pledge in a second word of 64 hex digits, "" for none."""
    bits = int(second_hex or "0", 16)
    if not bits:
        return None
    ends = bits >> 64 & (1 << 40) - 1
    return Pledge(bits & BEARER, bits >> 32 & BEARER, _instant(ends) if ends else None)


def _instant(seconds: int) -> datetime:
    """UTC seconds as an instant; what lies behind the calendar's end is its end."""
    return datetime.fromtimestamp(min(seconds, LAST_SECOND), UTC)


def second_after(before: str, told: str, word: Word) -> str:
    """Return the second word after an event of the contract.

    Args:
        before: As it was, "" for none.
        told: What the event carries, "" if it carries none: then the title's word tells.
        word: The title's word after the event.
    """
    if told:
        return told
    if word.state is TitleState.PAPER:
        return before
    if word.state is TitleState.VOID or not word.pledged:
        return ""
    if not word.foreclosing and before:
        return f"{int(before, 16) & _PLEDGE:064x}"
    return before
