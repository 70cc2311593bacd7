"""Batches of instructions: tried first, sent once, stopped with the ledger (S74)."""

import pytest

from ledger.chain.client import RefusedByContractError
from ledger.chain.signing import address_of
from tests.yidan.release.titles.test_api import CONTRACT, Quay
from yidan.proof.titles import relaying
from yidan.proof.titles.relaying import Relay
from yidan.release.titles import events, tables
from yidan.store import chain, following, ledger_state
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading, writing

SENDER = address_of(b"\x31" * 32)


class Contract:
    """A contract that refuses what it is told to."""

    refuses = ""

    def call_raw(self, _contract, _data, *, sender):
        assert sender.startswith("0x")
        if self.refuses:
            raise RefusedByContractError(self.refuses)
        return b""


class Post:
    """A quay with what sends its instructions."""

    def __init__(self, services):
        self.quay, self.contract, self.services = Quay(services).issued(), Contract(), services
        with writing(services.engine) as connection:
            chain.know_sender(connection, services.settings.chain_id, SENDER, 0)
        self.relay = Relay(services, self.contract, SENDER, CONTRACT)
        self.settled()

    def settled(self):
        """The issue was sent long ago."""
        self.relay.plan()
        self.seen = len(self.batches())

    def batches(self):
        with reading(self.services.engine) as connection:
            return [one for one in chain.open_instructions(connection) if one.kind == "relay"]

    def new(self):
        return len(self.batches()) - self.seen

    def state(self, asked):
        with reading(self.services.engine) as connection:
            found = tables.instruction(connection, asked["id"])
            return found.state.value, found.code, following.was_relayed(connection, asked["id"])

    def ask(self, who, act, **more):
        answer = self.quay.ask(who, act, **more)
        assert answer.status_code == 201, answer.json
        return answer.json


@pytest.fixture
def post(services):
    from dataclasses import replace

    calm = replace(services.settings, title_age_s=0, title_alarm_s=0)
    return Post(replace(services, settings=calm))


def test_an_instruction_is_in_one_batch_however_often_it_is_looked_at(post):
    asked = post.ask("forwarder", "surrender")
    for _ in range(3):
        post.relay.plan()
    assert post.new() == 1
    assert post.state(asked) == ("ready", "", True)


def test_what_the_contract_would_refuse_is_not_sent(post):
    asked = post.ask("forwarder", "surrender")
    post.contract.refuses = "FrozenByAuthority"
    post.relay.plan()
    assert post.new() == 0
    assert post.state(asked) == ("refused", "FrozenByAuthority", False)


def test_s74_while_the_ledger_is_stopped_only_holds_are_sent_and_the_rest_waits(post):
    asked = post.ask("forwarder", "surrender")
    with writing(post.services.engine) as connection:
        ledger_state.stop_releases(connection, "roots differ", since=post.quay.port.now())
    hold = post.ask("customs", "hold", authority="customs")
    post.relay.plan()
    assert (post.state(hold)[2], post.state(asked)[2]) == (True, False)
    with writing(post.services.engine) as connection:
        ledger_state.resume_releases(connection)
    post.relay.plan()
    assert post.state(asked) == ("ready", "", True)


def test_s74_what_has_no_outcome_for_long_raises_the_age_alarm(post):
    post.ask("forwarder", "surrender")
    post.relay.plan()
    relaying.watch(post.services)
    with reading(post.services.engine) as connection:
        assert "title-age" in {alarm.kind for alarm in open_alarms(connection)}


def test_a_key_that_the_platform_keeps_is_made_and_registered_once(post):
    named = events.PartyNamed(handle=9, party_id="someone", custody=events.Custody.PLATFORM, key="")
    post.quay.record("handle:9", named)
    own = events.PartyNamed(handle=10, party_id="other", custody=events.Custody.OWN, key=SENDER)
    post.quay.record("handle:10", own)
    for _ in range(2):
        post.relay.plan()
    with reading(post.services.engine) as connection:
        planned = chain.find(connection, "party:9")
        assert chain.find(connection, "party:10") is None, "it was not proved yet"
    assert planned.state == "planned"
    (file,) = (post.services.settings.var / "keys" / "parties").glob("someone*")
    assert file.stat().st_mode & 0o077 == 0
