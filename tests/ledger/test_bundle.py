"""Proof bundles: one byte string each, and nothing in it goes unproved."""

from dataclasses import replace

import pytest

from ledger import bundle, commitment, jcs, merkle
from ledger import checkpoint as checkpoints
from ledger.bundle import BundleError
from ledger.note import Note
from ledger.verify import shown_fields
from tests.ledger.mutations import changed, with_a_new_digest, with_another_byte, with_another_value

SALT = bytes(range(32))


def accepted(data, policy) -> bool:
    try:
        bundle.check(bundle.decode(data), policy)
    except BundleError:
        return False
    return True


def test_a_bundle_holds_what_was_put_in(cast, proved, several):
    found = bundle.decode(several)
    assert found.checkpoint == proved.checkpoint
    assert [event.index for event in found.events] == [3, 5, 8]
    assert found.events[0].evidence == bundle.show_whole(proved.documents[3], SALT)
    assert [shown.value for shown in found.events[1].evidence.disclosures] == ["MSKU1234565", 21350]
    verified = bundle.check(found, cast.policy)
    assert {witness.name for witness in verified.times} == {"customs", "carrier"}


def test_reading_and_writing_gives_the_same_bytes(proved, several):
    for data in (proved.data, several):
        assert bundle.encode(bundle.decode(data)) == data


def test_the_bls_lines_of_the_note_stay_out(proved):
    assert b"witness" not in proved.data
    assert len(bundle.decode(proved.data).cosignatures) == 2


def test_of_1000_random_changes_none_is_accepted(cast, several):
    assert accepted(several, cast.policy)
    tried, seed = changed(1_000, several, with_another_byte, with_another_value)
    assert [data for data in tried if accepted(data, cast.policy)] == [], seed


def test_of_changes_with_a_new_digest_only_true_ones_are_accepted(cast, several):
    """Who makes bundles may show less; nobody can show anything else."""
    whole = bundle.decode(several)
    tried, seed = changed(200, several, with_a_new_digest)
    for data in tried:
        if accepted(data, cast.policy):
            less = bundle.decode(data)
            assert less.checkpoint == whole.checkpoint, seed
            assert set(less.cosignatures) <= set(whole.cosignatures), seed
            assert proved_fields(less) <= proved_fields(whole), seed


def proved_fields(found):
    return {
        (event.event_id, event.index, path, jcs.canonicalize(value))
        for event in found.events
        for path, value in shown_fields(event)
    }


def test_a_signature_of_a_stranger_is_refused(cast, proved):
    found = bundle.decode(proved.data)
    stranger = replace(found.cosignatures[0], name="stranger.example")
    wider = replace(found, cosignatures=(*found.cosignatures, stranger))
    with pytest.raises(BundleError, match="unknown"):
        bundle.check(bundle.decode(bundle.encode(wider)), cast.policy)


def test_a_repeated_or_unsorted_signature_or_event_is_refused(proved, several):
    found = bundle.decode(several)
    first, second = found.cosignatures
    for wrong in (
        replace(found, cosignatures=(second, first)),
        replace(found, cosignatures=(first, first, second)),
        replace(found, events=found.events[::-1]),
        replace(found, events=(found.events[0], *found.events)),
    ):
        with pytest.raises(BundleError, match="order"):
            bundle.decode(bundle.encode(wrong))


def test_a_missing_cosignature_is_no_quorum(cast, proved):
    found = bundle.decode(proved.data)
    with pytest.raises(BundleError, match="quorum"):
        bundle.check(replace(found, cosignatures=found.cosignatures[:1]), cast.policy)


def test_the_policy_must_know_the_log(cast, proved):
    with pytest.raises(BundleError, match="does not know this log"):
        bundle.check(bundle.decode(proved.data), replace(cast.policy, logs=()))


def test_fields_of_two_events_are_not_mixed(cast, proved):
    mixed = bundle.Part(
        (
            *bundle.show_part(proved.documents[3], SALT, ["/eventId"]).disclosures,
            *bundle.show_part(proved.documents[4], SALT, ["/type"]).disclosures,
        )
    )
    event = bundle.prove(proved.store, 9, "event-3", 3, mixed)
    with pytest.raises(BundleError, match="not of one event"):
        bundle.build(cast.policy, proved.note, [event])


def test_a_field_that_was_changed_before_bundling_is_found(cast, proved):
    changed = bundle.show_whole({**proved.documents[3], "type": "gate.denied.v1"}, SALT)
    event = bundle.prove(proved.store, 9, "event-3", 3, changed)
    with pytest.raises(BundleError, match="another root"):
        bundle.build(cast.policy, proved.note, [event])


def test_nothing_is_built_without_the_logs_signature(cast, proved):
    unsigned = Note(proved.checkpoint.body(), tuple(proved.lines[1:])).encode()
    with pytest.raises(BundleError, match="log did not sign"):
        bundle.build(cast.policy, unsigned, [proved.event(3)])
    with pytest.raises(BundleError, match="log did not sign"):
        bundle.build(replace(cast.policy, logs=()), proved.note, [proved.event(3)])


def test_a_witness_that_signed_twice_is_listed_once(cast, proved):
    again = checkpoints.cosign(
        proved.checkpoint, "customs.example/w", cast.keys["customs"], 1_700_000_009
    )
    note = Note(proved.checkpoint.body(), (*proved.lines, again)).encode()
    found = bundle.decode(bundle.build(cast.policy, note, [proved.event(3)]))
    assert len(found.cosignatures) == 2


def test_a_field_that_is_not_there_cannot_be_shown(proved):
    with pytest.raises(KeyError):
        bundle.show_part(proved.documents[3], SALT, ["/absent"])


def test_a_bundle_of_a_log_of_one_event_has_an_empty_proof(cast):
    document = {"a": 1}
    data = commitment.leaf_data(cast.origin, "only", commitment.commit(document, SALT))
    store = merkle.MemoryTiles()
    size, root = merkle.append(store, 0, [merkle.leaf_hash(data)])
    checkpoint = checkpoints.Checkpoint(cast.origin, size, root)
    note = Note(checkpoint.body(), (checkpoints.sign(checkpoint, cast.log),)).encode()
    event = bundle.prove(store, 1, "only", 0, bundle.show_part(document, SALT, ["/a"]))
    policy = replace(cast.policy, quorum="none")
    assert accepted(bundle.build(policy, note, [event]), policy)
