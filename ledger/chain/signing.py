"""Signing transactions 交易签名: EIP-1559 transactions from plain values to raw bytes and hash.

Source of the rule: LEDGER 8.3: raw bytes and hash exist, and are stored, before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rlp import encode as rlp_encode  # type: ignore[import-untyped]  # rlp ships no types


@dataclass(frozen=True)
class Fees:
    """What a transaction pays, in wei per gas."""

    max_fee_wei: int
    max_priority_fee_wei: int


@dataclass(frozen=True)
class Signed:
    """A signed transaction: what is stored and sent."""

    raw: bytes
    hash: bytes
    """32 bytes."""


def sign_transaction(  # noqa: PLR0917  # the parts of a transaction in its own order
    key: bytes, nonce: int, to: str | None, data: bytes, gas: int, fees: Fees, chain_id: int
) -> Signed:
    """Sign an EIP-1559 transaction without value.

    Args:
        key: 32-byte secp256k1 private key.
        nonce: The sender's nonce, from the database.
        to: Address; None creates a contract.
        data: Call data or creation code.
        gas: Gas limit.
        fees: Fees in wei per gas.
        chain_id: EIP-155 id.
    """
    fields = transaction(nonce, to, data, gas, fees, chain_id)
    signed = Account.sign_transaction(fields, key)
    return Signed(bytes(signed.raw_transaction), bytes(signed.hash))


def transaction(  # noqa: PLR0917  # the parts of a transaction in its own order
    nonce: int, to: str | None, data: bytes, gas: int, fees: Fees, chain_id: int
) -> dict[str, Any]:
    """Return the fields of an EIP-1559 transaction without value, by their JSON-RPC names."""
    return {
        "type": 2,
        "chainId": chain_id,
        "nonce": nonce,
        "to": "" if to is None else to_checksum_address(to),
        "value": 0,
        "data": data,
        "gas": gas,
        "maxFeePerGas": fees.max_fee_wei,
        "maxPriorityFeePerGas": fees.max_priority_fee_wei,
    }


def address_of(key: bytes) -> str:
    """Return the checksummed address of a 32-byte private key."""
    return str(Account.from_key(key).address)


def contract_address(sender: str, nonce: int) -> str:
    """Return the checksummed address of the contract that a sender creates with a nonce."""
    created = keccak(rlp_encode([bytes.fromhex(sender.removeprefix("0x")), nonce]))[12:]
    return str(to_checksum_address(created))
