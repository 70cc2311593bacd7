"""Ask a chain for the anchor of a checkpoint, over plain JSON-RPC (锚定查询).

Source: Ethereum JSON-RPC (``eth_chainId``, ``eth_getCode``, ``eth_getLogs``) and the event
``Anchored`` of our contract. Written with the standard library alone, so that an offline verifier
can do this one online check; the platform itself uses web3.

What a node answers is believed. Whoever does not trust a node asks one that he runs himself.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from ledger.policy import ChainReference
from ledger.remote import UnreachableError, ask, parse_json

ANCHORED: Final = "0xf1106e8512fce228ecca979deb92505fd08df96068af0128464891e5a3b21473"
"""Keccak-256 of ``Anchored(uint64,bytes32,uint256,bytes32[3])``, the event's first topic."""

_DATA_SIZE: Final = 5 * 32
"""Bytes of the event's data: root, signers and the aggregate in three words."""


_SIZES: Final = range(2**64)
"""What the event's second topic can hold."""


class ChainError(Exception):
    """The chain cannot be asked, is another one, or has no such contract."""


@dataclass(frozen=True)
class Anchor:
    """What the contract logged for one size."""

    root: bytes
    """32 bytes."""
    signers: int
    """Signers' bits and time as ``Aggregate.signers_word`` packs them; 0 for none."""
    signature: bytes
    """96-byte BLS aggregate; zeros for none."""


def find_anchor(url: str, chain: ChainReference, size: int) -> Anchor | None:
    """Return the anchor of a checkpoint of ``size`` leaves, if there is one.

    Raises:
        ChainError: When the node does not answer, is of another chain, or knows no such contract.
    """
    found = [one for at, one in _anchors(url, chain, f"0x{size:064x}") if at == size]
    return found[-1] if found else None


def all_anchors(url: str, chain: ChainReference) -> dict[int, Anchor]:
    """Return every anchor of the contract by its size.

    Raises:
        ChainError: When the node does not answer, is of another chain, or knows no such contract.
    """
    return dict(_anchors(url, chain))


def _anchors(url: str, chain: ChainReference, *topics: str) -> list[tuple[int, Anchor]]:
    """Return the anchors with these topics, and the sizes in their own."""
    chain_id = _call(url, "eth_chainId")
    if chain_id != hex(chain.chain_id):
        raise ChainError(f"the node is of chain {chain_id}, not {hex(chain.chain_id)}")
    if _call(url, "eth_getCode", chain.contract, "latest") == "0x":
        raise ChainError(f"there is no contract at {chain.contract}")
    wanted = {
        "address": chain.contract,
        "fromBlock": "0x0",
        "toBlock": "latest",
        "topics": [ANCHORED, *topics],
    }
    logs = _call(url, "eth_getLogs", wanted)
    try:
        sizes = [int(log["topics"][1], 16) for log in logs]
        data = [bytes.fromhex(log["data"].removeprefix("0x")) for log in logs]
    except (TypeError, LookupError, AttributeError, ValueError) as error:
        raise ChainError("the node's logs cannot be read") from error
    if any(len(item) != _DATA_SIZE for item in data) or any(at not in _SIZES for at in sizes):
        raise ChainError("an anchor is not of the known form")
    found = [Anchor(one[:32], int.from_bytes(one[32:64], "big"), one[64:]) for one in data]
    return list(zip(sizes, found, strict=True))


def _call(url: str, method: str, *parameters: Any) -> Any:
    content = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    try:
        data = ask(url, json.dumps(content).encode())
        return parse_json(url, data or b"")["result"]
    except (UnreachableError, LookupError, TypeError) as error:
        raise ChainError(f"the node does not answer {method}: {error}") from error
