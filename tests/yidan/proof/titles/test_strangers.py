"""What anybody may have the contract log: it makes the platform forget no title of a bill."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from ledger.chain.signing import address_of
from tests.titles import keep_key
from tests.yidan.proof.titles.chain_story import Story, log, word
from tests.yidan.release.titles.test_api import CONTRACT, Quay, said
from yidan.proof.sequencer import LEASE
from yidan.proof.titles.follower import Follower
from yidan.proof.titles.relaying import Relay
from yidan.release.titles import tables
from yidan.release.titles.recording import record_refusal
from yidan.store import chain, leases
from yidan.store.engine import reading, writing

SENDER = address_of(b"\x31" * 32)
CARRIER_KEY = address_of(b"\x01" * 32)
STRANGER = "0x" + "99" * 20


class Willing:
    """A contract that refuses nothing beforehand."""

    def call_raw(self, _contract, _data, *, sender):
        assert sender
        return b""


class Roadstead:
    """A quay whose issue was relayed, and a chain that a test writes."""

    def __init__(self, services):
        self.services, self.quay, self.story = services, Quay(services), Story()
        self.asked = self.quay.issue().json
        self.quay.title = self.asked["title"]
        with writing(services.engine) as connection:
            chain.know_sender(connection, services.settings.chain_id, SENDER, 0)
        keep_key(services.settings, self.quay.port.ids["carrier"], b"\x01" * 32)
        Relay(services, Willing(), SENDER, CONTRACT).plan()
        leases.acquire(services.engine, LEASE, "me", seconds=60)
        self.follower = Follower(services, self.story, CONTRACT)

    def refused(self, signer):
        with reading(self.services.engine) as connection:
            statement = text("SELECT digest FROM chain_relayed WHERE instruction_id = :id")
            digest = connection.execute(statement, {"id": self.asked["id"]}).scalar_one()
        return log(
            "InstructionRefused",
            signer=signer,
            digest=bytes.fromhex(digest),
            index=0,
            reason="NotKeeper",
        )

    def issued(self, **fields):
        usual = {"quantity": 1, "owner": 2, "holder": 2, "issuer": 1}
        title = bytes.fromhex(self.quay.title)
        return log("Issued", title=title, word=word(**{**usual, **fields}))

    def happens(self, *logs):
        self.story.mine(*logs).mine(count=self.services.settings.confirmations)
        self.follower.follow(1, "me")
        return self

    def give_up(self):
        with reading(self.services.engine) as connection:
            asked = tables.instruction(connection, self.asked["id"])

        def work(uow):
            uow.lock(f"title:{asked.title}")
            record_refusal(uow, asked, "InstructionExpired", sent=True, block_number=1)

        self.quay.port.do("system", work)

    @property
    def state(self):
        with reading(self.services.engine) as connection:
            found = tables.instruction(connection, self.asked["id"])
        return found.state.value, found.code

    @property
    def waybill_of_title(self):
        with reading(self.services.engine) as connection:
            return tables.find_title(connection, self.quay.title).waybill_id

    def presented(self):
        path = f"/v1/waybills/{self.quay.waybill_id}/presentation"
        return self.quay.post("agent", path, {"presentation": "telex", "reference": "1"})


@pytest.fixture
def road(services):
    calm = replace(services.settings, title_age_s=0, confirmations=2)
    return Roadstead(replace(services, settings=calm))


def test_a_refusal_of_the_same_call_with_anothers_signature_is_nobodys(road):
    road.happens(road.refused(STRANGER))
    assert road.state == ("ready", "")
    road.happens(road.issued())
    assert road.state == ("confirmed", "")
    said(road.presented(), 409, "title-on-chain")
    said(road.quay.issue(), 409, "title-issued-already")


def test_a_refusal_of_the_partys_own_signature_is_taken(road):
    road.happens(road.refused(CARRIER_KEY))
    assert road.state == ("refused", "NotKeeper")


def test_an_outcome_overrules_that_its_instruction_was_given_up(road):
    road.give_up()
    road.happens(road.issued())
    assert road.state == ("confirmed", "")
    said(road.presented(), 409, "title-on-chain")


def test_a_carrier_that_calls_the_contract_itself_does_not_lose_the_bill(road):
    road.give_up()
    road.happens(road.issued(quantity=7))
    assert road.state == ("refused", "InstructionExpired")
    assert road.waybill_of_title == road.quay.waybill_id
    said(road.presented(), 409, "title-on-chain")
    said(road.quay.issue(), 409, "title-issued-already")


def test_another_issuer_takes_no_bill_with_anothers_title_id(road):
    road.happens(road.issued(issuer=2))
    assert road.waybill_of_title == ""
