"""Goods that left against a letter of indemnity 保函放货: the title releases nothing more."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused
from ledger_twins import Twins

from ledger.chain import instructions
from ledger.chain.words import TitleState

LETTER = keccak(text="letter of indemnity")
WHY = keccak(text="why")
LOI_BIT = 1 << instructions.LOI_GATE


@pytest.fixture
def twins(chain):
    return Twins(chain)


@pytest.fixture
def flagged(twins, title):
    """A title that is on its way when the carrier gives the goods out without it."""
    twins.issue(title)
    flag(twins, title)
    return title


def flag(twins, title, *, reason="", by=lc.CARRIER):
    data = instructions.call_data("flag_indemnity", title, LETTER)
    twins.told(reason, by, "flag_indemnity", (title,), data)


def void(twins, title, sequence):
    wish = instructions.lineage(title, [], [])
    twins("", lc.SHIPPER, "surrender_for_amendment", title, sequence, wish)
    twins("", lc.CARRIER, "replace", title, sequence + 1, [], [])


def test_s14_a_title_that_comes_after_its_goods_left_releases_nothing_more(twins, flagged):
    event = twins.chain.last_event()
    assert (event.name, event.arguments["evidence"]) == ("Indemnified", LETTER)
    assert twins.chain.title(flagged).gates_required == LOI_BIT
    twins("", lc.SHIPPER, "surrender", flagged, 2)
    release = instructions.call_data("release", flagged, 3, WHY)
    twins.told("GateNotSatisfied", lc.CARRIER, "release", (flagged, 3), release)
    until = twins.chain.now + 9
    order = (flagged, 3, lc.TERMINAL_NO, lc.SHIPPER_ID, 1, until)
    twins("GateNotSatisfied", lc.CARRIER, "order", *order)
    reject = instructions.call_data("reject_surrender", flagged, 3, WHY)
    twins.told("", lc.CARRIER, "reject_surrender", (flagged, 3), reject)
    void(twins, flagged, 4)
    assert twins.chain.title(flagged).state == TitleState.VOID


def test_s14_nobody_satisfies_the_flag_not_even_a_keeper_that_the_owner_appoints(chain, title):
    twins = Twins(chain.another().furnish())
    twins.issue(title)
    flag(twins, title)
    office = instructions.GATEKEEPERS + instructions.LOI_GATE
    twins.chain.send(lc.ADMIN, "appoint", office, lc.ADMIN.address)
    with refused("UnknownGate"):
        twins.chain.send(lc.ADMIN, "satisfy", title, instructions.LOI_GATE, WHY)
    with refused("UnknownGate"):
        twins.chain.send(lc.ADMIN, "satisfy_many", instructions.LOI_GATE, [title], WHY)


def test_s14_goods_that_were_ordered_already_stay_too(twins, title):
    twins.issue(title)
    twins("", lc.SHIPPER, "surrender", title, 1)
    until = twins.chain.now + 99
    twins("", lc.CARRIER, "order", title, 2, lc.TERMINAL_NO, lc.BANK_ID, 10, until)
    flag(twins, title)
    data = instructions.collect(title, 3, lc.BANK_ID, 5, WHY)
    twins.told("GateNotSatisfied", lc.TERMINAL, "collect", (title, 3, lc.BANK_ID, 5), data)


def test_s14_the_flag_passes_to_what_takes_the_titles_place(twins, flagged, title):
    child = keccak(title)
    wish = instructions.lineage(flagged, [], [(child, 1_000)])
    twins("", lc.SHIPPER, "surrender_for_amendment", flagged, 2, wish)
    twins("", lc.CARRIER, "replace", flagged, 3, [], [(child, 1_000)])
    twins("", lc.SHIPPER, "surrender", child, 1)
    release = instructions.call_data("release", child, 2, WHY)
    twins.told("GateNotSatisfied", lc.CARRIER, "release", (child, 2), release)


def test_s14_the_titles_holder_keeps_its_claim_and_may_pass_it_on(twins, flagged):
    data = twins.chain.transfer_data(flagged, lc.BANK_ID)
    twins.told("", lc.SHIPPER, "transfer", (flagged, lc.BANK_ID, 2), data)
    twins("", lc.BANK, "surrender", flagged, 3)


def test_only_its_issuer_flags_a_live_title_and_once(twins, flagged, title):
    for other in (lc.RIVAL_CARRIER, lc.SHIPPER, lc.ADMIN):
        flag(twins, flagged, reason="NotKeeper", by=other)
    flag(twins, flagged, reason="GateUnchanged")
    flag(twins, keccak(title), reason="NotLive")
    void(twins, flagged, 2)
    flag(twins, flagged, reason="NotLive")
