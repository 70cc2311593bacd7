"""Bills that are not sent: those with a title on our contract, and those too long to be read."""

import json

import pytest

from tests.counterparts.ebl_platform import party
from yidan.exchange.pint import wire
from yidan.exchange.pint.events import SignerKind
from yidan.kernel.reasons import Role
from yidan.release.titles.events import Act
from yidan.release.titles.word import ENDS, TitleState

BUYER = party("Buyer", "CARX", "BUYER")


@pytest.fixture
def held(receiving, stranger):
    """A bill in the possession of our consignee; CARX is registered, and never called."""
    organisation = receiving.portal.organisation(Role.EBL_PLATFORM)
    receiving.register(
        "CARX", SignerKind.PLATFORM, organisation, stranger.jwks, "https://carx.example"
    )
    receiving.bill = receiving.chain()
    assert receiving.code(receiving.start(receiving.bill)) == (200, "RECE")
    receiving.owner = receiving.portal.machine(Role.CONSIGNEE, party=receiving.consignee)
    return receiving


def send(held):
    body = {"steps": [{"action": "TRANSFER", "recipient": BUYER}]}
    return held.owner.post(f"/v1/ebls/{held.bill.checksum}/transfers", body)


def refused(held, *expected):
    answer = send(held)
    assert answer.status_code == 409, answer.json
    assert [one["code"] for one in answer.json["reasons"]] == list(expected)
    assert held.ebl(held.bill).sending == ""
    assert held.events("exchange.ebl_sending.v1") == 0
    return answer


@pytest.mark.parametrize("state", sorted(set(TitleState) - ENDS - {TitleState.ABSENT}))
def test_a_bill_with_a_live_title_is_not_sent_even_by_its_holder(held, titled, state):
    titled(held.consignee, chain=held.bill, state=state)
    answer = refused(held, "ebl-has-title")
    assert "it moves there alone" in str(answer.json)


def test_a_bill_whose_title_was_released_is_not_sent(held, titled):
    titled(held.consignee, chain=held.bill, state=TitleState.RELEASED)
    refused(held, "ebl-title-not-passable")


def test_a_bill_is_not_sent_while_its_title_is_being_issued(held, asked):
    asked(Act.ISSUE, carrier=held.carrier, transport_document_reference="HHL71800000")
    refused(held, "ebl-title-being-issued")


def test_a_rival_carriers_title_does_not_keep_a_bill(held, titled):
    titled("thief", chain=held.bill, carrier="rival")
    assert send(held).status_code == 201


def test_a_chain_that_could_not_be_read_again_is_not_sent(held, monkeypatch):
    monkeypatch.setattr(wire, "MAX_ENTRIES", 1)
    refused(held, "ebl-chain-too-long")


def test_an_envelope_that_could_not_be_read_again_is_not_sent(held, monkeypatch):
    size = len(json.dumps(held.wave.envelope(held.bill)))
    monkeypatch.setattr(wire, "MAX_ENVELOPE", size + 100)
    refused(held, "json-too-large")
