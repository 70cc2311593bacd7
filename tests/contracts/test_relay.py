"""Relayed batches of signed instructions: each stands alone, is performed once, and is logged."""

from __future__ import annotations

from dataclasses import replace

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused

from ledger.chain import instructions
from ledger.chain.words import TitleState

WHY = keccak(text="why")
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def relay(chain, *batch, sender=lc.STRANGER):
    """Return the outcomes as bits, and the reasons by index."""
    chain.send_data(sender, instructions.relay(batch))
    events = chain.events()
    assert events[-1].name == "Relayed"
    assert events[-1].arguments["count"] == len(batch)
    refusals = [each.arguments for each in events if each.name == "InstructionRefused"]
    return events[-1].arguments["outcomes"], {each["index"]: each["reason"] for each in refusals}


def surrender(chain, title, sequence=1, signer=lc.SHIPPER, **changes):
    data = instructions.call_data("surrender", title, sequence)
    return chain.signed(signer, data, **changes)


def test_a_whole_life_is_lived_through_a_relayer(chain, title):
    def done(signer, data):
        assert relay(chain, chain.signed(signer, data)) == (1, {})

    issue = (title, lc.CARRIER_NO, 1_000, lc.SHIPPER_ID, 0)
    done(lc.CARRIER, instructions.call_data("issue", *issue))
    done(lc.SHIPPER, chain.transfer_data(title, lc.CONSIGNEE_ID))
    offer = (lc.BANK_ID, chain.now + 1_000, 3)
    done(lc.CONSIGNEE, instructions.call_data("propose", title, 2, *offer))
    done(lc.BANK, instructions.call_data("accept", title, 3))
    done(lc.BANK, instructions.call_data("surrender", title, 4))
    terms = (lc.TERMINAL_NO, lc.BANK_ID, 1_000, lc.START + 10**8)
    done(lc.CARRIER, instructions.call_data("order", title, 5, *terms))
    done(lc.TERMINAL, instructions.collect(title, 6, lc.BANK_ID, 1_000, WHY))
    assert chain.title(title).state == TitleState.RELEASED


def test_s41_one_bad_instruction_does_not_sink_the_others(chain, issued, surrendered, title):
    other = keccak(title)
    chain.send(lc.CARRIER, "issue", other, lc.CARRIER_NO, 5, lc.SHIPPER_ID, 0)
    batch = (
        surrender(chain, other, signer=lc.CONSIGNEE),
        surrender(chain, other),
        surrender(chain, other),
        surrender(chain, keccak(b"never issued"), sequence=0),
    )
    outcomes, reasons = relay(chain, *batch)
    assert outcomes == 0b0010
    assert reasons == {0: "NotHolder", 2: "StaleSequence", 3: "NotActive"}
    assert chain.title(other).state == TitleState.SURRENDERED


def test_s41_a_duplicate_in_one_batch_and_a_replay_are_performed_once(chain, issued):
    hold = instructions.call_data("hold", issued, lc.CUSTOMS_BIT, WHY)
    signed = chain.signed(lc.CUSTOMS, hold, nonce=7)
    assert relay(chain, signed, signed) == (0b01, {1: "NonceUsed"})
    chain.send(lc.CUSTOMS, "unhold", issued, lc.CUSTOMS_BIT, WHY)
    assert relay(chain, signed) == (0, {0: "NonceUsed"})
    assert chain.title(issued).holds == 0
    word = int.from_bytes(chain.view("nonce_word", lc.CUSTOMS.address, 0), "big")
    assert word >> 7 & 1


def test_s41_what_was_signed_for_a_sequence_is_performed_once_though_the_call_names_none(
    chain, issued
):
    signed = chain.signed(lc.CUSTOMS, instructions.call_data("hold", issued, lc.CUSTOMS_BIT, WHY))
    assert relay(chain, signed) == (1, {})
    chain.send(lc.CUSTOMS, "unhold", issued, lc.CUSTOMS_BIT, WHY)
    assert relay(chain, signed) == (0, {0: "StaleSequence"})
    assert chain.title(issued).holds == 0


def test_s42_an_instruction_withheld_until_the_title_changed_is_refused(chain, issued):
    old = surrender(chain, issued)
    chain.send(lc.CUSTOMS, "hold", issued, lc.CUSTOMS_BIT, WHY)
    assert relay(chain, old) == (0, {0: "StaleSequence"})


def test_s42_a_relayer_gains_nothing_by_changing_or_outliving_what_was_signed(chain, issued):
    signed = surrender(chain, issued)
    elsewhere = (
        surrender(chain, issued, chain_id=1),
        surrender(chain, issued, contract="0x" + "11" * 20),
        replace(signed, deadline=signed.deadline + 1),
        replace(signed, call=instructions.call_data("surrender", issued, 0)),
        replace(signed, nonce=5, sequence=0),
    )
    outcomes, reasons = relay(chain, *elsewhere)
    assert outcomes == 0
    assert set(reasons.values()) <= {"NotHolder", "StaleSequence"}
    late = surrender(chain, issued, deadline=chain.machine.head.timestamp)
    assert relay(chain, late) == (0, {0: "InstructionExpired"})
    assert chain.title(issued).sequence == 1


def test_s40_a_twin_signature_or_one_of_nobody_is_refused_alone(chain, issued):
    signed = surrender(chain, issued)
    high = signed.signature[:32] + (HALF_ORDER + 1).to_bytes(32, "big") + b"\x1b"
    nobody = bytes(63) + b"\x01\x1b"
    twins = (replace(signed, signature=high), replace(signed, signature=nobody))
    assert relay(chain, *twins, signed) == (0b100, {0: "BadSignature", 1: "BadSignature"})


def test_what_no_sequence_makes_unique_needs_a_nonce(chain):
    proof = chain.possession(lc.BANK_ID, lc.BANK)
    rotate = instructions.call_data("rotate_key", lc.BANK_ID, lc.BANK.address, *proof)
    for data in (rotate, b"", bytes(35)):
        signed = chain.signed(lc.BANK, data, sequence=0)
        assert relay(chain, signed) == (0, {0: "NonceNeeded"})
    assert relay(chain, chain.signed(lc.BANK, rotate, nonce=300)) == (1, {})


def test_owner_and_log_key_act_by_themselves_and_batches_do_not_nest(chain):
    anchor = instructions.anchor(2**63, WHY, 0, b"")
    pause = instructions.call_data("pause", instructions.ISSUERS + lc.CARRIER_NO)
    inner = instructions.relay([chain.signed(lc.BANK, b"", nonce=301)])
    batch = [
        chain.signed(lc.ADMIN, data, nonce=n) for n, data in enumerate((anchor, pause, inner), 1)
    ]
    assert relay(chain, *batch) == (0, {0: "NotLogKey", 1: "NotOwner", 2: "NestedRelay"})


def test_a_call_that_cannot_be_performed_is_refused_alone(chain, issued):
    unknown = chain.signed(lc.BANK, b"\x01\x02\x03\x04" + issued, nonce=302)
    short = chain.signed(lc.BANK, instructions.selector("surrender"), nonce=303)
    refusals = {0: "CallFailed", 1: "CallFailed"}
    assert relay(chain, unknown, short) == (0, refusals)


def answering(reason, *, cut=0):
    """Code that refuses every call with this as its reason, or with the first part of that."""
    text = len(reason).to_bytes(32, "big") + reason.ljust(-len(reason) % 32 + len(reason), b"\0")
    payload = bytes.fromhex("08c379a0") + (32).to_bytes(32, "big") + text
    size = len(payload) - cut
    return bytes([0x60, size, 0x60, 12, 0x60, 0, 0x39, 0x60, size, 0x60, 0, 0xFD]) + payload


@pytest.mark.parametrize(
    ("stranger", "logged"),
    [
        (answering(b"Letters"), "Letters"),
        (answering(b"Az"), "Az"),
        (answering(b"\xff\xfe"), "CallFailed"),
        (answering(b"a\0"), "CallFailed"),
        (answering(b"@"), "CallFailed"),
        (answering(b"["), "CallFailed"),
        (answering(b"`"), "CallFailed"),
        (answering(b"{"), "CallFailed"),
        (answering(b"a b"), "CallFailed"),
        (answering(b"\xc3\xa9"), "CallFailed"),
        (answering(b""), "CallFailed"),
        (answering(b"a" * 32), "a" * 32),
        (answering(b"a" * 33), "CallFailed"),
        (answering(b"abc", cut=29), "CallFailed"),
        (answering(b"abc").replace(b"\x08\xc3\x79\xa0", b"\x08\xc3\x79\xa1"), "CallFailed"),
    ],
)
def test_s41_what_a_strangers_contract_answers_is_logged_only_if_it_is_a_code(
    chain, title, stranger, logged
):
    """An issuer names a predecessor that is no ledger: what it answers poisons no log."""
    playground = lc.Playground(chain)
    evil = bytes.fromhex("e1" * 20)
    playground.set_code(evil, stranger)
    data = instructions.call_data("adopt", title, "0x" + evil.hex(), lc.CARRIER_NO)
    call = instructions.relay([chain.signed(lc.CARRIER, data)])
    _, events = playground.run(lc.STRANGER, call)
    assert events[0].arguments["reason"] == logged
    assert events[1].arguments["outcomes"] == 0


def test_s41_nobody_but_an_issuer_makes_the_ledger_call_a_stranger(chain, title):
    playground = lc.Playground(chain)
    evil = bytes.fromhex("e1" * 20)
    playground.set_code(evil, answering(b"Called"))
    for signer in (lc.STRANGER, lc.ADMIN, lc.RIVAL_CARRIER):
        data = instructions.call_data("adopt", title, "0x" + evil.hex(), lc.CARRIER_NO)
        call = instructions.relay([chain.signed(signer, data)])
        _, events = playground.run(lc.STRANGER, call)
        assert events[0].arguments["reason"] == "NotKeeper"


def test_a_pause_stops_a_relayed_office_too(chain, title):
    office = instructions.ISSUERS + lc.CARRIER_NO
    issue = (title, lc.CARRIER_NO, 1, lc.SHIPPER_ID, 0)
    signed = chain.signed(lc.CARRIER, instructions.call_data("issue", *issue))
    chain.send(lc.ADMIN, "pause", office)
    assert relay(chain, signed) == (0, {0: "Paused"})
    chain.send(lc.ADMIN, "unpause", office)
    assert relay(chain, signed) == (1, {})


def test_s41_a_relayer_cannot_make_an_instruction_fail_by_giving_too_little_gas(chain, issued):
    playground = lc.Playground(chain)
    data = instructions.relay([surrender(chain, issued)])
    with refused("BatchGas"):
        playground.run(lc.STRANGER, data, gas=280_000)
    _, events = playground.run(lc.STRANGER, data, gas=330_000)
    assert events[-1].arguments["outcomes"] == 1


def test_s41_a_batch_is_capped_so_that_it_fits_into_one_transaction(chain, issued):
    signed = surrender(chain, issued)
    for count in (0, 65):
        with pytest.raises(ValueError, match="1 to 64"):
            instructions.relay([signed] * count)
    with refused(None):
        row = (signed.call, 0, bytes(32), 0)
        chain.send(lc.STRANGER, "relay", [row] * 65)
    assert 64 * 255_000 < 2**24
    chain.send_data(lc.STRANGER, instructions.relay([signed] * 64))
    assert chain.events()[-1].arguments["outcomes"] == 1


def test_a_release_list_satisfies_a_gate_of_many_titles_or_of_none(chain, issued, title):
    other = keccak(title)
    chain.send(lc.CARRIER, "issue", other, lc.CARRIER_NO, 5, lc.SHIPPER_ID, 0)
    many = (lc.PAYMENT_GATE, [issued, other], WHY)
    with refused("NotKeeper"):
        chain.send(lc.CARRIER, "satisfy_many", *many)
    with refused("UnknownGate"):
        chain.send(lc.PAYMENT, "satisfy_many", 8, [issued], WHY)
    with refused("NotLive"):
        chain.send(lc.PAYMENT, "satisfy_many", lc.PAYMENT_GATE, [issued, keccak(other)], WHY)
    with refused("GateUnchanged"):
        chain.send(lc.PAYMENT, "satisfy_many", lc.PAYMENT_GATE, [issued, issued], WHY)
    chain.send(lc.PAYMENT, "satisfy_many", *many)
    assert len(chain.events()) == 2
    assert chain.title(other).gates_satisfied == 1 << lc.PAYMENT_GATE
    chain.send(lc.PAYMENT, "unsatisfy", other, lc.PAYMENT_GATE, WHY)
    wish = instructions.lineage(other, [], [])
    chain.send(lc.SHIPPER, "surrender_for_amendment", other, 3, wish)
    chain.send(lc.CARRIER, "replace", other, 4, [], [])
    with refused("NotLive"):
        chain.send(lc.PAYMENT, "satisfy_many", lc.PAYMENT_GATE, [other], WHY)
