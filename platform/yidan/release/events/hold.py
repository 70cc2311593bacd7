"""Holds placed and lifted (扣留与解除); the subject is `hold:<id>`."""

from dataclasses import dataclass
from typing import Final

from yidan.kernel.events import Event, event
from yidan.kernel.reasons import Role
from yidan.release.rules.holds import HoldKind, HoldScope


@event("release.hold_placed.v1")
@dataclass(frozen=True, kw_only=True)
class HoldPlaced(Event):
    """Goods were held (扣留); why stands in the envelope's reason."""

    hold_id: str
    scope: HoldScope
    key: str
    """Bill, box, plate number, or id, by the scope."""
    kind: HoldKind
    placed_role: Role
    """The role under which the party placed it."""
    carriers: tuple[str, ...] = ()
    """Party ids of the carriers in whose name an agent placed it; they may see and lift it."""


@event("release.hold_lifted.v1")
@dataclass(frozen=True, kw_only=True)
class HoldLifted(Event):
    """A hold was lifted (解除扣留)."""

    hold_id: str


SAMPLES: Final = (
    HoldPlaced(
        hold_id="01935300-0000-7000-8000-000000000401",
        scope=HoldScope.BL,
        key="MAEU261122001",
        kind=HoldKind.CUSTOMS,
        placed_role=Role.CUSTOMS,
        carriers=(),
    ),
    HoldLifted(hold_id="01935300-0000-7000-8000-000000000401"),
)
