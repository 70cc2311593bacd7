"""One story of the client on a chain, told to the embedded node and to any other."""

from __future__ import annotations

import time

from eth_utils.crypto import keccak

from ledger.chain import instructions, typed_data
from ledger.chain.client import ChainClient
from ledger.chain.rules import (
    Attempt,
    Broadcast,
    Instruction,
    Patience,
    RecordConfirmed,
    RecordMined,
    RecordReverted,
    Sign,
    State,
    next_step,
)
from ledger.chain.signing import address_of, contract_address, sign_transaction

RELAYER = b"\x11" * 32
TITLE = keccak(text="a title")
CARRIER_OFFICE = instructions.ISSUERS + 1
HANDLE = 1_000


class Sender:
    """Drives `rules.next_step` as the platform's sender does, with rows kept in memory."""

    def __init__(self, client: ChainClient, patience: Patience) -> None:
        self.client, self.patience = client, patience
        self.chain_id = client.chain_id()
        self.address = address_of(RELAYER)
        self.nonce = client.nonce(self.address)

    def submit(self, to, data, gas, until=RecordConfirmed, timeout_s=30):
        """Send one instruction and follow it until `until`; return the last action."""
        row = Instruction(State.PLANNED, nonce=self.nonce)
        self.nonce += 1
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            row, action = self.step(row, to, data, gas)
            if isinstance(action, until | RecordReverted):
                return row, action
            time.sleep(0.02)
        raise TimeoutError(row)

    def step(self, row, to, data, gas):
        now = int(time.time())
        numbers = [] if row.block_number is None else [row.block_number]
        view = self.client.view(self.address, [a.hash for a in row.attempts], numbers)
        action = next_step(row, view, now, self.patience)
        if isinstance(action, Sign):
            made = sign_transaction(RELAYER, row.nonce, to, data, gas, action.fees, self.chain_id)
            attempt = Attempt(made.hash, made.raw, action.fees, now)
            row = self._with(row, attempts=(*row.attempts, attempt), state=State.SENT)
        elif isinstance(action, Broadcast):
            self.client.broadcast(action.attempt.raw)
            sent = self._with(action.attempt, sent_at=now)
            row = self._with(row, attempts=(*row.attempts[:-1], sent))
        elif isinstance(action, RecordMined):
            place = action.receipt
            row = self._with(
                row,
                state=State.MINED,
                block_number=place.block_number,
                block_hash=place.block_hash,
            )
        return row, action

    def _with(self, value, **changes):
        return value.__class__(**{**vars(value), **changes})


def tell(client: ChainClient) -> tuple[str, Sender]:
    """Deploy the contract, then live one title, two serials and two anchors through it."""
    sender = Sender(client, Patience(depth=2))
    contract = contract_address(sender.address, sender.nonce)
    sender.submit(None, instructions.creation(), 8_000_000)
    client.check_contract(contract)
    typed = typed_data.possession(sender.chain_id, contract, handle=HANDLE, key=address_of(RELAYER))
    proof = instructions.compact(typed_data.sign(RELAYER, typed))
    calls = [
        instructions.call_data("appoint", CARRIER_OFFICE, sender.address),
        instructions.call_data("appoint", instructions.TERMINALS + 1, sender.address),
        instructions.call_data("register", HANDLE, sender.address, *proof),
        instructions.call_data("issue", TITLE, 1, 1_000, HANDLE, 0),
        instructions.call_data("surrender", TITLE, 1),
        instructions.call_data("release", TITLE, 2, keccak(text="gate")),
        instructions.nullify(1, [3, 300]),
        instructions.anchor(12, b"\x0c" * 32, 7, b"\x05" * 96),
        instructions.anchor(34, b"\x22" * 32, 7, b"\x06" * 96),
    ]
    for data in calls:
        _, action = sender.submit(contract, data, 200_000, until=RecordMined)
        assert action.receipt.succeeded
    return contract, sender
