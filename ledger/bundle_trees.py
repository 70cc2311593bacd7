"""Write the proofs of a bundle as the one tree they share, each hash once (剪枝树).

Source: RFC 6962 section 2.1 for the shape of the trees. Proofs of leaves of one tree repeat each
other's siblings, and some of these can be computed from the other leaves. Both are left out here,
and come back when the tree is grown again.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Final

from ledger import bundle_words, commitment, merkle
from ledger.bundle_format import BundleError, Part
from ledger.bundle_words import Reader
from ledger.commitment import MAX_STEPS, Disclosure, Step
from ledger.merkle import HASH_SIZE

Grown = tuple[bytes, list[tuple[Step, ...]]]
"""The hash of a subtree, and each of its leaves' ways up to it."""

NO_TREE: Final = "the proofs do not fit one tree, so there is no compact form"


def prune_log(size: int, inclusions: Sequence[tuple[int, Sequence[bytes]]]) -> bytes:
    """Return the hashes of the largest subtrees without any of these leaves, from left to right.

    Args:
        size: Number of leaves of the tree.
        inclusions: Index and inclusion proof of each leaf.

    Raises:
        BundleError: When a proof has another length than the tree demands.
    """
    found: dict[tuple[int, int], bytes] = {}
    for index, inclusion in inclusions:
        ranges = _sibling_ranges(index, size)
        if len(ranges) != len(inclusion):
            raise BundleError(NO_TREE)
        found.update(zip(ranges, inclusion, strict=True))
    indices = [index for index, _ in inclusions]
    bare = [at for at in found if not any(at[0] <= index < at[1] for index in indices)]
    return b"".join(found[at] for at in sorted(bare))


def regrow_log(size: int, leaves: Sequence[tuple[int, bytes]], reader: Reader) -> Grown:
    """Return the root of a pruned tree and the inclusion proof of each of its leaves.

    Args:
        size: Number of leaves of the whole tree.
        leaves: Index and hash of those that are known, by rising index.
        reader: Stands before the hashes that ``prune_log`` wrote.

    Raises:
        BundleError: When a leaf is not in the tree, or the hashes end.
    """
    if any(not 0 <= index < size for index, _ in leaves):
        raise BundleError(NO_TREE)
    return _regrow_range(0, size, leaves, reader)


def _regrow_range(
    start: int, end: int, leaves: Sequence[tuple[int, bytes]], reader: Reader
) -> Grown:
    if not leaves:
        return reader.bytes(HASH_SIZE), []
    if end - start == 1:
        if len(leaves) > 1:
            raise BundleError(NO_TREE)
        return leaves[0][1], [()]
    middle = start + _split_point(end - start)
    left = [leaf for leaf in leaves if leaf[0] < middle]
    right = [leaf for leaf in leaves if leaf[0] >= middle]
    return _joined(
        _regrow_range(start, middle, left, reader), _regrow_range(middle, end, right, reader)
    )


def _sibling_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return the leaves under each sibling of a leaf's proof, lowest sibling first."""
    ranges, start, end = list[tuple[int, int]](), 0, size
    while end - start > 1:
        middle = start + _split_point(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def _split_point(count: int) -> int:
    """Return the largest power of two below ``count``, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


class Node(IntEnum):
    """What stands at a node of an event's tree of fields."""

    FIELD = 0
    """A field that is shown: its key, path and value."""
    BOTH = 1
    """Shown fields on either side: the left subtree, then the right one."""
    LEFT = 2
    """Shown fields on the left alone: the hash of the right subtree, then the left one."""
    RIGHT = 3
    """Shown fields on the right alone: the hash of the left subtree, then the right one."""


def prune_fields(part: Part) -> bytes:
    """Return the tree of the fields that are shown, from its root on, left before right.

    Raises:
        BundleError: When the fields' ways do not fit one tree, or their order is not its own.
    """
    return _prune(part.disclosures, 0, [""])


def _prune(shown: Sequence[Disclosure], depth: int, before: list[str]) -> bytes:
    """Write a subtree; ``before`` holds the path that was written last."""
    if len(shown) == 1 and len(shown[0].steps) == depth:
        (one,), (last,) = shown, before
        before[0] = one.path
        field = bundle_words.path(one.path, last) + bundle_words.word(one.value)
        return bytes([Node.FIELD]) + one.key + field
    if depth >= MAX_STEPS or any(len(one.steps) <= depth for one in shown):
        raise BundleError(NO_TREE)
    turns = [one.steps[-1 - depth] for one in shown]
    left = [one for one, turn in zip(shown, turns, strict=True) if not turn.is_left]
    right = [one for one, turn in zip(shown, turns, strict=True) if turn.is_left]
    if left and right:
        head = bytes([Node.BOTH])
    else:
        head = bytes([Node.LEFT if left else Node.RIGHT]) + turns[0].sibling
    return head + b"".join(_prune(side, depth + 1, before) for side in (left, right) if side)


def regrow_fields(reader: Reader) -> Part:
    """Return the fields of a pruned tree, each with its own way.

    Raises:
        BundleError: When the tree is malformed.
    """
    fields: list[Disclosure] = []
    _, ways = _regrow(reader, 0, fields)
    return Part(tuple(replace(one, steps=way) for one, way in zip(fields, ways, strict=True)))


def _regrow(reader: Reader, depth: int, fields: list[Disclosure]) -> Grown:
    (tag,) = reader.bytes(1)
    if tag > max(Node) or depth > MAX_STEPS:
        raise BundleError("a tree of fields is malformed")
    if tag == Node.FIELD:
        key = reader.bytes(commitment.SALT_SIZE)
        path = reader.path(fields[-1].path if fields else "")
        fields.append(Disclosure(path, reader.word(), key, ()))
        return commitment.disclosed_commitment(fields[-1]), [()]
    if tag == Node.BOTH:
        left = _regrow(reader, depth + 1, fields)
        return _joined(left, _regrow(reader, depth + 1, fields))
    pruned: Grown = reader.bytes(HASH_SIZE), []
    shown = _regrow(reader, depth + 1, fields)
    return _joined(shown, pruned) if tag == Node.LEFT else _joined(pruned, shown)


def _joined(left: Grown, right: Grown) -> Grown:
    """Return the subtree over two others."""
    ways = [(*way, Step(is_left=False, sibling=right[0])) for way in left[1]]
    ways += [(*way, Step(is_left=True, sibling=left[0])) for way in right[1]]
    return merkle.node_hash(left[0], right[0]), ways
