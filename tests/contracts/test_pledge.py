"""Pledge, discharge, assignment and foreclosure: nothing without the pledgee (I7)."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused

from ledger.chain import instructions
from ledger.chain.words import Flag, PledgeWord, TitleState

WHY = keccak(text="why")
DAY = 86_400
UNTIL = lc.START + 10**9
DELIVERY = bytes(32)


def pledge(chain, title, *, sender=lc.SHIPPER, pledgee=lc.BANK_ID, notice=DAY):
    return chain.send(sender, "pledge", title, chain.title(title).sequence, pledgee, notice)


def act(chain, title, function, *rest, sender=lc.BANK):
    return chain.send(sender, function, title, chain.title(title).sequence, *rest)


def surrender(chain, title, *, lineage=DELIVERY, signer=lc.BANK, sender=lc.SHIPPER, until=UNTIL):
    sequence = chain.title(title).sequence
    signature = chain.pledgee_consent(title, sequence, lineage, signer=signer, until=until)
    call = instructions.surrender_pledged(title, sequence, lineage, until, signature)
    return chain.send_data(sender, call)


@pytest.fixture
def pledged(chain, issued):
    pledge(chain, issued)
    return issued


def test_s30_a_pledged_title_is_neither_moved_nor_pledged_to_a_second_bank(chain, pledged):
    assert chain.last_event().name == "PledgeMade"
    assert chain.title(pledged).flags == Flag.PLEDGED
    assert chain.pledge(pledged) == PledgeWord(lc.BANK_ID, DAY)
    wish = instructions.lineage(pledged, [], [])
    for data in (
        chain.transfer_data(pledged, lc.CONSIGNEE_ID),
        instructions.call_data("surrender", pledged, 2),
        instructions.call_data("propose", pledged, 2, lc.CONSIGNEE_ID, UNTIL, 3),
        instructions.call_data("pledge", pledged, 2, lc.CONSIGNEE_ID, DAY),
        instructions.call_data("surrender_for_amendment", pledged, 2, wish),
        instructions.call_data("endorse_in_blank", pledged, 2),
    ):
        with refused("Pledged"):
            chain.send_data(lc.SHIPPER, data)


def test_s30_only_the_pledgee_discharges_and_only_once(chain, pledged):
    for sender in (lc.SHIPPER, lc.CARRIER, lc.ADMIN):
        with refused("NotHolder"):
            act(chain, pledged, "discharge", sender=sender)
    with refused("StaleSequence"):
        chain.send(lc.BANK, "discharge", pledged, 1)
    act(chain, pledged, "discharge")
    assert chain.title(pledged).flags == 0
    assert chain.pledge(pledged) == PledgeWord()
    with refused("NotPledged"):
        act(chain, pledged, "discharge")
    with refused("StaleSequence"):
        chain.send(lc.SHIPPER, "pledge", pledged, 2, lc.BANK_ID, DAY)


def test_s30_no_foreclosure_before_the_notice_ends(chain, pledged):
    with refused("NoNotice"):
        act(chain, pledged, "foreclose")
    act(chain, pledged, "give_notice")
    with refused("Foreclosing"):
        act(chain, pledged, "give_notice")
    with refused("NoticeRunning"):
        act(chain, pledged, "foreclose")
    chain.wait(DAY + 1)
    act(chain, pledged, "foreclose")
    word = chain.title(pledged)
    assert (word.owner, word.holder, word.flags) == (lc.BANK_ID, lc.BANK_ID, 0)
    assert chain.pledge(pledged) == PledgeWord()
    chain.send(lc.BANK, "surrender", pledged, word.sequence)


def test_a_notice_is_withdrawn_and_begins_anew(chain, pledged):
    with refused("NoNotice"):
        act(chain, pledged, "withdraw_notice")
    act(chain, pledged, "give_notice")
    act(chain, pledged, "withdraw_notice")
    assert chain.pledge(pledged) == PledgeWord(lc.BANK_ID, DAY)
    chain.wait(DAY + 1)
    act(chain, pledged, "give_notice")
    with refused("NoticeRunning"):
        act(chain, pledged, "foreclose")


def test_a_pledge_is_assigned_to_another_registered_party(chain, pledged):
    with refused("UnknownParty"):
        act(chain, pledged, "assign_pledge", 99)
    act(chain, pledged, "assign_pledge", lc.CONSIGNEE_ID)
    with refused("NotHolder"):
        act(chain, pledged, "discharge")
    act(chain, pledged, "discharge", sender=lc.CONSIGNEE)


def test_a_pledge_names_a_party_and_a_fair_notice_and_is_its_owners(chain, issued):
    for notice in (0, DAY - 1, 366 * DAY + 1):
        with refused("NoticeOutOfRange"):
            pledge(chain, issued, notice=notice)
    with refused("UnknownParty"):
        pledge(chain, issued, pledgee=99)
    for sender in (lc.BANK, lc.CARRIER, lc.ADMIN):
        with refused("NotHolder"):
            pledge(chain, issued, sender=sender)


def test_a_court_stops_a_foreclosure(chain, pledged):
    act(chain, pledged, "give_notice")
    chain.wait(DAY + 1)
    chain.send(lc.COURT, "hold", pledged, lc.COURT_BIT, WHY)
    with refused("FrozenByAuthority"):
        act(chain, pledged, "foreclose")


def test_a_pledged_title_is_surrendered_with_the_pledgees_consent_alone(chain, pledged):
    for changes in ({"signer": lc.SHIPPER}, {"signer": lc.CARRIER}):
        with refused("BadConsent"):
            surrender(chain, pledged, **changes)
    with refused("ConsentExpired"):
        surrender(chain, pledged, until=chain.machine.head.timestamp)
    with refused("NotHolder"):
        surrender(chain, pledged, sender=lc.BANK)
    chain.send(lc.COURT, "hold", pledged, lc.COURT_BIT, WHY)
    with refused("FrozenByAuthority"):
        surrender(chain, pledged)
    chain.send(lc.COURT, "unhold", pledged, lc.COURT_BIT, WHY)
    surrender(chain, pledged)
    word = chain.title(pledged)
    assert (word.state, word.flags) == (TitleState.SURRENDERED, Flag.PLEDGED)
    with refused("NotActive"):
        surrender(chain, pledged)
    chain.send(lc.CARRIER, "release", pledged, word.sequence, WHY)
    with refused("NotLive"):
        act(chain, pledged, "discharge")


def test_without_a_pledge_there_is_no_pledgee_to_consent(chain, issued):
    with refused("NotPledged"):
        surrender(chain, issued)


def test_s25_after_a_partial_release_the_bank_forecloses_on_the_rest(chain, pledged):
    surrender(chain, pledged)
    order = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, 600, UNTIL)
    chain.send(lc.CARRIER, "order", pledged, 3, *order)
    chain.send_data(lc.TERMINAL, instructions.collect(pledged, 4, lc.CONSIGNEE_ID, 250, WHY))
    act(chain, pledged, "give_notice")
    with refused("Foreclosing"):
        chain.send_data(lc.TERMINAL, instructions.collect(pledged, 4, lc.CONSIGNEE_ID, 300, WHY))
    chain.wait(DAY + 1)
    with refused("OrdersOpen"):
        act(chain, pledged, "foreclose")
    chain.send(lc.CARRIER, "revoke_order", pledged, 4)
    act(chain, pledged, "foreclose")
    word = chain.title(pledged)
    assert (word.state, word.holder, word.collected) == (TitleState.RELEASING, lc.BANK_ID, 250)
    order = (lc.TERMINAL_NO, lc.BANK_ID, 750, UNTIL)
    chain.send(lc.CARRIER, "order", pledged, word.sequence, *order)
    number = chain.title(pledged).sequence
    chain.send_data(lc.TERMINAL, instructions.collect(pledged, number, lc.BANK_ID, 750, WHY))
    assert chain.title(pledged).state == TitleState.RELEASED


def test_a_title_under_amendment_is_given_back_before_it_is_foreclosed(chain, pledged):
    surrender(chain, pledged, lineage=instructions.lineage(pledged, [], []))
    act(chain, pledged, "give_notice")
    chain.wait(DAY + 1)
    with refused("ForAmendment"):
        act(chain, pledged, "foreclose")
    act(chain, pledged, "reject_amendment", WHY, sender=lc.CARRIER)
    with refused("Foreclosing"):
        surrender(chain, pledged)
    act(chain, pledged, "foreclose")
    assert chain.title(pledged).holder == lc.BANK_ID
