"""The chain itself: py-evm's `MiningChain` with Prague rules over one SQLite store.

Source of the rule: LEDGER 0.2. Gas limit per block is constant, the base fee follows EIP-1559,
block time is the clock's and strictly increasing. Nothing here knows HTTP or JSON; callers hold a
lock, since the store has one connection.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from eth.chains.base import MiningChain
from eth.constants import (
    BLANK_ROOT_HASH,
    POST_MERGE_DIFFICULTY,
    POST_MERGE_MIX_HASH,
    POST_MERGE_NONCE,
)
from eth.db.atomic import AtomicDB
from eth.estimators.gas import binary_gas_search_1000_tolerance
from eth.exceptions import Revert, VMError
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address
from eth_utils.exceptions import ValidationError
from typing_extensions import override

from ledger.chain.node.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from eth.abc import BlockAPI, BlockHeaderAPI, SignedTransactionAPI, StateAPI

BLOCK_GAS_LIMIT: Final = 30_000_000
GENESIS_EXTRA: Final = b"yidan node"


class WrongChainError(Exception):
    """The store holds a chain with another id."""


class RevertedError(Exception):
    """A call was reverted by the contract; `data` is what it returned."""

    def __init__(self, data: bytes) -> None:
        super().__init__("execution reverted")
        self.data = data


class CallError(Exception):
    """A call failed otherwise: out of gas, bad instruction, too little balance."""


@dataclass(frozen=True)
class Call:
    """A message call that changes nothing."""

    to: bytes
    """Contract, 20 bytes; empty to try a creation."""
    data: bytes = b""
    sender: bytes = bytes(20)
    value: int = 0
    gas: int = BLOCK_GAS_LIMIT


class Machine:
    """One chain in one store."""

    def __init__(self, store: SqliteStore, now: Callable[[], float] = time.time) -> None:
        """Open the chain that the store holds.

        Raises:
            WrongChainError: the store holds no chain yet.
        """
        chain_id = store.meta("chain_id")
        if chain_id is None:
            raise WrongChainError("the store holds no chain")
        self.store = store
        self.chain_id = int(chain_id)
        self._now = now
        self._chain = _chain_class(self.chain_id)(AtomicDB(store))

    @classmethod
    def open(
        cls,
        path: Path,
        chain_id: int,
        genesis_accounts: Mapping[bytes, int],
        now: Callable[[], float] = time.time,
    ) -> Machine:
        """Open the store at `path` and make its genesis block if it is new.

        Args:
            path: The SQLite file.
            chain_id: EIP-155 id; an existing store must have the same.
            genesis_accounts: Address (20 bytes) to balance in wei; used at the first start only.
            now: The clock, UTC seconds.

        Raises:
            WrongChainError: the store holds a chain with another id.
            StoreBusyError: another node runs on it.
        """
        store = SqliteStore(path)
        known = store.meta("chain_id")
        if known is None:
            with store.transaction():
                _write_genesis(store, chain_id, genesis_accounts, int(now()))
                store.set_meta("chain_id", str(chain_id))
        elif int(known) != chain_id:
            store.close()
            raise WrongChainError(f"the store holds chain {known}, not {chain_id}")
        return cls(store, now)

    # Reading.

    @property
    def head(self) -> BlockHeaderAPI:
        """The header of the newest block."""
        return self._chain.get_canonical_head()

    def header(self, number: int) -> BlockHeaderAPI:
        """Return the header of a block.

        Raises:
            HeaderNotFound: there is no such block.
        """
        return self._chain.get_canonical_block_header_by_number(number)  # type: ignore[arg-type]  # a BlockNumber is an int

    def block(self, header: BlockHeaderAPI) -> BlockAPI:
        """Return the whole block."""
        return self._chain.get_block_by_header(header)

    def block_by_hash(self, block_hash: bytes) -> BlockAPI:
        """Return the whole block.

        Raises:
            HeaderNotFound: there is no such block.
        """
        return self._chain.get_block_by_hash(block_hash)  # type: ignore[arg-type]  # a Hash32 is bytes

    def receipts(self, block: BlockAPI) -> Sequence[Any]:
        """Return the receipts of a block in transaction order."""
        return tuple(block.get_receipts(self._chain.chaindb))

    def transaction_index(self, transaction_hash: bytes) -> tuple[int, int]:
        """Return block number and index, counted from 0, of a mined transaction.

        Raises:
            TransactionNotFound: it is not mined.
        """
        return self._chain.chaindb.get_transaction_index(transaction_hash)  # type: ignore[arg-type]  # a Hash32 is bytes

    def state(self, header: BlockHeaderAPI) -> StateAPI:
        """Return the state after a block."""
        return self._chain.get_vm(header).state

    def decode(self, raw: bytes) -> SignedTransactionAPI:
        """Return a signed transaction from its bytes; errors of rlp and py-evm pass through."""
        return self._chain.get_vm(self.head).get_transaction_builder().decode(raw)

    def next_base_fee(self) -> int:
        """Return the base fee in wei of the block that would be mined now."""
        header: Any = self._chain.create_header_from_parent(self.head)
        return int(header.base_fee_per_gas)

    # Calling.

    def call(self, call: Call, header: BlockHeaderAPI) -> bytes:
        """Execute a call on the state after a block, at no cost.

        Raises:
            RevertedError: the contract reverted.
            CallError: it failed otherwise.
        """
        with self._chain.get_vm(header).in_costless_state() as state:
            try:
                computation = state.apply_transaction(self._spoofed(call, state))
            except ValidationError as error:
                raise CallError(str(error)) from error
            if computation.is_error:
                raise _call_error(computation.error)
            return bytes(computation.output)

    def estimate_gas(self, call: Call, header: BlockHeaderAPI) -> int:
        """Return gas that suffices for a call, at most 1,000 too much.

        Raises:
            RevertedError: the contract reverted.
            CallError: it failed otherwise.
        """
        with self._chain.get_vm(header).in_costless_state() as state:
            try:
                return int(binary_gas_search_1000_tolerance(state, self._spoofed(call, state)))
            except VMError as error:
                raise _call_error(error) from error
            except ValidationError as error:
                raise CallError(str(error)) from error

    def _spoofed(self, call: Call, state: StateAPI) -> Any:
        unsigned = self._chain.create_unsigned_transaction(
            nonce=state.get_nonce(call.sender),  # type: ignore[arg-type]  # an Address is bytes
            gas_price=0,
            gas=call.gas,
            to=call.to,  # type: ignore[arg-type]  # an Address is bytes
            value=call.value,
            data=call.data,
        )
        return SpoofTransaction(unsigned, from_=call.sender)

    # Mining.

    def mine(self, transactions: Iterable[SignedTransactionAPI]) -> list[tuple[bytes, str]]:
        """Mine one block in one SQLite transaction; return what was refused and why.

        Transactions that py-evm refuses are left out; the others are in the block, in order. If
        anything else fails, nothing of the block is stored.
        """
        parent = self.head
        try:
            with self.store.transaction():
                refused = self._fill(transactions, parent)
                block = self._chain.mine_block(
                    mix_hash=bytes(parent.hash), blob_gas_used=0, extra_data=b""
                )
                self.store.add_logs(_log_rows(block, self.receipts(block)))
        except BaseException:
            # What py-evm holds in memory may be ahead of the store now.
            self._chain = _chain_class(self.chain_id)(AtomicDB(self.store))
            raise
        return refused

    def _fill(
        self, transactions: Iterable[SignedTransactionAPI], parent: BlockHeaderAPI
    ) -> list[tuple[bytes, str]]:
        timestamp = max(parent.timestamp + 1, int(self._now()))
        self._chain.header = self._chain.create_header_from_parent(parent, timestamp=timestamp)
        refused = []
        for transaction in transactions:
            try:
                self._chain.apply_transaction(transaction)
            except ValidationError as error:
                refused.append((bytes(transaction.hash), str(error)))
        return refused

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def _call_error(error: VMError) -> Exception:
    if isinstance(error, Revert):
        return RevertedError(bytes(error.args[0]) if error.args else b"")
    return CallError(f"{type(error).__name__}: {error}")


def _chain_class(chain_id: int) -> type[MiningChain]:
    class EmbeddedChain(MiningChain):
        """Prague from the first block, constant gas limit."""

        @override
        def create_header_from_parent(
            self, parent_header: BlockHeaderAPI, **header_params: Any
        ) -> BlockHeaderAPI:
            header_params["gas_limit"] = parent_header.gas_limit
            return super().create_header_from_parent(parent_header, **header_params)

    EmbeddedChain.chain_id = chain_id
    EmbeddedChain.vm_configuration = ((0, PragueVM),)  # type: ignore[assignment]  # a BlockNumber is an int
    return EmbeddedChain


def _write_genesis(
    store: SqliteStore, chain_id: int, accounts: Mapping[bytes, int], timestamp: int
) -> None:
    _chain_class(chain_id).from_genesis(
        AtomicDB(store),
        {
            "coinbase": bytes(20),
            "difficulty": POST_MERGE_DIFFICULTY,
            "extra_data": GENESIS_EXTRA,
            "gas_limit": BLOCK_GAS_LIMIT,
            "mix_hash": POST_MERGE_MIX_HASH,
            "nonce": POST_MERGE_NONCE,
            "receipt_root": BLANK_ROOT_HASH,
            "transaction_root": BLANK_ROOT_HASH,
            "timestamp": timestamp,
        },
        {
            Address(address): {"balance": balance, "nonce": 0, "code": b"", "storage": {}}
            for address, balance in accounts.items()
        },
    )


def _log_rows(block: BlockAPI, receipts: Sequence[Any]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for index, (transaction, receipt) in enumerate(zip(block.transactions, receipts, strict=True)):
        for log in receipt.logs:
            topics = [topic.to_bytes(32, "big") for topic in log.topics]
            rows.append(
                (
                    block.number,
                    len(rows),
                    block.hash,
                    transaction.hash,
                    index,
                    bytes(log.address),
                    *topics,
                    *[None] * (4 - len(topics)),
                    bytes(log.data),
                )
            )
    return rows
