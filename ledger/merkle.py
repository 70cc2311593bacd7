"""Grow a Merkle tree over SHA-256 and prove what is in it (默克尔树).

Source: RFC 6962 section 2.1 (hashes, audit paths, consistency proofs), over the tiles of C2SP
tlog-tiles. A leaf is hashed as SHA-256(0x00 || data) and a node as SHA-256(0x01 || left ||
right), so that no node can be shown as a leaf. Indices count from 0; ranges are ``[start, end)``;
proofs are lowest sibling first.

Deliberately not here: checking a proof (``proof``), which needs no tree, and who signs a root
(``checkpoint``).
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from ledger.tiles import (
    HASH_SIZE,
    TILE_WIDTH,
    FolderTiles,
    MemoryTiles,
    TileMissingError,
    TileReader,
    TileStore,
    tile_path,
)

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "TILE_WIDTH",
    "FolderTiles",
    "MemoryTiles",
    "TileMissingError",
    "TileReader",
    "TileStore",
    "append",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "leaf_hashes",
    "node_hash",
    "root",
    "root_at",
    "tile_path",
]

TILE_HEIGHT: Final = 8
"""Tree heights that one tile spans: 256 = 2**8."""

EMPTY_ROOT: Final = hashlib.sha256().digest()
"""Root of a tree without leaves: the hash of the empty string (RFC 6962 section 2.1)."""


def leaf_hash(data: bytes) -> bytes:
    """Return the 32-byte hash of a leaf's data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node from its children's 32-byte hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes held in memory; ``EMPTY_ROOT`` for none."""
    level = list(hashes)
    while len(level) > 1:
        # Splitting at the largest power of two is pairing from the left, the odd one carried up.
        pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0] if level else EMPTY_ROOT


def append(store: TileStore, size: int, new_hashes: Sequence[bytes]) -> tuple[int, bytes]:
    """Add leaf hashes to a tree of ``size`` leaves and write the tiles that change.

    Requires that the tiles of ``size`` leaves are in the store. Appending the same hashes at the
    same size again writes the same bytes, so a crash half way is repaired by repeating the call.

    Returns:
        The new size and the new 32-byte root.

    Raises:
        TileMissingError: When the store holds fewer than ``size`` leaves.
    """
    hashes, level, count = list(new_hashes), 0, size
    while hashes:
        hashes = _append_level(store, level, count, hashes)
        level, count = level + 1, count // TILE_WIDTH
    new_size = size + len(new_hashes)
    return new_size, root_at(store, new_size)


def _append_level(store: TileStore, level: int, count: int, hashes: list[bytes]) -> list[bytes]:
    """Write one level's tiles and return the roots of those that became full."""
    index, width = divmod(count, TILE_WIDTH)
    row = _split(store.read_tile(level, index, width)) if width else []
    row += hashes
    full = []
    for start in range(0, len(row), TILE_WIDTH):
        tile = row[start : start + TILE_WIDTH]
        store.write_tile(level, index, b"".join(tile))
        index += 1
        if len(tile) == TILE_WIDTH:
            full.append(root(tile))
    return full


def root_at(store: TileReader, size: int) -> bytes:
    """Return the root of the first ``size`` leaves.

    Raises:
        TileMissingError: When the store holds fewer leaves.
    """
    return _Reader(store, size).subtree(0, size) if size else EMPTY_ROOT


def leaf_hashes(store: TileReader, start: int, end: int) -> list[bytes]:
    """Return the leaf hashes ``[start, end)`` from the tiles of a tree of at least ``end`` leaves.

    Raises:
        TileMissingError: When the store holds fewer leaves.
    """
    found: list[bytes] = []
    while start < end:
        index, first = divmod(start, TILE_WIDTH)
        last = min(end - index * TILE_WIDTH, TILE_WIDTH)
        found += _split(store.read_tile(0, index, last))[first:]
        start = index * TILE_WIDTH + last
    return found


def inclusion_proof(store: TileReader, index: int, size: int) -> list[bytes]:
    """Return the audit path of leaf ``index`` in a tree of ``size`` (RFC 6962 section 2.1.1).

    Raises:
        ValueError: When the index is not in the tree.
        TileMissingError: When the store holds fewer than ``size`` leaves.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    tree, path, start, end = _Reader(store, size), list[bytes](), 0, size
    while end - start > 1:
        middle = start + _split_point(end - start)
        if index < middle:
            path.append(tree.subtree(middle, end))
            end = middle
        else:
            path.append(tree.subtree(start, middle))
            start = middle
    return path[::-1]


def consistency_proof(store: TileReader, size1: int, size2: int) -> list[bytes]:
    """Return the proof that ``size2`` leaves extend the first ``size1`` (RFC 6962 section 2.1.2).

    Empty when the sizes are equal or ``size1`` is 0: there is nothing to prove.

    Raises:
        ValueError: When the sizes are not in order.
        TileMissingError: When the store holds fewer than ``size2`` leaves.
    """
    if not 0 <= size1 <= size2:
        raise ValueError(f"a tree of {size2} cannot extend one of {size1}")
    if size1 in (0, size2):
        return []
    tree, path, start, end = _Reader(store, size2), list[bytes](), 0, size2
    while end != size1:
        middle = start + _split_point(end - start)
        if size1 <= middle:
            path.append(tree.subtree(middle, end))
            end = middle
        else:
            path.append(tree.subtree(start, middle))
            start = middle
    if start:
        # The old tree's last complete subtree is no whole tree, so its hash must be named.
        path.append(tree.subtree(start, end))
    return path[::-1]


def _split_point(count: int) -> int:
    """Return the largest power of two below ``count``, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def _split(data: bytes) -> list[bytes]:
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


class _Reader:
    """Hashes of subtrees of one tree size; each tile is read at most once."""

    def __init__(self, store: TileReader, size: int) -> None:
        self._store = store
        self._size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def subtree(self, start: int, end: int) -> bytes:
        """Return the hash over the leaves ``[start, end)``, a range that RFC 6962 splits off."""
        count = end - start
        if count & (count - 1) == 0:
            return self._complete(count.bit_length() - 1, start // count)
        middle = start + _split_point(count)
        return node_hash(self.subtree(start, middle), self.subtree(middle, end))

    def _complete(self, height: int, index: int) -> bytes:
        """Return the hash of the ``index``-th complete subtree of ``2**height`` leaves."""
        level, above = divmod(height, TILE_HEIGHT)
        tile, first = divmod(index << above, TILE_WIDTH)
        return root(self._tile(level, tile)[first : first + (1 << above)])

    def _tile(self, level: int, index: int) -> list[bytes]:
        if (level, index) not in self._tiles:
            in_level = self._size >> (TILE_HEIGHT * level)
            width = min(TILE_WIDTH, in_level - index * TILE_WIDTH)
            self._tiles[level, index] = _split(self._store.read_tile(level, index, width))
        return self._tiles[level, index]
