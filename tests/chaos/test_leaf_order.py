"""S62: events that are committed out of order or offered twice become one leaf each, no gaps."""

import threading
from dataclasses import dataclass

import pytest
from sqlalchemy import insert, select

from tests.chaos.test_killed_ledger import fill
from yidan.kernel.events import Actor, Event, event
from yidan.proof import fsck
from yidan.proof.sequencer import LEASE, sequence
from yidan.store import leases, log, outbox
from yidan.store.engine import reading, writing
from yidan.store.tables import Outbox

pytestmark = pytest.mark.integration

WRITERS, EACH = 3, 20


@event("testing.ordered.v1")
@dataclass(frozen=True, kw_only=True)
class Ordered(Event):
    what: int


def record(services, subject, what):
    with services.unit_of_work(Actor(party="p")) as uow:
        event_id = uow.record(subject, Ordered(what=what)).event_id
        uow.commit()
    return event_id


def leaves(services):
    with reading(services.engine) as connection:
        return [(leaf.index, leaf.event_id) for leaf in log.leaves(connection)]


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_s62_an_event_committed_after_a_later_one_is_logged_after_it(platform_on):
    """On SQLite one writer is at work at a time, and none can be overtaken."""
    with platform_on.unit_of_work(Actor(party="slow")) as slow:
        first = slow.record("box:slow", Ordered(what=1)).event_id
        second = record(platform_on, "box:quick", 2)
        fill(platform_on, "one")
        assert leaves(platform_on) == [(0, second)]
        slow.commit()
    fill(platform_on, "one")
    assert leaves(platform_on) == [(0, second), (1, first)]
    assert fsck.check(platform_on.engine, platform_on.settings).findings == ()


def test_s62_an_event_whose_errand_comes_twice_is_one_leaf(platform_on):
    event_id = record(platform_on, "box:1", 1)
    fill(platform_on, "one")
    again = select(Outbox.__table__).where(
        Outbox.__table__.c.event_id == event_id, Outbox.__table__.c.consumer == "log"
    )
    with writing(platform_on.engine) as connection:
        row = dict(connection.execute(again).mappings().one())
        del row["id"]
        for _ in range(2):
            connection.execute(insert(Outbox).values(row | {"done_at": None}))
    fill(platform_on, "one")
    assert leaves(platform_on) == [(0, event_id)]
    other = record(platform_on, "box:1", 2)
    fill(platform_on, "one")
    assert leaves(platform_on) == [(0, event_id), (1, other)]
    with reading(platform_on.engine) as connection:
        assert outbox.backlog(connection, "log") == 0


def test_s62_while_many_write_each_event_is_one_leaf_in_one_line(platform_on):
    leases.acquire(platform_on.engine, LEASE, "one", seconds=60)
    written = [[] for _ in range(WRITERS)]

    def write(own, number):
        for turn in range(EACH):
            own.append(record(platform_on, f"box:{number}", turn))

    threads = [
        threading.Thread(target=write, args=(own, number)) for number, own in enumerate(written)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        sequence(platform_on, "one")
    while sequence(platform_on, "one"):
        pass
    found = leaves(platform_on)
    assert [index for index, _ in found] == list(range(WRITERS * EACH))
    order = [event_id for _, event_id in found]
    assert sorted(order) == sorted(event_id for own in written for event_id in own)
    for own in written:
        assert [event_id for event_id in order if event_id in own] == own
    assert fsck.check(platform_on.engine, platform_on.settings).findings == ()
