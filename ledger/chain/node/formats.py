"""JSON forms of blocks, transactions, receipts and logs, and the way back from JSON parameters.

Source: Ethereum execution APIs (ethereum/execution-apis): quantities are hex without leading
zeros, data are hex in full bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rlp  # type: ignore[import-untyped]  # rlp ships no types
from eth._utils.address import generate_contract_address
from eth.vm.forks.berlin.transactions import TypedTransaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eth.abc import BlockAPI


class ParameterError(Exception):
    """A parameter is missing or has a wrong form."""


def quantity(value: int) -> str:
    """Return an integer as JSON-RPC writes it."""
    return hex(value)


def data(value: bytes) -> str:
    """Return bytes as JSON-RPC writes them."""
    return "0x" + bytes(value).hex()


def to_bytes(value: Any, length: int | None = None) -> bytes:
    """Read hex data, of a fixed length if one is given.

    Raises:
        ParameterError: not hex, or of another length.
    """
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ParameterError("hex data with 0x expected")
    try:
        raw = bytes.fromhex(value[2:])
    except ValueError as error:
        raise ParameterError("hex data with 0x expected") from error
    if length is not None and len(raw) != length:
        raise ParameterError(f"{length} bytes expected, not {len(raw)}")
    return raw


def to_int(value: Any) -> int:
    """Read a quantity: hex, or a plain JSON integer.

    Raises:
        ParameterError: neither.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        if isinstance(value, str) and value.startswith("0x"):
            return int(value, 16)
    except ValueError as error:
        raise ParameterError("hex quantity expected") from error
    raise ParameterError("hex quantity expected")


def block_json(block: BlockAPI, *, full: bool) -> dict[str, Any]:
    """Return a block, with whole transactions or with their hashes."""
    header: Any = block.header
    return {
        "number": quantity(header.block_number),
        "hash": data(header.hash),
        "parentHash": data(header.parent_hash),
        "nonce": data(header.nonce),
        "sha3Uncles": data(header.uncles_hash),
        "logsBloom": data(header.bloom.to_bytes(256, "big")),
        "transactionsRoot": data(header.transaction_root),
        "stateRoot": data(header.state_root),
        "receiptsRoot": data(header.receipt_root),
        "miner": data(header.coinbase),
        "difficulty": quantity(header.difficulty),
        "totalDifficulty": quantity(0),
        "extraData": data(header.extra_data),
        "size": quantity(len(rlp.encode(block))),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "mixHash": data(header.mix_hash),
        "baseFeePerGas": quantity(header.base_fee_per_gas),
        "withdrawalsRoot": data(header.withdrawals_root),
        "withdrawals": [],
        "blobGasUsed": quantity(header.blob_gas_used),
        "excessBlobGas": quantity(header.excess_blob_gas),
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root),
        "requestsHash": data(header.requests_hash),
        "uncles": [],
        "transactions": [
            transaction_json(transaction, block, index) if full else data(transaction.hash)
            for index, transaction in enumerate(block.transactions)
        ],
    }


def _type_of(transaction: Any) -> int:
    return (transaction.type_id or 0) if isinstance(transaction, TypedTransaction) else 0


def _effective_gas_price(transaction: Any, block: Any) -> int:
    base_fee = block.header.base_fee_per_gas
    price: int = min(transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas + base_fee)
    return price


def transaction_json(
    transaction: Any, block: BlockAPI | None = None, index: int | None = None
) -> dict[str, Any]:
    """Return a transaction, waiting if no block is given."""
    kind = _type_of(transaction)
    mined = block is not None and index is not None
    price = (
        transaction.max_fee_per_gas if block is None else _effective_gas_price(transaction, block)
    )
    result: dict[str, Any] = {
        "type": quantity(kind),
        "hash": data(transaction.hash),
        "nonce": quantity(transaction.nonce),
        "blockHash": data(block.hash) if block is not None else None,
        "blockNumber": quantity(block.number) if block is not None else None,
        "transactionIndex": quantity(index) if mined and index is not None else None,
        "from": data(transaction.sender),
        "to": data(transaction.to) if transaction.to else None,
        "value": quantity(transaction.value),
        "gas": quantity(transaction.gas),
        "gasPrice": quantity(price),
        "input": data(transaction.data),
        "r": quantity(transaction.r),
        "s": quantity(transaction.s),
    }
    if kind == 0:
        return result | {"v": quantity(transaction.v)}
    result |= {
        "chainId": quantity(transaction.chain_id),
        "v": quantity(transaction.y_parity),
        "yParity": quantity(transaction.y_parity),
        "accessList": [
            {"address": data(address), "storageKeys": [data(k.to_bytes(32, "big")) for k in keys]}
            for address, keys in transaction.access_list
        ],
    }
    if kind >= 2:  # noqa: PLR2004  # EIP-1559 is type 2
        result |= {
            "maxFeePerGas": quantity(transaction.max_fee_per_gas),
            "maxPriorityFeePerGas": quantity(transaction.max_priority_fee_per_gas),
        }
    return result


def receipt_json(
    block: BlockAPI, receipts: Sequence[Any], index: int, logs: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the receipt of one mined transaction; `logs` are its own."""
    transaction: Any = block.transactions[index]
    receipt = receipts[index]
    before = receipts[index - 1].gas_used if index else 0
    created = (
        None
        if transaction.to
        else data(generate_contract_address(transaction.sender, transaction.nonce))
    )
    return {
        "transactionHash": data(transaction.hash),
        "transactionIndex": quantity(index),
        "blockHash": data(block.hash),
        "blockNumber": quantity(block.number),
        "from": data(transaction.sender),
        "to": data(transaction.to) if transaction.to else None,
        "cumulativeGasUsed": quantity(receipt.gas_used),
        "gasUsed": quantity(receipt.gas_used - before),
        "effectiveGasPrice": quantity(_effective_gas_price(transaction, block)),
        "contractAddress": created,
        "logs": logs,
        "logsBloom": data(receipt.bloom.to_bytes(256, "big")),
        "type": quantity(_type_of(transaction)),
        "status": quantity(int.from_bytes(receipt.state_root, "big")),
    }


def log_json(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a log from its row in the store."""
    return {
        "blockNumber": quantity(row[0]),
        "logIndex": quantity(row[1]),
        "blockHash": data(row[2]),
        "transactionHash": data(row[3]),
        "transactionIndex": quantity(row[4]),
        "address": data(row[5]),
        "topics": [data(topic) for topic in row[6:10] if topic is not None],
        "data": data(row[10]),
        "removed": False,
    }
