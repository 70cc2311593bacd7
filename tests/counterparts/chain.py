"""A chain in memory that forks, forgets and refuses as real nodes do; it answers JSON-RPC.

It runs nothing: a transaction is mined, or not. One account sends. What it says to bytes that it
does not want, it says in the words of real nodes; `make drills` tells the same stories to anvil.
"""

import hashlib
from dataclasses import dataclass, field

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from requests.exceptions import ConnectionError as NotReachedError

from ledger.chain.client import ChainClient

GWEI = 10**9


def fields_of(raw):
    """What a signed transaction says."""
    return TypedTransaction.from_bytes(HexBytes(raw)).as_dict()


class RefusedError(Exception):
    """Bytes that the node does not take."""


@dataclass
class Mined:
    """A block: its hash, and what it holds."""

    hash: bytes
    raws: tuple = ()


@dataclass
class ChainInMemory:
    """One node; also the provider that a `ChainClient` asks."""

    blocks: list = field(default_factory=lambda: [Mined(bytes(32))])
    pool: dict = field(default_factory=dict)
    """Raw bytes by nonce."""
    base_fee_wei: int = GWEI
    is_down: bool = False
    is_empty: bool = False
    """The account has no money."""
    number: int = 20251
    forks: int = 0

    @property
    def client(self):
        """A client of this node."""
        return ChainClient(self)

    # What a test does to it.

    def mine(self, blocks=1):
        for _ in range(blocks):
            self._add(self._payable())

    def reorg(self, depth, again=()):
        """Replace the newest blocks; what they held is gone, but for the bytes named."""
        del self.blocks[-depth:]
        self.forks += 1
        self._add(tuple(again))
        for _ in range(depth - 1):
            self._add(())

    def drop(self, raw):
        self.pool = {nonce: one for nonce, one in self.pool.items() if one != raw}

    def ask_for(self, base_fee_wei):
        self.base_fee_wei = base_fee_wei

    def empties(self, _address):
        self.is_empty = True

    def fills(self, _address):
        self.is_empty = False

    def goes(self):
        self.is_down = True

    def comes_back(self):
        self.is_down = False

    # What it does.

    def _add(self, raws):
        seed = b"".join([self.blocks[-1].hash, self.forks.to_bytes(4, "big"), *raws])
        self.blocks.append(Mined(hashlib.sha256(seed).digest(), tuple(raws)))

    def _payable(self):
        chosen, nonce = [], self._nonce()
        while nonce in self.pool and self._pays(self.pool[nonce]):
            chosen.append(self.pool.pop(nonce))
            nonce += 1
        return tuple(chosen)

    def _pays(self, raw):
        return fields_of(raw)["maxFeePerGas"] >= self.base_fee_wei

    def _nonce(self):
        return sum(len(block.raws) for block in self.blocks)

    def _take(self, raw):
        found = fields_of(raw)
        there = self.pool.get(found["nonce"])
        if there == raw:
            raise RefusedError("already known")
        if found["nonce"] < self._nonce():
            raise RefusedError("nonce too low")
        if not self._pays(raw):
            raise RefusedError("max fee per gas less than block base fee")
        if there and found["maxFeePerGas"] < fields_of(there)["maxFeePerGas"] * 11 // 10:
            raise RefusedError("replacement transaction underpriced")
        if self.is_empty:
            raise RefusedError("insufficient funds for gas * price + value: balance 0")
        self.pool[found["nonce"]] = raw
        return "0x" + keccak(raw).hex()

    # What it answers.

    def make_request(self, method, params):
        if self.is_down:
            raise NotReachedError("nobody answers")
        try:
            return {"result": self._answer(method, params)}
        except RefusedError as error:
            return {"error": {"code": -32000, "message": str(error)}}

    def _answer(self, method, params):
        match method:
            case "eth_chainId":
                return hex(self.number)
            case "eth_getBlockByNumber":
                return self._block(params[0])
            case "eth_getTransactionCount":
                return hex(self._nonce())
            case "eth_maxPriorityFeePerGas":
                return hex(GWEI)
            case "eth_getTransactionReceipt":
                return self._receipt(params[0])
            case "eth_sendRawTransaction":
                return self._take(bytes.fromhex(params[0][2:]))
        raise AssertionError(method)

    def _block(self, wanted):
        number = len(self.blocks) - 1 if wanted == "latest" else int(wanted, 16)
        if number >= len(self.blocks):
            return None
        return {
            "number": hex(number),
            "hash": "0x" + self.blocks[number].hash.hex(),
            "parentHash": "0x" + (self.blocks[number - 1].hash if number else bytes(32)).hex(),
            "timestamp": hex(number),
            "baseFeePerGas": hex(self.base_fee_wei),
        }

    def _receipt(self, wanted):
        for number, block in enumerate(self.blocks):
            if any("0x" + keccak(raw).hex() == wanted for raw in block.raws):
                return {
                    "transactionHash": wanted,
                    "blockNumber": hex(number),
                    "blockHash": "0x" + block.hash.hex(),
                    "status": "0x1",
                }
        return None
