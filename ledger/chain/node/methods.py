"""The JSON-RPC methods of the embedded node, as a table from name to function.

Source: Ethereum execution APIs. "pending", "safe" and "finalized" mean the newest block: there is
one miner and no fork. Every method runs under the node's lock.
"""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from eth.exceptions import HeaderNotFound, TransactionNotFound
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException  # type: ignore[import-untyped]  # rlp ships no types

from ledger.chain.node.formats import (
    ParameterError,
    block_json,
    data,
    log_json,
    quantity,
    receipt_json,
    to_bytes,
    to_int,
    transaction_json,
)
from ledger.chain.node.machine import BLOCK_GAS_LIMIT, Call
from ledger.chain.node.pool import Pool, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from eth.abc import BlockAPI, BlockHeaderAPI

    from ledger.chain.node.machine import Machine

PRIORITY_FEE_WEI: Final = 1_000_000_000
FEE_HISTORY_LIMIT: Final = 1_024
INTRINSIC_GAS: Final = 21_000


class Methods:
    """What the node answers; `added` is called when a transaction comes in."""

    def __init__(self, machine: Machine, added: Callable[[], None]) -> None:
        self.lock = threading.RLock()
        self.pool = Pool()
        self._machine = machine
        self._added = added
        self.table: dict[str, Callable[..., Any]] = {
            "eth_chainId": lambda: quantity(machine.chain_id),
            "net_version": lambda: str(machine.chain_id),
            "net_listening": lambda: True,
            "net_peerCount": lambda: quantity(0),
            "web3_clientVersion": lambda: f"yidan-node/py-evm-{version('py-evm')}",
            "eth_syncing": lambda: False,
            "eth_accounts": list,
            "eth_blockNumber": lambda: quantity(machine.head.block_number),
            "eth_getBlockByNumber": self.get_block_by_number,
            "eth_getBlockByHash": self.get_block_by_hash,
            "eth_getTransactionByHash": self.get_transaction_by_hash,
            "eth_getTransactionReceipt": self.get_transaction_receipt,
            "eth_getTransactionCount": self.get_transaction_count,
            "eth_getBalance": self.get_balance,
            "eth_getCode": self.get_code,
            "eth_getStorageAt": self.get_storage_at,
            "eth_call": self.call,
            "eth_estimateGas": self.estimate_gas,
            "eth_gasPrice": lambda: quantity(machine.next_base_fee() + PRIORITY_FEE_WEI),
            "eth_maxPriorityFeePerGas": lambda: quantity(PRIORITY_FEE_WEI),
            "eth_feeHistory": self.fee_history,
            "eth_getLogs": self.get_logs,
            "eth_sendRawTransaction": self.send_raw_transaction,
        }

    # Blocks.

    def _header(self, tag: Any = "latest") -> BlockHeaderAPI | None:
        """Return the header that a block parameter names (EIP-1898 included), or None."""
        try:
            if isinstance(tag, dict):
                if "blockHash" in tag:
                    return self._machine.block_by_hash(to_bytes(tag["blockHash"], 32)).header
                tag = tag.get("blockNumber", "latest")
            if tag in ("latest", "pending", "safe", "finalized"):
                return self._machine.head
            return self._machine.header(0 if tag == "earliest" else to_int(tag))
        except HeaderNotFound:
            return None

    def _known_header(self, tag: Any) -> BlockHeaderAPI:
        header = self._header(tag)
        if header is None:
            raise ParameterError("header not found")
        return header

    def get_block_by_number(self, tag: Any, full: Any = False) -> dict[str, Any] | None:  # noqa: FBT002  # JSON-RPC
        """Return a block, or null."""
        header = self._header(tag)
        return None if header is None else block_json(self._machine.block(header), full=bool(full))

    def get_block_by_hash(self, block_hash: Any, full: Any = False) -> dict[str, Any] | None:  # noqa: FBT002  # JSON-RPC
        """Return a block, or null."""
        return self.get_block_by_number({"blockHash": block_hash}, full)

    def fee_history(self, count: Any, newest: Any, percentiles: Any = None) -> dict[str, Any]:
        """Return base fees and fill of the last blocks; every tip is the same to one miner."""
        last = int(self._known_header(newest).block_number)
        first = max(0, last + 1 - min(to_int(count), FEE_HISTORY_LIMIT))
        headers: list[Any] = [self._machine.header(n) for n in range(first, last + 1)]
        fees = [header.base_fee_per_gas for header in headers] + [self._machine.next_base_fee()]
        history: dict[str, Any] = {
            "oldestBlock": quantity(first),
            "baseFeePerGas": [quantity(fee) for fee in fees],
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
        }
        if percentiles:
            history["reward"] = [[quantity(PRIORITY_FEE_WEI) for _ in percentiles] for _ in headers]
        return history

    # Transactions.

    def _mined(self, transaction_hash: bytes) -> tuple[BlockAPI, int] | None:
        try:
            number, index = self._machine.transaction_index(transaction_hash)
        except TransactionNotFound:
            return None
        return self._machine.block(self._machine.header(number)), index

    def get_transaction_by_hash(self, transaction_hash: Any) -> dict[str, Any] | None:
        """Return a mined or waiting transaction, or null."""
        key = to_bytes(transaction_hash, 32)
        mined = self._mined(key)
        if mined is not None:
            return transaction_json(mined[0].transactions[mined[1]], *mined)
        waiting = self.pool.get(key)
        return None if waiting is None else transaction_json(waiting)

    def get_transaction_receipt(self, transaction_hash: Any) -> dict[str, Any] | None:
        """Return the receipt of a mined transaction, or null."""
        mined = self._mined(to_bytes(transaction_hash, 32))
        if mined is None:
            return None
        block, index = mined
        rows = self._machine.store.logs(block.number, block.number)
        logs = [log_json(row) for row in rows if row[4] == index]
        return receipt_json(block, self._machine.receipts(block), index, logs)

    def send_raw_transaction(self, raw: Any) -> str:
        """Take signed bytes into the pool; the same bytes again are answered the same way."""
        try:
            transaction: Any = self._machine.decode(to_bytes(raw))
            transaction.validate()
            sender = bytes(transaction.sender)
        except (RLPException, ValidationError, ValueError, IndexError) as error:
            raise RefusedError(f"invalid transaction: {error}") from error
        self._check(transaction, sender)
        state = self._machine.state(self._machine.head)
        key = self.pool.add(transaction, state.get_nonce(sender))  # type: ignore[arg-type]  # an Address is bytes
        self._added()
        return data(key)

    def _check(self, transaction: Any, sender: bytes) -> None:
        if transaction.chain_id != self._machine.chain_id:
            raise RefusedError("invalid chain id for signer")
        if transaction.gas > BLOCK_GAS_LIMIT:
            raise RefusedError("exceeds block gas limit")
        if transaction.gas < transaction.intrinsic_gas:
            raise RefusedError("intrinsic gas too low")
        cost = transaction.gas * transaction.max_fee_per_gas + transaction.value
        balance = self._machine.state(self._machine.head).get_balance(sender)  # type: ignore[arg-type]  # an Address is bytes
        if cost > balance:
            raise RefusedError("insufficient funds for gas * price + value")

    # State.

    def _state(self, tag: Any) -> Any:
        return self._machine.state(self._known_header(tag))

    def get_transaction_count(self, address: Any, tag: Any = "latest") -> str:
        """Return the next nonce; with "pending", after what waits without a gap."""
        sender = to_bytes(address, 20)
        nonce = int(self._state(tag).get_nonce(sender))
        return quantity(self.pool.next_nonce(sender, nonce) if tag == "pending" else nonce)

    def get_balance(self, address: Any, tag: Any = "latest") -> str:
        """Return a balance in wei."""
        return quantity(self._state(tag).get_balance(to_bytes(address, 20)))

    def get_code(self, address: Any, tag: Any = "latest") -> str:
        """Return the code at an address."""
        return data(self._state(tag).get_code(to_bytes(address, 20)))

    def get_storage_at(self, address: Any, slot: Any, tag: Any = "latest") -> str:
        """Return one storage word of a contract."""
        value = self._state(tag).get_storage(to_bytes(address, 20), to_int(slot))
        return data(int(value).to_bytes(32, "big"))

    def call(self, message: Any, tag: Any = "latest") -> str:
        """Execute a call without a transaction."""
        return data(self._machine.call(_call(message), self._known_header(tag)))

    def estimate_gas(self, message: Any, tag: Any = "latest") -> str:
        """Return gas that suffices."""
        return quantity(self._machine.estimate_gas(_call(message), self._known_header(tag)))

    def get_logs(self, wanted: Any) -> list[dict[str, Any]]:
        """Return the logs that match a filter."""
        if not isinstance(wanted, dict):
            raise ParameterError("filter object expected")
        if "blockHash" in wanted:
            first = last = int(self._known_header({"blockHash": wanted["blockHash"]}).block_number)
        else:
            first = self._bound(wanted.get("fromBlock", "latest"))
            last = self._bound(wanted.get("toBlock", "latest"))
        addresses = [to_bytes(address, 20) for address in _listed(wanted.get("address"))]
        topics = [[to_bytes(t, 32) for t in _listed(each)] for each in wanted.get("topics") or []]
        rows = self._machine.store.logs(first, last, addresses, topics[:4])
        return [log_json(row) for row in rows]

    def _bound(self, tag: Any) -> int:
        """Return a block number that may lie beyond the head."""
        if isinstance(tag, str) and not tag.startswith("0x"):
            return int(self._known_header(tag).block_number)
        return to_int(tag)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _call(message: Any) -> Call:
    if not isinstance(message, dict):
        raise ParameterError("call object expected")
    payload = message.get("input") or message.get("data") or "0x"
    sender = message.get("from")
    to = message.get("to")
    return Call(
        to=to_bytes(to, 20) if to else b"",
        data=to_bytes(payload),
        sender=to_bytes(sender, 20) if sender else bytes(20),
        value=to_int(message.get("value", 0)),
        gas=min(max(to_int(message.get("gas", BLOCK_GAS_LIMIT)), INTRINSIC_GAS), BLOCK_GAS_LIMIT),
    )
