"""A12: whatever row an intruder in the database changes, the checker finds it within one cycle.

On each kind of database, with all rights on it: the guards of the append-only tables are off.
"""

import threading
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, delete, func, insert, select, text, update

from ledger import merkle
from ledger.chain import instructions
from ledger.chain.signers import LocalSigner
from tests.counterparts.chain import ChainInMemory
from tests.port import Port
from yidan.proof import monitoring
from yidan.proof.monitoring import Monitor
from yidan.proof.sender import Sender
from yidan.store import alarms, chain, ledger_state, log
from yidan.store.engine import database_now, is_sqlite, reading, writing
from yidan.store.ledger_tables import (
    ChainAttempt,
    ChainInstruction,
    LogCheckpoint,
    LogLeaf,
    LogTile,
)
from yidan.store.rebuild import projection_tables
from yidan.store.tables import EventContent, EventRow, Subject

EVENT, CONTENT, SUBJECT = EventRow.__table__, EventContent.__table__, Subject.__table__
LEAF, TILE, CHECKPOINT = LogLeaf.__table__, LogTile.__table__, LogCheckpoint.__table__
INSTRUCTION, ATTEMPT = ChainInstruction.__table__, ChainAttempt.__table__
SIGNER = LocalSigner(b"\x11" * 32)
SECOND = select(EVENT.c.event_id).order_by(EVENT.c.number).offset(1).limit(1).scalar_subquery()
ONE_EVENT, ITS = EVENT.c.number == 2, CONTENT.c.event_id == SECOND
LAST = LEAF.c.index == select(func.max(LEAF.c.index)).scalar_subquery()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

CHANGES = (
    ("who did it", EVENT, update(EVENT).where(ONE_EVENT).values(actor_user="thief")),
    ("for whom", EVENT, update(EVENT).where(ONE_EVENT).values(on_behalf_of="thief")),
    ("when it was", EVENT, update(EVENT).where(ONE_EVENT).values(occurred_at=LONG_AGO)),
    ("when it was recorded", EVENT, update(EVENT).where(ONE_EVENT).values(recorded_at=LONG_AGO)),
    ("whose history it is", EVENT, update(EVENT).where(ONE_EVENT).values(subject="box:X")),
    ("what kind it is", EVENT, update(EVENT).where(ONE_EVENT).values(type="other.v1")),
    ("a commitment", EVENT, update(EVENT).where(ONE_EVENT).values(commitment=bytes(32))),
    ("an event that is gone", EVENT, delete(EVENT).where(ONE_EVENT)),
    ("what happened", CONTENT, update(CONTENT).where(ITS).values(content={"by": "thief"})),
    ("why", CONTENT, update(CONTENT).where(ITS).values(reason="thief")),
    ("a salt", CONTENT, update(CONTENT).where(ITS).values(salt=bytes(32))),
    ("a content that is gone", CONTENT, delete(CONTENT).where(ITS)),
    ("a count of events", SUBJECT, update(SUBJECT).values(position=SUBJECT.c.position + 1)),
    ("a leaf", LEAF, update(LEAF).where(LEAF.c.index == 1).values(leaf_hash=bytes(32))),
    ("which event a leaf is", LEAF, update(LEAF).where(LEAF.c.index == 1).values(event_id="none")),
    ("a leaf that is gone", LEAF, delete(LEAF).where(LEAF.c.index == 1)),
    ("the last leaf", LEAF, delete(LEAF).where(LAST)),
    ("a tile", TILE, update(TILE).values(data=bytes(32 * 256))),
    ("a tile that is gone", TILE, delete(TILE)),
    ("a root", CHECKPOINT, update(CHECKPOINT).values(root=bytes(32))),
    ("a size", CHECKPOINT, update(CHECKPOINT).values(size=CHECKPOINT.c.size - 1)),
    ("what is to be anchored", INSTRUCTION, update(INSTRUCTION).values(payload={"data": "00"})),
    ("an instruction that cannot be read", INSTRUCTION, update(INSTRUCTION).values(payload={})),
    ("an instruction without a size", INSTRUCTION, update(INSTRUCTION).values(key="anchor:many")),
    ("an anchor of another size", INSTRUCTION, update(INSTRUCTION).values(key="anchor:1000000")),
    ("a nonce", INSTRUCTION, update(INSTRUCTION).values(nonce=7)),
    ("what was signed", ATTEMPT, update(ATTEMPT).values(raw=b"\x02\xc0")),
    ("the hash of what was signed", ATTEMPT, update(ATTEMPT).values(transaction_hash="00" * 32)),
    ("what a transaction is for", ATTEMPT, update(ATTEMPT).values(cancels=True)),
)  # fmt: skip
"""What is changed, in which table, and how."""


@pytest.fixture
def port_day(house_on):
    """A log with a port's people and a release that is ready, witnessed, its anchor signed."""
    services = house_on.services
    Port(SimpleNamespace(open=services.unit_of_work)).ready()
    point = house_on.log()
    sender = Sender(services, ChainInMemory().client, SIGNER)
    sender.begin()
    data = instructions.anchor(point.size, point.root, 0, bytes(96))
    plan(services, sender, point.size, data)
    sender.push()
    return house_on


def plan(services, sender, size, data):
    with writing(services.engine) as connection:
        chain.plan(
            connection,
            chain_id=services.settings.chain_id,
            address=sender.address,
            key=f"anchor:{size}",
            kind="anchor",
            payload={"to": "0x" + "22" * 20, "data": data.hex(), "gas": 200_000},
            now=database_now(connection),
        )


class Intruder:
    """Somebody with all rights on the database, and with nothing of the platform's."""

    def __init__(self, services):
        self.services = services
        self.sqlite = is_sqlite(services.engine)
        self.engine = create_engine(services.engine.url)
        if self.sqlite:
            with self.engine.begin() as connection:
                guards = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for name in connection.execute(guards).scalars().all():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")

    def do(self, *statements):
        with self.engine.begin() as connection:
            if not self.sqlite:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for statement in statements:
                connection.execute(statement)

    def rows(self, table):
        with reading(self.services.engine) as connection:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

    def puts_back(self, table, rows):
        self.do(delete(table), *(insert(table).values(**row) for row in rows))


@pytest.fixture
def intruder(port_day):
    made = Intruder(port_day.services)
    yield made
    made.engine.dispose()


def cycle(house):
    """One cycle of the monitor over the rows: what it found, and whether it told everybody."""
    found = list(monitoring.check_rows(house.services, threading.Event()))
    with writing(house.services.engine) as connection:
        told = ledger_state.releases_stopped(connection) or ""
        kinds = {alarm.kind for alarm in alarms.open_alarms(connection)}
        ledger_state.resume_releases(connection)
        alarms.acknowledge_kind(connection, "ledger-stopped", now=database_now(connection))
    assert bool(found) == ("a row was changed" in told) == ("ledger-stopped" in kinds)
    return found


def test_a12_every_kind_of_changed_row_is_found_within_one_cycle_and_stops_releases(
    port_day, intruder
):
    assert cycle(port_day) == []
    unseen = []
    for name, table, statement in CHANGES:
        before = intruder.rows(table)
        intruder.do(statement)
        assert intruder.rows(table) != before, name
        if not cycle(port_day):
            unseen.append(name)
        intruder.puts_back(table, before)
    assert unseen == []
    assert cycle(port_day) == []


def test_a12_a_changed_or_lost_row_of_every_projection_is_found(port_day, intruder):
    filled = {table: intruder.rows(table) for table in projection_tables()}
    filled = {table: rows for table, rows in filled.items() if rows}
    assert len(filled) > 10
    intruder.do(*(delete(table) for table in filled))
    assert {table.name for table in filled} == named(cycle(port_day))
    for table, rows in filled.items():
        intruder.puts_back(table, [changed(table, rows[0]), *rows[1:]])
    assert {table.name for table in filled} == named(cycle(port_day))
    for table, rows in filled.items():
        intruder.puts_back(table, rows)
    assert cycle(port_day) == []


def changed(table, row):
    """The row, one of its texts or numbers another."""
    for column in reversed(list(table.c)):
        value = row[column.name]
        if isinstance(value, str) and not column.foreign_keys:
            return row | {column.name: value + "x"}
    raise AssertionError(table.name)


def named(findings):
    """Tables that sentences of the checker begin with."""
    return {line.split()[0] for line in findings}


def test_an_anchor_that_only_the_rows_know_raises_the_alarm(port_day, intruder, monkeypatch):
    shown = {1: log_root(port_day, 1)}
    monkeypatch.setattr(Monitor, "_anchored", lambda _self, _policy: shown)
    intruder.do(update(INSTRUCTION).values(state="confirmed"))
    Monitor(port_day.services, port_day.http).round()
    with reading(port_day.services.engine) as connection:
        (alarm,) = alarms.open_alarms(connection)
    assert alarm.kind == "chain-incident"
    assert "stored as confirmed" in alarm.what


def log_root(house, size):
    with reading(house.services.engine) as connection:
        return merkle.root_at(log.DatabaseTiles(connection), size)
