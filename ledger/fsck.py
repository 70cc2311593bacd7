"""Recompute the log from its events and compare leaves, tiles, checkpoints and anchors (账本自检).

Source: LEDGER 6. Pure: what lies in which store is handed in; nothing is read here but tiles, and
nothing is written. One pass over the leaves; of each only its event's id stays in memory.

Which of two that differ is wrong is decided by a third: an event's stored commitment, its leaf's
hash and the tile's hash should be one; when two of them agree the third is named.

Deliberately not here: making a commitment from an event's row, content and salt. Who hands in the
leaves does that where the content was not erased, so that a change of the row or the content is
seen too.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ledger import checkpoint as checkpoints
from ledger import merkle
from ledger import policy as policies
from ledger.checkpoint import CheckpointError
from ledger.commitment import leaf_data
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, TILE_WIDTH, TileReader
from ledger.note import NoteError
from ledger.policy import Policy, PolicyError


class Kind(StrEnum):
    """What a finding is about."""

    EVENT = "event"
    LEAF = "leaf"
    TILE = "tile"
    CHECKPOINT = "checkpoint"
    ANCHOR = "anchor"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be."""

    kind: Kind
    index: int
    """Leaf index for an event, leaf or tile; size for a checkpoint or anchor."""
    event_id: str
    """The event, where one can be named; empty otherwise."""
    message: str

    def line(self) -> str:
        """Return the finding as a line of text."""
        event = f" (event {self.event_id})" if self.event_id else ""
        return f"{self.kind} {self.index}{event}: {self.message}"


@dataclass(frozen=True)
class Leaf:
    """A leaf's row with its event's commitment."""

    index: int
    event_id: str
    leaf_hash: bytes
    """32 bytes, as stored."""
    commitment: bytes | None
    """32 bytes, made anew from the event, or as stored where its content was erased.

    ``None`` if there is no such event.
    """


def check_log(
    origin: str,
    leaves: Iterable[Leaf],
    store: TileReader,
    checkpoint_roots: Mapping[int, bytes],
    anchored_roots: Mapping[int, bytes],
) -> Iterator[Finding]:
    """Compare everything that follows from the events.

    Args:
        origin: The log's origin.
        leaves: All leaves by rising index.
        store: The tiles.
        checkpoint_roots: Root by size, of every checkpoint that was signed.
        anchored_roots: Root by size, of every anchor that the chain holds.
    """
    wanted = [(size, Kind.CHECKPOINT, root) for size, root in checkpoint_roots.items()]
    wanted += [(size, Kind.ANCHOR, root) for size, root in anchored_roots.items()]
    pass_ = _Pass(origin, store, sorted(wanted, key=lambda item: item[0], reverse=True))
    yield from pass_.roots_here()
    for leaf in leaves:
        yield from pass_.take(leaf)
        yield from pass_.roots_here()
    yield from pass_.finish()


def check_note(policy: Policy, note: bytes, size: int, root: bytes) -> Iterator[Finding]:
    """Check a stored checkpoint that is said to be cosigned: its text, signatures and quorum.

    Args:
        policy: The log's policy.
        note: The signed note with its cosignatures.
        size: Size that is stored beside it.
        root: Root that is stored beside it.
    """
    try:
        found, signatures = checkpoints.parse_signed(note)
        policies.check(policy, found, signatures)
    except (NoteError, CheckpointError, PolicyError) as error:
        yield Finding(Kind.CHECKPOINT, size, "", f"its note is not to be believed: {error}")
        return
    if (found.size, found.root) != (size, root):
        yield Finding(Kind.CHECKPOINT, size, "", "its note says another size or root")


@dataclass
class _Pass:
    """One walk over the leaves."""

    origin: str
    store: TileReader
    wanted: list[tuple[int, Kind, bytes]]
    """Sizes whose roots are to be compared; the smallest is last."""
    size: int = 0
    subtrees: list[tuple[int, bytes]] = field(default_factory=list)
    """Height and hash of the complete subtrees that make up the tree, from the left."""
    rows: list[list[bytes]] = field(default_factory=lambda: [[]])
    """For each level of tiles, the hashes of the tile that is not yet full."""
    tile: list[bytes] = field(default_factory=list)
    """The level 0 tile of the next leaf as it is stored; missing hashes are empty."""
    events: set[str] = field(default_factory=set)
    last_good: int = 0
    broken: int = 0
    """How many roots differ."""

    def take(self, leaf: Leaf) -> Iterator[Finding]:
        """Check one leaf and add it to the tree."""
        if leaf.index != self.size:
            message = f"follows leaf {self.size - 1}: an index is missing or there twice"
            yield Finding(Kind.LEAF, leaf.index, leaf.event_id, message)
        if leaf.event_id in self.events:
            yield Finding(Kind.LEAF, leaf.index, leaf.event_id, "its event is a leaf already")
        self.events.add(leaf.event_id)
        if self.size % TILE_WIDTH == 0:
            self.tile = self._stored_tile(self.size // TILE_WIDTH)
        in_tile = self.tile[self.size % TILE_WIDTH]
        hashed = self._expected(leaf)
        if hashed is None:
            message = "there is no such event"
            yield Finding(Kind.EVENT, leaf.index, leaf.event_id, message)
        elif hashed not in (leaf.leaf_hash, in_tile):
            message = "its commitment is not the one that was logged"
            yield Finding(Kind.EVENT, leaf.index, leaf.event_id, message)
        elif hashed != leaf.leaf_hash:
            yield Finding(Kind.LEAF, leaf.index, leaf.event_id, "its hash is not its event's")
        if in_tile not in (hashed, leaf.leaf_hash):
            message = "the tile has another hash" if in_tile else "the tile lacks it"
            yield Finding(Kind.TILE, leaf.index, leaf.event_id, message)
        agreed = hashed if hashed and hashed in (leaf.leaf_hash, in_tile) else leaf.leaf_hash
        yield from self._add(agreed)

    def roots_here(self) -> Iterator[Finding]:
        """Compare the roots of checkpoints and anchors of the present size."""
        while self.wanted and self.wanted[-1][0] <= self.size:
            size, kind, root = self.wanted.pop()
            if root == self._root():
                self.last_good = size
                continue
            self.broken += 1
            if self.broken == 1:
                message = f"another root; something before it and after leaf {self.last_good - 1}"
                yield Finding(kind, size, "", f"{message} was changed")

    def finish(self) -> Iterator[Finding]:
        """Report what is beyond the last leaf, and check the tiles above level 0."""
        for size, kind, _ in reversed(self.wanted):
            message = f"the log has only {self.size} leaves: it was cut or rolled back"
            yield Finding(kind, size, "", message)
        if self.broken > 1:
            message = f"{self.broken - 1} roots after the first one that differs do so too"
            yield Finding(Kind.CHECKPOINT, self.size, "", message)
        for level in range(1, len(self.rows)):
            yield from self._check_tile(level, len(self.rows[level]))

    def _expected(self, leaf: Leaf) -> bytes | None:
        if leaf.commitment is None:
            return None
        return merkle.leaf_hash(leaf_data(self.origin, leaf.event_id, leaf.commitment))

    def _stored_tile(self, index: int) -> list[bytes]:
        """Return a level 0 tile as far as it is stored."""
        data, width, below, above = b"", TILE_WIDTH, 0, TILE_WIDTH + 1
        while below + 1 < above:  # The widest that can be read lies in [below, above).
            try:
                data = self.store.read_tile(0, index, width)
                below = width
            except LookupError:
                above = width
            width = (below + above) // 2
        found = [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]
        return found + [b""] * (TILE_WIDTH - len(found))

    def _add(self, leaf_hash: bytes) -> Iterator[Finding]:
        """Put a leaf into the tree and check each tile of a higher level that becomes full."""
        self.size += 1
        height, node = 0, leaf_hash
        while self.subtrees and self.subtrees[-1][0] == height:
            node = merkle.node_hash(self.subtrees.pop()[1], node)
            height += 1
            if height % merkle.TILE_HEIGHT == 0:
                yield from self._add_to_row(height // merkle.TILE_HEIGHT, node)
        self.subtrees.append((height, node))

    def _add_to_row(self, level: int, node: bytes) -> Iterator[Finding]:
        if level == len(self.rows):
            self.rows.append([])
        self.rows[level].append(node)
        if len(self.rows[level]) % TILE_WIDTH == 0:
            yield from self._check_tile(level, TILE_WIDTH)
            self.rows[level].clear()

    def _check_tile(self, level: int, width: int) -> Iterator[Finding]:
        """Compare one tile above level 0 with what the leaves demand."""
        span = TILE_WIDTH**level
        last = self.size // span - 1
        index = last // TILE_WIDTH
        try:
            stored = self.store.read_tile(level, index, width) if width else b""
        except LookupError:
            stored = b"missing"
        if stored != b"".join(self.rows[level]):
            message = f"tile {level}/{index} is not what its leaves demand"
            yield Finding(Kind.TILE, index * TILE_WIDTH * span, "", message)

    def _root(self) -> bytes:
        if not self.subtrees:
            return EMPTY_ROOT
        node = self.subtrees[-1][1]
        for _, left in reversed(self.subtrees[:-1]):
            node = merkle.node_hash(left, node)
        return node


def check_orders(
    projected: Mapping[tuple[str, int], str], on_chain: Callable[[str, int], str]
) -> Iterator[str]:
    """Compare release orders with the contract, as they stood after one block; yield what differs.

    Args:
        projected: Word of each order that is known, as hex digits; by title id and number.
        on_chain: Asks the contract for an order's word.
    """
    for (title, number), known in sorted(projected.items()):
        there = on_chain(title, number)
        if known != there:
            yield (
                f"title {title}, order {number}: the contract has {there}, the projection {known}"
            )


def check_words(
    projected: Mapping[str, tuple[str, str]],
    issued: Collection[str],
    on_chain: Callable[[str], tuple[str, str]],
) -> Iterator[str]:
    """Compare titles with the contract, both as they stood after one block; yield what differs.

    Args:
        projected: Word and second word of each title that is known, as hex digits; by title id.
        issued: Ids of all titles that the contract issued.
        on_chain: Asks the contract for both words of a title.
    """
    for title in sorted({*issued} - projected.keys()):
        yield f"title {title}: the contract issued it, the projection does not know it"
    for title, words in sorted(projected.items()):
        found = on_chain(title)
        for name, known, there in zip(("", ", second word"), words, found, strict=True):
            if known != there:
                yield f"title {title}{name}: the contract has {there}, the projection {known}"
