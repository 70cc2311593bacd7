"""Who follows events, and for whom a worker is woken."""

from dataclasses import dataclass

import pytest

from yidan.kernel.events import Event
from yidan.proof import tables as proof_tables
from yidan.store import followers


@dataclass(frozen=True)
class Thing(Event):
    TYPE = "followed.thing_happened.v1"


@pytest.fixture
def following(monkeypatch):
    monkeypatch.setattr(followers, "_FOLLOWERS", {})


def test_every_event_is_an_errand_of_the_log():
    assert list(followers.consumers_of("nobody.follows_this.v1")) == ["log"]


def test_a_worker_is_woken_only_for_what_workers_do():
    asked = ("render", "exchange", followers.LOG, proof_tables.CHAIN)
    assert [followers.wakes_a_worker(name) for name in asked] == [True, True, False, False]


def test_a_follower_gets_its_events_and_no_other(following):
    followers.follows("render", Thing)
    followers.follows("deliver", Thing)
    assert list(followers.consumers_of(Thing.TYPE)) == ["deliver", "log", "render"]
    assert list(followers.consumers_of("other.thing_happened.v1")) == ["log"]
