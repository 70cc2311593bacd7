"""Proof bundles: one byte string each, and nothing in it goes unproved."""

import hashlib
import json
import random
import secrets
from dataclasses import replace

import pytest

from ledger import bundle, commitment, jcs, merkle
from ledger import checkpoint as checkpoints
from ledger.bundle import Bare, BundleError
from ledger.note import Note
from ledger.verify import shown_fields

SALT = bytes(range(32))


def accepted(data, policy) -> bool:
    try:
        bundle.check(bundle.decode(data), policy)
    except BundleError:
        return False
    return True


@pytest.fixture(scope="module")
def several(cast, proved):
    """A bundle with an event in full, one in part and one bare."""
    committed = commitment.commit(proved.documents[8], SALT)
    bare = bundle.prove(proved.store, 9, "event-8", 8, Bare(committed))
    part = proved.event(5, "/content/grossMassKg", "/content/equipmentReference")
    return bundle.build(cast.policy, proved.note, [bare, part, proved.event(3)])


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


def places(value, path=()):
    """Yield the path of every value in a JSON document."""
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def other_value(value, chance):
    """Return a value near the given one."""
    match value:
        case bool() | None:
            return 0
        case int():
            return chance.choice([value + 1, value - 1, -value - 1, str(value), True])
        case str():
            at = chance.randrange(len(value) + 1)
            longer, turned = value[:at] + "0" + value[at:], value[at:] + value[:at]
            return chance.choice([longer, turned, value[:-1], value.upper()])
        case list():
            return chance.choice([[*value, value[0] if value else 0], value[1:] or None])
        case dict():
            return chance.choice([{**value, "more": 1}, dict(list(value.items())[1:])])


def with_another_value(data, chance):
    """Change one value of a bundle and write it canonically again."""
    top = json.loads(data)
    path = chance.choice([path for path in places(top) if path])
    holder = top
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = other_value(holder[path[-1]], chance)
    return jcs.canonicalize(top)


def with_another_byte(data, chance):
    """Change, add or take away one byte."""
    at = chance.randrange(len(data))
    kind = chance.randrange(4)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[at + 1 :]
    if kind == 2:
        return data[:at] + bytes([chance.choice(b' \n\t"0a,}')]) + data[at:]
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def changed(count, data, *changes):
    """Return as many results of random changes that differ from the data, and the seed."""
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - repeatable by its seed
    tried = []
    while len(tried) < count:
        result = changes[len(tried) % len(changes)](data, chance)
        if result != data:
            tried.append(result)
    return tried, f"seed {seed}"


def test_of_1000_random_changes_none_is_accepted(cast, several):
    assert accepted(several, cast.policy)
    tried, seed = changed(1_000, several, with_another_byte, with_another_value)
    assert [data for data in tried if accepted(data, cast.policy)] == [], seed


def with_a_new_digest(data, chance):
    """Change one value as somebody does who knows the format."""
    top = json.loads(with_another_value(data, chance))
    top.pop("digest", None)
    return jcs.canonicalize({**top, "digest": hashlib.sha256(jcs.canonicalize(top)).hexdigest()})


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
