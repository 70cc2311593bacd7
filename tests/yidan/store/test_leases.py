"""One holder at a time, by the database's clock."""

import time

from yidan.store import leases
from yidan.store.engine import writing


def held(workshop, holder):
    with writing(workshop.engine) as connection:
        return leases.held(connection, "ledger", holder)


def test_a_lease_has_one_holder_until_it_ends(workshop):
    assert leases.acquire(workshop.engine, "ledger", "a", seconds=30) == 1
    assert leases.acquire(workshop.engine, "ledger", "b", seconds=30) is None
    assert (held(workshop, "a"), held(workshop, "b")) == (1, None)


def test_renewing_keeps_the_token_and_a_new_holder_gets_a_higher_one(workshop):
    assert leases.acquire(workshop.engine, "ledger", "a", seconds=30) == 1
    assert leases.acquire(workshop.engine, "ledger", "a", seconds=30) == 1
    leases.release(workshop.engine, "ledger", "a")
    assert leases.acquire(workshop.engine, "ledger", "b", seconds=30) == 2
    assert held(workshop, "a") is None


def test_a_lease_that_ended_is_anybodys_and_no_longer_its_holders(workshop):
    assert leases.acquire(workshop.engine, "ledger", "a", seconds=0) in {None, 1}
    time.sleep(0.01)
    assert held(workshop, "a") is None
    assert leases.acquire(workshop.engine, "ledger", "b", seconds=30) == 2
