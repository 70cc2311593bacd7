"""`yidan rebuild --check`: replay history, compare every projection, recompute every commitment.

So that a change of a row behind the platform's back is seen: of a projection (the replay differs),
of content, actor, reason or time (the commitment differs), of a whole event (a gap in its subject's
positions).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, select
from sqlmodel import SQLModel

from yidan.kernel.events import Event, Recorded
from yidan.ports import Commitments
from yidan.store import erasing, events
from yidan.store.engine import make_engine, snapshot
from yidan.store.events import Stored
from yidan.store.projections import project
from yidan.store.tables import Subject

_SUBJECT = Subject.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True)
class Finding:
    """One thing that is not as history says: which event or row, and what is wrong with it."""

    where: str
    what: str


@dataclass(frozen=True)
class Report:
    """What a check saw."""

    events: int
    erased: tuple[str, ...]
    """Event ids whose content was erased: their stored commitment was taken as it is, and the
    replay went by what the erasing event kept.
    """
    findings: tuple[Finding, ...]


def check(engine: Engine, commitments: Commitments) -> Report:
    """Replay everything into an empty database in memory and compare it with the live one.

    The live one is seen as at one instant: the platform may go on meanwhile.
    """
    findings: list[Finding] = []
    erased: list[str] = []
    count = 0
    scratch = make_engine("sqlite:///:memory:")
    with snapshot(engine) as live, scratch.connect() as copy, copy.begin():
        SQLModel.metadata.create_all(copy)
        positions: dict[str, int] = {}
        kept = erasing.kept_contents(live)
        for stored in events.read(live):
            count += 1
            findings += _check_position(stored, positions)
            if stored.salt is None and stored.event_id in kept:
                erased += [stored.event_id]
                _, content = kept[stored.event_id]
                findings += _replay(erasing.as_kept(stored, content), copy)
                continue
            if stored.recorded is None:
                findings += [_unreadable(stored)]
                continue
            findings += _check_commitment(stored, commitments)
            findings += _replay(stored.recorded, copy)
        findings += _check_subjects(live, positions)
        for table in projection_tables():
            findings += _compare(table, live, copy)
    scratch.dispose()
    return Report(count, tuple(erased), tuple(findings))


def projection_tables() -> list[Table]:
    """Tables that follow from events alone: the rooms' tables that are not marked operational."""
    mappers = SQLModel._sa_registry.mappers  # noqa: SLF001 - SQLModel has no public name for it
    rooms = [
        mapper.local_table
        for mapper in mappers
        if not mapper.class_.__module__.startswith("yidan.store")
        and mapper.class_.__module__.startswith("yidan.")
    ]
    tables = [table for table in rooms if isinstance(table, Table)]
    return sorted(
        (table for table in tables if not table.info.get("operational")), key=lambda t: t.name
    )


def _check_position(stored: Stored, positions: dict[str, int]) -> Iterator[Finding]:
    expected = positions.get(stored.subject, 0) + 1
    positions[stored.subject] = stored.position
    if stored.position != expected:
        yield Finding(
            f"event {stored.event_id}",
            f"{stored.subject} has position {stored.position} where {expected} must follow",
        )


def _check_commitment(stored: Stored, commitments: Commitments) -> Iterator[Finding]:
    if stored.recorded is None or stored.salt is None:
        return
    document = events.committed_document(stored.recorded)
    if commitments(document, stored.salt) != stored.commitment:
        yield Finding(f"event {stored.event_id}", "its content does not match its commitment")


def _unreadable(stored: Stored) -> Finding:
    what = f"is no {stored.type} any more"
    if stored.salt is None:
        what = "its content is gone, and no event erased it"
    return Finding(f"event {stored.event_id}", what)


def _replay(recorded: Recorded[Event], copy: Connection) -> Iterator[Finding]:
    try:
        with copy.begin_nested():
            project(copy, recorded)
    except Exception as error:  # noqa: BLE001 - whatever it is, this event cannot be replayed
        yield Finding(f"event {recorded.event_id}", f"cannot be replayed: {type(error).__name__}")


def _check_subjects(live: Connection, positions: dict[str, int]) -> Iterator[Finding]:
    for subject, position in live.execute(select(_SUBJECT.c.id, _SUBJECT.c.position)):
        if position != positions.get(subject, 0):
            yield Finding(
                f"subject {subject}",
                f"counts {position} events, history has {positions.get(subject, 0)}",
            )


def _compare(table: Table, live: Connection, copy: Connection) -> Iterator[Finding]:
    key = [column.name for column in table.primary_key]
    found, expected = _rows(table, key, live), _rows(table, key, copy)
    for name in sorted(found.keys() | expected.keys(), key=str):
        if found.get(name) != expected.get(name):
            yield Finding(
                f"{table.name} {'/'.join(map(str, name))}",
                _difference(found.get(name), expected.get(name)),
            )


def _rows(table: Table, key: list[str], connection: Connection) -> dict[Any, dict[str, Any]]:
    rows = connection.execute(select(table)).mappings()
    return {tuple(row[name] for name in key): dict(row) for row in rows}


def _difference(found: dict[str, Any] | None, expected: dict[str, Any] | None) -> str:
    if found is None:
        return "is missing"
    if expected is None:
        return "stands there without an event"
    differing = [name for name in found if found[name] != expected[name]]
    return f"differs from history in {', '.join(differing)}"
