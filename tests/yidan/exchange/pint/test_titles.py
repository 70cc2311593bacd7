"""The title on our contract decides where a chain of another platform says otherwise."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from tests.counterparts.ebl_platform import Chain, transaction
from tests.yidan.exchange.pint.conftest import TITLE
from yidan.exchange.pint.actions.titles import lock_bill
from yidan.exchange.pint.events import SignerKind
from yidan.release.titles.events import Act
from yidan.release.titles.recording import lock_titles
from yidan.release.titles.word import TitleState
from yidan.store import ledger_state
from yidan.store.engine import reading, writing


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
    titled("somebody else", reference="HHL71800000")
    assert receiving.code(receiving.start()) == (409, "DISE")


def test_a_rival_carriers_title_of_the_same_document_does_not_count(receiving, titled):
    chain = receiving.chain()
    titled("thief", chain=chain, reference="HHL71800000", carrier="rival", title="f" * 64)
    assert receiving.code(receiving.start(chain)) == (200, "RECE")
    assert receiving.ebl(chain).possessor_id == receiving.consignee


def test_a_title_of_a_signer_that_is_no_carrier_does_not_count(receiving, titled):
    receiving.register(
        "SMDG:HMM", SignerKind.PLATFORM, receiving.carrier, receiving.wave.carrier_jwks
    )
    chain = receiving.chain()
    titled("somebody else", chain=chain)
    assert receiving.code(receiving.start(chain)) == (200, "RECE")


def test_of_several_live_titles_none_is_picked(receiving, titled):
    chain = receiving.chain()
    titled(receiving.consignee, chain=chain)
    titled(receiving.consignee, reference="HHL71800000", title="f" * 64)
    answer = receiving.start(chain)
    assert receiving.code(answer) == (409, "DISE")
    assert "2 live titles" in receiving.said(answer)["reason"]
    assert receiving.alarms() == ["ebl-disputed"]


def test_an_ended_title_beside_the_live_one_says_nothing(receiving, titled):
    chain = receiving.chain()
    titled("somebody else", chain=chain, state=TitleState.VOID, title="f" * 64)
    titled(receiving.consignee, chain=chain)
    assert receiving.code(receiving.start(chain)) == (200, "RECE")


@pytest.mark.parametrize(("holder", "code"), [("us", (200, "RECE")), ("other", (409, "DISE"))])
def test_of_a_bill_merged_away_the_title_that_took_its_place_decides(
    receiving, titled, holder, code
):
    chain, first, heir = receiving.chain(), "e" * 64, "f" * 64
    titled("seller", reference="HHL00000001", state=TitleState.VOID, title=first)
    titled("seller", chain=chain, reference="HHL71800000", state=TitleState.VOID)
    found = receiving.consignee if holder == "us" else "somebody else"
    titled(found, reference="HHL00000001", title=heir, parents=(first, TITLE))
    assert receiving.code(receiving.start(chain)) == code


def test_an_ebl_and_a_title_joined_by_the_document_alone_share_a_lock(receiving, titled):
    chain = receiving.chain()
    titled("seller", chain=chain, reference="ANOTHER NUMBER")
    by_ebl, by_title = set(), set()
    with reading(receiving.portal.services.engine) as connection:
        for locked, lock in (
            (by_ebl, lambda uow: lock_bill(uow, chain.checksum, "SMDG:HMM", "HHL71800000")),
            (by_title, lambda uow: lock_titles(uow, [TITLE])),
        ):
            lock(
                SimpleNamespace(
                    connection=connection, lock=lambda *them, to=locked: to.update(them)
                )
            )
    assert by_ebl & by_title == {f"document:{chain.checksum}"}


@pytest.mark.parametrize("by", ["number", "document"])
def test_nothing_is_decided_while_a_title_is_being_issued(receiving, asked, by):
    chain = receiving.chain()
    named = {
        "number": {"transport_document_reference": "HHL71800000"},
        "document": {"document_commitment": chain.checksum},
    }
    asked(Act.ISSUE, carrier=receiving.carrier, **named[by])
    answer = receiving.start(chain)
    assert answer.status_code == 503
    assert answer.json["errors"][0]["errorCodeText"] == "ebl-title-being-issued"
    assert receiving.ebl(chain) is None


@pytest.mark.parametrize("state", sorted(set(TitleState) - {TitleState.ABSENT, TitleState.ACTIVE}))
def test_a_title_that_cannot_pass_takes_no_transfer(receiving, titled, state):
    chain = receiving.chain()
    titled(receiving.consignee, state=state, chain=chain)
    assert receiving.code(receiving.start(chain)) == (409, "DISE")


def test_nothing_is_decided_while_an_instruction_is_on_its_way(receiving, titled, asked):
    chain = receiving.chain()
    titled("seller", chain=chain)
    asked(Act.TRANSFER)
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
