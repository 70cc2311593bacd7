"""The online checker: recompute every leaf from its event, over and over (QUALITY A12).

One pass walks the log from the first leaf to the last: event row and content make the commitment,
the commitment the leaf, the leaves the tiles, the tiles the roots that were signed. Whoever changes
a row behind the platform's back is found within one pass. A pass reads a few hundred rows at a
time and holds nothing open between, so that it may take as long as it likes.
"""

from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import Engine

from ledger import fsck
from yidan.kernel.events import Event
from yidan.proof.fsck import recomputed
from yidan.store import erasing, events, log
from yidan.store.engine import reading

SLICE: Final = 500
"""Leaves read at a time."""


class _Tiles:
    """The database's tiles, each read through a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile.

        Raises:
            MissingTileError: fewer hashes are stored.
        """
        with reading(self._engine) as connection:
            return log.DatabaseTiles(connection).read_tile(level, index, width)


def check(engine: Engine, origin: str, pause: Callable[[], object] = lambda: None) -> Iterator[str]:
    """Walk the log as it stands now; yield what is wrong, a sentence each.

    Args:
        engine: of the database.
        origin: the log's.
        pause: called between two slices.
    """
    with reading(engine) as connection:
        roots = log.checkpoint_roots(connection)
        size = log.size(connection)  # read after the roots: the log may grow meanwhile
    gone: list[str] = []
    leaves = _leaves(engine, size, gone, pause)
    for finding in fsck.check_log(origin, leaves, _Tiles(engine), roots, {}):
        yield finding.line()
    yield from gone


def _leaves(
    engine: Engine, size: int, gone: list[str], pause: Callable[[], object]
) -> Iterator[fsck.Leaf]:
    """All leaves with their events' commitments made anew."""
    for start in range(0, size, SLICE):
        if start:
            pause()
        with reading(engine) as connection:
            found = log.leaves_between(connection, start, min(start + SLICE, size))
            stored = events.by_ids(connection, [leaf.event_id for leaf in found])
            erased: dict[str, tuple[str, Event]] = {}
            if any(one.salt is None for one in stored.values()):
                erased = erasing.kept_contents(connection)
        gone += [
            f"event {one.event_id}: its content is gone, and no event erased it"
            for one in stored.values()
            if one.salt is None and one.event_id not in erased
        ]
        for leaf in found:
            made = recomputed(stored[leaf.event_id]) if leaf.event_id in stored else None
            yield fsck.Leaf(leaf.index, leaf.event_id, leaf.leaf_hash, made)
