"""Compare what different places show of one log (监视: 分叉检出).

Source: LEDGER 0.8 and 9 (S53, S63); RFC 9162 section 8.2, what a monitor does. A log that shows
one history to the terminal and another to customs signs both; whoever holds both checkpoints has
the proof. A monitor therefore collects checkpoints where they are shown (published, kept by
witnesses, anchored, and the one it saw last time) and demands that each is extended by the next.

Deliberately not here: fetching them, and what follows from a finding.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger import checkpoint as checkpoints
from ledger.checkpoint import Checkpoint, CheckpointError
from ledger.note import NoteError
from ledger.proof import ProofError, verify_consistency
from ledger.succession import History

Prove = Callable[[int, int], Sequence[bytes]]
"""Gives the published log's proof from a size to a larger one.

Raises ``LookupError`` where the log is shorter or has lost a tile.
"""


class Kind(StrEnum):
    """What is wrong."""

    SPLIT = "split view"
    """分叉: two histories stand at two places."""
    REWOUND = "rewound"
    """回退: the published log is shorter than what it has signed or anchored."""
    FORGED = "not signed by the log"
    """A place shows a checkpoint that the log did not sign."""
    UNWITNESSED = "not witnessed"
    """未见证: too few witnesses signed what is published."""
    NOT_HANDED_OVER = "not handed over"
    """未交接: the log tells of a hand-over that the trust before it did not sign."""
    BEYOND = "beyond the end"
    """终止后: the log was frozen at a smaller size, and signed this all the same."""


@dataclass(frozen=True)
class View:
    """A checkpoint as one place shows it."""

    place: str
    """Where, in words: ``published``, ``witness customs``."""
    note: bytes
    """The signed note."""


@dataclass(frozen=True)
class Disagreement:
    """Two places that contradict each other, or one that contradicts the log's key."""

    kind: Kind
    message: str
    notes: tuple[bytes, ...]
    """The signed notes that prove it, where there are some."""


@dataclass(frozen=True)
class _Point:
    place: str
    size: int
    root: bytes
    note: bytes = b""


PUBLISHED: Final = "published"
"""The place whose log gives the proofs."""


def compare(
    trust: History,
    origin: str,
    views: Iterable[View],
    anchors: Mapping[int, bytes],
    prove: Prove,
) -> list[Disagreement]:
    """Check that all views and anchors are states of one growing log.

    Args:
        trust: Names the log's key at each size.
        origin: The log's origin.
        views: Signed checkpoints, the published one among them under ``PUBLISHED``.
        anchors: Root by size, as the chain holds them.
        prove: Proofs from the published log's tiles.
    """
    found: list[Disagreement] = []
    points = [_Point("the chain's anchor", size, root) for size, root in anchors.items()]
    for view in views:
        try:
            found_here = signed(trust, origin, view.note)
        except (NoteError, CheckpointError, BeyondError) as error:
            kind = Kind.BEYOND if isinstance(error, BeyondError) else Kind.FORGED
            found.append(Disagreement(kind, f"{view.place}: {error}", (view.note,)))
            continue
        points.append(_Point(view.place, found_here.size, found_here.root, view.note))
    points.sort(key=lambda point: point.size)
    published = max((p.size for p in points if p.place == PUBLISHED), default=0)
    for older, newer in itertools.pairwise(points):
        found += _pair(older, newer, published, prove)
    return found


class BeyondError(Exception):
    """The log signed a checkpoint larger than the size at which it was frozen."""


def signed(trust: History, origin: str, note: bytes) -> Checkpoint:
    """Return a checkpoint that the log of this origin did sign, with the key of its size.

    Raises:
        NoteError: When the bytes are no note, or the log did not sign it.
        CheckpointError: When the note is no checkpoint.
        BeyondError: When the log was frozen at a smaller size.
    """
    found, lines = checkpoints.parse_signed(note)
    if found.origin != origin:
        raise NoteError("a checkpoint of another log")
    end = trust.frozen_at(origin)
    log = trust.at(origin, min(found.size, end.size) if end else found.size).find_log(origin)
    own = next((line for line in lines if log and checkpoints.is_by(line, log.key)), None)
    if log is None or own is None:
        raise NoteError("the log did not sign it")
    checkpoints.verify(found, log.key, own)
    if end and found.size > end.size:
        raise BeyondError(f"the log was frozen at {end.size} leaves")
    return found


def _pair(older: _Point, newer: _Point, published: int, prove: Prove) -> list[Disagreement]:
    """Check that the newer of two points extends the older, of equal sizes that they are one."""
    notes = tuple(point.note for point in (older, newer) if point.note)
    if older.size == newer.size:
        if older.root == newer.root:
            return []
        message = f"{older.place} and {newer.place} have two roots of {older.size} leaves"
        return [Disagreement(Kind.SPLIT, message, notes)]
    if newer.size > published:
        message = f"{newer.place} has {newer.size} leaves, the published log {published}"
        return [Disagreement(Kind.REWOUND, message, notes)]
    try:
        proof = prove(older.size, newer.size)
        verify_consistency(older.size, newer.size, proof, older.root, newer.root)
    except (LookupError, ProofError) as error:
        message = (
            f"{newer.place} with {newer.size} leaves does not extend"
            f" {older.place} with {older.size}: {error}"
        )
        return [Disagreement(Kind.SPLIT, message, notes)]
    return []
