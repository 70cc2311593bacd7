"""A suspended party, and a pause of many offices: acts stop, holds and vetoes never do."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused
from ledger_twins import Twins

from ledger.chain import instructions
from ledger.chain.instructions import AUTHORITIES, GATEKEEPERS, ISSUERS, TERMINALS

WHY = keccak(text="why")
DAY = 86_400
EVERY = [
    ISSUERS + lc.CARRIER_NO,
    ISSUERS + lc.RIVAL_NO,
    TERMINALS + lc.TERMINAL_NO,
]


@pytest.fixture(scope="module")
def ledger(chain):
    return chain.another().furnish()


@pytest.fixture
def twins(ledger):
    """A ledger whose parties all act, whatever a test before did."""
    for handle in lc.HANDLES:
        if int.from_bytes(ledger.view("suspended", handle), "big"):
            ledger.send(lc.ADMIN, "restore", handle, WHY)
    ledger.send(lc.ADMIN, "pause_many", EVERY, False)
    return Twins(ledger)


@pytest.fixture
def mine(twins, title):
    twins.issue(title)
    return title


def suspend(twins, handle, *, reason="", by=lc.ADMIN):
    data = instructions.call_data("suspend", handle, WHY)
    twins.told(reason, by, "suspend", (handle,), data)


def restore(twins, handle, *, reason="", by=lc.ADMIN):
    data = instructions.call_data("restore", handle, WHY)
    twins.told(reason, by, "restore", (handle,), data)


def pause_many(twins, offices, *, stop, reason="", by=lc.ADMIN):
    data = instructions.call_data("pause_many", offices, stop)
    twins.told(reason, by, "pause_many", (offices,), data, stop=stop)


def test_a_suspended_party_does_nothing_until_it_is_restored(twins, mine):
    before = twins.chain.title(mine)
    suspend(twins, lc.SHIPPER_ID)
    assert twins.chain.last_event().name == "PartySuspended"
    until = twins.chain.now + DAY
    for function, *rest in (
        ("surrender",),
        ("propose", lc.BANK_ID, until, 3),
        ("pledge", lc.BANK_ID, DAY),
        ("endorse_in_blank",),
        ("surrender_for_amendment", WHY),
    ):
        twins("Suspended", lc.SHIPPER, function, mine, 1, *rest)
    with refused("Suspended"):
        twins.chain.send_data(lc.SHIPPER, twins.chain.transfer_data(mine, lc.BANK_ID))
    assert twins.chain.title(mine) == before
    restore(twins, lc.SHIPPER_ID)
    assert twins.chain.last_event().name == "PartyRestored"
    twins("", lc.SHIPPER, "surrender", mine, 1)


def test_neither_its_agent_nor_its_relayed_instruction_acts_for_it(twins, mine):
    agent = (lc.SHIPPER_ID, lc.STRANGER.address, bytes(32), 15, twins.chain.now + DAY, 10**6)
    twins.chain.send(lc.SHIPPER, "delegate", *agent)
    data = instructions.call_data("surrender", mine, 1)
    queued = twins.chain.signed(lc.SHIPPER, data)
    suspend(twins, lc.SHIPPER_ID)
    with refused("Suspended"):
        twins.chain.send_data(lc.STRANGER, data)
    twins.chain.send_data(lc.BANK, instructions.relay([queued]))
    assert twins.chain.events()[0].arguments["reason"] == "Suspended"


def test_nothing_is_passed_to_it_by_a_consent(twins, mine):
    suspend(twins, lc.BANK_ID)
    data = twins.chain.transfer_data(mine, lc.BANK_ID)
    twins.told("BadConsent", lc.SHIPPER, "transfer", (mine, lc.BANK_ID, 1), data)
    restore(twins, lc.BANK_ID)
    twins.told("", lc.SHIPPER, "transfer", (mine, lc.BANK_ID, 1), data)


def test_an_offer_to_it_falls_back_at_its_deadline(twins, mine):
    until = twins.chain.now + 50
    twins("", lc.SHIPPER, "propose", mine, 1, lc.BANK_ID, until, 3)
    suspend(twins, lc.BANK_ID)
    twins("Suspended", lc.BANK, "accept", mine, 2)
    twins.chain.wait(100)
    data = instructions.call_data("reclaim", mine)
    twins.chain.send_data(lc.BANK, data)
    assert twins.chain.title(mine).holder == lc.SHIPPER_ID


def test_a_suspended_pledgee_consents_to_nothing_and_keeps_its_pledge(twins, mine):
    twins("", lc.SHIPPER, "pledge", mine, 1, lc.BANK_ID, DAY)
    suspend(twins, lc.BANK_ID)
    twins("Suspended", lc.BANK, "discharge", mine, 2)
    until = lc.START + 10**9
    signature = twins.chain.pledgee_consent(mine, 2, bytes(32), signer=lc.BANK)
    data = instructions.surrender_pledged(mine, 2, bytes(32), until, signature)
    arguments = (mine, 2, bytes(32))
    twins.told("BadConsent", lc.SHIPPER, "surrender_pledged", arguments, data)
    assert twins.chain.pledge(mine).pledgee == lc.BANK_ID


def test_only_the_registrar_suspends_and_restores_and_only_who_is_known(twins):
    for other in (lc.CARRIER, lc.SHIPPER, lc.COURT):
        suspend(twins, lc.BANK_ID, reason="NotKeeper", by=other)
        restore(twins, lc.BANK_ID, reason="NotKeeper", by=other)
    suspend(twins, 99, reason="UnknownParty")
    restore(twins, lc.BANK_ID, reason="NotSuspended")
    suspend(twins, lc.BANK_ID)
    suspend(twins, lc.BANK_ID, reason="Suspended")


def test_holds_and_releases_go_on_while_a_party_is_suspended(twins, mine):
    twins("", lc.SHIPPER, "surrender", mine, 1)
    suspend(twins, lc.SHIPPER_ID)
    twins.hold(mine, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    twins.unhold(mine, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    data = instructions.call_data("release", mine, 4, WHY)
    twins.told("", lc.CARRIER, "release", (mine, 4), data)


def test_s33_a_suspension_stops_no_veto_and_a_recovery_ends_no_suspension(chain):
    ledger = chain.another().furnish()
    ledger.send(lc.ADMIN, "suspend", lc.BANK_ID, WHY)
    new = (lc.BANK_ID, lc.STRANGER.address)
    proof = ledger.possession(lc.BANK_ID, lc.STRANGER)

    def vote():
        for seat, guardian in enumerate(lc.GUARDIANS[:3]):
            ledger.send(guardian, "vote_recovery", *new, seat, *proof)

    vote()
    ledger.send(lc.BANK, "veto_recovery", *new)
    ledger.wait(4 * DAY)
    with refused("NoQuorum"):
        ledger.send(lc.STRANGER, "complete_recovery", *new)
    vote()
    ledger.wait(4 * DAY)
    ledger.send(lc.STRANGER, "complete_recovery", *new)
    assert ledger.view("party_key", lc.BANK_ID)[12:] == lc.STRANGER.raw_address
    assert int.from_bytes(ledger.view("suspended", lc.BANK_ID), "big") == 1


def test_a_pause_of_all_issuers_and_terminals_stops_goods_but_no_hold(twins, mine, title):
    twins("", lc.SHIPPER, "surrender", mine, 1)
    until = twins.chain.now + DAY
    twins("", lc.CARRIER, "order", mine, 2, lc.TERMINAL_NO, lc.BANK_ID, 10, until)
    twins.chain.send(lc.ADMIN, "pause", EVERY[1])
    twins.model.paused.add(EVERY[1])
    pause_many(twins, EVERY, stop=True)
    assert [event.name for event in twins.chain.events()] == ["Paused", "Paused"]
    other = keccak(title)
    terms = (other, lc.CARRIER_NO, 1, lc.SHIPPER_ID, 0)
    twins("Paused", lc.CARRIER, "issue", *terms)
    data = instructions.collect(mine, 3, lc.BANK_ID, 5, WHY)
    twins.told("Paused", lc.TERMINAL, "collect", (mine, 3, lc.BANK_ID, 5), data)
    with refused("Paused"):
        twins.chain.send_data(lc.TERMINAL, instructions.nullify(lc.TERMINAL_NO, [1]))
    twins.hold(mine, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    twins.unhold(mine, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    twins("", lc.CARRIER, "revoke_order", mine, 3)
    pause_many(twins, EVERY, stop=False)
    twins("", lc.CARRIER, "issue", *terms)


def test_only_the_owner_pauses_many_and_never_an_authority_or_a_gate_keeper(twins):
    pause_many(twins, EVERY, stop=True, reason="NotOwner", by=lc.CARRIER)
    for office in (AUTHORITIES + lc.CUSTOMS_BIT, GATEKEEPERS, instructions.REGISTRAR):
        pause_many(twins, [EVERY[0], office], stop=True, reason="CannotPause")
    assert twins.chain.view("office_key", EVERY[0])[-1] == 0
