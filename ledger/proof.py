"""Check inclusion and consistency proofs against a root, with no tree at hand (证明校验).

Source: RFC 9162 sections 2.1.3.2 and 2.1.4.2, which spell out the checks for the proofs of RFC
6962. The step numbers stand at the lines. Hashes are 32 bytes; indices count from 0; proofs are
lowest sibling first.
"""

import hmac
from collections.abc import Sequence

from ledger.merkle import EMPTY_ROOT, HASH_SIZE, node_hash


class ProofError(ValueError):
    """A proof does not show what it claims."""


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf is at ``index`` of the tree of ``size`` leaves with this root.

    Raises:
        ProofError: When it is not, or the proof has another length or shape than the tree demands.
    """
    _check_lengths([leaf_hash, root, *proof])
    if not 0 <= index < size:  # step 1
        raise ProofError(f"no leaf {index} in a tree of {size}")
    fn, sn, result = index, size - 1, leaf_hash  # steps 2 and 3
    for sibling in proof:  # step 4
        if sn == 0:
            raise ProofError("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            result = node_hash(sibling, result)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = node_hash(result, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:  # step 5
        raise ProofError("the inclusion proof is too short")
    _check_equal(result, root, "the inclusion proof leads to another root")


def verify_consistency(  # noqa: C901 - one algorithm, kept together as its source words it
    size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Check that the tree (``size2``, ``root2``) extends the tree (``size1``, ``root1``).

    Equal sizes need an empty proof and equal roots; every tree extends the empty one.

    Raises:
        ProofError: When it does not, or the proof has another shape than the sizes demand.
    """
    _check_lengths([root1, root2, *proof])
    if not 0 <= size1 <= size2:
        raise ProofError(f"a tree of {size2} cannot extend one of {size1}")
    if size1 in (0, size2):
        _check_trivial(size1, size2, proof, root1, root2)
        return
    if not proof:  # step 1
        raise ProofError("the consistency proof is too short")
    path = list(proof)
    if size1 & (size1 - 1) == 0:  # step 2
        path.insert(0, root1)
    fn, sn = size1 - 1, size2 - 1  # step 3
    while fn & 1:  # step 4
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]  # step 5
    for sibling in path[1:]:  # step 6
        if sn == 0:
            raise ProofError("the consistency proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(sibling, fr), node_hash(sibling, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:  # step 7
        raise ProofError("the consistency proof is too short")
    _check_equal(fr, root1, "the consistency proof does not lead to the old root")
    _check_equal(sr, root2, "the consistency proof does not lead to the new root")


def _check_trivial(
    size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Check the cases that need no hash: the empty tree, and a tree against itself."""
    if proof:
        raise ProofError("the consistency proof must be empty")
    for size, root in ((size1, root1), (size2, root2)):
        if size == 0:
            _check_equal(root, EMPTY_ROOT, "a tree without leaves has another root")
    if size1 == size2:
        _check_equal(root1, root2, "the roots differ at one size")


def _check_lengths(hashes: Sequence[bytes]) -> None:
    if any(len(item) != HASH_SIZE for item in hashes):
        raise ProofError(f"a hash is not {HASH_SIZE} bytes")


def _check_equal(found: bytes, expected: bytes, message: str) -> None:
    if not hmac.compare_digest(found, expected):
        raise ProofError(message)
