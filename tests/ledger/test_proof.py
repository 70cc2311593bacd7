"""Proofs: every leaf and every pair of sizes verifies, and nothing else does."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import merkle
from ledger.proof import ProofError, verify_consistency, verify_inclusion

HASHES = [merkle.leaf_hash(str(i).encode()) for i in range(300)]
STORE = merkle.MemoryTiles()
merkle.append(STORE, 0, HASHES)
ROOTS = [merkle.root(HASHES[:size]) for size in range(301)]
SIZES = st.integers(1, 300)


@pytest.mark.parametrize("sizes", [range(n, 301, 6) for n in range(1, 7)], ids=str)
def test_s60_every_leaf_of_every_tree_up_to_300_verifies_at_its_place(sizes):
    for size in sizes:
        for index in range(size):
            proof = merkle.inclusion_proof(STORE, index, size)
            verify_inclusion(HASHES[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize("sizes", [range(n, 301, 6) for n in range(1, 7)], ids=str)
def test_s60_every_pair_of_sizes_up_to_300_is_shown_to_extend(sizes):
    for size2 in sizes:
        for size1 in range(size2 + 1):
            proof = merkle.consistency_proof(STORE, size1, size2)
            verify_consistency(size1, size2, proof, ROOTS[size1], ROOTS[size2])


def damaged(proof: list[bytes], random_: random.Random) -> list[bytes]:
    """Return a proof with one hash changed, taken away, added or exchanged."""
    changed = list(proof)
    place = random_.randrange(len(changed) + 1)
    match random_.randrange(4):
        case 0:
            changed.insert(place, random_.choice([*HASHES[:3], *proof]))
        case 1 if proof:
            del changed[place % len(proof)]
        case 2 if len(set(proof)) > 1:
            changed = random_.sample(proof, len(proof))
        case _ if proof:
            bit = 1 << random_.randrange(8)
            old = changed[place % len(proof)]
            at = random_.randrange(32)
            changed[place % len(proof)] = old[:at] + bytes([old[at] ^ bit]) + old[at + 1 :]
    return changed


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_s60_a_damaged_inclusion_proof_never_verifies(data):
    size = data.draw(SIZES)
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(STORE, index, size)
    bad = damaged(proof, data.draw(st.randoms(use_true_random=False)))
    if bad != proof:
        with pytest.raises(ProofError):
            verify_inclusion(HASHES[index], index, size, bad, ROOTS[size])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_s60_a_damaged_consistency_proof_never_verifies(data):
    size2 = data.draw(SIZES)
    size1 = data.draw(st.integers(0, size2))
    proof = merkle.consistency_proof(STORE, size1, size2)
    bad = damaged(proof, data.draw(st.randoms(use_true_random=False)))
    if bad != proof:
        with pytest.raises(ProofError):
            verify_consistency(size1, size2, bad, ROOTS[size1], ROOTS[size2])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_proof_does_not_fit_another_index_leaf_or_root(data):
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    other = (index + data.draw(st.integers(1, size - 1))) % size
    proof = merkle.inclusion_proof(STORE, index, size)
    for leaf, at, root in [
        (HASHES[index], other, ROOTS[size]),
        (HASHES[other], index, ROOTS[size]),
        (HASHES[index], index, ROOTS[size - 1]),
    ]:
        with pytest.raises(ProofError):
            verify_inclusion(leaf, at, size, proof, root)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_consistency_proof_does_not_fit_other_roots(data):
    size2 = data.draw(st.integers(2, 300))
    size1 = data.draw(st.integers(1, size2 - 1))
    proof = merkle.consistency_proof(STORE, size1, size2)
    for root1, root2 in [(ROOTS[size1 - 1], ROOTS[size2]), (ROOTS[size1], ROOTS[size1])]:
        with pytest.raises(ProofError):
            verify_consistency(size1, size2, proof, root1, root2)


def test_s60_an_inner_node_is_not_taken_for_a_leaf():
    node = merkle.node_hash(HASHES[0], HASHES[1])
    proof = merkle.inclusion_proof(STORE, 0, 4)[1:]
    # Fold by hand: with the right prefix the shortened way does lead to the root of four leaves.
    assert merkle.node_hash(node, proof[0]) == ROOTS[4]
    with pytest.raises(ProofError):
        verify_inclusion(node, 0, 4, proof, ROOTS[4])
    with pytest.raises(ProofError):
        verify_inclusion(merkle.leaf_hash(HASHES[0] + HASHES[1]), 0, 2, proof, ROOTS[4])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 1), (1, 1)])
def test_an_index_outside_the_tree_is_refused(index, size):
    with pytest.raises(ProofError, match="no leaf"):
        verify_inclusion(HASHES[0], index, size, [], ROOTS[1])


@pytest.mark.parametrize(("size1", "size2"), [(-1, 1), (2, 1)])
def test_sizes_out_of_order_are_refused(size1, size2):
    with pytest.raises(ProofError, match="cannot extend"):
        verify_consistency(size1, size2, [], ROOTS[1], ROOTS[2])


@pytest.mark.parametrize(
    ("size1", "size2", "root1", "root2"),
    [(0, 5, 1, 5), (0, 0, 0, 1), (0, 0, 1, 0), (7, 7, 7, 6)],
)
def test_roots_that_no_proof_could_join_are_refused(size1, size2, root1, root2):
    with pytest.raises(ProofError, match=r"differ|another root"):
        verify_consistency(size1, size2, [], ROOTS[root1], ROOTS[root2])


def test_a_proof_where_none_belongs_is_refused():
    with pytest.raises(ProofError, match="empty"):
        verify_consistency(7, 7, [HASHES[0]], ROOTS[7], ROOTS[7])
    with pytest.raises(ProofError, match="empty"):
        verify_consistency(0, 7, [HASHES[0]], ROOTS[0], ROOTS[7])


@pytest.mark.parametrize(("size1", "size2"), [(4, 8), (3, 7)])
def test_a_consistency_proof_of_another_length_is_named_so(size1, size2):
    proof = merkle.consistency_proof(STORE, size1, size2)
    with pytest.raises(ProofError, match="too long"):
        verify_consistency(size1, size2, [*proof, proof[0]], ROOTS[size1], ROOTS[size2])
    for cut in range(len(proof)):
        with pytest.raises(ProofError, match="too short"):
            verify_consistency(size1, size2, proof[:cut], ROOTS[size1], ROOTS[size2])


def test_an_inclusion_proof_of_another_length_is_named_so():
    proof = merkle.inclusion_proof(STORE, 3, 7)
    with pytest.raises(ProofError, match="too long"):
        verify_inclusion(HASHES[3], 3, 7, [*proof, proof[0]], ROOTS[7])
    with pytest.raises(ProofError, match="too short"):
        verify_inclusion(HASHES[3], 3, 7, proof[:-1], ROOTS[7])


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33)])
def test_hashes_of_another_length_are_refused(bad):
    with pytest.raises(ProofError, match="32 bytes"):
        verify_inclusion(bad, 0, 1, [], ROOTS[1])
    with pytest.raises(ProofError, match="32 bytes"):
        verify_inclusion(HASHES[0], 0, 2, [bad], ROOTS[2])
    with pytest.raises(ProofError, match="32 bytes"):
        verify_consistency(1, 2, [HASHES[1]], ROOTS[1], bad)
