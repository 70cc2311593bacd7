"""Keep the Merkle tree as tiles: runs of 256 hashes at every eighth height (哈希瓦片).

Source: C2SP tlog-tiles, "Merkle Tree" and "Partial Tiles". A tile at level ``l`` and index ``n``
holds the hashes of complete subtrees of ``256**l`` leaves each; a partial tile holds fewer than
256 and lies at the right edge. Tiles are immutable: a wider tile begins with the bytes of every
narrower one at its place.

Deliberately not here: hashing (``merkle``), and entry bundles, since leaf data is kept with its
event.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

HASH_SIZE: Final = 32
"""Bytes of a SHA-256 digest."""

TILE_WIDTH: Final = 256
"""Hashes in a full tile."""


class TileMissingError(LookupError):
    """The store has no tile at this place that is wide enough."""


class TileReader(Protocol):
    """Where tiles are read. Levels, indices and widths count hashes, never bytes."""

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Return the first ``width`` hashes of a tile, ``32 * width`` bytes.

        Raises:
            TileMissingError: When no tile of at least this width is kept.
        """
        ...


class TileStore(TileReader, Protocol):
    """Where tiles are kept."""

    def write_tile(self, level: int, index: int, data: bytes) -> None:
        """Keep a tile of ``len(data) // 32`` hashes; on return it survives a crash."""
        ...


class MemoryTiles:
    """Tiles in a dictionary, for tests and for recomputing a log."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], bytes] = {}

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Return the first ``width`` hashes of a tile.

        Raises:
            TileMissingError: When no tile of at least this width is kept.
        """
        data = self._tiles.get((level, index), b"")
        if len(data) < width * HASH_SIZE:
            raise TileMissingError(tile_path(level, index, width))
        return data[: width * HASH_SIZE]

    def write_tile(self, level: int, index: int, data: bytes) -> None:
        """Keep a tile in place of the narrower one."""
        self._tiles[level, index] = data


class FolderTiles:
    """Tiles as files under a folder, named as C2SP tlog-tiles serves them.

    A tile is written beside its place, synced and renamed, so a crash leaves the old state or the
    new one. Partial tiles of one place are dropped when the full one is there, as the
    specification allows.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Return the first ``width`` hashes of a tile.

        Raises:
            TileMissingError: When no tile of at least this width is kept.
        """
        for path in self._candidates(level, index, width):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue
            if len(data) >= width * HASH_SIZE:
                return data[: width * HASH_SIZE]
        raise TileMissingError(tile_path(level, index, width))

    def write_tile(self, level: int, index: int, data: bytes) -> None:
        """Write a tile durably; a full one replaces the partial ones of its place."""
        width = len(data) // HASH_SIZE
        _write_durably(self._folder / tile_path(level, index, width), data)
        if width == TILE_WIDTH:
            shutil.rmtree(self._partials(level, index), ignore_errors=True)

    def _partials(self, level: int, index: int) -> Path:
        return self._folder / tile_path(level, index, 1).rsplit("/", 1)[0]

    def _candidates(self, level: int, index: int, width: int) -> Iterator[Path]:
        """Name the exact tile, the full one, and then any wider partial one."""
        yield self._folder / tile_path(level, index, width)
        yield self._folder / tile_path(level, index, TILE_WIDTH)
        partials = self._partials(level, index)
        if partials.is_dir():
            yield from (path for path in partials.iterdir() if int(path.name) > width)


def tile_path(level: int, index: int, width: int) -> str:
    """Return a tile's path, relative to the log's prefix.

    >>> tile_path(0, 1234067, 256)
    'tile/0/x001/x234/067'
    >>> tile_path(1, 0, 3)
    'tile/1/000.p/3'
    """
    index, last = divmod(index, 1000)
    parts = [f"{last:03d}"]
    while index:
        index, group = divmod(index, 1000)
        parts.insert(0, f"x{group:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(parts)}{partial}"


_PATH: Final = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?)/(?P<groups>(?:x[0-9]{3}/){0,6})(?P<last>[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)

MAX_LEVEL: Final = 63
"""Largest level that the specification allows."""


def parse_tile_path(path: str) -> tuple[int, int, int]:
    """Return level, index and width of a tile's path: what ``tile_path`` wrote.

    >>> parse_tile_path("tile/0/x001/x234/067")
    (0, 1234067, 256)

    Raises:
        ValueError: When it is not the one path of a tile.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise ValueError("not the path of a tile")
    index = int(found["groups"].replace("x", "").replace("/", "") + found["last"])
    tile = int(found["level"]), index, int(found["width"] or TILE_WIDTH)
    # Groups of zeros before the first, a full tile by a partial's name: two paths of one tile.
    if tile[0] > MAX_LEVEL or tile[2] > TILE_WIDTH or tile_path(*tile) != path:
        raise ValueError("not the path of a tile")
    return tile


def _write_durably(path: Path, data: bytes) -> None:
    """Write a whole file or nothing, and sync it and the folders that name it."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name that is no number: a half-written tile is never taken for a partial one.
    draft = path.parent.parent / f"{path.parent.name}.{path.name}.new"
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    for folder in {path.parent, *(made.parent for made in missing)}:
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
