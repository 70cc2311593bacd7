"""Batches of instructions: tried first, sent once, stopped with the ledger (S74)."""

from datetime import timedelta

import pytest

from ledger.chain import typed_data
from ledger.chain.client import RefusedByContractError
from ledger.chain.signing import address_of
from tests.titles import keep_key
from tests.yidan.release.titles.test_api import CONTRACT, OWN_KEY, PLATFORM_KEYS, Quay
from yidan.proof.titles import relaying
from yidan.proof.titles.relaying import Relay
from yidan.release.titles import claims, events, tables
from yidan.release.titles.recording import record_refusal
from yidan.release.titles.rules.offices import AUTHORITIES
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
        self.keys = services.settings.var / "keys" / "parties"
        for number, who in enumerate(PLATFORM_KEYS, 1):
            self.keep(who, bytes([number]) * 32)
        self.settled()

    def keep(self, who, key):
        """Put a party's key where the platform keeps it; a new process opens it."""
        keep_key(self.services.settings, self.quay.port.ids[who], key)
        self.relay = Relay(self.services, self.contract, SENDER, CONTRACT)

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

    def alarms(self):
        with reading(self.services.engine) as connection:
            return {alarm.kind for alarm in open_alarms(connection)}

    def signed(self, who, asked, secret=OWN_KEY):
        path = f"/v1/title-instructions/{asked['id']}"
        shown = self.quay.get(who, path).json["toSign"]
        signature = typed_data.sign(secret, shown).hex()
        answer = self.quay.post(who, f"{path}/signature", {"signature": signature})
        assert answer.json["state"] == "ready"
        return asked

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


def test_an_instruction_asked_for_again_in_the_same_words_is_sent(post):
    until = (post.quay.port.now() + timedelta(days=9)).replace(microsecond=0).isoformat()
    first = post.ask("forwarder", "surrender", deadline=until)
    post.relay.plan()
    with reading(post.services.engine) as connection:
        asked = tables.instruction(connection, first["id"])

    def refused(uow):
        uow.lock(f"title:{asked.title}")
        record_refusal(uow, asked, "Paused", sent=True, block_number=9)

    post.quay.port.do("system", refused)
    again = post.ask("forwarder", "surrender", deadline=until)
    post.relay.plan()
    assert post.new() == 2
    assert post.state(again) == ("ready", "", True)


def test_one_instruction_that_fails_is_refused_and_the_others_go(post, monkeypatch):
    broken = post.ask("forwarder", "surrender")
    hold = post.ask("customs", "hold", authority="customs")
    real = post.relay._made

    def made(asked):
        if asked.id == broken["id"]:
            raise ValueError("no such bytes")
        return real(asked)

    monkeypatch.setattr(post.relay, "_made", made)
    post.relay.plan()
    assert post.state(broken) == ("refused", "CallFailed", False)
    assert post.state(hold) == ("ready", "", True)
    with reading(post.services.engine) as connection:
        assert "title-instruction" in {alarm.kind for alarm in open_alarms(connection)}


def test_holds_go_first_in_a_batch_of_their_own(post):
    post.ask("forwarder", "surrender")
    hold = post.ask("customs", "hold", authority="customs")
    post.relay.plan()
    keys = [one.key for one in post.batches()[post.seen :]]
    assert (len(keys), keys[0]) == (2, f"relay:{hold['id']}")


def test_s74_older_errands_hide_no_hold_while_the_ledger_is_stopped(post, monkeypatch):
    monkeypatch.setattr(relaying, "WAITING", 1)
    post.ask("forwarder", "surrender")
    hold = post.ask("customs", "hold", authority="customs")
    with writing(post.services.engine) as connection:
        ledger_state.stop_releases(connection, "roots differ", since=post.quay.port.now())
    post.relay.plan()
    assert post.state(hold)[2]


def test_an_instruction_of_an_agent_dismissed_since_is_not_signed(post):
    post.quay.outcome("Surrendered", state=3, sequence=2)
    asked = post.ask("agent", "accept_surrender")
    post.quay.port.dismissed(post.quay.port.agency_id)
    post.relay.plan()
    assert post.new() == 0
    assert post.state(asked) == ("refused", "title-asker-not-appointed", False)
    told = post.quay.get("carrier", f"/v1/title-instructions/{asked['id']}").json
    assert "not appointed" in told["messageEn"]
    assert "船代" in told["messageZh"]


def test_an_instruction_of_an_agent_that_is_still_appointed_is_signed(post):
    post.quay.outcome("Surrendered", state=3, sequence=2)
    asked = post.ask("agent", "accept_surrender")
    post.relay.plan()
    assert post.state(asked) == ("ready", "", True)


def test_an_instruction_of_an_organisation_suspended_since_is_not_signed(post):
    asked = post.ask("forwarder", "surrender")
    post.quay.suspended("forwarder")
    post.relay.plan()
    assert post.state(asked) == ("refused", "title-asker-not-verified", False)


def test_the_consent_of_an_organisation_suspended_since_is_not_signed(post):
    asked = post.ask("forwarder", "transfer", to=post.quay.port.ids["bank"])
    path = f"/v1/title-instructions/{asked['id']}/consent"
    assert post.quay.post("bank", path, {}).json["state"] == "ready"
    post.quay.suspended("bank")
    post.relay.plan()
    assert post.state(asked) == ("refused", "title-consent-not-verified", False)


@pytest.fixture
def own(post):
    """The consignee, which keeps its own key, holds the title."""
    post.quay.outcome("Transferred", owner=5, holder=5, sequence=2)
    return post


def test_what_a_party_signed_itself_is_not_sent_once_it_is_suspended(own):
    asked = own.signed("consignee", own.ask("consignee", "surrender"))
    own.quay.suspended("consignee")
    own.relay.plan()
    assert (own.new(), own.state(asked)) == (0, ("refused", "title-asker-not-verified", False))


def test_what_a_party_signed_itself_goes_while_it_is_in_good_standing(own):
    asked = own.signed("consignee", own.ask("consignee", "surrender"))
    own.relay.plan()
    assert (own.new(), own.state(asked)) == (1, ("ready", "", True))


def test_what_was_signed_with_a_key_replaced_since_is_not_sent(own):
    asked = own.signed("consignee", own.ask("consignee", "surrender"))
    own.quay.confirm_key(5, address_of(b"\x08" * 32))
    own.relay.plan()
    assert (own.new(), own.state(asked)) == (0, ("refused", "title-key-replaced", False))


def test_what_a_carrier_signed_for_an_agent_dismissed_since_is_not_sent(post):
    post.quay.outcome("Surrendered", state=3, sequence=2)
    with writing(post.services.engine) as connection:
        connection.exec_driver_sql("UPDATE titles_party SET custody = 'own' WHERE handle = 1")
    asked = post.signed("carrier", post.ask("agent", "accept_surrender"), bytes([1]) * 32)
    post.quay.port.dismissed(post.quay.port.agency_id)
    post.relay.plan()
    assert (post.new(), post.state(asked)) == (0, ("refused", "title-asker-not-appointed", False))


def test_an_own_consent_of_an_organisation_suspended_since_does_not_count(post):
    asked = post.ask("forwarder", "transfer", to=post.quay.port.ids["consignee"])
    path = f"/v1/title-instructions/{asked['id']}"
    shown = post.quay.get("consignee", path).json["toSign"]
    body = {"signature": typed_data.sign(OWN_KEY, shown).hex()}
    assert post.quay.post("consignee", f"{path}/consent", body).json["state"] == "ready"
    post.quay.suspended("consignee")
    post.relay.plan()
    assert (post.new(), post.state(asked)) == (0, ("refused", "title-consent-not-verified", False))


def test_a_title_whose_bill_has_gone_elsewhere_since_is_not_passed(own, monkeypatch):
    asked = own.signed("consignee", own.ask("consignee", "surrender"))
    monkeypatch.setattr(claims, "_LOOKS", [lambda *_: claims.Whereabouts.AWAY])
    own.relay.plan()
    assert (own.new(), own.state(asked)) == (0, ("refused", "title-goods-changed", False))


def test_a_title_is_not_issued_for_a_bill_that_circulates_since(post, monkeypatch):
    second = post.quay.port.bill("EOCLYG26110043", negotiable=True)
    asked = post.quay.issue(waybillId=second).json
    monkeypatch.setattr(claims, "_LOOKS", [lambda *_: claims.Whereabouts.HERE])
    post.relay.plan()
    assert (post.new(), post.state(asked)) == (0, ("refused", "title-goods-changed", False))


@pytest.mark.parametrize("broken", [b"short", bytes(31) + b"\x63", None])
def test_what_a_key_cannot_sign_is_set_aside_and_the_others_go(post, monkeypatch, broken):
    monkeypatch.setattr(relaying, "AGAIN", timedelta(0))
    if broken is None:
        (post.keys / post.quay.port.ids["forwarder"]).unlink()
    else:
        post.keep("forwarder", broken)
    asked = post.ask("forwarder", "surrender")
    hold = post.ask("customs", "hold", authority="customs")
    post.relay.plan()
    assert (post.state(hold)[2], post.state(asked)) == (True, ("ready", "", False))
    assert "title-key" in post.alarms()
    post.keep("forwarder", bytes([2]) * 32)
    post.relay.plan()
    assert post.state(asked) == ("ready", "", True)


def test_a_hold_that_a_key_cannot_sign_keeps_no_other_hold_back(post):
    post.quay.office(AUTHORITIES + 5, "bank", bytes([3]) * 32)
    post.keep("customs", b"short")
    first = post.ask("customs", "hold", authority="customs")
    second = post.ask("bank", "hold", authority="bank")
    post.relay.plan()
    assert (post.state(first)[2], post.state(second)[2]) == (False, True)


def test_a_key_that_does_not_open_keeps_no_other_party_from_its_registration(post):
    for handle, party in ((8, "first"), (9, "second")):
        custody = events.Custody.PLATFORM
        named = events.PartyNamed(handle=handle, party_id=party, custody=custody, key="")
        post.quay.record(f"handle:{handle}", named)
    (post.keys / "first").write_bytes(b"short")
    (post.keys / "first").chmod(0o604)
    post.relay.plan()
    with reading(post.services.engine) as connection:
        planned = [chain.find(connection, f"party:{handle}") for handle in (8, 9)]
    assert [one is not None for one in planned] == [False, True]
    assert "title-key" in post.alarms()


def test_an_instruction_taken_back_while_it_was_signed_is_in_no_batch(post, monkeypatch):
    asked = post.ask("forwarder", "surrender")
    path = f"/v1/title-instructions/{asked['id']}/withdrawal"

    def tried(*_arguments, **_more):
        assert post.quay.post("forwarder", path, {"reason": "no"}).json["state"] == "withdrawn"
        return b""

    monkeypatch.setattr(post.contract, "call_raw", tried)
    post.relay.plan()
    assert post.new() == 0
    assert post.state(asked) == ("withdrawn", "", False)
