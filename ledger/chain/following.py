"""How far a follower's own blocks are still the chain's 跟链规则: pure, no network, no clock.

Source of the rules: LEDGER 8.6. A follower keeps number, hash and parent of every block that it
has seen but not confirmed. A reorganisation above the depth k is rolled back to the fork; one that
reaches what was confirmed is no business of a follower's: people have to look (LEDGER 0.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.chain.client import ChainError, ChainUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class DeepReorgError(ChainError):
    """The chain dropped a block that was confirmed at depth k."""


@dataclass(frozen=True)
class Seen:
    """A block that was followed: 32-byte hashes, the instant in UTC seconds."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int


def fork(seen: Sequence[Seen], canonical_hash: Callable[[int], bytes | None]) -> int:
    """Return the number of the newest followed block that is still canonical.

    Args:
        seen: What was followed, lowest number first; the first one is the confirmed one.
        canonical_hash: Asks the chain for its block of a number; None if it has none.

    Raises:
        DeepReorgError: the chain has another block in the place of the confirmed one.
        ChainUnavailableError: it has none there: an endpoint that lags behind was asked.
    """
    confirmed, found = seen[0], None
    for block in reversed(seen):
        found = canonical_hash(block.number)
        if found == block.hash:
            return block.number
    if found is None:
        raise ChainUnavailableError(f"the chain's endpoint has no block {confirmed.number} yet")
    raise DeepReorgError(
        f"block {confirmed.number} was confirmed as {confirmed.hash.hex()}; the chain dropped it"
    )


def follows(parent: Seen, child: Seen) -> bool:
    """Whether a block stands on another; if not, a reorganisation came between two questions."""
    return (child.number, child.parent_hash) == (parent.number + 1, parent.hash)


def confirmable(seen: Sequence[Seen], depth: int) -> list[Seen]:
    """Return the followed blocks that have `depth` blocks on top, without the confirmed one.

    What counts is what was followed from parent to child: the chain's own newest block may be of
    another fork by the time it is asked for.

    Args:
        seen: What was followed, lowest number first; the first one is the confirmed one.
        depth: Blocks on top of one until it counts (k).
    """
    return [block for block in seen[1:] if seen[-1].number - block.number >= depth]
