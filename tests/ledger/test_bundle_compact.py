"""The compact form: exactly one for each bundle, small, and nothing in it goes unproved."""

from dataclasses import replace

import pytest

from ledger import bundle, bundle_format, commitment, merkle
from ledger import checkpoint as checkpoints
from ledger.bundle import Bare, BundleError, EventProof, Part, Whole
from ledger.bundle_compact import MAGIC, MAX_COMPACT_SIZE, pack, pack_text, read, unpack
from ledger.bundle_words import number, word
from ledger.checkpoint import Checkpoint
from ledger.commitment import Disclosure, Step
from ledger.note import Note
from ledger.verify import Outcome, verify_bundle
from tests.ledger.mutations import changed, with_another_byte

SALT = bytes(range(32))
DOCUMENT = {
    "eventId": "0193a000-0000-7000-8000-000000000001",
    "content": {"digest": "c0ffee" * 9 + "0", "seals": ["CN1", "单"], "none": None, "list": []},
    "count": 2**53 - 1,
    "odd": "abc",
    "hex": "00ff",
    "true": True,
    "deep": {"a~b": {"c/d": "\n\u2028"}},
}


def test_all_forms_are_one_bundle(cast, several):
    found = bundle.decode(several)
    for data in (several, pack(found), pack_text(found).encode()):
        assert read(data) == found
        assert bundle.encode(read(data)) == several
        assert verify_bundle(data, cast.policy).outcome is Outcome.VALID


def test_it_is_less_than_half_as_long(proved, several):
    for data in (proved.data, several):
        assert len(pack(bundle.decode(data))) < len(data) / 2


def test_of_1000_random_changes_none_is_accepted(cast, several):
    data = pack(bundle.decode(several))
    tried, seed = changed(1_000, data, with_another_byte)
    good = [one for one in tried if verify_bundle(one, cast.policy).outcome is Outcome.VALID]
    assert good == [], seed


def test_of_500_random_changes_of_its_text_none_is_accepted(cast, several):
    data = pack_text(bundle.decode(several)).encode()
    tried, seed = changed(500, data, with_another_byte)
    good = [one for one in tried if verify_bundle(one, cast.policy).outcome is Outcome.VALID]
    assert good == [], seed


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 11])
def test_every_choice_of_leaves_and_fields_comes_back(cast, size):
    """Every pair of leaves in trees of many shapes, shown in part, in full and bare."""
    committed = commitment.commit(DOCUMENT, SALT)
    leaves = [
        merkle.leaf_hash(commitment.leaf_data(cast.origin, f"event {i}", committed))
        for i in range(size)
    ]
    store = merkle.MemoryTiles()
    _, root = merkle.append(store, 0, leaves)
    checkpoint = Checkpoint(cast.origin, size, root)
    note = Note(checkpoint.body(), (checkpoints.sign(checkpoint, cast.log),)).encode()
    policy = replace(cast.policy, quorum="none")
    paths = [path for path, _ in commitment.flatten(DOCUMENT)]
    for first in range(size):
        for second in range(first, size):
            shown = paths[first % len(paths) :: 1 + second % 3]
            evidence = [
                bundle.show_part(DOCUMENT, SALT, shown),
                bundle.show_whole(DOCUMENT, SALT),
                Bare(committed),
            ]
            events = [
                bundle.prove(store, size, f"event {i}", i, evidence[(first + i) % 3])
                for i in sorted({first, second})
            ]
            data = bundle.build(policy, note, events)
            assert bundle.encode(unpack(pack(bundle.decode(data)))) == data


def test_shared_siblings_are_written_once(cast, proved):
    data = pack(bundle.decode(bundle.build(cast.policy, proved.note, [proved.event(3)])))
    both = bundle.build(cast.policy, proved.note, [proved.event(2), proved.event(3)])
    assert pack(bundle.decode(both)).count(proved.leaves[2]) == 0
    assert data.count(proved.leaves[2]) == 1
    root = proved.checkpoint.root
    assert root not in data


def without_a_form(found, **changes):
    return replace(found, events=(replace(found.events[0], **changes),))


def test_a_bundle_whose_proofs_fit_no_tree_has_no_compact_form(cast, proved, several):
    found = bundle.decode(proved.data)
    part = bundle.decode(several).events[1].evidence
    first, second = part.disclosures
    longer = replace(first, steps=(*first.steps, Step(is_left=False, sibling=SALT)))
    endless = tuple(Step(is_left=False, sibling=SALT) for _ in range(65))
    for wrong in (
        without_a_form(found, inclusion=()),
        without_a_form(found, inclusion=found.events[0].inclusion[::-1]),
        without_a_form(found, index=9),
        without_a_form(found, index=99),
        without_a_form(found, evidence=Part((longer, second))),
        without_a_form(found, evidence=Part((second, first))),
        without_a_form(found, evidence=Part((first, replace(first, path="/other")))),
        without_a_form(found, evidence=Part((replace(first, steps=endless),))),
        replace(found, checkpoint=replace(found.checkpoint, size=0)),
        replace(found, checkpoint=replace(found.checkpoint, root=bytes(32))),
    ):
        assert verify_bundle(bundle_format.encode(wrong), cast.policy).outcome is Outcome.INVALID
        with pytest.raises(BundleError):
            pack(wrong)


def test_a_bundle_too_long_for_a_code_has_no_compact_form(cast):
    document = {"text": "x" * MAX_COMPACT_SIZE}
    data = commitment.leaf_data(cast.origin, "only", commitment.commit(document, SALT))
    store = merkle.MemoryTiles()
    size, root = merkle.append(store, 0, [merkle.leaf_hash(data)])
    event = bundle.prove(store, 1, "only", 0, bundle.show_whole(document, SALT))
    found = bundle.Bundle(Checkpoint(cast.origin, size, root), bytes(64), (), (event,))
    with pytest.raises(BundleError, match="longer than 65536"):
        pack(found)
    with pytest.raises(BundleError, match="longer than 65536"):
        unpack(MAGIC + bytes(MAX_COMPACT_SIZE))


HEAD = MAGIC + word("log.example") + number(1) + bytes(64)
ONE = HEAD + number(0) + number(1) + number(0) + word("e1")
FIELD = bytes([1, 0]) + SALT + number(0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not canonical JSON"),
        (MAGIC, "ends too early"),
        (MAGIC[:2] + b"\x02", "not canonical JSON"),
        (MAGIC + word(1), "no string"),
        (MAGIC + word("x") + b"\x80" * 8, "too long"),
        (HEAD + number(0) + number(0) + bytes(32), "empty"),
        (HEAD + number(0) + number(2) + (number(0) + word("e") + b"\x02" + SALT) * 2, "one tree"),
        (HEAD + number(0) + number(1) + number(1) + word("e") + b"\x02" + SALT, "one tree"),
        (ONE + bytes([0]) + SALT + number(2) + (number(0) + word("a") + word(1)) * 2, "path order"),
        (ONE + bytes([3]), "event of the compact form"),
        (ONE + bytes([2]) + SALT + b"\x00", "bytes follow"),
        (ONE + bytes([1, 4]), "tree of fields"),
        (ONE + bytes([1]) + (b"\x02" + SALT) * 65 + b"\x00", "tree of fields"),
        (ONE + FIELD + word(1) + word(1), "no string"),
        (ONE + bytes([1, 0]) + SALT + number(2) + word("a") + word(1), "shares too much"),
        (ONE + FIELD + word("a") + number(4 * 2 + 3) + b"[ ", "malformed"),
        (ONE + FIELD + word("a") + number(4 * 2) + b"\xff\xff", "malformed"),
        (ONE + FIELD + word("a") + number(4 * 2 + 2) + b"\xff\xff", "malformed"),
        (ONE + FIELD + word("a") + number(4 * 2) + b"ab", "not the one compact form"),
        (ONE + FIELD + number(4) + b"a" + number(4 * 130 + 3) + b"[" * 65 + b"]" * 65, "nested"),
        (HEAD + number(1) + word("w") + bytes(4) + number(2**56 - 1) + bytes(64)
         + number(1) + number(0) + word("e1") + b"\x02" + SALT, "beyond 2"),
        (b"YIDAN1:0", "not base41"),
        ("YIDAN1:é".encode(), "not base41"),
        (b"YIDAN1:00000", "another compact form"),
        (b"YIDAN1:", "ends too early"),
    ],
)  # fmt: skip
def test_malformed_bytes_are_refused_with_a_reason(data, reason):
    with pytest.raises(BundleError, match=reason):
        read(data)


def test_single_fields_of_two_events_have_no_compact_form(proved, several):
    one = bundle.show_part(proved.documents[3], SALT, ["/eventId"]).disclosures
    other = bundle.show_part(proved.documents[4], SALT, ["/type"]).disclosures
    found = bundle.decode(several)
    mixed = EventProof("event-3", 3, found.events[0].inclusion, Part((*one, *other)))
    with pytest.raises(BundleError):
        pack(replace(found, events=(mixed,)))


def test_a_key_of_another_length_cannot_be_packed(several):
    found = bundle.decode(several)
    short = Part((Disclosure("/a", 1, b"short", ()),))
    with pytest.raises(BundleError):
        pack(without_a_form(found, evidence=short))
    assert isinstance(found.events[0].evidence, Whole)
