"""Who follows events, and for whom a worker is woken."""

from yidan.proof import tables as proof_tables
from yidan.store import followers


def test_every_event_is_an_errand_of_the_log():
    assert list(followers.consumers_of("nobody.follows_this.v1")) == ["log"]


def test_a_worker_is_woken_only_for_what_workers_do():
    asked = ("render", "exchange", followers.LOG, proof_tables.CHAIN)
    assert [followers.wakes_a_worker(name) for name in asked] == [True, True, False, False]
