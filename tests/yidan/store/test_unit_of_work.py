"""The unit of work on SQLite and PostgreSQL: all or nothing, positions, append-only."""

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from yidan.kernel.events import Actor, Event, event
from yidan.store import outbox
from yidan.store.engine import database_now, make_engine, reading, writing
from yidan.store.schema import protect
from yidan.store.unit_of_work import Workshop


@event("testing.something_happened.v1")
@dataclass(frozen=True, kw_only=True)
class SomethingHappened(Event):
    what: str
    weight_kg: int


def commit_by_hash(fields, salt):
    return hashlib.sha256(salt + json.dumps(fields, sort_keys=True).encode()).digest()


@pytest.fixture
def workshop(database_url):
    engine = make_engine(database_url)
    with writing(engine) as connection:
        SQLModel.metadata.create_all(connection)
        protect(connection)
    yield Workshop(engine, commit_by_hash, lambda _type: ["log"])
    engine.dispose()


ALICE = Actor(party="party-a", user="alice")
HAPPENED = SomethingHappened(what="discharged", weight_kg=21_350)


def test_positions_count_from_one_without_gaps(workshop):
    for expected in (1, 2, 3):
        with workshop.open(ALICE) as uow:
            assert uow.record("box:1", HAPPENED).position == expected
            uow.commit()


def test_leaving_without_commit_leaves_nothing_behind(workshop):
    with workshop.open(ALICE) as uow:
        uow.record("box:1", HAPPENED)
    with reading(workshop.engine) as connection:
        for table in ("event", "event_content", "outbox", "subject"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_history_gives_back_what_was_recorded(workshop):
    with workshop.open(ALICE) as uow:
        first = uow.record("box:1", HAPPENED, reason="by crane 3")
        uow.commit()
    with workshop.open(ALICE) as uow:
        assert uow.history("box:1") == [first]


def test_every_event_leaves_one_open_errand_for_the_log(workshop):
    with workshop.open(ALICE) as uow:
        recorded = uow.record("box:1", HAPPENED)
        uow.commit()
    with workshop.open(ALICE) as uow:
        (errand,) = outbox.pending(uow.connection, "log", now=uow.now)
        assert errand.event_id == recorded.event_id


@pytest.mark.parametrize(
    "forbidden",
    [
        "UPDATE event SET type = 'other'",
        "DELETE FROM event",
        "UPDATE event_content SET content = '{}'",
        "DELETE FROM event_content",
    ],
)
def test_the_database_refuses_to_change_what_was_recorded(workshop, forbidden):
    with workshop.open(ALICE) as uow:
        uow.record("box:1", HAPPENED)
        uow.commit()
    with pytest.raises(DBAPIError, match="append-only"), writing(workshop.engine) as connection:
        connection.execute(text(forbidden))


def test_the_writers_of_one_subject_wait_for_each_other(workshop):
    def write(_n):
        with workshop.open(ALICE) as uow:
            position = uow.record("box:1", HAPPENED).position
            uow.commit()
            return position

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(write, range(40))) == list(range(1, 41))


def test_g8_what_ran_out_while_a_lock_was_waited_for_has_run_out(workshop):
    holding, waiting = threading.Event(), threading.Event()

    def hold():
        with workshop.open(ALICE) as uow:
            uow.lock("box:1")
            holding.set()
            waiting.wait(10)
            uow.record("box:1", HAPPENED)
            released.append(database_now(uow.connection))
            uow.commit()

    released = []
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(hold)
        holding.wait(10)
        waiting.set()
        with workshop.open(ALICE) as uow:
            uow.now  # noqa: B018 - a reader of the clock before the lock
            uow.lock("box:1")
            decided_at = uow.now
            recorded = uow.record("box:1", HAPPENED)
            uow.lock("box:2")
            assert recorded.recorded_at == uow.now == decided_at
        other.result()
    assert decided_at >= released[0]


def test_a_savepoint_takes_back_its_own_part_only(workshop):
    with workshop.open(ALICE) as uow:
        uow.record("box:1", HAPPENED)
        with pytest.raises(RuntimeError), uow.savepoint():
            uow.record("box:1", HAPPENED)
            uow.record("box:2", HAPPENED)
            raise RuntimeError
        assert uow.record("box:1", HAPPENED).position == 2
        uow.commit()
    with workshop.open(ALICE) as uow:
        assert (len(uow.history("box:1")), len(uow.history("box:2"))) == (2, 0)
