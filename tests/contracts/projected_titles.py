"""The platform's own view of titles, folded from the contract's logs as its follower does it.

The tables are real, in a SQLite database in memory; the code is the platform's, from the logs of a
block to the row. Each act is a block. One transaction holds all acts of one machine, and is rolled
back after them: what takes time is writing, not a commit.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak
from sqlalchemy import select

from ledger.chain.following import Seen
from ledger.commitment import commit
from yidan import bootstrap
from yidan.kernel.events import SYSTEM
from yidan.proof.titles import follower
from yidan.proof.titles.outcomes import Log
from yidan.release.titles.tables import TitleRow
from yidan.store import followers
from yidan.store.engine import make_engine
from yidan.store.unit_of_work import Workshop

if TYPE_CHECKING:
    from ledger.chain.events import LedgerEvent

_TITLE = TitleRow.__table__
WORDS = select(_TITLE.c.id, _TITLE.c.word, _TITLE.c.second)


@cache
def workshop() -> Workshop:
    """Return units of work on a database that this process alone has."""
    list(bootstrap.furniture("events", "tables"))
    engine = make_engine("sqlite:///:memory:")
    bootstrap.make_schema(engine)
    return Workshop(engine, commit, followers.consumers_of)


class ProjectedTitles:
    """`titles_title` after the logs that it was told."""

    def __init__(self) -> None:
        self._uow = workshop().open(SYSTEM).__enter__()
        self._block = 0

    def close(self) -> None:
        """Forget everything."""
        self._uow.__exit__(None, None, None)

    def tell(self, events: list[LedgerEvent], now: int) -> None:
        """Record a block with one transaction that logged this."""
        self._block += 1
        number = self._block
        block = keccak(number.to_bytes(32, "big"))
        logs = [
            Log(replace(event, block_number=number), keccak(block), index)
            for index, event in enumerate(events)
        ]
        parent = keccak((number - 1).to_bytes(32, "big"))
        follower._record(self._uow, Seen(number, block, parent, now), logs)

    def words(self) -> dict[bytes, tuple[int, int]]:
        """Return word and second word of every title that the platform knows."""
        return {
            bytes.fromhex(title): (int(word, 16), int(second or "0", 16))
            for title, word, second in self._uow.connection.execute(WORDS)
        }
