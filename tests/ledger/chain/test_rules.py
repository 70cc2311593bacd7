"""LEDGER 8 as pure rules: every step from planned to confirmed, and what may go wrong between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.chain.rules import (
    Attempt,
    Broadcast,
    Cancel,
    ChainView,
    Incident,
    Instruction,
    Patience,
    Receipt,
    RecordCancelled,
    RecordConfirmed,
    RecordMined,
    RecordReverted,
    RollBack,
    Sign,
    State,
    Wait,
    bumped,
    first_fees,
    next_step,
)
from ledger.chain.signing import Fees

NOW = 1_800_000_000
PATIENCE = Patience(depth=2, resend_after_s=10, bump_after_s=60, fee_cap_wei=10_000)
FEES = Fees(2_100, 100)
FIRST = Attempt(b"\x01" * 32, b"raw-1", FEES, signed_at=NOW, sent_at=NOW)
BLOCK = b"\xbb" * 32
VIEW = ChainView(head_number=10, base_fee_wei=1_000, priority_fee_wei=100, account_nonce=7)
SENT = Instruction(State.SENT, nonce=7, attempts=(FIRST,))
MINED = replace(SENT, state=State.MINED, block_number=9, block_hash=BLOCK)


def seen(head, *, number=9, block=BLOCK, succeeded=True, key=FIRST.hash, canonical=None):
    receipt = Receipt(key, number, block, succeeded)
    hashes = {number: canonical or block}
    return replace(
        VIEW, head_number=head, account_nonce=8, receipts={key: receipt}, block_hashes=hashes
    )


def step(instruction, view=VIEW, after_s=0):
    return next_step(instruction, view, NOW + after_s, PATIENCE)


def test_a_planned_instruction_is_signed_with_fees_for_two_full_blocks():
    assert step(Instruction(State.PLANNED, nonce=7)) == Sign(Fees(2_100, 100))


def test_the_first_fee_never_passes_the_cap():
    assert first_fees(replace(VIEW, base_fee_wei=9_000), PATIENCE) == Fees(10_000, 100)


def test_s70_stored_bytes_are_sent_before_anything_else():
    stored = replace(SENT, attempts=(replace(FIRST, sent_at=None),))
    assert step(stored) == Broadcast(stored.attempts[0])


def test_s70_a_crash_after_sending_sends_the_identical_bytes_again():
    assert step(SENT, after_s=9) == Wait()
    action = step(SENT, after_s=10)
    assert isinstance(action, Broadcast)
    assert action.attempt.raw == b"raw-1"


def test_s72_a_stuck_attempt_is_replaced_at_the_same_nonce_for_an_eighth_more():
    assert step(SENT, after_s=60) == Sign(Fees(2_363, 113))


def test_a_replacement_follows_the_base_fee_when_that_rose_more():
    assert bumped(FEES, replace(VIEW, base_fee_wei=4_000)) == Fees(8_113, 113)


def test_s74_beyond_the_fee_cap_the_same_bytes_are_sent_and_no_dearer_ones():
    dear = replace(FIRST, fees=Fees(9_999, 100))
    assert step(replace(SENT, attempts=(dear,)), after_s=60) == Broadcast(dear)


def test_any_of_the_attempts_may_be_the_one_that_is_mined():
    second = replace(FIRST, hash=b"\x02" * 32, raw=b"raw-2")
    both = replace(SENT, attempts=(FIRST, second))
    for key in (FIRST.hash, second.hash):
        action = step(both, seen(9, key=key))
        assert isinstance(action, RecordMined)
        assert action.receipt.hash == key


@pytest.mark.parametrize(("head", "outcome"), [(9, Wait), (10, Wait), (11, RecordConfirmed)])
def test_an_outcome_counts_at_depth_k_and_not_before(head, outcome):
    assert isinstance(step(MINED, seen(head)), outcome)


def test_a_failed_receipt_is_an_incident_at_depth_and_never_a_retry():
    assert step(MINED, seen(10, succeeded=False)) == Wait()
    assert isinstance(step(MINED, seen(11, succeeded=False)), RecordReverted)
    for state in (State.REVERTED, State.CONFIRMED):
        assert step(replace(MINED, state=state), after_s=10_000) == Wait()


def test_s71_a_reorg_returns_a_mined_instruction_to_sent():
    other = replace(VIEW, block_hashes={9: b"\xcc" * 32})
    assert step(MINED, other) == RollBack(9)
    assert step(MINED, replace(VIEW, head_number=8)) == RollBack(9)


def test_s71_a_rolled_back_attempt_that_is_mined_again_elsewhere_is_followed():
    again = seen(12, number=11, block=b"\xdd" * 32)
    rolled_back = replace(SENT, block_number=None, block_hash=b"")
    action = step(rolled_back, again)
    assert isinstance(action, RecordMined)
    assert action.receipt.block_number == 11


def test_s72_a_receipt_of_a_block_that_is_not_canonical_counts_for_nothing():
    lying = seen(12, canonical=b"\xcc" * 32)
    assert not isinstance(step(SENT, lying), RecordMined)
    assert step(SENT, seen(8)) == Wait()


def test_a_receipt_for_another_hash_is_not_taken():
    receipt = Receipt(b"\x09" * 32, 9, BLOCK, succeeded=True)
    assert step(SENT, replace(VIEW, receipts={FIRST.hash: receipt})) == Wait()


def test_a_mined_instruction_without_receipt_waits_for_the_endpoint():
    assert step(MINED, replace(VIEW, block_hashes={9: BLOCK}), after_s=10_000) == Wait()


def test_a_nonce_used_by_a_stranger_is_an_incident_after_a_while():
    used = replace(VIEW, account_nonce=8)
    assert step(SENT, used, after_s=59) == Wait()
    assert step(SENT, used, after_s=60) == Incident("nonce 7 was used by another transaction")


def test_every_step_may_be_asked_for_twice():
    for instruction, view in ((SENT, VIEW), (MINED, seen(11)), (SENT, seen(9))):
        assert step(instruction, view, 60) == step(instruction, view, 60)


IMPATIENT = replace(PATIENCE, cancel_after_s=600)
CANCELLING = Attempt(
    b"\x0c" * 32, b"raw-c", Fees(2_363, 113), NOW + 600, sent_at=NOW + 600, cancels=True
)


def cancelled_step(instruction, view=VIEW, after_s=0):
    return next_step(instruction, view, NOW + after_s, IMPATIENT)


def test_s72_stuck_too_long_the_nonce_is_taken_back_by_a_transfer_to_oneself():
    assert isinstance(cancelled_step(SENT, after_s=599), Sign)
    assert cancelled_step(SENT, after_s=600) == Cancel(Fees(2_363, 113))
    assert isinstance(step(SENT, after_s=10_000), Sign), "not where nobody said when"


def test_a_cancellation_may_pay_one_step_above_the_cap_and_no_more():
    capped = replace(SENT, attempts=(replace(FIRST, fees=Fees(10_000, 100)),))
    assert cancelled_step(capped, after_s=600) == Cancel(Fees(11_250, 113))
    beyond = replace(SENT, attempts=(replace(FIRST, fees=Fees(11_250, 100)),))
    assert isinstance(cancelled_step(beyond, after_s=600), Broadcast)


def test_a_cancellation_is_sent_again_and_replaced_like_any_other():
    row = replace(SENT, attempts=(FIRST, CANCELLING))
    assert cancelled_step(row, after_s=605) == Wait()
    assert cancelled_step(row, after_s=610) == Broadcast(CANCELLING)
    assert cancelled_step(row, after_s=660) == Cancel(Fees(2_659, 128))


def test_a_mined_cancellation_counts_at_depth_and_ends_the_nonce():
    row = replace(MINED, attempts=(FIRST, CANCELLING))
    assert cancelled_step(row, seen(10, key=CANCELLING.hash)) == Wait()
    assert isinstance(cancelled_step(row, seen(11, key=CANCELLING.hash)), RecordCancelled)
    done = replace(row, state=State.CANCELLED)
    assert cancelled_step(done, seen(11, key=CANCELLING.hash), 10_000) == Wait()


def test_an_instruction_mined_after_all_is_not_cancelled():
    row = replace(MINED, attempts=(FIRST, CANCELLING))
    assert isinstance(cancelled_step(row, seen(11)), RecordConfirmed)
