"""What to do next with an instruction that goes to the chain 上链规则: pure, no clock, no network.

Source of the rules: LEDGER 8. An instruction has one nonce and one or more attempts (signed
transactions of that nonce with the same payload and rising fees), any of which may be mined. The
caller stores rows, asks the chain, calls `next_step` and does what it says; every step may be
done again.

    planned ──sign──► sent ──receipt──► mined ──depth k──► confirmed
                       ▲ │ bump, send again │ reverted receipt ──► reverted (an incident, no retry)
                       └─┴──── reorg ◄──────┘
                         │ stuck too long: a zero-value transfer to oneself at the same nonce
                         └──mined at depth k──► cancelled (planned anew at another nonce)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from ledger.chain.signing import Fees

if TYPE_CHECKING:
    from collections.abc import Mapping

BUMP_NUMERATOR: Final = 9
BUMP_DENOMINATOR: Final = 8
"""A replacement pays 12.5 % more, above the 10 % that nodes ask for."""


class State(StrEnum):
    """State of an instruction, as stored."""

    PLANNED = "planned"
    SENT = "sent"
    MINED = "mined"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Patience:
    """How long to wait for what."""

    depth: int = 2
    """Blocks on top of the one that mined it, until it is confirmed (k)."""
    resend_after_s: int = 10
    """Send the same bytes again if nothing happened for so long."""
    bump_after_s: int = 60
    """Sign a replacement if nothing happened for so long and the fee is too low or unmoved."""
    fee_cap_wei: int = 500_000_000_000
    """Never pay more per gas: wait, and let the age alarm speak."""
    cancel_after_s: int | None = None
    """Take the nonce back if nothing was mined for so long; None: never. The transfer that does so
    may pay one step above the cap: it needs 21,000 gas and frees every nonce behind it."""


@dataclass(frozen=True)
class Attempt:
    """One signed transaction of an instruction."""

    hash: bytes
    """32 bytes."""
    raw: bytes
    fees: Fees
    signed_at: int
    """UTC seconds."""
    sent_at: int | None = None
    """UTC seconds of the last broadcast; None if it was never sent."""
    cancels: bool = False
    """It is the zero-value transfer that takes the nonce back."""


@dataclass(frozen=True)
class Instruction:
    """An instruction and its attempts, oldest first."""

    state: State
    nonce: int | None = None
    attempts: tuple[Attempt, ...] = ()
    block_number: int | None = None
    block_hash: bytes = b""


@dataclass(frozen=True)
class Receipt:
    """What the chain says about a mined attempt."""

    hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool


@dataclass(frozen=True)
class ChainView:
    """What the caller saw on the chain, all of it asked after the attempts were read."""

    head_number: int
    base_fee_wei: int
    priority_fee_wei: int
    account_nonce: int
    """The sender's nonce in the newest block."""
    receipts: Mapping[bytes, Receipt] = field(default_factory=dict)
    """By attempt hash, those that have one."""
    block_hashes: Mapping[int, bytes] = field(default_factory=dict)
    """Canonical hash of every block number that an instruction names."""


@dataclass(frozen=True)
class Sign:
    """Sign and store an attempt with these fees and the instruction's nonce, then call again."""

    fees: Fees


@dataclass(frozen=True)
class Cancel:
    """Sign and store a zero-value transfer to oneself at the instruction's nonce."""

    fees: Fees


@dataclass(frozen=True)
class Broadcast:
    """Send these stored bytes, then store the time."""

    attempt: Attempt


@dataclass(frozen=True)
class RecordMined:
    """Store that an attempt is in a block."""

    receipt: Receipt


@dataclass(frozen=True)
class RecordConfirmed:
    """Store that the block is deep enough: the outcome counts."""

    receipt: Receipt


@dataclass(frozen=True)
class RecordCancelled:
    """Store that the transfer to oneself took the nonce at depth: plan the instruction anew."""

    receipt: Receipt


@dataclass(frozen=True)
class RecordReverted:
    """Store a failed receipt at depth: an incident for people, never a retry."""

    receipt: Receipt


@dataclass(frozen=True)
class RollBack:
    """A reorg dropped the block: forget it, set the state to sent, then call again."""

    block_number: int


@dataclass(frozen=True)
class Incident:
    """The nonce was used by a transaction that is none of the attempts: stop, raise the alarm."""

    why: str


@dataclass(frozen=True)
class Wait:
    """Nothing to do now."""


Action: TypeAlias = (
    Sign
    | Cancel
    | Broadcast
    | RecordMined
    | RecordConfirmed
    | RecordCancelled
    | RecordReverted
    | RollBack
    | Incident
    | Wait
)


def first_fees(view: ChainView, patience: Patience) -> Fees:
    """Return fees that survive several full blocks: twice the base fee and the tip."""
    ceiling = min(2 * view.base_fee_wei + view.priority_fee_wei, patience.fee_cap_wei)
    return Fees(ceiling, min(view.priority_fee_wei, ceiling))


def bumped(fees: Fees, view: ChainView) -> Fees:
    """Return fees for a replacement: 12.5 % more on both, or what is needed now if that is more."""
    tip = max(_raised(fees.max_priority_fee_wei), view.priority_fee_wei)
    ceiling = max(_raised(fees.max_fee_wei), 2 * view.base_fee_wei + tip)
    return Fees(ceiling, tip)


def next_step(
    instruction: Instruction, view: ChainView, now: int, patience: Patience | None = None
) -> Action:
    """Return what to do with an instruction; doing it twice does no harm.

    Args:
        instruction: As stored.
        view: As just asked.
        now: UTC seconds.
        patience: How long to wait for what; the defaults if None.
    """
    patience = patience or Patience()
    if instruction.state in {State.CONFIRMED, State.REVERTED, State.CANCELLED}:
        return Wait()
    if instruction.state is State.MINED:
        dropped = _dropped(instruction, view)
        if dropped is not None:
            return dropped
    receipt = _canonical_receipt(instruction, view)
    if receipt is not None:
        return _follow(instruction, receipt, view, patience)
    if instruction.state is State.MINED:
        # The block is still canonical but the node has no receipt: a lagging or lying endpoint.
        return Wait()
    return _push(instruction, view, now, patience)


def _dropped(instruction: Instruction, view: ChainView) -> RollBack | None:
    """Step 6 of LEDGER 8: the block at that height has another hash, or is gone."""
    number = instruction.block_number or 0
    if number > view.head_number:
        return RollBack(number)
    canonical = view.block_hashes.get(number)
    if canonical is not None and canonical != instruction.block_hash:
        return RollBack(number)
    return None


def _canonical_receipt(instruction: Instruction, view: ChainView) -> Receipt | None:
    """Return the receipt of whichever attempt was mined, if its block is the canonical one."""
    for attempt in instruction.attempts:
        receipt = view.receipts.get(attempt.hash)
        if receipt is None or receipt.hash != attempt.hash:
            continue
        if receipt.block_number > view.head_number:
            continue
        canonical = view.block_hashes.get(receipt.block_number, receipt.block_hash)
        if canonical == receipt.block_hash:
            return receipt
    return None


def _follow(
    instruction: Instruction, receipt: Receipt, view: ChainView, patience: Patience
) -> Action:
    """Step 4: receipt, then depth. A failed one is judged at depth too: a reorg may undo it."""
    known = (instruction.block_number, instruction.block_hash)
    if instruction.state is State.SENT or known != (receipt.block_number, receipt.block_hash):
        return RecordMined(receipt)
    if view.head_number - receipt.block_number < patience.depth:
        return Wait()
    if any(attempt.cancels for attempt in instruction.attempts if attempt.hash == receipt.hash):
        return RecordCancelled(receipt)
    return RecordConfirmed(receipt) if receipt.succeeded else RecordReverted(receipt)


def _push(instruction: Instruction, view: ChainView, now: int, patience: Patience) -> Action:
    """Steps 3 and 5: sign, send the same bytes again, or replace them by ones that pay more."""
    if not instruction.attempts:
        return Sign(first_fees(view, patience))
    newest = instruction.attempts[-1]
    if newest.sent_at is None:
        return Broadcast(newest)
    if instruction.nonce is not None and view.account_nonce > instruction.nonce:
        return _foreign(instruction.nonce, now - newest.sent_at, patience)
    return _dearer(instruction, bumped(newest.fees, view), now, patience) or (
        Broadcast(newest) if now - newest.sent_at >= patience.resend_after_s else Wait()
    )


def _dearer(
    instruction: Instruction, fees: Fees, now: int, patience: Patience
) -> Sign | Cancel | None:
    """Return the replacement that is due, None if none is; the cap holds."""
    newest, cap = instruction.attempts[-1], patience.fee_cap_wei
    if _is_stuck(instruction, now, patience) and fees.max_fee_wei <= _raised(cap):
        return Cancel(fees)
    waited = now - newest.signed_at >= patience.bump_after_s
    return Sign(fees) if waited and not newest.cancels and fees.max_fee_wei <= cap else None


def _is_stuck(instruction: Instruction, now: int, patience: Patience) -> bool:
    """Tell whether it is time to cancel, or to pay more for a cancellation that hangs too."""
    if patience.cancel_after_s is None:
        return False
    first, newest = instruction.attempts[0], instruction.attempts[-1]
    if newest.cancels:
        return now - newest.signed_at >= patience.bump_after_s
    return now - first.signed_at >= patience.cancel_after_s


def _foreign(nonce: int, waited_s: int, patience: Patience) -> Action:
    """Mined says the nonce, but no receipt yet: give the node time before calling it foreign."""
    if waited_s < patience.bump_after_s:
        return Wait()
    return Incident(f"nonce {nonce} was used by another transaction")


def _raised(wei: int) -> int:
    """Return 12.5 % more, rounded up."""
    return -(-wei * BUMP_NUMERATOR // BUMP_DENOMINATOR)
