"""Seizure 依法扣押: by two authorities that hold the title, never by owner or issuer (I9)."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused
from ledger_twins import COURT_ID, CUSTOMS_ID, Twins

from ledger.chain import instructions
from ledger.chain.words import Flag, TitleState

ORDER, OTHER_ORDER = keccak(text="court order"), keccak(text="another court order")
WHY = keccak(text="why")
DAY = 86_400
LATER_BIT = 5


@pytest.fixture(scope="module")
def ledger(chain):
    return chain.another().furnish()


@pytest.fixture
def twins(ledger):
    twins = Twins(ledger)
    for handle, authority in ((COURT_ID, lc.COURT), (CUSTOMS_ID, lc.CUSTOMS)):
        if not any(ledger.view("party_key", handle)):
            ledger.register(handle, authority)
        twins.model.parties[handle] = "court" if handle == COURT_ID else "customs"
    return twins


@pytest.fixture
def held(twins, title):
    twins.issue(title)
    twins.hold(title, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    twins.hold(title, by=lc.COURT, bit=lc.COURT_BIT)
    return title


def by_court(twins, title, *, to=COURT_ID, evidence=ORDER, reason=""):
    twins(reason, lc.COURT, "seize", title, lc.COURT_BIT, to, evidence)


def by_customs(twins, title, *, to=COURT_ID, evidence=ORDER, reason=""):
    twins(reason, lc.CUSTOMS, "seize", title, lc.CUSTOMS_BIT, to, evidence)


def test_two_authorities_that_hold_a_title_seize_it(twins, held):
    by_court(twins, held)
    assert twins.chain.last_event().name == "SeizureVoted"
    assert twins.chain.title(held).holder == lc.SHIPPER_ID
    by_customs(twins, held)
    event = twins.chain.last_event()
    assert (event.name, event.arguments["evidence"]) == ("Seized", ORDER)
    word = twins.chain.title(held)
    assert (word.owner, word.holder) == (COURT_ID, COURT_ID)
    assert word.holds == 1 << lc.COURT_BIT | 1 << lc.CUSTOMS_BIT
    assert int.from_bytes(twins.chain.view("seizure_word", held), "big") == 0


def test_one_authority_does_not_make_two(twins, held):
    by_court(twins, held)
    by_court(twins, held)
    assert twins.chain.title(held).holder == lc.SHIPPER_ID


def test_the_second_vote_is_for_the_same_party_on_the_same_evidence(twins, held):
    by_court(twins, held)
    by_customs(twins, held, evidence=OTHER_ORDER, reason="NotHolder")
    by_customs(twins, held, to=CUSTOMS_ID)
    assert twins.chain.title(held).holder == lc.SHIPPER_ID
    by_court(twins, held, to=CUSTOMS_ID)
    assert twins.chain.title(held).holder == CUSTOMS_ID


def test_a_title_goes_to_an_authority_and_to_nobody_else(twins, held):
    for stranger in (lc.CONSIGNEE_ID, lc.BANK_ID, CUSTOMS_ID, 99):
        by_court(twins, held, to=stranger, reason="NotHolder")


def test_a_vote_needs_the_voters_hold_and_ends_with_it(twins, held, title):
    by_court(twins, held)
    twins.unhold(held, by=lc.COURT, bit=lc.COURT_BIT)
    by_court(twins, held, reason="NotHeld")
    by_customs(twins, held, reason="NotHolder")
    assert twins.chain.title(held).holder == lc.SHIPPER_ID
    other = keccak(title)
    twins.issue(other)
    by_court(twins, other, reason="NotHeld")
    by_court(twins, keccak(other), reason="NotHeld")


def test_s13_neither_owner_nor_issuer_seizes(twins, held):
    for insider in (lc.ADMIN, lc.CARRIER, lc.TERMINAL, lc.SHIPPER):
        for bit in (lc.CUSTOMS_BIT, lc.COURT_BIT):
            twins("NotKeeper", insider, "seize", held, bit, COURT_ID, ORDER)
    with refused("UnknownAuthority"):
        twins.chain.send(lc.ADMIN, "seize", held, 8, COURT_ID, ORDER)


def test_s13_an_authority_of_the_owners_own_making_has_no_voice(twins, held):
    office = instructions.AUTHORITIES + LATER_BIT
    if not any(twins.chain.view("office_key", office)):
        twins.chain.send(lc.ADMIN, "appoint", office, lc.BANK.address)
    twins.model.offices[office] = "bank"
    twins.hold(held, by=lc.BANK, bit=LATER_BIT)
    twins("MayNotSeize", lc.BANK, "seize", held, LATER_BIT, lc.BANK_ID, ORDER)


def test_a_voice_goes_with_the_office_and_is_lost_when_it_is_left_vacant(chain, title):
    twins = Twins(chain.another().furnish())
    office = instructions.AUTHORITIES + lc.CUSTOMS_BIT
    twins.chain.send(lc.CUSTOMS, "hand_over", office, lc.BANK.address)
    twins.issue(title)
    twins.model.offices[office] = "bank"
    twins.hold(title, by=lc.BANK, bit=lc.CUSTOMS_BIT)
    twins("", lc.BANK, "seize", title, lc.CUSTOMS_BIT, lc.BANK_ID, ORDER)
    twins.chain.send(lc.BANK, "hand_over", office, "0x" + "00" * 20)
    twins.chain.send(lc.ADMIN, "appoint", office, lc.BANK.address)
    twins.model.voices.remove(lc.CUSTOMS_BIT)
    twins("MayNotSeize", lc.BANK, "seize", title, lc.CUSTOMS_BIT, lc.BANK_ID, ORDER)


def test_an_offer_or_a_wish_for_amendment_is_no_shelter(twins, held, title):
    other = keccak(title)
    twins.issue(other)
    wish = instructions.lineage(other, [], [])
    twins("", lc.SHIPPER, "surrender_for_amendment", other, 1, wish)
    third = keccak(other)
    twins.issue(third)
    until = twins.chain.now + DAY
    twins("", lc.SHIPPER, "propose", third, 1, lc.BANK_ID, until, 3)
    for each in (other, third):
        twins.hold(each, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
        twins.hold(each, by=lc.COURT, bit=lc.COURT_BIT)
        by_court(twins, each)
        by_customs(twins, each)
        word = twins.chain.title(each)
        assert (word.state, word.holder, word.ordered) == (TitleState.ACTIVE, COURT_ID, 0)
        assert not any(twins.chain.view("lineage_of", each))


def test_roles_that_were_apart_are_one_again_and_a_pledge_stays(twins, title):
    twins.issue(title)
    twins("", lc.SHIPPER, "pledge", title, 1, lc.BANK_ID, DAY)
    twins.hold(title, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    twins.hold(title, by=lc.COURT, bit=lc.COURT_BIT)
    by_customs(twins, title, to=CUSTOMS_ID)
    by_court(twins, title, to=CUSTOMS_ID)
    assert twins.chain.title(title).flags == Flag.PLEDGED
    assert twins.chain.pledge(title).pledgee == lc.BANK_ID


def test_open_orders_are_revoked_first_and_what_has_ended_is_not_seized(twins, title):
    twins.issue(title)
    twins("", lc.SHIPPER, "surrender", title, 1)
    until = twins.chain.now + DAY
    twins("", lc.CARRIER, "order", title, 2, lc.TERMINAL_NO, lc.CONSIGNEE_ID, 600, until)
    twins.hold(title, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    twins.hold(title, by=lc.COURT, bit=lc.COURT_BIT)
    by_court(twins, title)
    by_customs(twins, title, reason="OrdersOpen")
    twins("", lc.CARRIER, "revoke_order", title, 3)
    by_customs(twins, title)
    assert twins.chain.title(title).state == TitleState.RELEASING
    other = keccak(title)
    twins.issue(other)
    wish = instructions.lineage(other, [], [])
    twins("", lc.SHIPPER, "surrender_for_amendment", other, 1, wish)
    twins.hold(other, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    twins("", lc.CARRIER, "replace", other, 3, [], [])
    by_customs(twins, other, reason="NotLive")


def relayed(chain, signed):
    """The reason for which a signed vote is refused, or nothing."""
    chain.send_data(lc.STRANGER, instructions.relay([signed]))
    first, *_ = chain.events()
    return first.arguments.get("reason", "")


def vote_of(chain, signer, bit, title, *, evidence=ORDER, **terms):
    data = instructions.call_data("seize", title, bit, COURT_ID, evidence)
    return chain.signed(signer, data, **terms)


def test_a_vote_is_relayed_like_any_act_with_a_nonce(twins, held):
    free = int.from_bytes(held[:7], "big")
    for signer, bit in ((lc.COURT, lc.COURT_BIT), (lc.CUSTOMS, lc.CUSTOMS_BIT)):
        by_sequence = vote_of(twins.chain, signer, bit, held)
        assert relayed(twins.chain, by_sequence) == "NonceNeeded"
        assert relayed(twins.chain, vote_of(twins.chain, signer, bit, held, nonce=free)) == ""
    assert twins.chain.title(held).holder == COURT_ID


def test_s42_a_relayer_does_not_cast_a_vote_again(twins, held):
    """A first vote changes no word: once another one stands, nobody brings it back."""
    vote = vote_of(twins.chain, lc.COURT, lc.COURT_BIT, held, nonce=int.from_bytes(held[:7], "big"))
    assert relayed(twins.chain, vote) == ""
    twins.model.seize("court", held, lc.COURT_BIT, COURT_ID, ORDER)
    by_customs(twins, held, to=CUSTOMS_ID)
    standing = twins.chain.view("seizure_word", held)
    assert relayed(twins.chain, vote) == "NonceUsed"
    assert twins.chain.view("seizure_word", held) == standing
    by_court(twins, held, to=CUSTOMS_ID)
    assert twins.chain.title(held).holder == CUSTOMS_ID
