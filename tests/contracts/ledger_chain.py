"""One py-evm chain with the release ledger deployed, for tests and for the gas bench.

The parties are fixed keys, so that gas is the same on every run. It runs the code of the committed
artifact on the platform's own `Machine`, one block per transaction; `try_call` changes nothing.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from ledger.chain import instructions, typed_data
from ledger.chain.events import LedgerEvent, decode_log
from ledger.chain.node.machine import Call, Machine, RevertedError
from ledger.chain.reverts import revert_reason
from ledger.chain.signing import Fees, Signed, address_of, contract_address, sign_transaction
from ledger.chain.words import OrderWord, PledgeWord, TitleWord

if TYPE_CHECKING:
    from collections.abc import Iterator

FEES = Fees(3_000_000_000, 1_000_000_000)
START = 4_000_000_000
"""Later than any real clock, so that the chain's time is the test's own."""


class Refused(Exception):  # noqa: N818  # reads as what the contract did
    """The contract reverted; `args[0]` is its reason."""


@contextmanager
def refused(reason: str) -> Iterator[None]:
    """Expect the contract to refuse with this reason."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.args == (reason,)


@dataclass(frozen=True)
class Key:
    """A fixed private key and its address."""

    secret: bytes

    @cached_property
    def address(self) -> str:
        return address_of(self.secret)

    @cached_property
    def raw_address(self) -> bytes:
        return bytes.fromhex(self.address[2:])


def key(name: str) -> Key:
    return Key(name.encode().rjust(32, b"\x01"))


ADMIN, CARRIER, RIVAL_CARRIER, TERMINAL, CUSTOMS, COURT, PAYMENT = map(
    key, ("admin", "carrier", "rival carrier", "terminal", "customs", "court", "payment")
)
SHIPPER, CONSIGNEE, BANK, STRANGER = map(key, ("shipper", "consignee", "bank", "stranger"))
HANDLES = {0x10203040: SHIPPER, 0x50607080: CONSIGNEE, 0x11223344: BANK}
SHIPPER_ID, CONSIGNEE_ID, BANK_ID = HANDLES
CARRIER_NO, RIVAL_NO, TERMINAL_NO = 1, 2, 1
CUSTOMS_BIT, COURT_BIT, PAYMENT_GATE = 0, 4, 2
GATES = {0: CARRIER, 1: CUSTOMS, PAYMENT_GATE: PAYMENT}
OFFICES = {
    instructions.ISSUERS + CARRIER_NO: CARRIER,
    instructions.ISSUERS + RIVAL_NO: RIVAL_CARRIER,
    instructions.TERMINALS + TERMINAL_NO: TERMINAL,
    instructions.AUTHORITIES + CUSTOMS_BIT: CUSTOMS,
    instructions.AUTHORITIES + COURT_BIT: COURT,
    **{instructions.GATEKEEPERS + gate: keeper for gate, keeper in GATES.items()},
}
GUARDIANS = tuple(key(f"guardian {seat}") for seat in range(4))
APPOINTED = OFFICES | {instructions.GUARDIANS + n: guardian for n, guardian in enumerate(GUARDIANS)}
"""Guardians stand before the first party is registered, or never."""
ALL_KEYS = (
    ADMIN, CARRIER, RIVAL_CARRIER, TERMINAL, CUSTOMS, COURT, PAYMENT,
    SHIPPER, CONSIGNEE, BANK, STRANGER, *GUARDIANS,
)  # fmt: skip


class LedgerChain:
    """The contract on a chain of its own, with a clock that the test moves."""

    def __init__(self, path: Path, chain_id: int = 4711) -> None:
        self._clock = [START]
        self._ticks = itertools.count(1)
        accounts = {each.raw_address: 10**24 for each in ALL_KEYS}
        self.machine = Machine.open(path, chain_id, accounts, now=lambda: self.now)
        self.chain_id = chain_id
        self.contract = contract_address(ADMIN.address, 0)
        self.deploy_gas = self._mine(ADMIN, None, instructions.creation(), 16_000_000)[0]

    @property
    def now(self) -> int:
        return self._clock[0]

    @now.setter
    def now(self, seconds: int) -> None:
        self._clock[0] = seconds

    def another(self) -> LedgerChain:
        """A second ledger on the same chain, with the same clock; nobody is known to it."""
        nonce = self.machine.state(self.machine.head).get_nonce(ADMIN.raw_address)
        other = copy(self)
        other.contract = contract_address(ADMIN.address, nonce)
        other.deploy_gas = other._mine(ADMIN, None, instructions.creation(), 16_000_000)[0]
        return other

    def furnish(self) -> LedgerChain:
        """Appoint every office and register every party."""
        for office, keeper in APPOINTED.items():
            self.send(ADMIN, "appoint", office, keeper.address)
        for handle, party in HANDLES.items():
            self.register(handle, party)
        return self

    def fund(self, party: Key) -> None:
        """Give a key what its gas costs."""
        nonce = self.machine.state(self.machine.head).get_nonce(ADMIN.raw_address)
        fields = {
            "type": 2, "chainId": self.chain_id, "nonce": nonce, "to": party.address,
            "value": 10**20, "data": b"", "gas": 21_000, "maxFeePerGas": FEES.max_fee_wei,
            "maxPriorityFeePerGas": FEES.max_priority_fee_wei,
        }  # fmt: skip
        raw = bytes(Account.sign_transaction(fields, ADMIN.secret).raw_transaction)
        self.now += 1
        assert self.machine.mine([self.machine.decode(raw)]) == []

    def wait(self, seconds: int) -> None:
        """Let time pass; the newest block has the new time."""
        self.now += seconds
        self.machine.mine([])

    def close(self) -> None:
        self.machine.close()

    # Calls.

    def send(self, sender: Key, function: str, *arguments: Any) -> int:
        """Mine one call and return its gas; raise Refused with the reason if it reverts."""
        return self.send_data(sender, instructions.call_data(function, *arguments))

    def send_data(self, sender: Key, data: bytes) -> int:
        self.try_data(sender, data)
        gas, succeeded = self._mine(sender, self.contract, data, 6_000_000)
        assert succeeded
        return gas

    def try_data(self, sender: Key, data: bytes) -> bytes:
        """Execute without changing anything; raise Refused with the reason if it reverts."""
        call = Call(to=bytes.fromhex(self.contract[2:]), data=data, sender=sender.raw_address)
        try:
            return self.machine.call(call, self.machine.head)
        except RevertedError as error:
            raise Refused(revert_reason(error.data)) from error

    def view(self, function: str, *arguments: Any) -> bytes:
        return self.try_data(STRANGER, instructions.call_data(function, *arguments))

    def _mine(self, sender: Key, to: str | None, data: bytes, gas: int) -> tuple[int, bool]:
        self.now += 1
        nonce = self.machine.state(self.machine.head).get_nonce(sender.raw_address)
        signed: Signed = sign_transaction(sender.secret, nonce, to, data, gas, FEES, self.chain_id)
        assert self.machine.mine([self.machine.decode(signed.raw)]) == []
        block = self.machine.block(self.machine.head)
        (receipt,) = self.machine.receipts(block)
        return int(receipt.gas_used), receipt.state_root == b"\x01"

    def last_event(self) -> LedgerEvent:
        """The one event of the newest block."""
        (event,) = self.events()
        return event

    def events(self) -> list[LedgerEvent]:
        """The events of the newest block."""
        number = int(self.machine.head.block_number)
        return [
            decode_log([t for t in row[6:10] if t is not None], row[10], number)
            for row in self.machine.store.logs(number, number)
        ]

    # Words.

    def title(self, title: bytes) -> TitleWord:
        return TitleWord.unpack(int.from_bytes(self.view("title_word", title), "big"))

    def order(self, title: bytes, number: int) -> OrderWord:
        return OrderWord.unpack(int.from_bytes(self.view("order_word", title, number), "big"))

    # Signed parts.

    def register(self, handle: int, party: Key) -> int:
        return self.send(ADMIN, "register", handle, party.address, *self.possession(handle, party))

    def pledgee_consent(
        self,
        title: bytes,
        sequence: int,
        lineage: bytes,
        *,
        signer: Key,
        until: int = START + 10**9,
    ) -> bytes:
        typed = typed_data.pledgee_consent(
            self.chain_id,
            self.contract,
            title=title,
            sequence=sequence,
            lineage=lineage,
            deadline=until,
        )
        return typed_data.sign(signer.secret, typed)

    def pledge(self, title: bytes) -> PledgeWord:
        return PledgeWord.unpack(int.from_bytes(self.view("second_word", title), "big"))

    def signed(self, signer: Key, data: bytes, **changes: Any) -> instructions.Signed:
        """A call signed to be relayed: by its title's sequence, unless a nonce is given."""
        nonce = changes.pop("nonce", 0)
        sequence = 0 if nonce else self.title(data[4:36]).sequence
        sequence = changes.pop("sequence", sequence)
        deadline = changes.pop("deadline", START + 10**9)
        typed = typed_data.instruction(
            changes.pop("chain_id", self.chain_id),
            to_checksum_address(changes.pop("contract", self.contract)),
            call=data,
            sequence=sequence,
            nonce=nonce,
            deadline=deadline,
        )
        assert not changes
        signature = typed_data.sign(signer.secret, typed)
        return instructions.Signed(data, deadline, signature, sequence, nonce)

    def possession(self, handle: int, party: Key, signer: Key | None = None) -> tuple[bytes, int]:
        typed = typed_data.possession(
            self.chain_id, self.contract, handle=handle, key=party.address
        )
        return instructions.compact(typed_data.sign((signer or party).secret, typed))

    def consent(self, title: bytes, taker: int, **changes: Any) -> bytes:
        """The taker's signature to the title as it stands, or to something else."""
        typed = typed_data.transfer_consent(
            changes.pop("chain_id", self.chain_id),
            to_checksum_address(changes.pop("contract", self.contract)),
            title=changes.pop("other_title", title),
            sequence=changes.pop("sequence", self.title(title).sequence),
            taker=changes.pop("named", taker),
            deadline=changes.pop("deadline", START + 10**9),
        )
        signer = changes.pop("signer", None) or HANDLES[taker]
        assert not changes
        return typed_data.sign(signer.secret, typed)

    def transfer_data(self, title: bytes, taker: int, **changes: Any) -> bytes:
        signature = self.consent(title, taker, **changes)
        return instructions.transfer(title, taker, START + 10**9, signature)


def slot_of(slot: int, *keys: bytes | int) -> int:
    """Where Vyper keeps the value of a mapping: the slot first, then the key."""
    for each in keys:
        padded = each if isinstance(each, bytes) else each.to_bytes(32, "big")
        slot = int.from_bytes(keccak(slot.to_bytes(32, "big") + padded), "big")
    return slot


class Playground:
    """Fast calls that stay: one py-evm state without blocks, begun anew with `rewind`."""

    def __init__(self, chain: LedgerChain) -> None:
        self.chain = chain
        self.rewind()

    def rewind(self) -> None:
        machine = self.chain.machine
        self.now: int | None = None
        self._open = machine._chain.get_vm(machine.head).in_costless_state()
        self._state = self._open.__enter__()

    def set_title(self, title: bytes, word: TitleWord, contract: str | None = None) -> None:
        """Write a word that no call can make, into the mapping at slot 0."""
        self.set_storage(word.pack(), 0, title, contract=contract)

    def set_storage(self, value: int, slot: int, key: bytes, contract: str | None = None) -> None:
        """Write what no call can make."""
        address = bytes.fromhex((contract or self.chain.contract)[2:])
        self._state.set_storage(address, slot_of(slot, key), value)

    def set_code(self, account: bytes, code: bytes) -> None:
        """Let an account be a contract, or one that EIP-7702 gave a contract's code."""
        self._state.set_code(account, code)

    def storage(self, slot: int, *keys: bytes | int) -> int:
        """Read a word of a mapping, nested as deep as there are keys, without a call."""
        address = bytes.fromhex(self.chain.contract[2:])
        return self._state.get_storage(address, slot_of(slot, *keys))

    def run(
        self, sender: Key, data: bytes, gas: int = 2_000_000
    ) -> tuple[bytes, list[LedgerEvent]]:
        """Execute and keep; raise Refused with the reason if it reverts."""
        call = Call(bytes.fromhex(self.chain.contract[2:]), data, sender.raw_address, gas=gas)
        if self.now is not None:
            self._state.execution_context._timestamp = self.now
        computation = self._state.apply_transaction(self.chain.machine._spoofed(call, self._state))
        if computation.is_error:
            raise Refused(revert_reason(computation.error.args[0]))
        logs = [
            decode_log([t.to_bytes(32, "big") for t in topics], data, 0)
            for _, topics, data in computation.get_log_entries()
        ]
        return bytes(computation.output), logs
