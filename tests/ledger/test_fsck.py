"""The self-check: silent on a sound log, and each damage is named by its leaf and event."""

from dataclasses import replace
from typing import ClassVar

import pytest

from ledger import fsck, merkle
from ledger.commitment import leaf_data
from ledger.fsck import Finding, Kind, Leaf, check_orders, check_words

ORIGIN = "yidan.example/log"
SIZE = 700
COMMITMENTS = [bytes([i % 256]) * 32 for i in range(SIZE)]


def a_leaf(index: int) -> Leaf:
    data = leaf_data(ORIGIN, f"event-{index}", COMMITMENTS[index])
    return Leaf(index, f"event-{index}", merkle.leaf_hash(data), COMMITMENTS[index])


LEAVES = [a_leaf(i) for i in range(SIZE)]
HASHES = [leaf.leaf_hash for leaf in LEAVES]
CHECKPOINTS = {size: merkle.root(HASHES[:size]) for size in (0, 1, 100, 256, 512, 699, 700)}
ANCHORS = {size: CHECKPOINTS[size] for size in (100, 512)}


def tiles(hashes=HASHES) -> merkle.MemoryTiles:
    store = merkle.MemoryTiles()
    merkle.append(store, 0, hashes)
    return store


def check(leaves=LEAVES, store=None, checkpoints=CHECKPOINTS, anchors=ANCHORS):
    return list(fsck.check_log(ORIGIN, leaves, store or tiles(), checkpoints, anchors))


def with_leaf(index, **changes):
    return [*LEAVES[:index], replace(LEAVES[index], **changes), *LEAVES[index + 1 :]]


def with_tile(level, index, data):
    store = tiles()
    store.write_tile(level, index, data)
    return store


def test_a_sound_log_has_no_finding():
    assert check() == []


def test_an_empty_log_has_no_finding():
    assert check([], merkle.MemoryTiles(), {0: merkle.EMPTY_ROOT}, {}) == []


@pytest.mark.parametrize("index", [0, 255, 256, 699])
def test_a_changed_event_is_named_and_nothing_else(index):
    assert check(with_leaf(index, commitment=bytes(31) + b"x")) == [
        Finding(
            Kind.EVENT,
            index,
            f"event-{index}",
            "its commitment is not the one that was logged",
        )
    ]


def test_a_missing_event_is_named():
    (finding,) = check(with_leaf(300, commitment=None))
    assert finding.line() == "event 300 (event event-300): there is no such event"


def test_a_changed_leaf_row_is_named():
    (finding,) = check(with_leaf(300, leaf_hash=bytes(32)))
    assert finding.line() == "leaf 300 (event event-300): its hash is not its event's"


def test_a_changed_hash_in_a_tile_is_named():
    data = b"".join(HASHES[256:300]) + bytes(32) + b"".join(HASHES[301:512])
    (finding,) = check(store=with_tile(0, 1, data))
    assert finding.line() == "tile 300 (event event-300): the tile has another hash"


def test_a_tile_that_was_cut_short_is_named_leaf_by_leaf():
    findings = check(store=with_tile(0, 2, b"".join(HASHES[512:697])))
    assert [(f.kind, f.index, f.message) for f in findings] == [
        (Kind.TILE, index, "the tile lacks it") for index in (697, 698, 699)
    ]


def test_a_missing_tile_is_named_leaf_by_leaf():
    store = merkle.MemoryTiles()
    merkle.append(store, 0, HASHES[:512])
    store.write_tile(1, 0, tiles().read_tile(1, 0, 2))
    assert [f.index for f in check(store=store)] == list(range(512, 700))


def test_a_changed_tile_above_the_leaves_is_named():
    (finding,) = check(store=with_tile(1, 0, bytes(64)))
    assert finding.line() == "tile 0: tile 1/0 is not what its leaves demand"


def test_a_missing_tile_above_the_leaves_is_named():
    (finding,) = check(store=with_tile(1, 0, bytes(32)))
    assert "tile 1/0" in finding.message


def test_full_tiles_of_the_second_level_are_checked():
    hashes = [merkle.leaf_hash(b"")] * 65_536
    store = tiles(hashes)
    leaves = [Leaf(i, str(i), hashes[0], None) for i in range(65_536)]
    store.write_tile(2, 0, bytes(32))
    found = [f for f in fsck.check_log(ORIGIN, leaves, store, {}, {}) if f.kind is Kind.TILE]
    assert [f.message[:8] for f in found] == ["tile 2/0"]  # and 1/0, which is full, is sound


def test_a_changed_checkpoint_is_named_with_where_to_look():
    (finding,) = check(checkpoints={**CHECKPOINTS, 256: bytes(32)})
    assert finding.kind is Kind.CHECKPOINT
    assert finding.index == 256
    assert "after leaf 99" in finding.message


def test_a_changed_anchor_is_named():
    (finding,) = check(anchors={512: bytes(32)})
    assert (finding.kind, finding.index) == (Kind.ANCHOR, 512)


def test_events_leaves_and_tiles_changed_together_still_miss_the_checkpoints():
    forged = replace(LEAVES[150], commitment=bytes(32))
    data = leaf_data(ORIGIN, forged.event_id, bytes(32))
    forged = replace(forged, leaf_hash=merkle.leaf_hash(data))
    leaves = [*LEAVES[:150], forged, *LEAVES[151:]]
    first, more = check(leaves, tiles([leaf.leaf_hash for leaf in leaves]), anchors={})
    assert (first.kind, first.index) == (Kind.CHECKPOINT, 256)
    assert "after leaf 99" in first.message
    assert more.message == "3 roots after the first one that differs do so too"


def test_a_log_that_was_cut_is_told_by_checkpoints_and_anchors():
    store = merkle.MemoryTiles()
    merkle.append(store, 0, HASHES[:300])
    findings = check(LEAVES[:300], store)
    assert {(f.kind, f.index) for f in findings} == {
        (Kind.CHECKPOINT, 512),
        (Kind.CHECKPOINT, 699),
        (Kind.CHECKPOINT, 700),
        (Kind.ANCHOR, 512),
    }
    assert all("cut or rolled back" in f.message for f in findings)


def test_a_missing_index_and_a_repeated_event_are_named():
    leaves = [*LEAVES[:10], *LEAVES[11:]]
    assert (Kind.LEAF, 11) in {(f.kind, f.index) for f in check(leaves)}
    twice = with_leaf(20, event_id="event-19")
    assert "its event is a leaf already" in {f.message for f in check(twice)}


def test_a_sound_note_has_no_finding(cast, proved):
    root = proved.checkpoint.root
    assert list(fsck.check_note(cast.policy, proved.note, 9, root)) == []


@pytest.mark.parametrize(("size", "root"), [(8, None), (9, bytes(32))])
def test_a_note_of_another_checkpoint_is_named(cast, proved, size, root):
    root = root or proved.checkpoint.root
    (finding,) = fsck.check_note(cast.policy, proved.note, size, root)
    assert finding.message == "its note says another size or root"


def test_a_note_that_is_not_to_be_believed_is_named(cast, proved):
    for note in (b"nonsense", proved.note.replace(b"\n9\n", b"\n8\n")):
        (finding,) = fsck.check_note(cast.policy, note, 9, proved.checkpoint.root)
        assert "not to be believed" in finding.message


class TestTitleWords:
    """Titles against the contract, word by word."""

    WORDS: ClassVar = {"aa": ("01", "00"), "bb": ("02", "07")}

    def found(self, issued, contract):
        return list(check_words(self.WORDS, issued, contract.__getitem__))

    def test_titles_that_agree_are_no_finding(self):
        assert self.found(["aa", "bb"], self.WORDS) == []

    def test_every_word_that_differs_is_named(self):
        contract = {"aa": ("03", "00"), "bb": ("02", "08")}
        assert self.found(["aa", "bb"], contract) == [
            "title aa: the contract has 03, the projection 01",
            "title bb, second word: the contract has 08, the projection 07",
        ]

    def test_every_order_that_differs_is_named(self):
        projected = {("aa", 4): "01", ("aa", 5): "02"}
        found = check_orders(projected, lambda _title, number: f"0{number - 3}")
        assert list(found) == []
        (wrong,) = check_orders(projected, lambda *_: "01")
        assert wrong == "title aa, order 5: the contract has 01, the projection 02"

    def test_a_title_that_only_the_contract_has_is_named(self):
        assert self.found(["cc", "aa"], self.WORDS) == [
            "title cc: the contract issued it, the projection does not know it"
        ]
