"""Tiles in a folder: names, immutability and crash safety."""

import pytest

from ledger import merkle
from ledger.tiles import (
    FolderTiles,
    MemoryTiles,
    TileMissingError,
    parse_tile_path,
    tile_path,
)


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 999, 1, "tile/0/999.p/1"),
        (2, 1000, 256, "tile/2/x001/000"),
        (0, 1234067, 112, "tile/0/x001/x234/067.p/112"),
    ],
)
def test_tiles_are_named_as_the_specification_says(level, index, width, path):
    assert tile_path(level, index, width) == path


@pytest.fixture
def hashes():
    return [merkle.leaf_hash(str(i).encode()) for i in range(600)]


def test_a_folder_and_memory_hold_the_same_tree(tmp_path, hashes):
    folder, memory = FolderTiles(tmp_path), MemoryTiles()
    for start, end in [(0, 10), (10, 256), (256, 300), (300, 600)]:
        assert merkle.append(folder, start, hashes[start:end]) == merkle.append(
            memory, start, hashes[start:end]
        )
    reopened = FolderTiles(tmp_path)
    for size in (1, 10, 255, 256, 257, 300, 512, 600):
        assert merkle.root_at(reopened, size) == merkle.root(hashes[:size])


def test_partial_tiles_go_when_the_full_one_is_there(tmp_path, hashes):
    folder = FolderTiles(tmp_path)
    merkle.append(folder, 0, hashes[:3])
    assert (tmp_path / "tile/0/000.p/3").is_file()
    merkle.append(folder, 3, hashes[3:256])
    found = {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert found == {"tile/0/000", "tile/1/000.p/1"}
    assert folder.read_tile(0, 0, 3) == b"".join(hashes[:3])


def test_a_wider_partial_tile_answers_for_a_narrower_one(tmp_path, hashes):
    folder = FolderTiles(tmp_path)
    folder.write_tile(0, 0, b"".join(hashes[:3]))
    folder.write_tile(0, 0, b"".join(hashes[:9]))
    assert folder.read_tile(0, 0, 5) == b"".join(hashes[:5])
    with pytest.raises(TileMissingError, match=r"tile/0/000\.p/10"):
        folder.read_tile(0, 0, 10)


def test_a_tile_cut_short_on_disk_is_missing_not_wrong(tmp_path, hashes):
    folder = FolderTiles(tmp_path)
    folder.write_tile(0, 0, b"".join(hashes[:3]))
    (tmp_path / "tile/0/000.p/3").write_bytes(hashes[0] + b"x")
    with pytest.raises(TileMissingError):
        folder.read_tile(0, 0, 3)


def test_an_empty_folder_has_no_tile(tmp_path):
    with pytest.raises(TileMissingError):
        FolderTiles(tmp_path / "nothing").read_tile(0, 0, 1)


def test_a_half_written_tile_is_never_read(tmp_path, hashes):
    folder = FolderTiles(tmp_path)
    folder.write_tile(0, 0, b"".join(hashes[:2]))
    (tmp_path / "tile/0/000.p.9.new").write_bytes(b"".join(hashes[:9]))
    with pytest.raises(TileMissingError):
        folder.read_tile(0, 0, 9)
    assert folder.read_tile(0, 0, 2) == b"".join(hashes[:2])


@pytest.mark.parametrize("level", [0, 1, 63])
@pytest.mark.parametrize("index", [0, 1, 999, 1000, 1234067, 999_999_999])
@pytest.mark.parametrize("width", [1, 255, 256])
def test_a_tiles_path_leads_back_to_it(level, index, width):
    assert parse_tile_path(tile_path(level, index, width)) == (level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/entries/000",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/x001/000/000",
        "tile/0/001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/００0",
        "/tile/0/000",
    ],
)
def test_what_is_not_the_one_path_of_a_tile_is_refused(path):
    with pytest.raises(ValueError, match="not the path of a tile"):
        parse_tile_path(path)
