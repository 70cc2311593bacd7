"""The one sender: raw bytes are stored before they are sent (LEDGER 8).

What to do next is decided by the pure rules of `ledger.chain.rules`; a crash at any point repeats
a step that does no harm.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import structlog

from ledger.chain import rules
from ledger.chain.client import (
    ChainClient,
    ChainError,
    UnderpricedError,
    UnfundedError,
    WrongChainError,
)
from ledger.chain.pair import Pair
from ledger.chain.signers import Signer
from ledger.chain.signing import Fees
from yidan.ports import Services
from yidan.store import chain
from yidan.store.alarms import raise_alarm
from yidan.store.engine import database_now, reading, writing

log = structlog.get_logger()

STEPS: Final = 4
"""Most steps for one instruction in one round: sign, send, and what follows at once."""


Outcome: TypeAlias = (
    rules.RecordMined | rules.RecordConfirmed | rules.RecordCancelled | rules.RecordReverted
)

CANCEL_GAS: Final = 21_000
"""What a transfer costs."""
NEVER_CANCELLED: Final = frozenset({"deploy", "office"})
"""Kinds whose nonce decides an address, or that nothing works without: they wait."""


class ForeignNonceError(ChainError):
    """The account has sent what this database does not know of."""


class Sender:
    """Sends one account's instructions to one chain."""

    def __init__(
        self, services: Services, client: ChainClient, signer: Signer, pair: Pair | None = None
    ) -> None:
        self._services = services
        self._client = client
        self._signer = signer
        self._pair = pair
        self.address: Final = signer.address

    def begin(self) -> None:
        """Begin counting nonces where the account stands, at the very first start.

        Raises:
            ForeignNonceError: later, the account is further than this database.
        """
        found, chain_id = self._client.nonce(self.address), self._services.settings.chain_id
        with writing(self._services.engine) as connection:
            chain.know_sender(connection, chain_id, self.address, found)
            known = chain.next_nonce(connection, chain_id, self.address)
        if found > known:
            raise ForeignNonceError(
                f"{self.address} has sent {found} transactions, this database knows {known}:"
                " an older copy of it, or somebody else has the key"
            )

    def _patience(self, stored: chain.Instruction) -> rules.Patience:
        settings = self._services.settings
        waits = stored.kind in NEVER_CANCELLED
        return rules.Patience(
            depth=settings.confirmations, cancel_after_s=None if waits else settings.cancel_after_s
        )

    def push(self) -> None:
        """Take every open instruction as far as it goes now.

        Raises:
            ChainUnavailableError: the chain does not answer; nothing is lost.
            WrongChainError: it is not the chain that was sent to before.
        """
        self._take_up_what_was_undone()
        with reading(self._services.engine) as connection:
            waiting = chain.open_instructions(connection)
        for instruction in waiting:
            for _ in range(STEPS):
                if not self._step(instruction.id):
                    break

    def _take_up_what_was_undone(self) -> None:
        """Send again what a reorganisation deeper than k took back, or its nonces stay a gap.

        Raises:
            WrongChainError: the very deployment is gone: that is no reorganisation.
        """
        standing = self._client.nonce(self.address)
        if self._pair is not None:
            standing = max(standing, self._pair.second.nonce(self.address))
        with reading(self._services.engine) as connection:
            undone = chain.finished_from(connection, standing)
            now = database_now(connection)
        if any(instruction.kind == "deploy" for instruction in undone):
            raise WrongChainError(
                f"the chain knows {standing} transactions of {self.address}; here more are final:"
                " another chain of the same number, or one that lost its history"
            )
        for instruction in undone:
            why = f"a reorganisation took nonce {instruction.nonce} back; it is sent again"
            self._alarm(instruction, why, now)
            self._advance(instruction, "sent")

    def _step(self, instruction_id: int) -> bool:
        with reading(self._services.engine) as connection:
            found = [i for i in chain.open_instructions(connection) if i.id == instruction_id]
            attempts = chain.attempts_of(connection, [instruction_id])
            now = database_now(connection)
        if not found:
            return False
        stored = found[0]
        view = self._client.view(
            self.address,
            hashes=[bytes.fromhex(attempt.transaction_hash) for attempt in attempts],
            numbers=[stored.block_number] if stored.block_number is not None else [],
        )
        action = rules.next_step(
            _as_rules(stored, attempts), view, int(now.timestamp()), self._patience(stored)
        )
        return self._is_told_twice(action) and self._do(action, stored, now)

    def _is_told_twice(self, action: rules.Action) -> bool:
        """Whether the second endpoint, where there is one, tells of the same outcome.

        Raises:
            EndpointsDisagreeError: it tells of another.
        """
        match action:
            case (
                rules.RecordConfirmed(receipt)
                | rules.RecordReverted(receipt)
                | rules.RecordCancelled(receipt)
            ):
                return self._pair is None or self._pair.confirms(receipt)
            case _:
                return True

    def _do(self, action: rules.Action, stored: chain.Instruction, now: datetime) -> bool:
        match action:
            case rules.Wait():
                return False
            case rules.Sign(fees):
                self._sign(stored, fees, now)
            case rules.Cancel(fees):
                self._sign(stored, fees, now, cancels=True)
            case rules.Broadcast(attempt):
                return self._broadcast(attempt, stored, now)
            case rules.RollBack():
                self._advance(stored, "sent")
            case rules.Incident(why):
                self._alarm(stored, why, now)
                return False
            case _:
                self._record(action, stored, now)
        return True

    def _broadcast(self, attempt: rules.Attempt, stored: chain.Instruction, now: datetime) -> bool:
        """Send bytes; too cheap ones count as sent, so that time makes dearer ones of them.

        With an empty account they wait, and what is read from the chain goes on (S74).
        """
        taken = True
        try:
            self._client.broadcast(attempt.raw)
        except UnfundedError as error:
            log.warning("the account cannot pay", address=self.address, why=str(error))
            return False
        except UnderpricedError as error:
            log.warning("too cheap for the node", key=stored.key, why=str(error))
            taken = False
        with writing(self._services.engine) as connection:
            chain.sent(connection, attempt.hash.hex(), stored.id, now=now)
        return taken

    def _record(self, outcome: Outcome, stored: chain.Instruction, now: datetime) -> None:
        match outcome:
            case rules.RecordMined(receipt):
                self._advance(stored, "mined", receipt)
            case rules.RecordConfirmed(receipt):
                self._advance(stored, "confirmed", receipt, now=now)
            case rules.RecordCancelled(receipt):
                self._cancelled(stored, receipt, now)
            case rules.RecordReverted(receipt):
                # The alarm first: once it is stored as reverted, nobody looks at it again.
                self._alarm(stored, "the contract reverted it", now)
                self._advance(stored, "reverted", receipt)

    def _sign(
        self, stored: chain.Instruction, fees: Fees, now: datetime, *, cancels: bool = False
    ) -> None:
        payload: Any = stored.payload
        to, data, gas = payload["to"], bytes.fromhex(payload["data"]), payload["gas"]
        if cancels:
            to, data, gas = self.address, b"", CANCEL_GAS
        chain_id = self._services.settings.chain_id
        signed = self._signer.sign(stored.nonce, to, data, gas, fees, chain_id)
        with writing(self._services.engine) as connection:
            chain.keep_attempt(
                connection,
                chain.Attempt(
                    transaction_hash=signed.hash.hex(),
                    instruction_id=stored.id,
                    nonce=stored.nonce,
                    raw=signed.raw,
                    fees_wei=f"{fees.max_fee_wei}/{fees.max_priority_fee_wei}",
                    signed_at=now,
                    sent_at=None,
                    cancels=cancels,
                ),
            )

    def _cancelled(self, stored: chain.Instruction, receipt: rules.Receipt, now: datetime) -> None:
        """Note the cancellation and plan the same work anew, in one transaction, once."""
        chain_id = self._services.settings.chain_id
        with writing(self._services.engine) as connection:
            chain.advance(
                connection,
                stored.id,
                "cancelled",
                block_number=receipt.block_number,
                block_hash=receipt.block_hash.hex(),
                detail=receipt.hash.hex(),
            )
            if not chain.was_planned_anew(stored):
                chain.plan_anew(connection, stored, chain_id, self.address, now=now)

    def _advance(
        self,
        stored: chain.Instruction,
        state: str,
        receipt: rules.Receipt | None = None,
        now: datetime | None = None,
    ) -> None:
        with writing(self._services.engine) as connection:
            chain.advance(
                connection,
                stored.id,
                state,
                block_number=receipt.block_number if receipt else None,
                block_hash=receipt.block_hash.hex() if receipt else "",
                detail=receipt.hash.hex() if receipt else "",
                now=now,
            )

    def _alarm(self, stored: chain.Instruction, why: str, now: datetime) -> None:
        log.error("instruction needs people", key=stored.key, why=why)
        with writing(self._services.engine) as connection:
            raise_alarm(connection, "chain-incident", f"{stored.key}: {why}", now=now)


def _as_rules(stored: chain.Instruction, attempts: Sequence[chain.Attempt]) -> rules.Instruction:
    return rules.Instruction(
        state=rules.State(stored.state),
        nonce=stored.nonce,
        attempts=tuple(_attempt(attempt) for attempt in attempts),
        block_number=stored.block_number,
        block_hash=bytes.fromhex(stored.block_hash),
    )


def _attempt(stored: chain.Attempt) -> rules.Attempt:
    max_fee, tip = stored.fees_wei.split("/")
    return rules.Attempt(
        hash=bytes.fromhex(stored.transaction_hash),
        raw=stored.raw,
        fees=Fees(int(max_fee), int(tip)),
        signed_at=int(stored.signed_at.timestamp()),
        sent_at=int(stored.sent_at.timestamp()) if stored.sent_at else None,
        cancels=stored.cancels,
    )
