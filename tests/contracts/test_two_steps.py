"""Transfer in two steps: an offer, an answer by the deadline, and never a dead end."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused

from ledger.chain.words import BEARER, Flag, Offer, Roles, TitleState

WHY = keccak(text="why")
DAY = 86_400
BOTH = Roles.OWNER | Roles.HOLDER


def propose(chain, title, *, sender=lc.SHIPPER, taker=lc.CONSIGNEE_ID, seconds=DAY, roles=BOTH):
    sequence = chain.title(title).sequence
    until = chain.machine.head.timestamp + 1 + seconds
    return chain.send(sender, "propose", title, sequence, taker, until, roles)


def answer(chain, title, function, *rest, sender=lc.CONSIGNEE):
    return chain.send(sender, function, title, chain.title(title).sequence, *rest)


@pytest.fixture
def offered(chain, issued):
    propose(chain, issued)
    return issued


def test_an_accepted_offer_passes_both_roles(chain, offered):
    word = chain.title(offered)
    assert (word.state, word.holder) == (TitleState.PENDING, lc.SHIPPER_ID)
    assert word.offer == Offer(lc.CONSIGNEE_ID, word.offer.until, BOTH)
    answer(chain, offered, "accept")
    assert chain.last_event().name == "Accepted"
    word = chain.title(offered)
    assert (word.state, word.owner, word.holder) == (
        TitleState.ACTIVE,
        lc.CONSIGNEE_ID,
        lc.CONSIGNEE_ID,
    )
    assert (word.ordered, word.collected, word.flags) == (0, 0, 0)


def test_s10_unwanted_possession_is_refused_by_its_taker(chain, offered):
    answer(chain, offered, "decline", WHY)
    event = chain.last_event()
    assert (event.name, event.arguments["reason"]) == ("Declined", WHY)
    word = chain.title(offered)
    assert (word.state, word.holder, word.ordered) == (TitleState.ACTIVE, lc.SHIPPER_ID, 0)


def test_s11_a_decline_or_accept_after_the_deadline_is_refused(chain, issued):
    propose(chain, issued, seconds=100)
    chain.wait(101)
    for function, rest in (("accept", ()), ("decline", (WHY,))):
        with refused("ProposalLapsed"):
            answer(chain, issued, function, *rest)


def test_past_its_deadline_anybody_lets_an_offer_fall_back_to_the_old_holder(chain, issued):
    propose(chain, issued, seconds=100)
    with refused("ProposalOpen"):
        chain.send(lc.STRANGER, "reclaim", issued)
    chain.wait(101)
    chain.send(lc.STRANGER, "reclaim", issued)
    word = chain.title(issued)
    assert (word.state, word.owner, word.holder) == (
        TitleState.ACTIVE,
        lc.SHIPPER_ID,
        lc.SHIPPER_ID,
    )
    propose(chain, issued)
    with refused("NotActive"):
        propose(chain, issued)


def test_nothing_else_happens_to_a_title_on_offer(chain, offered):
    with refused("NotActive"):
        chain.send(lc.SHIPPER, "surrender", offered, 2)
    with refused("NotActive"):
        chain.send_data(lc.SHIPPER, chain.transfer_data(offered, lc.CONSIGNEE_ID))
    for sender in (lc.SHIPPER, lc.BANK, lc.ADMIN, lc.CARRIER):
        with refused("NotHolder"):
            answer(chain, offered, "accept", sender=sender)
    with refused("StaleSequence"):
        chain.send(lc.CONSIGNEE, "accept", offered, 1)


def test_what_is_not_on_offer_is_neither_accepted_nor_reclaimed(chain, issued):
    with refused("NotPending"):
        answer(chain, issued, "accept")
    with refused("NotPending"):
        answer(chain, issued, "decline", WHY)
    with refused("NotPending"):
        chain.send(lc.STRANGER, "reclaim", issued)


def test_an_offer_names_a_deadline_a_role_and_a_registered_taker(chain, issued):
    for seconds in (-1, 0, 31 * DAY):
        with refused("DeadlineOutOfRange"):
            propose(chain, issued, seconds=seconds - 1 if seconds < 1 else seconds)
    for roles in (0, 4):
        with refused("UnknownRole"):
            propose(chain, issued, roles=roles)
    for taker in (0, 99, BEARER):
        with refused("UnknownParty"):
            propose(chain, issued, taker=taker)
    with refused("NotHolder"):
        propose(chain, issued, sender=lc.CONSIGNEE)


def test_a_court_stops_offer_and_acceptance_but_not_the_return(chain, issued):
    propose(chain, issued, seconds=100)
    chain.send(lc.COURT, "hold", issued, lc.COURT_BIT, WHY)
    with refused("FrozenByAuthority"):
        answer(chain, issued, "accept")
    chain.wait(101)
    chain.send(lc.STRANGER, "reclaim", issued)
    with refused("FrozenByAuthority"):
        propose(chain, issued)


def test_ownership_and_possession_part_and_come_together_again(chain, issued):
    propose(chain, issued, roles=Roles.OWNER)
    answer(chain, issued, "accept")
    word = chain.title(issued)
    assert (word.owner, word.holder) == (lc.CONSIGNEE_ID, lc.SHIPPER_ID)
    assert word.flags == Flag.APART
    with refused("NotOwnerAndHolder"):
        chain.send(lc.SHIPPER, "surrender", issued, word.sequence)
    with refused("NotOwnerAndHolder"):
        chain.send_data(lc.SHIPPER, chain.transfer_data(issued, lc.BANK_ID))
    with refused("NotOwnerAndHolder"):
        propose(chain, issued, roles=BOTH)
    with refused("NotHolder"):
        propose(chain, issued, sender=lc.SHIPPER, roles=Roles.OWNER)
    with refused("NotHolder"):
        propose(chain, issued, sender=lc.CONSIGNEE, roles=Roles.HOLDER)
    propose(chain, issued, roles=Roles.HOLDER)
    answer(chain, issued, "accept")
    word = chain.title(issued)
    assert (word.owner, word.holder, word.flags) == (lc.CONSIGNEE_ID, lc.CONSIGNEE_ID, 0)
    chain.send(lc.CONSIGNEE, "surrender", issued, word.sequence)


def test_an_accepted_surrender_can_only_be_delivered_against(chain, surrendered):
    with refused("NotKeeper"):
        chain.send(lc.RIVAL_CARRIER, "accept_surrender", surrendered, 2)
    chain.send(lc.CARRIER, "accept_surrender", surrendered, 2)
    for function, rest in (("accept_surrender", ()), ("reject_surrender", (WHY,))):
        with refused("NotSurrendered"):
            chain.send(lc.CARRIER, function, surrendered, 3, *rest)
    terms = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, 1_000, lc.START + 10**8)
    chain.send(lc.CARRIER, "order", surrendered, 3, *terms)
