"""A title moves to the ledger that follows 迁移: as it stood, and never alive in two (I1)."""

from __future__ import annotations

from dataclasses import replace

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused
from ledger_twins import Twins

from ledger.chain import instructions
from ledger.chain.words import Flag, PledgeWord, TitleState, TitleWord

WHY = keccak(text="why")
DAY = 86_400
UNTIL = lc.START + 10**9


@pytest.fixture(scope="module")
def ledgers(chain):
    """An old ledger that named its successor a week ago, and that successor."""
    old, new = chain.another().furnish(), chain.another().furnish()
    old.send(lc.ADMIN, "name_successor", new.contract)
    old.wait(7 * DAY + 1)
    return old, new


@pytest.fixture
def old(ledgers, new):
    twins = Twins(ledgers[0])
    twins.model.successor = (new.model.lineage, 0)
    twins.model.following = new.model
    return twins


@pytest.fixture
def new(ledgers):
    return Twins(ledgers[1])


@pytest.fixture
def asked(old, new, title):
    """A title of the old ledger whose holder asked for the new one."""
    old.issue(title, gates=0b100)
    ask(old, title, new)
    return title


def ask(old, title, new):
    sequence = old.chain.title(title).sequence
    wish = instructions.successor_lineage(new.chain.contract)
    old("", lc.SHIPPER, "surrender_for_amendment", title, sequence, wish)


def migrate(old, title, *, reason="", by=lc.CARRIER):
    old(reason, by, "migrate", title, old.chain.title(title).sequence)


def adopt(new, title, old, *, reason="", by=lc.CARRIER, issuer=lc.CARRIER_NO):
    data = instructions.call_data("adopt", title, old.chain.contract, issuer)
    new.told(reason, by, "adopt", (title, old.model, issuer), data)


def test_s12_a_title_lives_on_in_one_ledger_as_it_stood(old, new, asked):
    adopt(new, asked, old, reason="NotMigrated")
    before = old.chain.title(asked)
    migrate(old, asked)
    event = old.chain.last_event()
    assert event.arguments["successor"] == new.chain.contract.lower()
    assert old.chain.title(asked).state == TitleState.MIGRATED
    adopt(new, asked, old)
    assert new.chain.last_event().name == "Adopted"
    after = new.chain.title(asked)
    for field in ("quantity", "owner", "holder", "holds", "gates_required", "issuer", "flags"):
        assert getattr(after, field) == getattr(before, field)
    assert (after.state, after.sequence) == (TitleState.ACTIVE, before.sequence + 2)
    new("", lc.SHIPPER, "surrender", asked, after.sequence)


def test_s12_what_moved_is_dead_here_and_is_taken_in_once(old, new, asked):
    migrate(old, asked)
    word = old.chain.title(asked)
    old("NotActive", lc.SHIPPER, "surrender", asked, word.sequence)
    old("NotForAmendment", lc.CARRIER, "migrate", asked, word.sequence)
    old("AlreadyIssued", lc.CARRIER, "issue", asked, lc.CARRIER_NO, 5, lc.SHIPPER_ID, 0)
    adopt(new, asked, old)
    adopt(new, asked, old, reason="AlreadyIssued")
    new("AlreadyIssued", lc.CARRIER, "issue", asked, lc.CARRIER_NO, 5, lc.SHIPPER_ID, 0)
    with refused("NotLive"):
        old.chain.send(lc.CUSTOMS, "hold", asked, lc.CUSTOMS_BIT, WHY)


def test_s12_a_third_ledger_takes_in_nothing_that_named_another(chain, old, new, asked):
    migrate(old, asked)
    adopt(Twins(chain.another().furnish()), asked, old, reason="OtherLineage")


def test_s12_a_consent_to_a_title_in_one_ledger_is_none_in_the_other(old, new, asked):
    migrate(old, asked)
    adopt(new, asked, old)
    sequence = new.chain.title(asked).sequence
    data = new.chain.transfer_data(asked, lc.BANK_ID, contract=old.chain.contract)
    with refused("BadConsent"):
        new.chain.send_data(lc.SHIPPER, data)
    data = new.chain.transfer_data(asked, lc.BANK_ID)
    new.told("", lc.SHIPPER, "transfer", (asked, lc.BANK_ID, sequence), data)


def test_nobody_moves_a_title_whose_holder_did_not_ask(old, new, title):
    old.issue(title)
    for insider in (lc.CARRIER, lc.ADMIN):
        old("NotForAmendment", insider, "migrate", title, 1)
    wish = instructions.lineage(title, [], [])
    old("", lc.SHIPPER, "surrender_for_amendment", title, 1, wish)
    migrate(old, title, reason="OtherLineage")


def test_only_the_issuer_moves_it_and_takes_it_in(old, new, asked):
    for other in (lc.SHIPPER, lc.ADMIN, lc.RIVAL_CARRIER):
        migrate(old, asked, reason="NotKeeper", by=other)
    migrate(old, asked)
    for other in (lc.SHIPPER, lc.ADMIN, lc.RIVAL_CARRIER):
        adopt(new, asked, old, reason="NotKeeper", by=other)
    adopt(new, asked, old, reason="NotKeeper", by=lc.RIVAL_CARRIER, issuer=lc.RIVAL_NO)


def test_no_other_party_becomes_holder_under_the_same_handle(chain, title):
    """The registrar of the new ledger gives the shipper's handle to somebody else's key."""
    old, ledger = Twins(chain.another().furnish()), chain.another()
    ledger.send(lc.ADMIN, "appoint", instructions.ISSUERS + lc.CARRIER_NO, lc.CARRIER.address)
    new = Twins(ledger)
    old.model.successor = (new.model.lineage, 0)
    ledger.register(lc.SHIPPER_ID, lc.STRANGER)
    new.model.parties[lc.SHIPPER_ID] = "stranger"
    old.chain.send(lc.ADMIN, "name_successor", ledger.contract)
    old.chain.wait(7 * DAY + 1)
    old.issue(title)
    ask(old, title, new)
    migrate(old, title)
    adopt(new, title, old, reason="UnknownParty")
    proof = ledger.possession(lc.SHIPPER_ID, lc.SHIPPER)
    ledger.send(lc.STRANGER, "rotate_key", lc.SHIPPER_ID, lc.SHIPPER.address, *proof)
    new.model.parties[lc.SHIPPER_ID] = "shipper"
    adopt(new, title, old)


def test_s12_no_title_leaves_for_a_ledger_where_its_id_is_taken(old, new, asked):
    new.issue(asked)
    migrate(old, asked, reason="AlreadyIssued")
    assert old.chain.title(asked).state == TitleState.AMENDMENT


def test_an_issuer_adopts_what_the_same_key_issued(chain, old, new, asked):
    """The number alone says nothing: the new ledger's owner gave it to somebody else."""
    migrate(old, asked)
    office = instructions.ISSUERS + lc.CARRIER_NO
    for other, back in ((lc.RIVAL_CARRIER, lc.CARRIER), (lc.CARRIER, lc.RIVAL_CARRIER)):
        sender = new if back == lc.CARRIER else old
        sender.chain.send(lc.CARRIER, "hand_over", office, lc.RIVAL_CARRIER.address)
        sender.model.offices[office] = "rival"
        adopt(new, asked, old, reason="OtherKeeper", by=other)
        sender.chain.send(lc.RIVAL_CARRIER, "hand_over", office, lc.CARRIER.address)
        sender.model.offices[office] = "carrier"
    adopt(new, asked, old)


def test_s12_what_named_another_by_a_hash_that_begins_alike_is_not_adopted(old, new, asked):
    """The whole hash counts: 80 bits of it can be searched for."""
    migrate(old, asked)
    playground = lc.Playground(new.chain)
    data = instructions.call_data("adopt", asked, old.chain.contract, lc.CARRIER_NO)
    wish = int.from_bytes(new.model.lineage, "big")
    playground.set_storage(wish ^ 1, 16, asked, contract=old.chain.contract)
    with refused("OtherLineage"):
        playground.run(lc.CARRIER, data)
    playground.set_storage(wish, 16, asked, contract=old.chain.contract)
    playground.run(lc.CARRIER, data)


def test_a_predecessor_that_is_no_ledger_has_nothing_to_take_in(new, title):
    with pytest.raises(lc.Refused):
        new.chain.send(lc.CARRIER, "adopt", title, lc.STRANGER.address, lc.CARRIER_NO)


def test_a_false_predecessor_makes_nobody_a_holder(old, new, title):
    """Its word names a handle that no key stands behind, there or here."""
    playground = lc.Playground(new.chain)
    word = TitleWord(TitleState.MIGRATED, quantity=5, owner=99, holder=99, sequence=3)
    word = replace(word, issuer=lc.CARRIER_NO)
    playground.set_title(title, word, old.chain.contract)
    wish = int.from_bytes(new.model.lineage, "big")
    playground.set_storage(wish, 16, title, contract=old.chain.contract)
    with refused("UnknownParty"):
        terms = (title, old.chain.contract, lc.CARRIER_NO)
        playground.run(lc.CARRIER, instructions.call_data("adopt", *terms))


def test_a_held_title_and_one_in_foreclosure_stay(old, new, title):
    old.issue(title)
    old("", lc.SHIPPER, "pledge", title, 1, lc.BANK_ID, DAY)
    wish = instructions.successor_lineage(new.chain.contract)
    signature = old.chain.pledgee_consent(title, 2, wish, signer=lc.BANK)
    data = instructions.surrender_pledged(title, 2, wish, UNTIL, signature)
    old.told("", lc.SHIPPER, "surrender_pledged", (title, 2, wish), data)
    old.hold(title, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    migrate(old, title, reason="HeldByAuthority")
    old.unhold(title, by=lc.CUSTOMS, bit=lc.CUSTOMS_BIT)
    old.hold(title, by=lc.COURT, bit=lc.COURT_BIT)
    migrate(old, title, reason="FrozenByAuthority")
    old.unhold(title, by=lc.COURT, bit=lc.COURT_BIT)
    old("", lc.BANK, "give_notice", title, old.chain.title(title).sequence)
    migrate(old, title, reason="Foreclosing")
    old("", lc.BANK, "withdraw_notice", title, old.chain.title(title).sequence)
    migrate(old, title)
    adopt(new, title, old)
    assert new.chain.title(title).flags == Flag.PLEDGED
    assert new.chain.pledge(title) == PledgeWord(lc.BANK_ID, DAY)
    assert new.chain.last_event().arguments["pledge"] == lc.BANK_ID | DAY << 32


def test_a_pledgee_that_is_another_there_stops_it(chain, title):
    old, ledger = Twins(chain.another().furnish()), chain.another()
    ledger.send(lc.ADMIN, "appoint", instructions.ISSUERS + lc.CARRIER_NO, lc.CARRIER.address)
    new = Twins(ledger)
    ledger.register(lc.SHIPPER_ID, lc.SHIPPER)
    del new.model.parties[lc.BANK_ID]
    old.model.successor = (new.model.lineage, 0)
    old.chain.send(lc.ADMIN, "name_successor", ledger.contract)
    old.chain.wait(7 * DAY + 1)
    old.issue(title)
    old("", lc.SHIPPER, "pledge", title, 1, lc.BANK_ID, DAY)
    wish = new.model.lineage
    signature = old.chain.pledgee_consent(title, 2, wish, signer=lc.BANK)
    data = instructions.surrender_pledged(title, 2, wish, UNTIL, signature)
    old.told("", lc.SHIPPER, "surrender_pledged", (title, 2, wish), data)
    migrate(old, title)
    adopt(new, title, old, reason="UnknownParty")


def test_what_was_surrendered_for_delivery_ends_where_it_is(old, title):
    old.issue(title)
    old("", lc.SHIPPER, "surrender", title, 1)
    until = old.chain.now + DAY
    old("", lc.CARRIER, "order", title, 2, lc.TERMINAL_NO, lc.BANK_ID, 10, until)
    old("NotForAmendment", lc.CARRIER, "migrate", title, 3)
    data = instructions.collect(title, 3, lc.BANK_ID, 10, WHY)
    old.told("", lc.TERMINAL, "collect", (title, 3, lc.BANK_ID, 10), data)


def test_a_successor_is_named_by_the_owner_and_looked_at_for_a_week(chain, title):
    old, new = Twins(chain.another().furnish()), Twins(chain.another())
    old.issue(title)
    ask(old, title, new)
    migrate(old, title, reason="NoSuccessor")
    named = instructions.call_data("name_successor", new.chain.contract)
    lineage = (new.model.lineage,)
    old.told("NotOwner", lc.CARRIER, "name_successor", lineage, named)
    with refused("ZeroKey"):
        old.chain.send(lc.ADMIN, "name_successor", "0x" + "00" * 20)
    itself = instructions.call_data("name_successor", old.chain.contract)
    old.told("LedgersOwnKey", lc.ADMIN, "name_successor", (old.model.lineage,), itself)
    old.told("", lc.ADMIN, "name_successor", lineage, named)
    opens = old.chain.last_event().arguments["opens"]
    answer = old.chain.view("successor")
    assert answer == bytes.fromhex(new.chain.contract[2:]).rjust(32, b"\0") + opens.to_bytes(32)
    migrate(old, title, reason="SuccessorDelayed")
    old.chain.wait(7 * DAY)
    migrate(old, title)
