"""A log that shows two histories, or takes one back, is convicted by what it signed."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint as checkpoints
from ledger import merkle
from ledger.checkpoint import Checkpoint
from ledger.monitor import PUBLISHED, Kind, View, compare
from ledger.note import Note
from ledger.policy import Log
from ledger.succession import History


@pytest.fixture
def note(cast):
    """A checkpoint signed by the log, or by another key."""

    def signed(checkpoint, key=None):
        line = checkpoints.sign(checkpoint, key or cast.log)
        return Note(checkpoint.body(), (line,)).encode()

    return signed


@pytest.fixture
def fork(cast, tree):
    """Checkpoints of a log that differs in leaf 5."""
    hashes = [*tree.hashes[:5], merkle.leaf_hash(b"other"), *tree.hashes[6:]]
    return lambda size: Checkpoint(cast.origin, size, merkle.root(hashes[:size]))


@pytest.fixture
def findings(cast, tree):
    def of(*views, anchors=None, trust=None):
        def prove(old, new):
            return merkle.consistency_proof(tree.store, old, new)

        return compare(trust or History(cast.policy), cast.origin, views, anchors or {}, prove)

    return of


def test_places_that_show_one_growing_log_agree(findings, head, note):
    views = [View(PUBLISHED, note(head(20)))]
    views += [View(f"witness {n}", note(head(n))) for n in (3, 9, 9, 20)]
    anchors = {size: head(size).root for size in (1, 9, 17)}
    assert findings(*views, anchors=anchors) == []
    assert findings() == []


def test_s53_two_roots_of_one_size_are_a_split_view_that_the_notes_prove(
    findings, head, note, fork
):
    views = View(PUBLISHED, note(head(9))), View("witness customs", note(fork(9)))
    (found,) = findings(*views)
    assert found.kind is Kind.SPLIT
    assert "customs" in found.message
    assert set(found.notes) == {view.note for view in views}


@pytest.mark.parametrize("sizes", [(20, 9), (20, 19), (7, 6)])
def test_s53_a_fork_of_another_size_is_a_split_view_too(findings, head, note, fork, sizes):
    ours, theirs = sizes
    views = View(PUBLISHED, note(head(ours))), View("witness customs", note(fork(theirs)))
    (found,) = findings(*views)
    assert found.kind is Kind.SPLIT
    assert len(found.notes) == 2


def test_a_fork_behind_the_common_part_is_seen_as_soon_as_it_shows(findings, head, note, fork):
    same = View(PUBLISHED, note(head(5))), View("witness customs", note(fork(5)))
    assert findings(*same) == []


def test_s63_an_anchor_of_another_root_is_a_split_view(findings, head, note, fork):
    (found,) = findings(View(PUBLISHED, note(head(9))), anchors={6: fork(6).root})
    assert found.kind is Kind.SPLIT
    assert "anchor" in found.message


def test_a_log_that_is_shorter_than_what_it_signed_was_rewound(findings, head, note):
    views = View(PUBLISHED, note(head(9))), View("witness customs", note(head(12)))
    (found,) = findings(*views)
    assert found.kind is Kind.REWOUND
    (found,) = findings(View(PUBLISHED, note(head(9))), anchors={10: head(10).root})
    assert found.kind is Kind.REWOUND


def test_a_proof_that_cannot_be_given_is_a_split_view(cast, head, note):
    def prove(_old, _new):
        raise merkle.TileMissingError("tile/0/000")

    views = View(PUBLISHED, note(head(9))), View("witness customs", note(head(3)))
    (found,) = compare(History(cast.policy), cast.origin, views, {}, prove)
    assert found.kind is Kind.SPLIT


def test_a_checkpoint_that_the_log_did_not_sign_convicts_its_place_not_the_log(
    cast, findings, head, note
):
    other = Checkpoint("other.example/log", 9, bytes(32))
    for bad in (b"no note", note(head(9), cast.keys["customs"]), note(other)):
        (found,) = findings(View(PUBLISHED, note(head(9))), View("witness customs", bad))
        assert found.kind is Kind.FORGED
    spoiled = note(head(9)).replace(b"\n9\n", b"\n8\n")
    (found,) = findings(View("witness customs", spoiled))
    assert found.kind is Kind.FORGED


NEXT_KEY = Ed25519PrivateKey.from_private_bytes(b"next log key".ljust(32))


def test_each_view_is_held_to_the_log_key_of_its_size(cast, head, note, findings, hand_over):
    rotated = replace(cast.policy, logs=(Log(checkpoints.log_key(cast.origin, NEXT_KEY)),))
    trust = History(cast.policy).then(rotated, hand_over(cast.policy, rotated, 9))
    old, new = View("old", note(head(9))), View(PUBLISHED, note(head(12), NEXT_KEY))
    assert findings(old, new, trust=trust) == []
    (found,) = findings(View(PUBLISHED, note(head(12))), trust=trust)
    assert found.kind is Kind.FORGED
    (found,) = findings(View("old", note(head(9), NEXT_KEY)), new, trust=trust)
    assert found.kind is Kind.FORGED


def test_s62_a_checkpoint_beyond_where_its_log_was_frozen_convicts_it(
    cast, head, note, findings, hand_over
):
    follower = Log(checkpoints.log_key("log.example/2", NEXT_KEY))
    new = replace(cast.policy, logs=(follower,))
    trust = History(cast.policy).then(new, hand_over(cast.policy, new, 9, "log.example/2"))
    assert findings(View(PUBLISHED, note(head(9))), trust=trust) == []
    (found,) = findings(View(PUBLISHED, note(head(12))), trust=trust)
    assert found.kind is Kind.BEYOND
    assert "frozen at 9" in found.message
    (found,) = findings(View("elsewhere", note(head(12), NEXT_KEY)), trust=trust)
    assert found.kind is Kind.FORGED
