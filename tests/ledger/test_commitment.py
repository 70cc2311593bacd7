"""Commitments: every field counts, single fields can be shown, and nothing else leaks or fits."""

import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import commitment, jcs, merkle
from ledger.proof import ProofError

SALT = bytes(range(32))
DOCUMENT = {
    "type": "gate.gated_out.v1",
    "at": "2026-11-22T08:00:00Z",
    "content": {"equipment": ["MSKU1234565"], "gross_mass_kg": 21350, "seals": [], "note": {}},
}
DOCUMENTS = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=2),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from("01-/~a"), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=3,
)


def test_a_document_is_flattened_to_pointers_in_path_order():
    assert commitment.flatten(DOCUMENT) == [
        ("/at", "2026-11-22T08:00:00Z"),
        ("/content/equipment", [1]),
        ("/content/equipment/0", "MSKU1234565"),
        ("/content/gross_mass_kg", 21350),
        ("/content/note", {}),
        ("/content/seals", [0]),
        ("/type", "gate.gated_out.v1"),
    ]


def test_the_commitment_is_the_root_that_the_design_words():
    def leaf(path, value):
        key = hmac.new(SALT, path.encode(), hashlib.sha256).digest()
        return hashlib.sha256(b"\x00" + key + jcs.canonicalize([path, value])).digest()

    expected = merkle.node_hash(merkle.node_hash(leaf("/a", 1), leaf("/b", [1])), leaf("/b/0", "x"))
    assert commitment.commit({"b": ["x"], "a": 1}, SALT) == expected


def test_the_known_commitment_stays_for_ever():
    assert (
        commitment.commit({"a": 1}, SALT).hex()
        == "f30cb244e2d6c8659e79e831dade712ec4c76a6db60649fac1124f9bb1e6851b"
    )


def test_leaf_data_has_the_fixed_form():
    assert commitment.leaf_data("example.com/log", "0193", bytes([171]) * 32) == (
        b'{"commitment":"' + b"ab" * 32 + b'","eventId":"0193","log":"example.com/log","v":1}'
    )


@given(DOCUMENTS, DOCUMENTS)
def test_two_documents_flatten_alike_only_if_they_are_equal(first, second):
    same = jcs.canonicalize(first) == jcs.canonicalize(second)
    as_bytes = [jcs.canonicalize(commitment.flatten(document)) for document in (first, second)]
    assert (as_bytes[0] == as_bytes[1]) == same


def test_an_array_and_an_object_with_its_indices_commit_differently():
    assert commitment.commit({"a": ["x"]}, SALT) != commitment.commit({"a": {"0": "x"}}, SALT)
    assert commitment.commit({"a": []}, SALT) != commitment.commit({"a": {}}, SALT)
    assert commitment.commit({"a": 1}, SALT) != commitment.commit({"a": True}, SALT)


@given(DOCUMENTS)
def test_every_field_alone_leads_to_the_commitment(document):
    expected = commitment.commit(document, SALT)
    for path, value in commitment.flatten(document):
        shown = commitment.disclose(document, SALT, path)
        assert shown.value == value
        assert commitment.disclosed_commitment(shown) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"value": 21351},
        {"value": "21350"},
        {"path": "/content/gross_mass"},
        {"key": bytes(32)},
        {"steps": ()},
    ],
)
def test_a_changed_disclosure_leads_elsewhere(change):
    shown = commitment.disclose(DOCUMENT, SALT, "/content/gross_mass_kg")
    changed = replace(shown, **change)
    assert commitment.disclosed_commitment(changed) != commitment.commit(DOCUMENT, SALT)


def test_a_sibling_on_the_other_side_leads_elsewhere():
    shown = commitment.disclose(DOCUMENT, SALT, "/at")
    first = replace(shown.steps[0], is_left=not shown.steps[0].is_left)
    changed = replace(shown, steps=(first, *shown.steps[1:]))
    assert commitment.disclosed_commitment(changed) != commitment.commit(DOCUMENT, SALT)


@pytest.mark.parametrize(
    "change",
    [
        {"key": bytes(31)},
        {"steps": (commitment.Step(is_left=True, sibling=b""),)},
        {"steps": (commitment.Step(is_left=True, sibling=bytes(32)),) * 65},
    ],
)
def test_a_malformed_disclosure_is_refused(change):
    shown = commitment.disclose(DOCUMENT, SALT, "/at")
    with pytest.raises(ProofError, match="malformed"):
        commitment.disclosed_commitment(replace(shown, **change))


def test_a_field_that_is_not_there_cannot_be_shown():
    with pytest.raises(KeyError):
        commitment.disclose(DOCUMENT, SALT, "/absent")


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33)])
def test_a_salt_is_32_bytes(salt):
    with pytest.raises(ValueError, match="32 bytes"):
        commitment.commit(DOCUMENT, salt)


@pytest.mark.parametrize("fields", [[("/b", 1), ("/a", 1)], [("/a", 1), ("/a", 1)]])
def test_fields_out_of_order_or_twice_are_refused(fields):
    with pytest.raises(ValueError, match="order"):
        commitment.commit_fields(fields, SALT)


def test_one_shown_field_does_not_let_another_be_guessed():
    shown = commitment.disclose({"a": 1, "b": 2}, SALT, "/a")
    (step,) = shown.steps
    guesses = [
        merkle.leaf_hash(key + jcs.canonicalize(["/b", guess]))
        for key in (shown.key, commitment.field_key(shown.key, "/b"))
        for guess in range(10)
    ]
    assert step.sibling not in guesses
