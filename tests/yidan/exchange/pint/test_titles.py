"""The title on our contract decides where a chain of another platform says otherwise."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from tests.counterparts.ebl_platform import Chain, transaction
from tests.yidan.exchange.pint.conftest import TITLE
from yidan.release.titles.events import Act
from yidan.release.titles.rules import InstructionState
from yidan.release.titles.tables import InstructionRow
from yidan.release.titles.word import TitleState
from yidan.store import ledger_state
from yidan.store.engine import writing


def test_a_chain_that_agrees_with_the_title_is_received(receiving, titled):
    chain = receiving.chain()
    titled(receiving.consignee, chain=chain)
    assert receiving.code(receiving.start(chain)) == (200, "RECE")


def test_a_chain_that_ends_with_another_than_the_holder_is_disputed(receiving, titled):
    chain = receiving.chain()
    titled("somebody else", chain=chain)
    answer = receiving.start(chain)
    assert receiving.code(answer) == (409, "DISE")
    assert "at sequence 7" in receiving.said(answer)["reason"]
    assert receiving.ebl(chain) is None
    assert receiving.alarms() == ["ebl-disputed"]
    assert receiving.events("exchange.ebl_disputed.v1") == 1


def test_the_title_of_the_carriers_bill_counts_too(receiving, titled):
    from yidan.exchange.pint import tables
    from yidan.store.engine import reading

    with reading(receiving.portal.services.engine) as connection:
        carrier = tables.signers(connection, ["SMDG:HMM"])["SMDG:HMM"].organisation_id
    titled("somebody else", carrier=carrier, reference="HHL71800000")
    assert receiving.code(receiving.start()) == (409, "DISE")


@pytest.mark.parametrize("state", sorted(set(TitleState) - {TitleState.ABSENT, TitleState.ACTIVE}))
def test_a_title_that_cannot_pass_takes_no_transfer(receiving, titled, state):
    chain = receiving.chain()
    titled(receiving.consignee, state=state, chain=chain)
    assert receiving.code(receiving.start(chain)) == (409, "DISE")


def test_nothing_is_decided_while_an_instruction_is_on_its_way(receiving, titled):
    chain = receiving.chain()
    titled("seller", chain=chain)
    asked = {
        "id": "i1",
        "title": TITLE,
        "act": Act.TRANSFER.value,
        "sequence": 7,
        "nonce": 0,
        "deadline": datetime.now(UTC) + timedelta(days=1),
        "handle": 1,
        "consent_of": 2,
        "terms": {},
        "instructed_by": "seller",
        "waybill_id": "",
        "carrier": "",
        "transport_document_reference": "",
        "document_commitment": "",
        "state": min(InstructionState.open()).value,
        "consent": "",
        "signature": "",
        "code": "",
        "instructed_at": datetime.now(UTC),
    }
    with writing(receiving.portal.services.engine) as connection:
        connection.execute(insert(InstructionRow.__table__).values(asked))
    answer = receiving.start(chain)
    assert answer.status_code == 503
    assert answer.json["errors"][0]["errorCodeText"] == "ebl-title-on-its-way"
    assert answer.headers["Retry-After"] == "10"
    assert receiving.ebl(chain) is None


def test_nothing_is_decided_while_ledger_and_chain_disagree(receiving, titled):
    chain = receiving.chain()
    titled(receiving.consignee, chain=chain)
    with writing(receiving.portal.services.engine) as connection:
        ledger_state.stop_releases(connection, "a test", since=datetime.now(UTC))
    assert receiving.start(chain).status_code == 503


def test_the_title_is_asked_again_at_the_end(receiving, titled):
    chain = receiving.chain()
    reference = receiving.start(chain, [b"packing list"]).json["envelopeReference"]
    receiving.put(reference, b"packing list")
    titled("somebody else", chain=chain)
    assert receiving.code(receiving.finish(reference)) == (409, "DISE")
    assert receiving.ebl(chain) is None


def tracked_here(receiving):
    wave, chain = receiving.wave, receiving.chain()
    registry = receiving.here.registry
    return wave.extended(
        Chain(chain.bill),
        transaction("ISSUE", wave.carrier, wave.shipper),
        transaction("TRANSFER", wave.shipper, receiving.to),
        issuanceManifestSignedContent=chain.issuance,
        controlTrackingRegistry=registry,
    )


def test_a_chain_that_names_our_registry_needs_a_title(receiving, titled):
    chain = tracked_here(receiving)
    refused = receiving.start(chain)
    assert receiving.code(refused) == (422, "BENV")
    titled(receiving.consignee, chain=chain)
    assert receiving.code(receiving.start(chain)) == (200, "RECE")
