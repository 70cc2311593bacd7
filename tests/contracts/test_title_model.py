"""The model of the rules by itself; that the contract agrees is shown by the state machine."""

from __future__ import annotations

import pytest
from title_model import EVERY_TITLE, Refusal, TitleModel

from ledger.chain.instructions import (
    AUTHORITIES,
    GATEKEEPERS,
    ISSUERS,
    TERMINALS,
    lineage,
    paper_lineage,
)
from ledger.chain.words import BEARER, Flag, OrderState, PledgeWord, TitleState

A, B, C, D = (bytes([number]) * 32 for number in (1, 2, 3, 4))
SHIPPER, BUYER, BANK = 11, 12, 13
NOW, DAY = 1_000_000, 86_400
COURT, CUSTOMS, GATE = 4, 0, 2
DELIVERY = bytes(32)


@pytest.fixture
def model():
    offices = {ISSUERS + 1: "carrier", TERMINALS + 1: "terminal", GATEKEEPERS + GATE: "payer"}
    offices |= {AUTHORITIES + CUSTOMS: "customs", AUTHORITIES + COURT: "court"}
    parties = {SHIPPER: "shipper", BUYER: "buyer", BANK: "bank"}
    model = TitleModel(offices, parties, owner="admin", now=NOW)
    model.issue("carrier", A, 1, 100, SHIPPER, 0)
    return model


def refuses(code, act, *arguments, **named):
    with pytest.raises(Refusal) as caught:
        act(*arguments, **named)
    assert caught.value.args == (code,)


def test_a_title_lives_through_two_steps_and_an_order(model):
    model.propose("shipper", A, 1, BUYER, NOW + 10, 3)
    model.accept("buyer", A, 2)
    model.surrender("buyer", A, 3)
    model.accept_surrender("carrier", A, 4)
    model.order("carrier", A, 5, 1, BUYER, 60, NOW)
    model.renominate("carrier", A, 6, BANK)
    refuses("NomineeMismatch", model.collect, "terminal", A, 6, BUYER, 60)
    refuses("NotIncreasing", model.collect, "terminal", A, 6, BANK, 0)
    refuses("AboveAuthorised", model.collect, "terminal", A, 6, BANK, 61)
    model.collect("terminal", A, 6, BANK, 20)
    model.revoke_order("carrier", A, 6)
    refuses("OrderNotOpen", model.collect, "terminal", A, 6, BANK, 60)
    refuses("QuantityOutOfRange", model.order, "carrier", A, 9, 1, BANK, 81, NOW)
    model.order("carrier", A, 9, 1, BANK, 80, NOW)
    model.collect("terminal", A, 10, BANK, 80)
    assert model.word(A).state == TitleState.RELEASED
    assert model.orders[A, 10].state == OrderState.COMPLETE


def test_issue_transfer_and_release_in_full(model):
    refuses("AlreadyIssued", model.issue, "carrier", A, 1, 1, SHIPPER, 0)
    refuses("QuantityOutOfRange", model.issue, "carrier", B, 1, 1 << 40, SHIPPER, 0)
    refuses("UnknownParty", model.issue, "carrier", B, 1, 1, 99, 0)
    refuses("NotKeeper", model.issue, "shipper", B, 1, 1, SHIPPER, 0)
    refuses("BadConsent", model.transfer, "shipper", A, BUYER, 0)
    model.transfer("shipper", A, BUYER, 1)
    refuses("NotHolder", model.surrender, "shipper", A, 2)
    refuses("StaleSequence", model.surrender, "buyer", A, 1)
    model.surrender("buyer", A, 2)
    refuses("NotKeeper", model.release, "buyer", A, 3)
    model.reject_surrender("carrier", A, 3)
    refuses("NotSurrendered", model.release, "carrier", A, 4)
    refuses("NotSurrendered", model.order, "carrier", A, 4, 1, BANK, 1, NOW)
    model.surrender("buyer", A, 4)
    refuses("OrderExpired", model.order, "carrier", A, 5, 1, BANK, 1, NOW - 1)
    model.release("carrier", A, 5)
    assert model.word(A).collected == 100


def test_an_offer_is_declined_or_falls_back(model):
    refuses("NotPending", model.accept, "buyer", A, 1)
    refuses("UnknownRole", model.propose, "shipper", A, 1, BUYER, NOW + 1, 0)
    refuses("DeadlineOutOfRange", model.propose, "shipper", A, 1, BUYER, NOW, 3)
    refuses("UnknownParty", model.propose, "shipper", A, 1, 99, NOW + 1, 3)
    model.propose("shipper", A, 1, BUYER, NOW + 1, 3)
    model.decline("buyer", A, 2)
    model.propose("shipper", A, 3, BUYER, NOW + 1, 3)
    refuses("ProposalOpen", model.reclaim, A)
    model.now += 2
    refuses("ProposalLapsed", model.accept, "buyer", A, 4)
    model.reclaim(A)
    refuses("NotPending", model.reclaim, A)
    assert model.word(A).holder == SHIPPER


def test_roles_part_and_a_blank_is_filled(model):
    model.propose("shipper", A, 1, BUYER, NOW + 1, 1)
    model.accept("buyer", A, 2)
    assert model.word(A).flags == Flag.APART
    refuses("NotOwnerAndHolder", model.endorse_in_blank, "shipper", A, 3)
    model.propose("shipper", A, 3, BUYER, NOW + 1, 2)
    model.accept("buyer", A, 4)
    model.endorse_in_blank("buyer", A, 5)
    assert model.word(A).owner == BEARER
    model.propose("buyer", A, 6, BANK, NOW + 1, 2)
    model.accept("bank", A, 7)
    model.endorse_in_blank("bank", A, 8)
    assert model.word(A).owner == BANK


def test_holds_and_gates_stop_goods_and_a_court_the_title(model):
    model.hold("customs", A, CUSTOMS)
    refuses("AlreadyHeld", model.hold, "customs", A, CUSTOMS)
    refuses("NotLive", model.hold, "customs", B, CUSTOMS)
    model.hold("court", A, COURT)
    refuses("FrozenByAuthority", model.surrender, "shipper", A, 3)
    model.unhold("court", A, COURT)
    refuses("NotHeld", model.unhold, "court", A, COURT)
    model.surrender("shipper", A, 4)
    refuses("HeldByAuthority", model.release, "carrier", A, 5)
    model.issue("carrier", B, 1, 5, SHIPPER, 1 << GATE)
    model.surrender("shipper", B, 1)
    refuses("GateNotSatisfied", model.release, "carrier", B, 2)
    model.gate("payer", B, GATE, satisfied=True)
    refuses("GateUnchanged", model.gate, "payer", B, GATE, satisfied=True)
    model.release("carrier", B, 3)
    refuses("NotLive", model.gate, "payer", B, GATE, satisfied=False)


def test_a_pledge_binds_until_it_is_discharged_or_foreclosed(model):
    refuses("NoticeOutOfRange", model.pledge, "shipper", A, 1, BANK, DAY - 1)
    refuses("UnknownParty", model.pledge, "shipper", A, 1, 99, DAY)
    model.pledge("shipper", A, 1, BUYER, DAY)
    refuses("Pledged", model.surrender, "shipper", A, 2)
    refuses("NotHolder", model.discharge, "bank", A, 2)
    refuses("UnknownParty", model.assign_pledge, "buyer", A, 2, 99)
    model.assign_pledge("buyer", A, 2, BANK)
    refuses("NoNotice", model.withdraw_notice, "bank", A, 3)
    model.give_notice("bank", A, 3)
    refuses("Foreclosing", model.give_notice, "bank", A, 4)
    refuses("Foreclosing", model.surrender_pledged, "shipper", A, 4, DELIVERY)
    model.withdraw_notice("bank", A, 4)
    model.surrender_pledged("shipper", A, 5, DELIVERY)
    model.give_notice("bank", A, 6)
    refuses("Foreclosing", model.release, "carrier", A, 7)
    refuses("NoticeRunning", model.foreclose, "bank", A, 7)
    model.now += DAY + 1
    model.hold("court", A, COURT)
    refuses("FrozenByAuthority", model.foreclose, "bank", A, 8)
    model.unhold("court", A, COURT)
    model.foreclose("bank", A, 9)
    assert (model.word(A).holder, model.word(A).flags) == (BANK, 0)
    refuses("NotPledged", model.discharge, "bank", A, 10)


def test_a_pledge_ends_with_its_title_and_opens_no_way_around_the_issuer(model):
    model.pledge("shipper", A, 1, BANK, DAY)
    model.surrender_pledged("shipper", A, 2, lineage(A, [], []))
    model.give_notice("bank", A, 3)
    model.now += DAY + 1
    refuses("ForAmendment", model.foreclose, "bank", A, 4)
    model.discharge("bank", A, 4)
    model.replace("carrier", A, 5, [], [])
    assert model.word(A).state == TitleState.VOID
    refuses("NotLive", model.discharge, "bank", A, 6)


def test_open_orders_stop_a_foreclosure(model):
    model.pledge("shipper", A, 1, BANK, DAY)
    model.surrender_pledged("shipper", A, 2, DELIVERY)
    model.order("carrier", A, 3, 1, BUYER, 10, NOW + 9 * DAY)
    model.give_notice("bank", A, 4)
    model.now += DAY + 1
    refuses("OrdersOpen", model.foreclose, "bank", A, 5)


def test_a_split_passes_pledge_and_holds_on_and_conserves(model):
    model.pledge("shipper", A, 1, BANK, DAY)
    children = [(B, 40), (C, 60)]
    model.surrender_pledged("shipper", A, 2, lineage(A, [], children))
    refuses("OtherLineage", model.replace, "carrier", A, 3, [], [(B, 100)])
    model.hold("customs", A, CUSTOMS)
    model.replace("carrier", A, 4, [], children)
    assert model.pledges == {B: PledgeWord(BANK, DAY), C: PledgeWord(BANK, DAY)}
    assert model.word(B).holds == 1 << CUSTOMS
    assert model.word(B).flags == Flag.PLEDGED | Flag.CHILD
    refuses("NotForAmendment", model.replace, "carrier", A, 5, [], children)


def asked(model, others, children, sequence=1):
    for title in (A, *others):
        model.surrender_for_amendment("shipper", title, sequence, lineage(A, others, children))


@pytest.mark.parametrize(
    ("children", "code"),
    [
        ([(B, 40), (C, 59)], "QuantitiesDiffer"),
        ([(B, 40), (C, 61)], "QuantityOutOfRange"),
        ([(B, 0), (C, 100)], "QuantityOutOfRange"),
        ([(A, 40), (C, 60)], "AlreadyIssued"),
        ([(B, 40), (B, 60)], "AlreadyIssued"),
    ],
)
def test_a_wrong_split_is_refused(model, children, code):
    asked(model, [], children)
    refuses(code, model.replace, "carrier", A, 2, [], children)
    model.reject_amendment("carrier", A, 2)
    assert model.word(A).state == TitleState.ACTIVE


def test_like_titles_merge_and_others_do_not(model):
    model.issue("carrier", B, 1, 50, SHIPPER, 0)
    asked(model, [B], [(C, 150)])
    model.hold("customs", B, CUSTOMS)
    refuses("UnlikeTitles", model.replace, "carrier", A, 2, [B], [(C, 150)])
    model.unhold("customs", B, CUSTOMS)
    model.replace("carrier", A, 2, [B], [(C, 150)])
    assert model.word(C).quantity == 150


def test_a_title_is_not_merged_with_itself(model):
    asked(model, [], [])
    model.reject_amendment("carrier", A, 2)
    model.surrender_for_amendment("shipper", A, 3, lineage(A, [A], [(C, 200)]))
    refuses("NotForAmendment", model.replace, "carrier", A, 4, [A], [(C, 200)])


def test_paper_comes_back_once(model):
    model.surrender_for_amendment("shipper", A, 1, paper_lineage(D))
    refuses("NotPaper", model.switch_back, "carrier", B, A, BANK)
    model.hold("court", A, COURT)
    refuses("FrozenByAuthority", model.switch_to_paper, "carrier", A, 3, D)
    model.unhold("court", A, COURT)
    model.switch_to_paper("carrier", A, 4, D)
    refuses("UnknownParty", model.switch_back, "carrier", B, A, 99)
    refuses("AlreadyIssued", model.switch_back, "carrier", A, A, BANK)
    model.switch_back("carrier", B, A, BANK)
    refuses("AlreadyIssued", model.switch_back, "carrier", C, A, BANK)
    assert (model.word(B).holder, model.word(B).quantity) == (BANK, 100)


def test_a_little_may_be_missing_at_the_end(model):
    model.surrender("shipper", A, 1)
    refuses("NotSurrendered", model.close_with_tolerance, "carrier", A, 2)
    model.order("carrier", A, 2, 1, BANK, 96, NOW)
    model.collect("terminal", A, 3, BANK, 94)
    refuses("OrdersOpen", model.close_with_tolerance, "carrier", A, 4)
    model.collect("terminal", A, 3, BANK, 96)
    model.close_with_tolerance("carrier", A, 5)
    assert model.word(A).state == TitleState.RELEASED


def test_an_agent_acts_within_what_was_delegated(model):
    until = NOW + 10
    refuses("NotHolder", model.delegate, "buyer", SHIPPER, "agent", A, 1, until, 100)
    refuses("UnknownAct", model.delegate, "shipper", SHIPPER, "agent", A, 16, until, 100)
    refuses("DelegationExpired", model.delegate, "shipper", SHIPPER, "agent", A, 1, NOW - 1, 100)
    refuses("QuantityOutOfRange", model.delegate, "shipper", SHIPPER, "agent", A, 1, until, 0)
    model.delegate("shipper", SHIPPER, "agent", A, 1, until, 100)
    refuses("NotHolder", model.surrender, "agent", A, 1)
    model.revoke_delegation("shipper", SHIPPER, "agent", A)
    refuses("NotDelegated", model.revoke_delegation, "shipper", SHIPPER, "agent", A)
    model.delegate("shipper", SHIPPER, "agent", EVERY_TITLE, 15, until, 150)
    model.now += 11
    refuses("DelegationExpired", model.surrender, "agent", A, 1)
    model.now = NOW
    model.surrender("agent", A, 1)
    model.reject_surrender("carrier", A, 2)
    refuses("AboveDelegatedCap", model.surrender, "agent", A, 3)


def test_serials_anchors_and_pauses(model):
    model.nullify("terminal", 1, {1, 2})
    refuses("AlreadyNullified", model.nullify, "terminal", 1, {2})
    refuses("NothingToNullify", model.nullify, "terminal", 1, set())
    model.anchor("admin", 5)
    refuses("SizeNotIncreasing", model.anchor, "admin", 5)
    refuses("NotLogKey", model.anchor, "carrier", 6)
    refuses("CannotPause", model.pause, "admin", AUTHORITIES, stop=True)
    refuses("NotPaused", model.pause, "admin", ISSUERS + 1, stop=False)
    model.pause("admin", ISSUERS + 1, stop=True)
    refuses("Paused", model.issue, "carrier", B, 1, 1, SHIPPER, 0)
    model.pause("admin", ISSUERS + 1, stop=False)
    refuses("NotOwner", model.pause, "carrier", ISSUERS + 1, stop=True)
