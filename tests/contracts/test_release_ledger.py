"""The contract's rules: one negative test per revert reason, and the invariants of LEDGER 4."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused
from title_model import THE_LEDGER, Refusal, TitleModel

from ledger.chain import instructions
from ledger.chain.reasons import REASONS
from ledger.chain.words import BEARER, Flag, OrderState, OrderWord, TitleState, TitleWord

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
WHY = keccak(text="why")
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ORDER = 2 * HALF_ORDER + 1


def collect(chain, title, total, *, number=3, nominee=lc.CONSIGNEE_ID, sender=lc.TERMINAL):
    return chain.send_data(sender, instructions.collect(title, number, nominee, total, WHY))


def transfer(chain, title, *, sender=lc.SHIPPER, taker=lc.CONSIGNEE_ID, **changes):
    return chain.send_data(sender, chain.transfer_data(title, taker, **changes))


# --- the plain life -----------------------------------------------------------------------------


def test_a_title_goes_from_issue_to_release_in_four_calls(chain, issued):
    transfer(chain, issued)
    assert chain.last_event().name == "Transferred"
    chain.send(lc.CONSIGNEE, "surrender", issued, 2)
    chain.send(lc.CARRIER, "release", issued, 3, WHY)
    event = chain.last_event()
    assert (event.name, event.arguments["evidence"]) == ("Released", WHY)
    assert TitleWord.unpack(event.arguments["word"]) == chain.title(issued) == TitleWord(
        state=TitleState.RELEASED, quantity=1_000, ordered=1_000, collected=1_000,
        owner=lc.CONSIGNEE_ID, holder=lc.CONSIGNEE_ID, issuer=lc.CARRIER_NO, sequence=4,
    )  # fmt: skip


def test_bulk_is_ordered_and_collected_in_parts_until_nothing_remains(chain, ordered):
    collect(chain, ordered, 250)
    assert chain.order(ordered, 3) == OrderWord(
        state=OrderState.OPEN, terminal=lc.TERMINAL_NO, nominee=lc.CONSIGNEE_ID, authorised=600,
        collected=250, valid_until=lc.START + 10**8, issuer=lc.CARRIER_NO, number=3,
    )  # fmt: skip
    collect(chain, ordered, 600)
    assert chain.order(ordered, 3).state == OrderState.COMPLETE
    until = lc.START + 10**8
    chain.send(lc.CARRIER, "order", ordered, 5, lc.TERMINAL_NO, lc.CONSIGNEE_ID, 400, until)
    collect(chain, ordered, 400, number=6)
    word = chain.title(ordered)
    assert (word.state, word.ordered, word.collected) == (TitleState.RELEASED, 1_000, 1_000)


def test_what_a_revoked_order_had_left_can_be_ordered_again(chain, ordered):
    collect(chain, ordered, 250)
    chain.send(lc.CARRIER, "revoke_order", ordered, 3)
    assert chain.title(ordered).ordered == 250
    assert chain.order(ordered, 3).state == OrderState.REVOKED
    until = lc.START + 10**8
    chain.send(lc.CARRIER, "order", ordered, 5, lc.TERMINAL_NO, lc.BANK_ID, 750, until)
    assert chain.title(ordered).ordered == 1_000


def test_a_rejected_surrender_gives_the_title_back(chain, surrendered):
    chain.send(lc.CARRIER, "reject_surrender", surrendered, 2, WHY)
    assert chain.last_event().arguments["reason"] == WHY
    assert chain.title(surrendered).state == TitleState.ACTIVE
    transfer(chain, surrendered)


def test_words_are_packed_as_the_contract_packs_them(chain, issued):
    packed = int.from_bytes(chain.view("title_word", issued), "big")
    assert chain.title(issued).pack() == packed
    with pytest.raises(ValueError, match="owner does not fit"):
        TitleWord(owner=1 << 32).pack()


# --- issue (I1) ---------------------------------------------------------------------------------


def issue(
    chain, title, *, sender=lc.CARRIER, office=lc.CARRIER_NO, quantity=1, holder=lc.SHIPPER_ID
):
    return chain.send(sender, "issue", title, office, quantity, holder, 0)


def test_a_title_is_issued_once_for_ever(chain, issued):
    with refused("AlreadyIssued"):
        issue(chain, issued)
    chain.send(lc.SHIPPER, "surrender", issued, 1)
    chain.send(lc.CARRIER, "release", issued, 2, WHY)
    with refused("AlreadyIssued"):
        issue(chain, issued)


def test_only_the_keeper_of_the_issuers_office_issues(chain, title):
    for sender in (lc.STRANGER, lc.ADMIN, lc.RIVAL_CARRIER):
        with refused("NotKeeper"):
            issue(chain, title, sender=sender)


def test_a_titles_id_is_a_hash_and_no_number(chain):
    for number in (0, 1, 2**160 - 1):
        with refused("BadTitle"):
            issue(chain, number.to_bytes(32, "big"))


@pytest.mark.parametrize("quantity", [0, 2**40, 2**64 - 1])
def test_quantities_of_zero_or_beyond_forty_bits_are_refused(chain, title, quantity):
    with refused("QuantityOutOfRange"):
        issue(chain, title, quantity=quantity)


def test_the_largest_quantity_fits(chain, title):
    issue(chain, title, quantity=2**40 - 1)
    assert chain.title(title).quantity == 2**40 - 1
    assert chain.title(title).ordered == 0


def test_a_title_is_issued_to_a_registered_party_only(chain, title):
    with refused("UnknownParty"):
        issue(chain, title, holder=99)


# --- transfer (I2, I9, I12) ---------------------------------------------------------------------


def test_a_transfer_leaves_exactly_one_holder(chain, issued):
    transfer(chain, issued)
    word = chain.title(issued)
    assert (word.owner, word.holder) == (lc.CONSIGNEE_ID, lc.CONSIGNEE_ID)
    with refused("NotHolder"):
        transfer(chain, issued, taker=lc.BANK_ID)


def test_s13_nobody_but_the_holder_moves_a_live_title(chain, issued):
    for sender in (lc.ADMIN, lc.CARRIER, lc.CUSTOMS, lc.CONSIGNEE, lc.STRANGER):
        with refused("NotHolder"):
            transfer(chain, issued, sender=sender)


def test_a_title_that_is_not_active_does_not_move(chain, title, surrendered):
    for each in (title, surrendered):
        with refused("NotActive"):
            transfer(chain, each)


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 1},
        {"contract": "0x" + "11" * 20},
        {"other_title": bytes(31) + b"\x01"},
        {"sequence": 2},
        {"named": lc.BANK_ID},
        {"deadline": lc.START + 1},
        {"signer": lc.BANK},
        {"signer": lc.SHIPPER},
    ],
    ids=str,
)
def test_s40_a_consent_to_anything_else_is_no_consent(chain, issued, change):
    with refused("BadConsent"):
        transfer(chain, issued, **change)


def test_a_used_consent_cannot_be_replayed(chain, issued):
    data = chain.transfer_data(issued, lc.CONSIGNEE_ID)
    chain.send_data(lc.SHIPPER, data)
    transfer(chain, issued, sender=lc.CONSIGNEE, taker=lc.SHIPPER_ID)
    with refused("BadConsent"):
        chain.send_data(lc.SHIPPER, data)


def test_an_expired_consent_is_refused_and_the_last_second_counts(chain, issued):
    def data(deadline):
        signature = chain.consent(issued, lc.CONSIGNEE_ID, deadline=deadline)
        return instructions.transfer(issued, lc.CONSIGNEE_ID, deadline, signature)

    head = chain.machine.head.timestamp
    with refused("ConsentExpired"):
        chain.send_data(lc.SHIPPER, data(head))
    chain.send_data(lc.SHIPPER, data(head + 1))


def test_s40_the_high_twin_of_a_signature_is_refused(chain, issued):
    signature = chain.consent(issued, lc.CONSIGNEE_ID)
    terms = lc.CONSIGNEE_ID | (lc.START + 10**9) << 32
    for high in (HALF_ORDER + 1, 2**255 - 1):
        with refused("HighS"):
            chain.send(lc.SHIPPER, "transfer", issued, terms, signature[:32], high)
        with refused("HighS"):
            chain.send(lc.ADMIN, "register", 77, lc.STRANGER.address, signature[:32], high)
    # The twin of a real signature does not even fit: the top bit is the parity.
    twin = ORDER - int.from_bytes(signature[32:64], "big")
    with refused("BadConsent"):
        chain.send(lc.SHIPPER, "transfer", issued, terms, signature[:32], twin)


def test_s40_a_signature_that_recovers_to_nobody_is_refused(chain, issued):
    terms = 99 | (lc.START + 10**9) << 32
    with refused("BadConsent"):
        chain.send(lc.SHIPPER, "transfer", issued, terms, bytes(32), 1)
    with refused("BadSignature"):
        chain.send(lc.ADMIN, "register", 77, lc.STRANGER.address, bytes(32), 1)


# --- surrender, release, orders (I3, I4, I5, I6) -------------------------------------------------


def test_only_the_holder_surrenders_and_only_at_the_present_sequence(chain, issued):
    with refused("NotHolder"):
        chain.send(lc.CARRIER, "surrender", issued, 1)
    for sequence in (0, 2):
        with refused("StaleSequence"):
            chain.send(lc.SHIPPER, "surrender", issued, sequence)
    chain.send(lc.SHIPPER, "surrender", issued, 1)
    with refused("NotActive"):
        chain.send(lc.SHIPPER, "surrender", issued, 2)


def test_s13_no_release_without_surrender(chain, issued):
    for call in (
        ("release", issued, 1, WHY),
        ("reject_surrender", issued, 1, WHY),
        ("order", issued, 1, lc.TERMINAL_NO, lc.CONSIGNEE_ID, 1, lc.START + 10**8),
    ):
        with refused("NotSurrendered"):
            chain.send(lc.CARRIER, *call)


def test_only_the_carrier_that_issued_a_title_releases_it(chain, surrendered):
    until = lc.START + 10**8
    for sender in (lc.RIVAL_CARRIER, lc.ADMIN, lc.SHIPPER, lc.TERMINAL):
        for call in (
            ("release", surrendered, 2, WHY),
            ("reject_surrender", surrendered, 2, WHY),
            ("order", surrendered, 2, lc.TERMINAL_NO, lc.CONSIGNEE_ID, 1, until),
        ):
            with refused("NotKeeper"):
                chain.send(sender, *call)


def test_an_end_state_absorbs_everything(chain, surrendered):
    chain.send(lc.CARRIER, "release", surrendered, 2, WHY)
    before = chain.title(surrendered)
    until = lc.START + 10**8
    for sender, reason, call in (
        (lc.CARRIER, "NotSurrendered", ("release", surrendered, 3, WHY)),
        (lc.CARRIER, "NotSurrendered", ("reject_surrender", surrendered, 3, WHY)),
        (lc.CARRIER, "NotSurrendered", ("order", surrendered, 3, 1, lc.BANK_ID, 1, until)),
        (lc.SHIPPER, "NotActive", ("surrender", surrendered, 3)),
        (lc.CUSTOMS, "NotLive", ("hold", surrendered, lc.CUSTOMS_BIT, WHY)),
        (lc.CUSTOMS, "NotHeld", ("unhold", surrendered, lc.CUSTOMS_BIT, WHY)),
        (lc.PAYMENT, "NotLive", ("satisfy", surrendered, lc.PAYMENT_GATE, WHY)),
        (lc.PAYMENT, "NotLive", ("unsatisfy", surrendered, lc.PAYMENT_GATE, WHY)),
    ):
        with refused(reason):
            chain.send(sender, *call)
    assert chain.title(surrendered) == before


def test_no_collect_under_a_hold_at_that_block(chain, ordered):
    chain.send(lc.CUSTOMS, "hold", ordered, lc.CUSTOMS_BIT, WHY)
    with refused("HeldByAuthority"):
        collect(chain, ordered, 1)
    chain.send(lc.CUSTOMS, "unhold", ordered, lc.CUSTOMS_BIT, WHY)
    collect(chain, ordered, 1)


def test_no_release_or_order_under_a_hold(chain, surrendered):
    chain.send(lc.CUSTOMS, "hold", surrendered, lc.CUSTOMS_BIT, WHY)
    with refused("HeldByAuthority"):
        chain.send(lc.CARRIER, "release", surrendered, 3, WHY)
    with refused("HeldByAuthority"):
        chain.send(lc.CARRIER, "order", surrendered, 3, 1, lc.BANK_ID, 1, lc.START + 10**8)


def test_every_required_gate_must_be_satisfied_when_goods_leave(chain, title):
    gates = 1 << lc.PAYMENT_GATE
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 10, lc.SHIPPER_ID, gates)
    chain.send(lc.SHIPPER, "surrender", title, 1)
    with refused("GateNotSatisfied"):
        chain.send(lc.CARRIER, "release", title, 2, WHY)
    chain.send(lc.PAYMENT, "satisfy", title, lc.PAYMENT_GATE, WHY)
    with refused("GateUnchanged"):
        chain.send(lc.PAYMENT, "satisfy", title, lc.PAYMENT_GATE, WHY)
    chain.send(lc.PAYMENT, "unsatisfy", title, lc.PAYMENT_GATE, WHY)
    with refused("GateNotSatisfied"):
        chain.send(lc.CARRIER, "release", title, 4, WHY)
    with refused("GateUnchanged"):
        chain.send(lc.PAYMENT, "unsatisfy", title, lc.PAYMENT_GATE, WHY)
    chain.send(lc.PAYMENT, "satisfy", title, lc.PAYMENT_GATE, WHY)
    chain.send(lc.CARRIER, "release", title, 5, WHY)


def test_only_the_gates_keeper_satisfies_it(chain, issued):
    for function in ("satisfy", "unsatisfy"):
        with refused("NotKeeper"):
            chain.send(lc.CARRIER, function, issued, lc.PAYMENT_GATE, WHY)
        with refused("UnknownGate"):
            chain.send(lc.PAYMENT, function, issued, 8, WHY)


def test_s21_cumulative_collection_strictly_increases_and_never_passes_the_order(chain, ordered):
    collect(chain, ordered, 100)
    for total in (0, 99, 100):
        with refused("NotIncreasing"):
            collect(chain, ordered, total)
    for total in (601, 2**64, 2**199):
        with refused("AboveAuthorised"):
            collect(chain, ordered, total)
    assert chain.title(ordered).collected == 100


def test_s21_orders_never_pass_what_is_left_of_the_title(chain, ordered):
    until = lc.START + 10**8
    for quantity in (0, 401, 2**64 - 1):
        with refused("QuantityOutOfRange"):
            chain.send(lc.CARRIER, "order", ordered, 3, 1, lc.BANK_ID, quantity, until)
    chain.send(lc.CARRIER, "order", ordered, 3, 1, lc.BANK_ID, 400, until)
    with refused("QuantityOutOfRange"):
        chain.send(lc.CARRIER, "order", ordered, 4, 1, lc.BANK_ID, 1, until)


def test_only_the_orders_terminal_gives_to_the_orders_nominee(chain, ordered):
    for sender in (lc.CARRIER, lc.ADMIN, lc.CONSIGNEE):
        with refused("NotKeeper"):
            collect(chain, ordered, 1, sender=sender)
    with refused("NomineeMismatch"):
        collect(chain, ordered, 1, nominee=lc.BANK_ID)


def test_an_order_that_is_not_open_gives_nothing(chain, ordered, title):
    with refused("OrderNotOpen"):
        collect(chain, ordered, 1, number=4)
    with refused("OrderNotOpen"):
        collect(chain, title, 1, number=9)
    chain.send(lc.CARRIER, "revoke_order", ordered, 3)
    with refused("OrderNotOpen"):
        collect(chain, ordered, 1)
    with refused("OrderNotOpen"):
        chain.send(lc.CARRIER, "revoke_order", ordered, 3)


def test_only_the_issuer_revokes_an_order_and_no_pause_stops_it(chain, ordered):
    office = instructions.ISSUERS + lc.CARRIER_NO
    with refused("NotKeeper"):
        chain.send(lc.ADMIN, "revoke_order", ordered, 3)
    chain.send(lc.ADMIN, "pause", office)
    chain.send(lc.CARRIER, "revoke_order", ordered, 3)
    chain.send(lc.ADMIN, "unpause", office)


def test_s5_an_order_is_valid_up_to_its_last_second(chain, surrendered):
    now = chain.machine.head.timestamp
    terms = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, 10)
    with refused("OrderExpired"):
        chain.send(lc.CARRIER, "order", surrendered, 2, *terms, now)
    chain.send(lc.CARRIER, "order", surrendered, 2, *terms, now + 2)
    collect(chain, surrendered, 1)
    assert chain.machine.head.timestamp == now + 2
    with refused("OrderExpired"):
        collect(chain, surrendered, 2)


@pytest.fixture
def playground(chain):
    return lc.Playground(chain)


def test_the_last_sequence_ends_in_a_refusal_and_never_wraps(chain, issued, playground):
    last = 2**24 - 1
    word = replace(chain.title(issued), sequence=last)
    playground.set_title(issued, word)
    read = playground.run(lc.STRANGER, instructions.call_data("title_word", issued))[0]
    assert int.from_bytes(read, "big") == word.pack()
    for sender, data in (
        (lc.SHIPPER, chain.transfer_data(issued, lc.CONSIGNEE_ID, sequence=last)),
        (lc.SHIPPER, instructions.call_data("surrender", issued, last)),
        (lc.CUSTOMS, instructions.call_data("hold", issued, lc.CUSTOMS_BIT, WHY)),
    ):
        with refused("SequenceExhausted"):
            playground.run(sender, data)


def test_one_who_holds_without_owning_cannot_surrender(chain, issued, playground):
    playground.set_title(issued, replace(chain.title(issued), owner=lc.BANK_ID))
    with refused("NotOwnerAndHolder"):
        playground.run(lc.SHIPPER, instructions.call_data("surrender", issued, 1))


def test_a_pledged_title_neither_moves_nor_is_surrendered(chain, issued, playground):
    playground.set_title(issued, replace(chain.title(issued), flags=Flag.PLEDGED))
    terms = (issued, 1, lc.BANK_ID, lc.START + 10**8, 3)
    for data in (
        chain.transfer_data(issued, lc.CONSIGNEE_ID),
        instructions.call_data("surrender", issued, 1),
        instructions.call_data("propose", *terms),
    ):
        with refused("Pledged"):
            playground.run(lc.SHIPPER, data)


def test_s2_a_hold_that_lands_first_in_the_block_stops_the_collection(chain, ordered):
    hold = instructions.call_data("hold", ordered, lc.CUSTOMS_BIT, WHY)
    collected = instructions.collect(ordered, 3, lc.CONSIGNEE_ID, 1, WHY)
    before = lc.Playground(chain)
    before.run(lc.CUSTOMS, hold)
    with refused("HeldByAuthority"):
        before.run(lc.TERMINAL, collected)
    after = lc.Playground(chain)
    after.run(lc.TERMINAL, collected)
    after.run(lc.CUSTOMS, hold)
    assert chain.title(ordered).holds == 0


def test_s3_a_gate_taken_back_stops_the_collection_until_it_is_satisfied_again(chain, title):
    terms = (title, lc.CARRIER_NO, 10, lc.SHIPPER_ID, 1 << lc.PAYMENT_GATE)
    chain.send(lc.CARRIER, "issue", *terms)
    chain.send(lc.PAYMENT, "satisfy", title, lc.PAYMENT_GATE, WHY)
    chain.send(lc.SHIPPER, "surrender", title, 2)
    order = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, 10, lc.START + 10**9)
    chain.send(lc.CARRIER, "order", title, 3, *order)
    chain.send(lc.PAYMENT, "unsatisfy", title, lc.PAYMENT_GATE, WHY)
    with refused("GateNotSatisfied"):
        collect(chain, title, 1, number=4)
    chain.send(lc.PAYMENT, "satisfy", title, lc.PAYMENT_GATE, WHY)
    collect(chain, title, 1, number=4)


def test_s6_a_rejected_surrender_releases_nothing(chain, surrendered):
    chain.send(lc.CARRIER, "reject_surrender", surrendered, 2, WHY)
    with refused("NotSurrendered"):
        chain.send(lc.CARRIER, "release", surrendered, 3, WHY)


def test_s7_of_transfer_and_surrender_at_one_sequence_the_first_counts(chain, issued):
    data = chain.transfer_data(issued, lc.CONSIGNEE_ID)
    chain.send(lc.SHIPPER, "surrender", issued, 1)
    with refused("NotActive"):
        chain.send_data(lc.SHIPPER, data)
    chain.send(lc.CARRIER, "reject_surrender", issued, 2, WHY)
    with refused("BadConsent"):
        chain.send_data(lc.SHIPPER, data)
    transfer(chain, issued)
    with refused("StaleSequence"):
        chain.send(lc.CONSIGNEE, "surrender", issued, 3)


# --- holds and pause (I8) -----------------------------------------------------------------------


def test_s13_only_the_setters_office_clears_a_hold(chain, issued):
    chain.send(lc.CUSTOMS, "hold", issued, lc.CUSTOMS_BIT, WHY)
    for sender in (lc.ADMIN, lc.CARRIER, lc.COURT, lc.SHIPPER, lc.TERMINAL):
        for function in ("unhold", "hold"):
            with refused("NotKeeper"):
                chain.send(sender, function, issued, lc.CUSTOMS_BIT, WHY)
    with refused("NotHeld"):
        chain.send(lc.COURT, "unhold", issued, lc.COURT_BIT, WHY)
    with refused("AlreadyHeld"):
        chain.send(lc.CUSTOMS, "hold", issued, lc.CUSTOMS_BIT, WHY)


def test_the_owner_can_neither_take_an_office_nor_pause_an_authority(chain):
    office = instructions.AUTHORITIES + lc.CUSTOMS_BIT
    with refused("OfficeTaken"):
        chain.send(lc.ADMIN, "appoint", office, lc.ADMIN.address)
    for each in (office, instructions.GATEKEEPERS, instructions.REGISTRAR):
        with refused("CannotPause"):
            chain.send(lc.ADMIN, "pause", each)


def test_holds_name_one_of_eight_authorities(chain, issued):
    for function in ("hold", "unhold"):
        with refused("UnknownAuthority"):
            chain.send(lc.CUSTOMS, function, issued, 8, WHY)


def test_nothing_is_held_that_was_never_issued(chain, title):
    with refused("NotLive"):
        chain.send(lc.CUSTOMS, "hold", title, lc.CUSTOMS_BIT, WHY)
    with refused("NotLive"):
        chain.send(lc.PAYMENT, "satisfy", title, lc.PAYMENT_GATE, WHY)


def test_customs_stops_the_goods_and_a_court_freezes_the_title_too(chain, issued):
    chain.send(lc.CUSTOMS, "hold", issued, lc.CUSTOMS_BIT, WHY)
    transfer(chain, issued)
    chain.send(lc.COURT, "hold", issued, lc.COURT_BIT, WHY)
    with refused("FrozenByAuthority"):
        transfer(chain, issued, sender=lc.CONSIGNEE, taker=lc.SHIPPER_ID)
    with refused("FrozenByAuthority"):
        chain.send(lc.CONSIGNEE, "surrender", issued, 4)


def test_s13_a_pause_stops_an_office_and_never_a_hold(chain, ordered, title):
    offices = (instructions.ISSUERS + lc.CARRIER_NO, instructions.TERMINALS + lc.TERMINAL_NO)
    for office in offices:
        with refused("NotPaused"):
            chain.send(lc.ADMIN, "unpause", office)
        chain.send(lc.ADMIN, "pause", office)
        with refused("Paused"):
            chain.send(lc.ADMIN, "pause", office)
    with refused("Paused"):
        issue(chain, title)
    with refused("Paused"):
        collect(chain, ordered, 1)
    with refused("Paused"):
        chain.send_data(lc.TERMINAL, instructions.nullify(lc.TERMINAL_NO, [10**6]))
    with refused("Paused"):
        chain.send(lc.TERMINAL, "hand_over", offices[1], lc.BANK.address)
    chain.send(lc.CUSTOMS, "hold", ordered, lc.CUSTOMS_BIT, WHY)
    for office in offices:
        chain.send(lc.ADMIN, "unpause", office)


# --- nullifiers ---------------------------------------------------------------------------------


def test_a_release_serial_is_used_once_and_a_bad_batch_uses_none(chain):
    chain.send_data(lc.TERMINAL, instructions.nullify(lc.TERMINAL_NO, [5, 7, 300]))
    used = [int.from_bytes(chain.view("nullified", lc.TERMINAL_NO, i), "big") for i in (0, 1)]
    assert used == [1 << 5 | 1 << 7, 1 << 44]
    with refused("AlreadyNullified"):
        chain.send_data(lc.TERMINAL, instructions.nullify(lc.TERMINAL_NO, [600, 7]))
    assert int.from_bytes(chain.view("nullified", lc.TERMINAL_NO, 2), "big") == 0
    with refused("AlreadyNullified"):
        chain.send(lc.TERMINAL, "nullify", lc.TERMINAL_NO, [(9, 1), (9, 3)])


def test_only_a_terminal_uses_its_own_serials(chain):
    for sender, terminal in ((lc.CARRIER, lc.TERMINAL_NO), (lc.TERMINAL, 2)):
        with refused("NotKeeper"):
            chain.send_data(sender, instructions.nullify(terminal, [1]))


def test_an_empty_word_of_serials_is_refused(chain):
    with refused("NothingToNullify"):
        chain.send(lc.TERMINAL, "nullify", lc.TERMINAL_NO, [(0, 0)])
    for none_or_too_many in ([], range(0, 65 * 256, 256)):
        with pytest.raises(ValueError, match="1 to 64 words"):
            instructions.nullify(lc.TERMINAL_NO, none_or_too_many)


# --- anchors (I14) ------------------------------------------------------------------------------


def test_anchored_sizes_strictly_increase(chain):
    size = int.from_bytes(chain.view("latest_anchor")[:32], "big") + 10
    aggregate = bytes(range(96))
    chain.send_data(lc.ADMIN, instructions.anchor(size, WHY, 0b101, aggregate))
    event = chain.last_event()
    assert (event.name, event.arguments["size"], event.arguments["signers"]) == (
        "Anchored",
        size,
        5,
    )
    assert b"".join(event.arguments["aggregate"]) == aggregate
    assert chain.view("latest_anchor") == size.to_bytes(32, "big") + WHY
    assert chain.view("anchor_of", size) == WHY
    assert chain.view("anchor_of", size - 1) == chain.view("anchor_of", 0) == bytes(32)
    for wrong in (size, size - 1, 0):
        with refused("SizeNotIncreasing"):
            chain.send_data(lc.ADMIN, instructions.anchor(wrong, WHY, 0, b""))


def test_only_the_logs_key_anchors(chain):
    for sender in (lc.CARRIER, lc.STRANGER):
        with refused("NotLogKey"):
            chain.send_data(sender, instructions.anchor(2**63, WHY, 0, b""))
    with pytest.raises(ValueError, match="96 bytes"):
        instructions.anchor(1, WHY, 0, b"short")


def test_the_owner_renames_the_log_key_and_the_size_stays(chain):
    before = chain.view("latest_anchor")
    with refused("ZeroKey"):
        chain.send(lc.ADMIN, "set_log_key", "0x" + "00" * 20)
    chain.send(lc.ADMIN, "set_log_key", lc.STRANGER.address)
    assert chain.view("log_key")[12:] == lc.STRANGER.raw_address
    with refused("NotLogKey"):
        chain.send_data(lc.ADMIN, instructions.anchor(2**63, WHY, 0, b""))
    chain.send(lc.ADMIN, "set_log_key", lc.ADMIN.address)
    assert chain.view("latest_anchor") == before


# --- parties, offices, ownership (I10) ----------------------------------------------------------


def test_a_key_is_rotated_by_itself_and_no_title_word_changes(chain, title):
    chain.register(500, lc.BANK)
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 5, 500, 0)
    before = chain.title(title)
    proof = chain.possession(500, lc.COURT)
    for sender in (lc.ADMIN, lc.COURT):
        with refused("NotHolder"):
            chain.send(sender, "rotate_key", 500, lc.COURT.address, *proof)
    chain.send(lc.BANK, "rotate_key", 500, lc.COURT.address, *proof)
    assert chain.title(title) == before
    assert chain.view("party_key", 500)[12:] == lc.COURT.raw_address
    with refused("NotHolder"):
        chain.send(lc.BANK, "surrender", title, 1)
    chain.send(lc.COURT, "surrender", title, 1)


def test_a_handle_is_registered_once_by_the_registrar_with_a_proof_of_its_key(chain):
    proof = chain.possession(600, lc.STRANGER)
    with refused("NotKeeper"):
        chain.send(lc.CARRIER, "register", 600, lc.STRANGER.address, *proof)
    with refused("BadPossession"):
        chain.send(lc.ADMIN, "register", 600, lc.BANK.address, *proof)
    for nobody in (0, BEARER):
        proof_of_nobody = chain.possession(nobody, lc.STRANGER)
        with refused("UnknownParty"):
            chain.send(lc.ADMIN, "register", nobody, lc.STRANGER.address, *proof_of_nobody)
    chain.send(lc.ADMIN, "register", 600, lc.STRANGER.address, *proof)
    with refused("PartyTaken"):
        chain.send(lc.ADMIN, "register", 600, lc.STRANGER.address, *proof)


def test_an_office_is_handed_over_by_its_keeper_alone(chain):
    office = instructions.GATEKEEPERS + 7
    chain.send(lc.ADMIN, "appoint", office, lc.BANK.address)
    with refused("NotKeeper"):
        chain.send(lc.ADMIN, "hand_over", office, lc.ADMIN.address)
    chain.send(lc.BANK, "hand_over", office, lc.COURT.address)
    assert chain.view("office_key", office)[12:32] == lc.COURT.raw_address
    chain.send(lc.COURT, "hand_over", office, "0x" + "00" * 20)
    chain.send(lc.ADMIN, "appoint", office, lc.BANK.address)


def test_appointments_name_a_known_office_and_a_key(chain):
    for office in (0, 2, 0xFFFF, 6 << 16):
        with refused("UnknownOffice"):
            chain.send(lc.ADMIN, "appoint", office, lc.BANK.address)
    with refused("ZeroKey"):
        chain.send(lc.ADMIN, "appoint", instructions.ISSUERS + 50, "0x" + "00" * 20)


def test_nobody_is_made_of_the_ledger_which_relays_for_everybody(chain, issued):
    """A relayed call is the ledger's own: an office that it kept would be open to all."""
    itself, vacant = chain.contract, instructions.AUTHORITIES + 7
    with refused("LedgersOwnKey"):
        chain.send(lc.ADMIN, "appoint", vacant, itself)
    with refused("LedgersOwnKey"):
        chain.send(lc.PAYMENT, "hand_over", instructions.GATEKEEPERS + lc.PAYMENT_GATE, itself)
    for function in ("propose_owner", "set_log_key", "name_successor"):
        with refused("LedgersOwnKey"):
            chain.send(lc.ADMIN, function, itself)
    hold = instructions.call_data("hold", issued, 7, WHY)
    free = int.from_bytes(issued[:7], "big")
    chain.send_data(lc.STRANGER, instructions.relay([chain.signed(lc.STRANGER, hold, nonce=free)]))
    assert chain.events()[0].arguments["reason"] == "NotKeeper"


def test_the_model_too_refuses_the_ledgers_own_key():
    model = TitleModel({7 << 16: "bank"}, {1: "shipper"}, owner="admin", lineage=WHY)
    for who, function, *act in (
        ("admin", "appoint", instructions.AUTHORITIES, THE_LEDGER),
        ("bank", "hand_over", 7 << 16, THE_LEDGER),
        ("admin", "propose_owner", THE_LEDGER),
        ("admin", "set_log_key", THE_LEDGER),
        ("admin", "name_successor", WHY),
        ("shipper", "delegate", 1, THE_LEDGER, WHY, 1, 1, 1),
    ):
        with pytest.raises(Refusal, match="LedgersOwnKey"):
            getattr(model, function)(who, *act)


def test_the_registrar_stays_the_owners_to_name(chain):
    chain.send(lc.ADMIN, "appoint", instructions.REGISTRAR, lc.BANK.address)
    chain.send(lc.ADMIN, "appoint", instructions.REGISTRAR, lc.ADMIN.address)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("appoint", (instructions.ISSUERS + 60, lc.BANK.address)),
        ("pause", (instructions.ISSUERS + lc.CARRIER_NO,)),
        ("unpause", (instructions.ISSUERS + lc.CARRIER_NO,)),
        ("set_log_key", (lc.BANK.address,)),
        ("propose_owner", (lc.BANK.address,)),
    ],
)
def test_what_is_the_owners_is_refused_to_all_others(chain, function, arguments):
    for sender in (lc.CARRIER, lc.STRANGER):
        with refused("NotOwner"):
            chain.send(sender, function, *arguments)


def test_ownership_passes_in_two_steps(chain):
    with refused("NotProposed"):
        chain.send(lc.BANK, "accept_ownership")
    chain.send(lc.ADMIN, "propose_owner", lc.BANK.address)
    assert chain.view("owner")[12:] == lc.ADMIN.raw_address
    assert chain.view("proposed_owner")[12:] == lc.BANK.raw_address
    with refused("NotProposed"):
        chain.send(lc.STRANGER, "accept_ownership")
    chain.send(lc.BANK, "accept_ownership")
    assert chain.view("owner")[12:] == lc.BANK.raw_address
    assert chain.view("proposed_owner") == bytes(32)
    chain.send(lc.BANK, "propose_owner", lc.ADMIN.address)
    chain.send(lc.ADMIN, "accept_ownership")


# --- the reasons --------------------------------------------------------------------------------


def reasons_in_sources():
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(CONTRACTS.glob("*.vy")))
    return set().union(*re.findall(r'(?:assert .*, |return )"(\w+)"|why\.([A-Z]\w+)', text)) - {""}


def coded_reasons():
    source = (CONTRACTS / "reasons.vy").read_text(encoding="utf-8")
    return dict(re.findall(r"^(\w+): constant\(uint256\) = (\d+)$", source, re.MULTILINE))


def test_a_reasons_number_is_its_letters_and_how_many_they_are():
    for name, number in coded_reasons().items():
        wanted = int.from_bytes(name.encode() + bytes([len(name)]), "big")
        assert int(number) == wanted, f"{name}: constant(uint256) = {wanted}"


def test_every_coded_reason_is_used():
    assert set(coded_reasons()) <= reasons_in_sources()


def test_every_revert_reason_has_its_sentence_and_every_sentence_its_reason():
    assert reasons_in_sources() == set(REASONS)
    for sentence in REASONS.values():
        assert re.search(r"[\u4e00-\u9fff]", sentence.zh)
        assert sentence.en.endswith(".")


def test_every_revert_reason_has_a_negative_test():
    files = sorted(Path(__file__).parent.glob("test_*.py"))
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    forms = (
        r'refused\("(\w+)"\)',
        r'[(,] ?"(\w+)", \(',
        r'\d: "(\w+)"',
        r'reason="(\w+)"',
        r'(?:twins|old|new)(?:\.told)?\("(\w+)"',
    )
    tested = {code for form in forms for code in re.findall(form, text)}
    assert reasons_in_sources() - tested == set()
