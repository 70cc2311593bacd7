"""How far the proof of an event has come: recorded, logged, checkpointed, anchored (LEDGER 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from yidan.store import log
from yidan.store.ledger_tables import ChainInstruction, LogLeaf

_LEAF = LogLeaf.__table__  # type: ignore[attr-defined]  # set by SQLModel
_INSTRUCTION = ChainInstruction.__table__  # type: ignore[attr-defined]  # set by SQLModel


class Standing(StrEnum):
    """How far it has come, lowest first."""

    RECORDED = "recorded"
    """已记录: committed in the database"""
    LOGGED = "logged"
    """已入日志: a leaf of the log"""
    CHECKPOINTED = "checkpointed"
    """已见证: under a checkpoint that the witnesses cosigned"""
    ANCHORED = "anchored"
    """已上链: under a root that the chain confirmed"""


@dataclass(frozen=True)
class EventStanding:
    """One event's standing and the index of its leaf, counted from 0; None if it has none yet."""

    standing: Standing
    index: int | None = None


def of_events(connection: Connection, event_ids: Sequence[str]) -> dict[str, EventStanding]:
    """The standing of each of these events."""
    statement = select(_LEAF.c.event_id, _LEAF.c.index).where(_LEAF.c.event_id.in_(event_ids))
    indices: dict[str, int] = {row[0]: row[1] for row in connection.execute(statement)}
    cosigned = log.latest_checkpoint(connection, cosigned=True)
    witnessed = cosigned.size if cosigned else 0
    anchored = anchored_size(connection)
    return {
        event_id: _standing(indices.get(event_id), witnessed, anchored) for event_id in event_ids
    }


def anchored_size(connection: Connection) -> int:
    """The size of the largest log whose root the chain has confirmed; 0 for none."""
    newest = (
        select(_INSTRUCTION.c.key)
        .where(_INSTRUCTION.c.kind == "anchor", _INSTRUCTION.c.state == "confirmed")
        .order_by(_INSTRUCTION.c.id.desc())
        .limit(1)
    )
    key = connection.execute(newest).scalar_one_or_none()
    return int(key.partition(":")[2]) if key else 0


def _standing(index: int | None, witnessed: int, anchored: int) -> EventStanding:
    if index is None:
        return EventStanding(Standing.RECORDED)
    if index < anchored:
        return EventStanding(Standing.ANCHORED, index)
    if index < witnessed:
        return EventStanding(Standing.CHECKPOINTED, index)
    return EventStanding(Standing.LOGGED, index)
