"""Delegation within scope, expiry and quantity; recovery of a key by quorum, delay and veto."""

from __future__ import annotations

import itertools

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused
from title_model import Refusal, TitleModel

from ledger.chain import instructions

WHY = keccak(text="why")
DAY = 86_400
ALL = bytes(32)
EVERYTHING = 15
AGENT, OTHER = lc.key("agent"), lc.key("other agent")
GUARDIANS = lc.GUARDIANS
LOST, FOUND, THIEF = lc.key("lost"), lc.key("found"), lc.key("thief")
_handles = itertools.count(7_000)


@pytest.fixture(scope="module", autouse=True)
def _funded(chain):
    """The keys of this module pay their own gas."""
    for party in (AGENT, OTHER, LOST, FOUND, THIEF):
        chain.fund(party)


def delegate(
    chain, agent=AGENT, *, scope=ALL, acts=EVERYTHING, seconds=DAY, cap=1_000, party=lc.SHIPPER
):
    until = chain.machine.head.timestamp + 1 + seconds
    terms = (agent.address, scope, acts, until, cap)
    return chain.send(party, "delegate", lc.SHIPPER_ID, *terms)


def revoke(chain, agent=AGENT, scope=ALL):
    return chain.send(lc.SHIPPER, "revoke_delegation", lc.SHIPPER_ID, agent.address, scope)


def grant(chain, agent=AGENT, scope=ALL):
    return int.from_bytes(chain.view("delegation_word", lc.SHIPPER_ID, agent.address, scope), "big")


def act(chain, title, function, *rest, sender=AGENT):
    return chain.send(sender, function, title, chain.title(title).sequence, *rest)


@pytest.fixture
def granted(chain):
    delegate(chain)
    yield
    if grant(chain):
        revoke(chain)


def test_an_agent_acts_for_its_party_until_the_quantity_is_used_up(chain, granted, issued, title):
    act(chain, issued, "surrender")
    assert grant(chain) >> 56 == 0
    other = keccak(title)
    chain.send(lc.CARRIER, "issue", other, lc.CARRIER_NO, 1, lc.SHIPPER_ID, 0)
    with refused("AboveDelegatedCap"):
        act(chain, other, "surrender")


def test_an_agent_transfers_proposes_and_answers(chain, granted, issued):
    delegate(chain, cap=5_000)
    act(chain, issued, "propose", lc.CONSIGNEE_ID, chain.now + DAY, 3)
    act(chain, issued, "accept", sender=lc.CONSIGNEE)
    act(chain, issued, "propose", lc.SHIPPER_ID, chain.now + DAY, 3, sender=lc.CONSIGNEE)
    act(chain, issued, "accept")
    chain.send_data(AGENT, chain.transfer_data(issued, lc.BANK_ID))
    assert chain.title(issued).holder == lc.BANK_ID
    assert grant(chain) >> 56 == 2_000


def test_s31_an_agent_stays_within_its_acts_and_its_title(chain, issued, title):
    other = keccak(title)
    chain.send(lc.CARRIER, "issue", other, lc.CARRIER_NO, 1, lc.SHIPPER_ID, 0)
    delegate(chain, scope=issued, acts=instructions.MAY_TRANSFER)
    with refused("NotHolder"):
        act(chain, issued, "surrender")
    with refused("NotHolder"):
        chain.send_data(AGENT, chain.transfer_data(other, lc.BANK_ID))
    with refused("NotHolder"):
        act(chain, issued, "pledge", lc.BANK_ID, DAY)
    chain.send_data(AGENT, chain.transfer_data(issued, lc.BANK_ID))


def test_s31_an_expired_or_revoked_delegation_is_none(chain, issued):
    delegate(chain, seconds=100)
    chain.wait(101)
    with refused("DelegationExpired"):
        act(chain, issued, "surrender")
    delegate(chain)
    with refused("NotHolder"):
        chain.send(AGENT, "revoke_delegation", lc.SHIPPER_ID, AGENT.address, ALL)
    revoke(chain)
    with refused("NotHolder"):
        act(chain, issued, "surrender")
    with refused("NotDelegated"):
        revoke(chain)


def test_s31_an_agent_has_no_agents(chain, granted, issued):
    with refused("NotHolder"):
        delegate(chain, OTHER, party=AGENT)
    with refused("NotHolder"):
        act(chain, issued, "surrender", sender=OTHER)


def test_s31_a_delegation_is_relayed_and_used_through_a_relayer(chain, granted, issued):
    data = instructions.call_data("surrender", issued, 1)
    chain.send_data(lc.STRANGER, instructions.relay([chain.signed(AGENT, data)]))
    assert chain.events()[-1].arguments["outcomes"] == 1


def test_a_delegation_names_an_agent_known_acts_a_quantity_and_a_time(chain):
    until = chain.now + DAY
    for reason, terms in (
        ("ZeroKey", ("0x" + "00" * 20, ALL, 1, until, 1)),
        ("LedgersOwnKey", (chain.contract, ALL, 1, until, 1)),
        ("UnknownAct", (AGENT.address, ALL, 0, until, 1)),
        ("UnknownAct", (AGENT.address, ALL, 16, until, 1)),
        ("DelegationExpired", (AGENT.address, ALL, 1, chain.machine.head.timestamp - 1, 1)),
        ("QuantityOutOfRange", (AGENT.address, ALL, 1, until, 0)),
    ):
        with refused(reason):
            chain.send(lc.SHIPPER, "delegate", lc.SHIPPER_ID, *terms)


# --- recovery -----------------------------------------------------------------------------------


@pytest.fixture
def party(chain):
    handle = next(_handles)
    chain.register(handle, LOST)
    return handle


def vote(chain, handle, seat, *, key=FOUND, sender=None, signer=None):
    proof = chain.possession(handle, key, signer)
    voter = sender or GUARDIANS[seat]
    return chain.send(voter, "vote_recovery", handle, key.address, seat, *proof)


def complete(chain, handle, key=FOUND):
    return chain.send(lc.STRANGER, "complete_recovery", handle, key.address)


def test_s33_a_new_key_needs_three_guardians_and_three_days(chain, party, title):
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 5, party, 0)
    before = chain.title(title)
    with refused("NoQuorum"):
        complete(chain, party)
    for seat in (0, 1):
        vote(chain, party, seat)
        with refused("AlreadyVoted"):
            vote(chain, party, seat)
    with refused("NoQuorum"):
        complete(chain, party)
    vote(chain, party, 3)
    with refused("RecoveryDelayed"):
        complete(chain, party)
    chain.wait(3 * DAY)
    complete(chain, party)
    assert chain.view("party_key", party)[12:] == FOUND.raw_address
    assert chain.title(title) == before
    chain.send(FOUND, "surrender", title, 1)


def test_s33_neither_registrar_nor_owner_nor_one_guardian_replaces_a_key(chain, party):
    for sender in (lc.ADMIN, lc.CARRIER, GUARDIANS[1]):
        with refused("NotKeeper"):
            vote(chain, party, 0, sender=sender)
    with refused("BadPossession"):
        vote(chain, party, 0, signer=THIEF)
    with refused("UnknownOffice"):
        vote(chain, party, 8, sender=lc.ADMIN)
    with refused("UnknownParty"):
        vote(chain, 99, 0)


def test_s33_the_owner_makes_no_guardians_once_a_party_has_joined(chain, party):
    for seat in range(4, 8):
        with refused("Sealed"):
            chain.send(lc.ADMIN, "appoint", instructions.GUARDIANS + seat, THIEF.address)
    model = TitleModel({instructions.GUARDIANS: "guardian"}, {party: "lost"}, owner="admin")
    with pytest.raises(Refusal, match="Sealed"):
        model.appoint("admin", instructions.GUARDIANS + 4, "thief")
    for seat, guardian in enumerate(GUARDIANS):
        with refused("OfficeTaken"):
            chain.send(lc.ADMIN, "appoint", instructions.GUARDIANS + seat, THIEF.address)
        with refused("NotKeeper"):
            vote(chain, party, seat, key=THIEF, sender=THIEF)
        assert (
            chain.view("office_key", instructions.GUARDIANS + seat)[12:32] == guardian.raw_address
        )


def test_s33_a_guardian_hands_its_office_over_and_one_left_vacant_stays_so(chain):
    ledger = chain.another().furnish()
    office = instructions.GUARDIANS
    ledger.send(GUARDIANS[0], "hand_over", office, OTHER.address)
    handle = next(_handles)
    ledger.register(handle, LOST)
    vote(ledger, handle, 0, sender=OTHER)
    ledger.send(OTHER, "hand_over", office, "0x" + "00" * 20)
    with refused("Sealed"):
        ledger.send(lc.ADMIN, "appoint", office, THIEF.address)
    with refused("NotKeeper"):
        vote(ledger, handle, 0, sender=OTHER)


def test_the_old_key_vetoes_a_recovery_that_nobody_asked_for(chain, party):
    for seat in range(3):
        vote(chain, party, seat, key=THIEF)
    for sender in (FOUND, THIEF, lc.ADMIN):
        with refused("NotHolder"):
            chain.send(sender, "veto_recovery", party, THIEF.address)
    chain.send(LOST, "veto_recovery", party, THIEF.address)
    with refused("NoRecovery"):
        chain.send(LOST, "veto_recovery", party, THIEF.address)
    chain.wait(4 * DAY)
    with refused("NoQuorum"):
        complete(chain, party, THIEF)


def test_s9_an_old_key_that_comes_back_signs_for_nobody(chain, party, title):
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 5, party, 0)
    data = instructions.call_data("surrender", title, 1)
    queued = chain.signed(LOST, data)
    until = chain.now + 30 * DAY
    chain.send(LOST, "delegate", party, AGENT.address, ALL, EVERYTHING, until, 100)
    for seat in range(3):
        vote(chain, party, seat)
    chain.wait(3 * DAY + 1)
    complete(chain, party)
    with refused("NotHolder"):
        chain.send_data(LOST, data)
    with refused("NotHolder"):
        chain.send_data(AGENT, data)
    chain.send_data(lc.STRANGER, instructions.relay([queued]))
    assert chain.events()[0].arguments["reason"] == "NotHolder"
    with refused("NoQuorum"):
        complete(chain, party)


def test_s32_an_instruction_of_the_old_key_queued_at_a_rotation_is_refused(chain, party, title):
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 5, party, 0)
    queued = chain.signed(LOST, instructions.call_data("surrender", title, 1))
    chain.send(LOST, "rotate_key", party, FOUND.address, *chain.possession(party, FOUND))
    chain.send_data(lc.STRANGER, instructions.relay([queued]))
    assert chain.events()[0].arguments["reason"] == "NotHolder"
    assert chain.title(title).sequence == 1


def test_a_key_that_is_taken_again_has_granted_nothing(chain, party, title):
    """Nor do the votes against it count that were cast when it stood before."""
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 5, party, 0)
    terms = (AGENT.address, ALL, EVERYTHING, chain.now + 30 * DAY, 100)
    chain.send(LOST, "delegate", party, *terms)
    for seat in range(3):
        vote(chain, party, seat, key=THIEF)
    for old, new in ((LOST, FOUND), (FOUND, LOST)):
        chain.send(old, "rotate_key", party, new.address, *chain.possession(party, new))
    chain.wait(3 * DAY + 1)
    assert not any(chain.view("delegation_word", party, AGENT.address, ALL))
    with refused("NotHolder"):
        act(chain, title, "surrender")
    with refused("NoQuorum"):
        complete(chain, party, THIEF)
    with refused("NoRecovery"):
        chain.send(LOST, "veto_recovery", party, THIEF.address)
    chain.send(LOST, "delegate", party, *terms)
    act(chain, title, "surrender")


def test_a_party_with_another_key_takes_consents_and_is_suspended_as_before(chain, party, title):
    chain.send(LOST, "rotate_key", party, FOUND.address, *chain.possession(party, FOUND))
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 5, lc.SHIPPER_ID, 0)
    with refused("BadConsent"):
        chain.send_data(lc.SHIPPER, chain.transfer_data(title, party, signer=LOST))
    chain.send_data(lc.SHIPPER, chain.transfer_data(title, party, signer=FOUND))
    act(chain, title, "pledge", party, DAY, sender=FOUND)
    consent = (title, chain.title(title).sequence, bytes(32))
    until = lc.START + 10**9
    call = instructions.surrender_pledged(
        *consent, until, chain.pledgee_consent(*consent, signer=FOUND)
    )
    chain.send(lc.ADMIN, "suspend", party, WHY)
    with refused("Suspended"):
        chain.send_data(FOUND, call)
    chain.send(lc.ADMIN, "restore", party, WHY)
    assert chain.view("party_key", party)[12:] == FOUND.raw_address
    chain.send_data(FOUND, call)


def test_a_lying_guardian_cannot_block_the_recovery_of_another_key(chain, party):
    vote(chain, party, 0, key=THIEF)
    for seat in (1, 2, 3):
        vote(chain, party, seat)
    chain.wait(3 * DAY + 1)
    complete(chain, party)
    assert chain.view("party_key", party)[12:] == FOUND.raw_address


def test_a_key_that_did_not_prove_that_it_is_held_takes_no_place(chain, party):
    proof = chain.possession(party, THIEF, LOST)
    with refused("BadPossession"):
        chain.send(LOST, "rotate_key", party, THIEF.address, *proof)
    assert chain.view("party_key", party)[12:] == LOST.raw_address
