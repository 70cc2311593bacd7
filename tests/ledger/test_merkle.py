"""The tree: known vectors, and tiles against the plain definition of RFC 6962."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import merkle
from ledger.merkle import MemoryTiles

# Inputs and roots that Certificate Transparency code shares (transparency-dev/merkle, testonly).
LEAVES = [bytes.fromhex(h) for h in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def grown(count: int) -> tuple[MemoryTiles, list[bytes]]:
    """Return tiles over ``count`` leaves and their hashes."""
    hashes = [merkle.leaf_hash(str(i).encode()) for i in range(count)]
    store = MemoryTiles()
    merkle.append(store, 0, hashes)
    return store, hashes


def plain_root(hashes: list[bytes]) -> bytes:
    """Compute MTH as RFC 6962 section 2.1 words it."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    children = plain_root(hashes[:k]) + plain_root(hashes[k:])
    return hashlib.sha256(b"\x01" + children).digest()


@pytest.mark.parametrize("size", range(9))
def test_the_known_roots_come_out(size):
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]
    store = MemoryTiles()
    assert merkle.append(store, 0, hashes) == (size, bytes.fromhex(ROOTS[size]))
    assert merkle.root(hashes).hex() == ROOTS[size]
    assert merkle.root_at(store, size).hex() == ROOTS[size]


def test_known_proofs_come_out():
    store = MemoryTiles()
    merkle.append(store, 0, [merkle.leaf_hash(leaf) for leaf in LEAVES])
    assert [h.hex() for h in merkle.inclusion_proof(store, 2, 3)] == [
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    ]
    assert [h.hex() for h in merkle.inclusion_proof(store, 5, 8)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [h.hex() for h in merkle.consistency_proof(store, 6, 8)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=6))
def test_growing_in_any_steps_gives_the_root_of_the_definition(steps):
    store, hashes, size = MemoryTiles(), [], 0
    for step in steps:
        new = [merkle.leaf_hash(f"{size + i}".encode()) for i in range(step)]
        hashes += new
        size, root = merkle.append(store, size, new)
        assert (size, root) == (len(hashes), plain_root(hashes))
    assert merkle.leaf_hashes(store, 0, size) == hashes


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts():
    store, hashes = grown(70_000)
    assert len(store.read_tile(0, 272, 256)) == 8192
    assert len(store.read_tile(0, 273, 112)) == 112 * 32
    assert len(store.read_tile(1, 0, 256)) == 8192
    assert len(store.read_tile(1, 1, 17)) == 17 * 32
    assert len(store.read_tile(2, 0, 1)) == 32
    for absent in [(0, 273, 113), (0, 274, 1), (1, 1, 18), (2, 0, 2), (3, 0, 1)]:
        with pytest.raises(merkle.TileMissingError):
            store.read_tile(*absent)
    assert merkle.root_at(store, 70_000) == merkle.root(hashes)
    assert merkle.root_at(store, 65_537) == merkle.root(hashes[:65_537])
    assert merkle.leaf_hashes(store, 250, 600) == hashes[250:600]


def test_old_roots_stay_readable_after_growth():
    store, hashes = grown(520)
    for size in range(521):
        assert merkle.root_at(store, size) == merkle.root(hashes[:size])


def test_appending_again_after_a_crash_changes_nothing():
    store, hashes = grown(300)
    more = [merkle.leaf_hash(b"more")] * 300
    first = merkle.append(store, 300, more)
    assert merkle.append(store, 300, more) == first
    assert merkle.root_at(store, 300) == merkle.root(hashes)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index, size):
    store, _ = grown(3)
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(store, index, size)


@pytest.mark.parametrize(("size1", "size2"), [(-1, 2), (3, 2)])
def test_sizes_out_of_order_have_no_consistency_proof(size1, size2):
    store, _ = grown(3)
    with pytest.raises(ValueError, match="cannot extend"):
        merkle.consistency_proof(store, size1, size2)


@pytest.mark.parametrize("ask", [
    lambda store: merkle.root_at(store, 4),
    lambda store: merkle.append(store, 4, [bytes(32)]),
    lambda store: merkle.leaf_hashes(store, 0, 4),
])  # fmt: skip
def test_a_store_with_too_few_leaves_says_so(ask):
    store, _ = grown(3)
    with pytest.raises(merkle.TileMissingError):
        ask(store)
