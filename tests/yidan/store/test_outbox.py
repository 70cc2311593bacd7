"""The outbox gives work in order, once claimed to one worker, and keeps what failed."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from yidan.kernel.events import SYSTEM, Event, event
from yidan.store import outbox
from yidan.store.engine import writing


@event("testing.posted.v1")
@dataclass(frozen=True, kw_only=True)
class Posted(Event):
    number: int


@pytest.fixture
def posted(workshop):
    with workshop.open(SYSTEM) as uow:
        ids = [uow.record("box:1", Posted(number=n)).event_id for n in range(3)]
        uow.commit()
    return ids


def look(workshop, work):
    with workshop.open(SYSTEM) as uow:
        answer = work(uow.connection, uow.now)
        uow.commit()
        return answer


def pending(workshop, **options):
    return look(workshop, lambda c, now: outbox.pending(c, "log", now=now, **options))


def test_work_comes_in_the_order_it_was_recorded(workshop, posted):
    assert [errand.event_id for errand in pending(workshop)] == posted
    assert [errand.event_id for errand in pending(workshop, limit=1)] == posted[:1]


def test_what_is_done_does_not_come_again(workshop, posted):
    first, *rest = pending(workshop)
    look(workshop, lambda c, now: outbox.done(c, [first.id], now=now))
    assert pending(workshop) == rest
    assert look(workshop, lambda c, _now: outbox.backlog(c, "log")) == 2


def test_s75_of_two_workers_one_gets_a_piece_of_work(workshop, posted):
    errand = pending(workshop)[0]

    def claim(connection, now):
        return outbox.claim(connection, errand, now=now, until=now + timedelta(seconds=60))

    assert look(workshop, claim) is True
    assert look(workshop, claim) is False
    assert errand not in pending(workshop)


def test_what_failed_comes_back_later_and_says_why(workshop, posted):
    errand = pending(workshop)[0]

    def postpone(connection, now):
        later = now + timedelta(seconds=60)
        outbox.postpone(connection, errand.id, not_before=later, error="x" * 900)

    look(workshop, postpone)
    assert errand.id not in [found.id for found in pending(workshop)]
    with writing(workshop.engine) as connection:
        row = connection.exec_driver_sql(
            f"SELECT attempts, last_error FROM outbox WHERE id = {errand.id}"
        ).one()
    assert tuple(row) == (1, "x" * 500)


def test_rows_locked_by_another_worker_can_be_skipped(workshop, posted):
    assert [errand.event_id for errand in pending(workshop, skip_locked=True)] == posted
