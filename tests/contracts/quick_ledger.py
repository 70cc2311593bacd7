"""The contract's calls without blocks: py-evm's Prague interpreter over accounts in a dictionary.

The opcodes, their gas and the precompiles are py-evm's; what is replaced is where accounts and
storage lie, which is nine tenths of the time of a call on a real chain. `test_quick_ledger` shows
that mined transactions and quick calls give the same words, logs, reasons and gas. titanoboa
(Apache-2.0) would do the same, but brings forty packages that nothing else here needs.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import ledger_chain as lc
from eth._utils.state import code_is_delegation_designation
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.exceptions import Halt, InsufficientFunds, Revert
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.state import PragueState
from eth.vm.logic.invalid import InvalidOpcode
from eth.vm.message import Message
from eth_hash.auto import keccak

from ledger.chain import instructions
from ledger.chain.events import LedgerEvent, decode_log
from ledger.chain.reverts import revert_reason
from ledger.chain.signing import contract_address
from ledger.chain.words import TitleWord

CHAIN_ID: Final = 4711
GAS: Final = 16_000_000
NO_COINBASE: Final = bytes(20)
BEGINNING, OTHER_BYTE, ZERO_BYTE = 21_000, 16, 4
"""Gas of a transaction at all, and for the bytes that it brings (EIP-2028)."""
BLOCK_NUMBER = 1
"""Of the block in which new ledgers' calls are; `mutants` says another."""


class Accounts:
    """What the interpreter asks of py-evm's account database, with an undo list for reverts."""

    def __init__(self, _db: Any = None, _root: bytes = b"") -> None:
        self.values: dict[tuple[Any, ...], Any] = {}
        self._undo: list[tuple[tuple[Any, ...], Any]] = []
        self._originals: dict[tuple[Any, ...], int] = {}
        self.state_root = b""

    def begin(self) -> None:
        """Start a transaction: nothing is warm, nothing transient is left, nothing is undone."""
        for key in [key for key, _ in self._undo if key[0] in {"warm", "transient"}]:
            self.values.pop(key, None)
        self._undo.clear()
        self._originals.clear()

    def put(self, key: tuple[Any, ...], value: Any) -> None:
        self._undo.append((key, self.values.get(key)))
        self.values[key] = value

    def record(self) -> int:
        return len(self._undo)

    def discard(self, checkpoint: int) -> None:
        while len(self._undo) > checkpoint:
            key, value = self._undo.pop()
            if value is None:
                del self.values[key]
            else:
                self.values[key] = value

    def commit(self, checkpoint: int) -> None:
        """Keep what was done: it can still be undone by a call further out."""

    # Storage.

    def get_storage(self, address: bytes, slot: int, from_journal: bool = True) -> int:  # noqa: FBT001, FBT002  # py-evm passes it so
        key = (address, slot)
        if not from_journal and key in self._originals:
            return self._originals[key]
        return self.values.get(key, 0)

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        key = (address, slot)
        self._originals.setdefault(key, self.values.get(key, 0))
        self.put(key, value)

    def is_storage_warm(self, address: bytes, slot: int) -> bool:
        return ("warm", address, slot) in self.values

    def mark_storage_warm(self, address: bytes, slot: int) -> None:
        self.put(("warm", address, slot), True)

    # Accounts.

    def is_address_warm(self, address: bytes) -> bool:
        return ("warm", address) in self.values

    def mark_address_warm(self, address: bytes) -> None:
        self.put(("warm", address), True)

    def get_balance(self, address: bytes) -> int:
        return self.values.get((address, "balance"), 0)

    def set_balance(self, address: bytes, balance: int) -> None:
        self.put((address, "balance"), balance)

    def get_nonce(self, address: bytes) -> int:
        return self.values.get((address, "nonce"), 0)

    def set_nonce(self, address: bytes, nonce: int) -> None:
        self.put((address, "nonce"), nonce)

    def increment_nonce(self, address: bytes) -> None:
        self.set_nonce(address, self.get_nonce(address) + 1)

    def get_code(self, address: bytes) -> bytes:
        return self.values.get((address, "code"), b"")

    def set_code(self, address: bytes, code: bytes) -> None:
        self.put((address, "code"), code)

    def account_has_code_or_nonce(self, address: bytes) -> bool:
        return bool(self.get_code(address) or self.get_nonce(address))

    def account_exists(self, address: bytes) -> bool:
        return self.account_has_code_or_nonce(address) or self.get_balance(address) > 0

    def account_is_empty(self, address: bytes) -> bool:
        return not self.account_exists(address)

    def delete_storage(self, address: bytes) -> None:
        """Nothing is ever created where storage lies already."""

    def touch_account(self, address: bytes) -> None:
        """No account is empty and yet there."""


_POSITIONS: dict[bytes, tuple[set[int], set[int]]] = {}


class QuickComputation(PragueComputation):
    """Prague's interpreter, without a look at the log level before every opcode."""

    def __init__(self, state: Any, message: Any, context: Any) -> None:
        super().__init__(state, message, context)
        known = _POSITIONS.setdefault(message.code, (set(), set()))
        self.code.valid_positions, self.code.invalid_positions = known

    @classmethod
    def apply_computation(cls, state, message, transaction_context, parent_computation=None):
        with cls(state, message, transaction_context) as computation:
            if computation.is_origin_computation:
                computation.contracts_created = []
            if parent_computation is not None:
                computation.contracts_created = parent_computation.contracts_created
            if message.is_create:
                computation.contracts_created.append(message.storage_address)
            precompile = computation.precompiles.get(message.code_address)
            if precompile is not None:
                precompile(computation)
                return computation
            opcodes = computation.opcodes
            try:
                for opcode in computation.code:
                    (opcodes.get(opcode) or InvalidOpcode(opcode))(computation=computation)
            except Halt:
                pass
        return computation


class QuickState(PragueState):
    """Prague's state over `Accounts`, transient storage among the rest."""

    computation_class = QuickComputation
    account_db_class = Accounts

    def set_system_contracts(self) -> None:
        """The contract calls none of them."""

    def snapshot(self) -> tuple[bytes, int]:
        return b"", self._account_db.record()

    def commit(self, snapshot: tuple[bytes, int]) -> None:
        """See `Accounts.commit`."""

    def revert(self, snapshot: tuple[bytes, int]) -> None:
        self._account_db.discard(snapshot[1])

    def get_transient_storage(self, address: bytes, slot: int) -> bytes:
        return self._account_db.values.get(("transient", address, slot), b"")

    def set_transient_storage(self, address: bytes, slot: int, value: bytes) -> None:
        self._account_db.put(("transient", address, slot), value)


@dataclass(frozen=True)
class Answer:
    """What one call came to."""

    succeeded: bool
    output: bytes
    """What it returned, or the data of its revert."""
    logs: tuple[tuple[bytes, tuple[int, ...], bytes], ...]
    """Address, topics and data."""
    gas: int
    """Used by the call itself, without what a transaction costs before it begins."""
    refund: int

    @property
    def reason(self) -> str | None:
        """The reason of a revert, if it gave one."""
        return None if self.succeeded else revert_reason(self.output)

    def events(self) -> list[LedgerEvent]:
        return [
            decode_log([each.to_bytes(32, "big") for each in topics], data, 0)
            for _, topics, data in self.logs
        ]


class QuickLedger:
    """The ledger, deployed and furnished as `LedgerChain` is; `rewind` begins anew at once."""

    def __init__(self, chain_id: int = CHAIN_ID, *, furnish: bool = True) -> None:
        context = ExecutionContext(
            NO_COINBASE, lc.START, BLOCK_NUMBER, 0, bytes(32), 30_000_000, [], chain_id, 10**9, 0
        )
        self._state = QuickState(None, context, b"")
        self.accounts: Accounts = self._state._account_db
        for each in lc.ALL_KEYS:
            self.accounts.values[each.raw_address, "balance"] = 10**24
        self.chain_id = chain_id
        self.contract = self.deploy()
        self.address = bytes.fromhex(self.contract[2:])
        if furnish:
            self._furnish()
        self.keep()

    def deploy(self) -> str:
        """Create the contract and return its address: that of its creator's next transaction."""
        creator = lc.ADMIN.raw_address
        contract = contract_address(lc.ADMIN.address, self.accounts.get_nonce(creator))
        message = Message(
            gas=GAS,
            to=CREATE_CONTRACT_ADDRESS,
            sender=creator,
            value=0,
            data=b"",
            code=instructions.creation(),
            create_address=bytes.fromhex(contract[2:]),
        )
        assert self._apply(message, QuickComputation.apply_create_message).succeeded
        self.accounts.increment_nonce(creator)
        return contract

    def _furnish(self) -> None:
        for office, keeper in lc.APPOINTED.items():
            self.run(lc.ADMIN, instructions.call_data("appoint", office, keeper.address))
        for handle, party in lc.HANDLES.items():
            proof = lc.LedgerChain.possession(self, handle, party)
            call = instructions.call_data("register", handle, party.address, *proof)
            self.run(lc.ADMIN, call)

    @property
    def now(self) -> int:
        """UTC seconds of the block."""
        return self._state.timestamp

    @now.setter
    def now(self, seconds: int) -> None:
        self._state.execution_context._timestamp = seconds

    def keep(self) -> None:
        """Make what stands now the beginning."""
        self.accounts.begin()
        self._furnished = dict(self.accounts.values)

    def rewind(self) -> None:
        """Forget all that happened since the beginning."""
        self.accounts.begin()
        self.accounts.values = dict(self._furnished)

    def call(
        self,
        sender: lc.Key,
        data: bytes,
        *,
        value: int = 0,
        gas: int = GAS,
        to: bytes | None = None,
    ) -> Answer:
        """Perform one call, of the ledger or another account; keep what it did, if it succeeded."""
        to = to or self.address
        code, code_address = self.accounts.get_code(to), None
        if code_is_delegation_designation(code):
            # EIP-7702, as py-evm's transactions do it.
            code_address = code[3:]
            code = self.accounts.get_code(code_address)
        message = Message(
            gas=gas,
            to=to,
            sender=sender.raw_address,
            value=value,
            data=data,
            code=code,
            code_address=code_address,
        )
        return self._apply(message, QuickComputation.apply_message)

    def run(
        self, sender: lc.Key, data: bytes, gas: int = GAS, to: bytes | None = None
    ) -> tuple[bytes, list[LedgerEvent]]:
        """Perform one call; raise Refused with the reason if it reverts, as `Playground` does."""
        answer = self.call(sender, data, gas=gas, to=to)
        if not answer.succeeded:
            raise lc.Refused(answer.reason)
        return answer.output, answer.events()

    def storage(self, slot: int, *keys: bytes | int) -> int:
        """Read a slot, or a word of a mapping nested as deep as there are keys."""
        return self.accounts.values.get((self.address, slot_of(slot, *keys)), 0)

    def set_storage(self, value: int, slot: int, *keys: bytes | int) -> None:
        """Write what no call can make."""
        self.accounts.values[self.address, slot_of(slot, *keys)] = value

    def _apply(self, message: Message, apply: Any) -> Answer:
        accounts = self.accounts
        accounts.begin()
        for address in (message.sender, message.storage_address, NO_COINBASE):
            accounts.mark_address_warm(address)
        context = CancunTransactionContext(gas_price=0, origin=message.sender)
        try:
            done = apply(self._state, message, context)
        except InsufficientFunds:
            return Answer(succeeded=False, output=b"", logs=(), gas=0, refund=0)
        if done.is_error:
            output = bytes(done.error.args[0]) if isinstance(done.error, Revert) else b""
            return Answer(False, output, (), done.get_gas_used(), 0)
        logs = done.get_log_entries()
        return Answer(True, bytes(done.output), logs, done.get_gas_used(), done.get_gas_refund())


def gas_before(data: bytes) -> int:
    """Gas of a transaction before its call begins: a byte of data costs 16, a zero 4."""
    return BEGINNING + OTHER_BYTE * len(data) - (OTHER_BYTE - ZERO_BYTE) * data.count(0)


@cache
def quick_ledger() -> QuickLedger:
    """Return one ledger for all tests of a process; whoever takes it rewinds it first."""
    return QuickLedger()


@lru_cache(maxsize=4096)
def slot_of(slot: int, *keys: bytes | int) -> int:
    """Where Vyper keeps the value of a mapping: the slot first, then the key."""
    for each in keys:
        padded = each if isinstance(each, bytes) else each.to_bytes(32, "big")
        slot = int.from_bytes(keccak(slot.to_bytes(32, "big") + padded), "big")
    return slot


class QuickChain(lc.LedgerChain):
    """What the contract's tests want of a chain, without blocks: mutants are many."""

    def __init__(self, _path: Any = None, chain_id: int = CHAIN_ID) -> None:
        self._clock = [lc.START]
        self._newest = [lc.START]
        self.chain_id = chain_id
        self.quick = QuickLedger(chain_id, furnish=False)
        self.contract = self.quick.contract
        self._events: list[LedgerEvent] = []

    @property
    def machine(self) -> QuickChain:
        return self

    @property
    def head(self) -> QuickChain:
        return self

    @property
    def timestamp(self) -> int:
        """Time of the newest block, which all ledgers of a chain share."""
        return self._newest[0]

    def another(self) -> QuickChain:
        """A second ledger beside this one; nobody is known to it."""
        other = copy(self)
        other.contract = self.quick.deploy()
        return other

    def _call(self, sender: lc.Key, data: bytes) -> Answer:
        return self.quick.call(sender, data, to=bytes.fromhex(self.contract[2:]))

    def fund(self, party: lc.Key) -> None:
        """Gas costs nothing here."""

    def wait(self, seconds: int) -> None:
        self.now += seconds
        self._newest[0] = self.now

    def close(self) -> None:
        """Nothing is open."""

    def send_data(self, sender: lc.Key, data: bytes) -> int:
        self.try_data(sender, data)
        self.now += 1
        self.quick.now = self._newest[0] = self.now
        answer = self._call(sender, data)
        assert answer.succeeded
        self._events = answer.events()
        return answer.gas

    def try_data(self, sender: lc.Key, data: bytes) -> bytes:
        self.quick.now = self.timestamp + 1
        answer = self._call(sender, data)
        self.quick.accounts.discard(0)
        if not answer.succeeded:
            raise lc.Refused(answer.reason)
        return answer.output

    def events(self) -> list[LedgerEvent]:
        return self._events


class QuickPlayground:
    """As `Playground`: calls that stay, on what a chain has come to."""

    def __init__(self, chain: QuickChain) -> None:
        self.chain = chain
        self.rewind()

    def rewind(self) -> None:
        self.now: int | None = None
        self.quick = QuickLedger(self.chain.chain_id, furnish=False)
        self.chain.quick.accounts.begin()
        self.quick.accounts.values = dict(self.chain.quick.accounts.values)
        self.quick.now = self.chain.timestamp + 1

    def set_title(self, title: bytes, word: TitleWord, contract: str | None = None) -> None:
        self.set_storage(word.pack(), 0, title, contract=contract)

    def set_storage(self, value: int, slot: int, key: bytes, contract: str | None = None) -> None:
        address = bytes.fromhex((contract or self.chain.contract)[2:])
        self.quick.accounts.values[address, slot_of(slot, key)] = value

    def set_code(self, account: bytes, code: bytes) -> None:
        self.quick.accounts.values[account, "code"] = code

    def storage(self, slot: int, *keys: bytes | int) -> int:
        address = bytes.fromhex(self.chain.contract[2:])
        return self.quick.accounts.values.get((address, slot_of(slot, *keys)), 0)

    def run(
        self, sender: lc.Key, data: bytes, gas: int = 2_000_000
    ) -> tuple[bytes, list[LedgerEvent]]:
        """As a transaction with so much gas."""
        if self.now is not None:
            self.quick.now = self.now
        to = bytes.fromhex(self.chain.contract[2:])
        return self.quick.run(sender, data, gas - gas_before(data), to)
