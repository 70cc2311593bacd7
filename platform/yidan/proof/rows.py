"""The online checker: recompute every row from its event, over and over (QUALITY A12).

One pass walks the log from the first leaf to the last: event row and content make the commitment,
the commitment the leaf, the leaves the tiles, the tiles the roots that were signed. Whoever changes
a row behind the platform's back is found within one pass. A pass reads a few hundred rows at a
time and holds nothing open between, so that it may take as long as it likes.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from eth_utils.crypto import keccak
from rlp import decode as rlp_decode  # type: ignore[import-untyped]  # rlp ships no types
from rlp.exceptions import DecodingError  # type: ignore[import-untyped]  # rlp ships no types
from sqlalchemy import Engine

from ledger import fsck
from ledger.chain import instructions
from ledger.commitment import commit
from yidan.kernel.events import Event
from yidan.proof.fsck import recomputed
from yidan.store import chain, erasing, events, log, rebuild
from yidan.store.engine import reading

SLICE: Final = 500
"""Leaves read at a time."""
ANCHORED: Final = 4 + 32 + 32
"""Bytes of an anchor's call up to its root; who cosigned follows, and may be more by now."""


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


def check_anchors(engine: Engine) -> Iterator[str]:
    """Compare the instructions to anchor, and what was signed for them, with the checkpoints."""
    with reading(engine) as connection:
        planned = chain.all_of(connection, "anchor")
        roots = log.checkpoint_roots(connection)  # read after them: each has its checkpoint
    for instruction, attempts in planned:
        if not _is_checkpoint(instruction, roots):
            yield f"{instruction.key}: its instruction anchors what is no checkpoint of this log"
        for attempt in attempts:
            if not _says(attempt, instruction):
                yield f"{instruction.key}: a transaction signed for it says something else"


def _is_checkpoint(instruction: chain.Instruction, roots: Mapping[int, bytes]) -> bool:
    """Whether size and root that an instruction anchors are those of a checkpoint."""
    try:
        size = int(instruction.key.removeprefix("anchor:").partition("#")[0])
        wanted = instructions.anchor(size, roots[size], 0, bytes(96))
        return _data(instruction)[:ANCHORED] == wanted[:ANCHORED]
    except (KeyError, TypeError, ValueError):
        return False


def _says(attempt: chain.Attempt, instruction: chain.Instruction) -> bool:
    """Whether signed bytes are those of the hash, and do the instruction's work or take it back."""
    try:
        fields: Any = rlp_decode(attempt.raw[1:])
        nonce, said = int.from_bytes(fields[1], "big"), fields[7]
        wanted = b"" if attempt.cancels else _data(instruction)
    except (DecodingError, IndexError, KeyError, TypeError, ValueError):
        return False
    is_hashed = keccak(attempt.raw).hex() == attempt.transaction_hash
    return is_hashed and (nonce, said) == (instruction.nonce, wanted)


def _data(instruction: chain.Instruction) -> bytes:
    payload: Any = instruction.payload
    return bytes.fromhex(payload["data"])


def check_projections(engine: Engine) -> Iterator[str]:
    """Compare every projection with a replay of all events."""
    for found in rebuild.check(engine, commit).findings:
        yield f"{found.where}: {found.what}"


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
