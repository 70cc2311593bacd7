"""`yidan audit BILL`: one bill's whole history, each event checked against the signed log.

Nothing is believed that is not recomputed: content to commitment, commitment to leaf, leaf to the
cosigned root. Which events are a bill's is `history`'s business.
"""

import inspect
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from ledger import checkpoint as checkpoints
from ledger import merkle, policy
from ledger.commitment import leaf_data
from ledger.proof import ProofError, verify_inclusion
from ledger.succession import History
from yidan.kernel.content import instant_to_text
from yidan.kernel.errors import NotFoundError
from yidan.kernel.events import REGISTRY, content_of
from yidan.kernel.reasons import reason
from yidan.parties import tables as parties
from yidan.proof import bundles, history
from yidan.proof.fsck import recomputed
from yidan.store import erasing, log
from yidan.store.events import Stored

NO_BILL: Final = reason(
    "audit-no-such-bill",
    en="Nothing is recorded of the bill {bill}. Give its transport document reference.",
    zh="没有提单 {bill} 的记录。请给出该提单的提单号。",
)


class Finding(StrEnum):
    """What the check of one event came to."""

    PROVED = "proved"
    """已证明: what stands here is what was logged, under the cosigned root"""
    ERASED = "erased"
    """已删除: its content is gone; that it was logged is proved"""
    WAITING = "waiting"
    """待见证: recorded, not yet under a cosigned checkpoint"""
    CHANGED = "changed"
    """不符: what stands here is not what was logged"""


FINDINGS_ZH: Final = MappingProxyType(
    {
        Finding.PROVED: "已证明",
        Finding.ERASED: "已删除",
        Finding.WAITING: "待见证",
        Finding.CHANGED: "不符",
    }
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event of the history."""

    event_id: str
    subject: str
    type: str
    meaning: str
    """The type's own words, Chinese in brackets."""
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    """Name of the acting party, else its id."""
    reason: str
    content: Mapping[str, Any]
    """Empty where it was erased."""
    index: int | None
    """Of its leaf, from 0."""
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class Audit:
    """A bill's history and what it was checked against."""

    bill: str
    origin: str
    at: datetime
    size: int
    """Leaves under the cosigned checkpoint; 0 where there is none."""
    root: bytes
    witnesses: tuple[str, ...]
    """Who signed it, and who runs each."""
    lines: tuple[Line, ...]
    bundle: bytes
    """Proof of all lines that are under the checkpoint, for `yidan verify`; b"" where none is."""

    @property
    def counts(self) -> dict[Finding, int]:
        """How many lines came to what."""
        return {one: sum(line.finding is one for line in self.lines) for one in Finding}

    @property
    def is_sound(self) -> bool:
        """Whether nothing was changed."""
        return not self.counts[Finding.CHANGED]

    def as_json(self) -> dict[str, Any]:
        """As JSON values; the bundle is a value of its own and verifies as it stands."""
        return {
            "format": "yidan-audit/1",
            "transportDocumentReference": self.bill,
            "auditedAt": instant_to_text(self.at),
            "log": self.origin,
            "size": self.size,
            "root": self.root.hex(),
            "witnesses": list(self.witnesses),
            "counts": {str(finding): count for finding, count in self.counts.items()},
            "events": [_line_as_json(line) for line in self.lines],
            "bundle": self.bundle.decode(),
        }

    def as_text(self) -> str:
        """A line for each event, then a summary."""
        said = [
            f"{line.recorded_at:%Y-%m-%d %H:%M:%S} {line.finding:8}"
            f" {'-' if line.index is None else line.index:>6} {line.type} {line.subject}"
            f" ({line.actor})"
            for line in self.lines
        ]
        counts = ", ".join(f"{count} {finding}" for finding, count in self.counts.items())
        under = f"under {self.size} leaves of {self.origin}, root {self.root.hex()}"
        return "\n".join([*said, f"{self.bill}: {len(said)} events, {counts}; {under}"])


def _line_as_json(line: Line) -> dict[str, Any]:
    return {
        "eventId": line.event_id,
        "subject": line.subject,
        "type": line.type,
        "occurredAt": instant_to_text(line.occurred_at),
        "recordedAt": instant_to_text(line.recorded_at),
        "actor": line.actor,
        "reason": line.reason,
        "content": dict(line.content),
        "leaf": line.index,
        "finding": str(line.finding),
    }


def audit(connection: Connection, trust: History, origin: str, bill: str, at: datetime) -> Audit:
    """Gather a bill's history and check every event of it.

    Raises:
        NotFoundError: no event names this bill.
        PolicyError: the newest cosigned checkpoint does not meet the policy any more.
    """
    found = history.of_bill(connection, bill)
    if not found:
        raise NotFoundError(NO_BILL(bill=bill))
    newest = log.latest_checkpoint(connection, cosigned=True)
    witnesses: tuple[str, ...] = ()
    if newest is not None:
        head, lines = checkpoints.parse_signed(newest.note)
        verified = policy.check(trust.at(origin, head.size), head, lines)
        witnesses = tuple(f"{one.name}: {one.operator}" for one in verified.times)
    names = parties.names(connection, {one.actor.party for one in found})
    erased = erasing.kept_contents(connection).keys()
    ground = _Ground(connection, origin, newest, names, erased)
    checked = [_check(ground, one) for one in found]
    provable = [
        stored
        for stored, line in zip(found, checked, strict=True)
        if line.finding in {Finding.PROVED, Finding.ERASED}
    ]
    return Audit(
        bill=bill,
        origin=origin,
        at=at,
        size=newest.size if newest else 0,
        root=newest.root if newest else merkle.EMPTY_ROOT,
        witnesses=witnesses,
        lines=tuple(checked),
        bundle=bundles.of_events(connection, trust, provable) if provable else b"",
    )


@dataclass(frozen=True)
class _Ground:
    """What events are checked against."""

    connection: Connection
    origin: str
    newest: log.Checkpoint | None
    names: Mapping[str, str]
    erased: Collection[str]


def _check(ground: _Ground, stored: Stored) -> Line:
    leaf = log.leaf_of(ground.connection, stored.event_id)
    recorded = stored.recorded
    return Line(
        event_id=stored.event_id,
        subject=stored.subject,
        type=stored.type,
        meaning=meaning_of(stored.type),
        occurred_at=stored.occurred_at,
        recorded_at=stored.recorded_at,
        actor=ground.names.get(stored.actor.party, stored.actor.party),
        reason=recorded.reason if recorded else "",
        content=content_of(recorded.event) if recorded else {},
        index=leaf.index if leaf else None,
        finding=_finding(ground, stored, leaf),
    )


def _finding(ground: _Ground, stored: Stored, leaf: log.Leaf | None) -> Finding:
    made, newest = recomputed(stored), ground.newest
    gone = stored.salt is None
    if made != stored.commitment or (gone and stored.event_id not in ground.erased):
        return Finding.CHANGED
    if leaf is None or newest is None or leaf.index >= newest.size:
        return Finding.WAITING
    hashed = merkle.leaf_hash(leaf_data(ground.origin, stored.event_id, made))
    tiles = log.DatabaseTiles(ground.connection)
    try:
        path = merkle.inclusion_proof(tiles, leaf.index, newest.size)
        verify_inclusion(hashed, leaf.index, newest.size, path, newest.root)
    except (ProofError, LookupError):
        return Finding.CHANGED
    return Finding.ERASED if gone else Finding.PROVED


def meaning_of(event_type: str) -> str:
    """What an event type means, in its own words."""
    found = REGISTRY.get(event_type)
    first = (inspect.getdoc(found) or "").split("\n\n")[0] if found else event_type
    return " ".join(first.split())


def as_json_text(found: Audit) -> str:
    """The audit as JSON text."""
    return json.dumps(found.as_json(), ensure_ascii=False, indent=1)
