"""A round of the ledger on a chain that is told: what fails in one step stops no other."""

import pytest

from ledger.chain.client import ChainUnavailableError
from yidan.proof.service import Ledger
from yidan.proof.titles.follower import LeaseLostError
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading


class Steps:
    """Anchoring, sender, follower and relaying that note what was asked of them."""

    contract, address, client = "0x" + "22" * 20, "0x" + "33" * 20, None

    def __init__(self, failure=None):
        self.failure, self.done = failure, []

    def check_contract(self):
        self.done.append("check")

    def push(self):
        self.done.append("push")

    def ensure_contract(self):
        return True

    def created_in(self):
        return 1

    def follow(self, _first_block, _holder):
        if self.failure:
            raise self.failure
        self.done.append("follow")

    def plan(self):
        self.done.append("plan")

    def compare(self):
        self.done.append("compare")


@pytest.fixture
def ledger(services):
    made = Ledger(services)
    yield made
    made.close()


def round_with(ledger, steps, monkeypatch):
    ledger._sender = ledger._follower = ledger._relaying = steps
    monkeypatch.setattr(ledger, "_connected", lambda: steps)
    ledger._chain_round()
    return steps.done


def alarms(services):
    with reading(services.engine) as connection:
        return {alarm.kind: alarm.what for alarm in open_alarms(connection)}


def test_logs_that_cannot_be_recorded_stop_neither_anchors_nor_instructions(
    ledger, services, monkeypatch
):
    done = round_with(ledger, Steps(ValueError("no such word")), monkeypatch)
    assert done == ["check", "push", "plan", "plan", "push", "compare"]
    assert alarms(services) == {"chain-following": "ValueError: no such word"}
    assert "follow" in round_with(ledger, Steps(), monkeypatch)
    assert alarms(services) == {}


def test_instructions_that_cannot_be_sent_stop_no_anchors(ledger, services, monkeypatch):
    steps, broken = Steps(), Steps()
    monkeypatch.setattr(broken, "plan", lambda: {}["lost"])
    ledger._sender = ledger._follower = steps
    ledger._relaying = broken
    monkeypatch.setattr(ledger, "_connected", lambda: steps)
    ledger._chain_round()
    assert steps.done == ["check", "push", "follow", "plan", "push", "compare"]
    assert alarms(services) == {"title-relaying": "KeyError: 'lost'"}


def test_a_chain_that_does_not_answer_ends_the_round(ledger, services, monkeypatch):
    done = round_with(ledger, Steps(ChainUnavailableError("away")), monkeypatch)
    assert done == ["check", "push"]
    assert alarms(services) == {}
    assert ledger._anchoring is None


def test_a_lost_lease_ends_the_round(ledger, services, monkeypatch):
    with pytest.raises(LeaseLostError):
        round_with(ledger, Steps(LeaseLostError()), monkeypatch)
    assert alarms(services) == {}
