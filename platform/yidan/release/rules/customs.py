"""What becomes of a customs decision that comes late (海关回执乱序; DOMAIN 2.0, event envelope).

Customs' own later decision counts, whichever came first to us. A stop is never lost, though: where
a later release does not say that it covers the stop, the goods are held until customs looks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yidan.release.rules.lights import CustomsLight, counts_over


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision on a bill or box."""

    status: CustomsLight
    as_of: datetime
    declaration_number: str
    equipment_reference: str = ""
    """"" for the whole bill."""

    def beaten_by(self, other: "Decision") -> bool:
        """Whether another decision counts over this one, by customs' own clock."""
        return counts_over(other.status, other.as_of, self.status, self.as_of)


class Effect(StrEnum):
    """What a decision does when it comes."""

    COUNTS = "counts"
    """It is what customs says now."""
    HELD = "held"
    """A late stop under a later release that does not name its declaration: a hold is placed."""
    COVERED = "covered"
    """A late stop whose own declaration a later decision released: nothing is stopped."""
    STOPPED = "stopped"
    """A release, but a later decision stops the goods: nothing is released."""


def effect(new: Decision, standing: Iterable[Decision]) -> tuple[Effect, Decision]:
    """What a decision does beside those that stand, and which one decided that.

    A later release covers an earlier stop only where both name the same declaration: then customs
    itself took the stop back. Anything else fails closed.

    Args:
        new: what customs says.
        standing: the latest decisions on the same goods: for a box, of the box and its whole bill;
            for a whole bill, of the bill and of each of its boxes.
    """
    later = [one for one in standing if new.beaten_by(one)]
    if new.status is CustomsLight.RELEASED:
        whole = [one for one in later if one.equipment_reference in ("", new.equipment_reference)]
        last = max(whole, key=_order, default=new)
        released = last.status is CustomsLight.RELEASED
        return (Effect.COUNTS, new) if released else (Effect.STOPPED, last)
    releases = [one for one in later if one.status is CustomsLight.RELEASED]
    if not releases:
        return Effect.COUNTS, new
    unsaid = [one for one in releases if not _same_declaration(new, one)]
    if unsaid:
        return Effect.HELD, max(unsaid, key=_order)
    return Effect.COVERED, max(releases, key=_order)


def _same_declaration(stop: Decision, release: Decision) -> bool:
    number = stop.declaration_number
    return bool(number) and number == release.declaration_number


def _order(one: Decision) -> tuple[datetime, int]:
    return (one.as_of, -list(CustomsLight).index(one.status))
