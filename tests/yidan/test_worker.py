"""The worker's chores: what ran out is written down, what is old is dropped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from tests.port import Port
from yidan import worker
from yidan.release.rules.commercial import CommercialState
from yidan.release.tables import releases
from yidan.store import idempotency
from yidan.store.engine import database_now, reading, writing
from yidan.store.tables import Idempotency

KEPT = Idempotency.__table__


class Watch:
    """A clock that is set by hand."""

    at = datetime(2026, 11, 22, 8, tzinfo=UTC)

    def now(self):
        return self.at


@pytest.fixture
def port(services_on):
    return Port(SimpleNamespace(open=services_on.unit_of_work))


def stored(port, release_id):
    return port.look("system", lambda uow: releases.find(uow.connection, release_id)).state


def keep_answer(services, key, age):
    call = idempotency.Call(client="c", route="POST /v1/holds", key=key, fingerprint="f")
    answer = idempotency.Answer(201, {}, b"{}")
    with writing(services.engine) as connection:
        now = database_now(connection)
        idempotency.keep(connection, call, answer, now=now - age)


def kept_keys(services):
    with reading(services.engine) as connection:
        return set(connection.execute(select(KEPT.c.key)).scalars())


def test_every_release_that_ran_out_is_written_down_and_no_other(services_on, port):
    port.people()
    ran_out = []
    for number in ("B1", "B2"):
        port.bill(number)
        port.listed(number=number, voyage=number)
        order = {"transport_document_reference": number, "voyage": number}
        ran_out.append(port.granted(**order).release_id)
    port.bill("B3")
    port.listed(number="B3", voyage="B3")
    valid = port.granted(transport_document_reference="B3", voyage="B3").release_id
    port.run_out(*ran_out)
    assert worker.expire_releases(services_on) == 2
    assert {stored(port, one) for one in ran_out} == {CommercialState.EXPIRED}
    assert stored(port, valid) is CommercialState.GRANTED
    assert worker.expire_releases(services_on) == 0


def test_answers_too_old_to_be_asked_for_are_dropped(services_on):
    keep_answer(services_on, "old", idempotency.KEEP + timedelta(seconds=1))
    keep_answer(services_on, "young", idempotency.KEEP - timedelta(hours=1))
    assert worker.forget_answers(services_on) == 1
    assert kept_keys(services_on) == {"young"}


def test_both_are_among_the_chores_of_every_worker(services_on, port):
    keep_answer(services_on, "old", idempotency.KEEP + timedelta(seconds=1))
    port.people()
    port.bill()
    port.listed()
    release_id = port.granted().release_id
    port.run_out(release_id)
    for chore in worker.chores():
        chore(services_on)
    assert kept_keys(services_on) == set()
    assert stored(port, release_id) is CommercialState.EXPIRED


def test_a_seldom_chore_waits_its_period_and_is_repeated_where_it_failed(services):
    watch, done = Watch(), []
    at_hand = replace(services, clock=watch)

    def fails_first(_services):
        done.append(watch.at)
        if len(done) == 1:
            raise ConnectionError

    chore = worker.seldom(fails_first, timedelta(hours=1))
    with pytest.raises(ConnectionError):
        chore(at_hand)
    chore(at_hand)
    chore(at_hand)
    assert len(done) == 2
    watch.at += timedelta(hours=1)
    chore(at_hand)
    assert len(done) == 3
