"""The client of the chain 链客户端: web3's HTTPProvider, our contract, and nothing hidden between.

Source of the rules: LEDGER 0.2 and 8. The embedded node and any Ethereum-compatible one are
spoken to in the same way. Nothing is signed and no nonce is taken here: see `signing` and
`rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from eth_abi.abi import decode
from requests.exceptions import RequestException
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from ledger import artifacts
from ledger.chain.events import Anchor, LedgerEvent, anchor_of_log, decode_log, topic
from ledger.chain.instructions import call_data
from ledger.chain.reverts import REVERTED, revert_reason
from ledger.chain.rules import ChainView, Receipt
from ledger.chain.words import OrderWord, TitleWord

if TYPE_CHECKING:
    from collections.abc import Iterable

ALREADY_THERE: Final = (
    "already known",
    "already imported",
    "known transaction",
    "nonce too low",
)
"""What nodes say to bytes that they have, or whose nonce is used: the receipt tells which."""
TOO_CHEAP: Final = ("underpriced", "less than block base fee")
"""What nodes say to bytes that pay less than the block, or the pool for a replacement, asks."""


UNFUNDED: Final = "insufficient funds"
"""What nodes say to bytes that the sender's balance does not cover."""


BORN: Final = ("Issued", "Adopted")
"""Events by which a contract begins to keep a title."""


class ChainError(Exception):
    """The base of what this module raises."""


class ChainUnavailableError(ChainError):
    """The node does not answer, or answers with an error."""


class WrongChainError(ChainError):
    """The node is on another chain, or the address does not hold our contract's code."""


class UnderpricedError(ChainError):
    """The node does not take these bytes into its pool: they pay too little for now."""


class UnfundedError(ChainError):
    """The node does not take these bytes: the account cannot pay for them."""


class RefusedByContractError(ChainError):
    """A call would be reverted; `code` is the contract's reason (see `reasons`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class RawLog:
    """One log of the contract as the node has it, and where it stands."""

    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    transaction_hash: bytes
    index: int
    """Within its block, counted from 0."""


@dataclass(frozen=True)
class Block:
    """Number, hash and parent of a block: enough to follow reorgs."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int


class ChainClient:
    """One endpoint of one chain."""

    def __init__(self, provider: HTTPProvider) -> None:
        self._provider = provider

    @classmethod
    def connect(cls, url: str, chain_id: int | None = None, timeout_s: float = 10) -> ChainClient:
        """Connect to a node and check its chain id, if one is given.

        Raises:
            ChainUnavailableError: it does not answer.
            WrongChainError: it is on another chain.
        """
        client = cls(
            HTTPProvider(
                url, request_kwargs={"timeout": timeout_s}, exception_retry_configuration=None
            )
        )
        found = client.chain_id()
        if chain_id is not None and found != chain_id:
            raise WrongChainError(f"the node is on chain {found}, not {chain_id}")
        return client

    def _asked(self, method: str, *params: Any) -> Any:
        """Return the result of one request as JSON-RPC has it, None for null."""
        try:
            answer: Any = self._provider.make_request(RPCEndpoint(method), list(params))
        except (RequestException, OSError, ValueError) as error:
            raise ChainUnavailableError(f"{method}: {error}") from error
        fault = answer.get("error")
        if fault is None:
            return answer.get("result")
        code = _revert_code(fault)
        if code is not None:
            raise RefusedByContractError(code)
        raise ChainUnavailableError(f"{method}: {fault.get('message', fault)}")

    # The chain.

    def chain_id(self) -> int:
        """Return the EIP-155 id."""
        return _number(self._asked("eth_chainId"))

    def head(self) -> Block:
        """Return the newest block."""
        return _block(self._asked("eth_getBlockByNumber", "latest", False))

    def block(self, number: int) -> Block | None:
        """Return the canonical block of a number, or None if there is none yet."""
        found = self._asked("eth_getBlockByNumber", hex(number), False)
        return None if found is None else _block(found)

    def nonce(self, address: str) -> int:
        """Return an account's nonce in the newest block; for looking only, never for signing."""
        return _number(self._asked("eth_getTransactionCount", address, "latest"))

    def balance_wei(self, address: str) -> int:
        """Return an account's balance."""
        return _number(self._asked("eth_getBalance", address, "latest"))

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """Return the receipt of a mined transaction, or None."""
        found = self._asked("eth_getTransactionReceipt", "0x" + transaction_hash.hex())
        if found is None:
            return None
        return Receipt(
            hash=_bytes(found["transactionHash"]),
            block_number=_number(found["blockNumber"]),
            block_hash=_bytes(found["blockHash"]),
            succeeded=_number(found["status"]) == 1,
        )

    def view(
        self, sender: str, hashes: Iterable[bytes] = (), numbers: Iterable[int] = ()
    ) -> ChainView:
        """Return what `rules.next_step` needs, for the attempts and block numbers given."""
        head = self._asked("eth_getBlockByNumber", "latest", False)
        receipts = {key: found for key in hashes if (found := self.receipt(key)) is not None}
        wanted = set(numbers) | {receipt.block_number for receipt in receipts.values()}
        blocks = {number: self.block(number) for number in wanted}
        return ChainView(
            head_number=_number(head["number"]),
            base_fee_wei=_number(head["baseFeePerGas"]),
            priority_fee_wei=_number(self._asked("eth_maxPriorityFeePerGas")),
            account_nonce=self.nonce(sender),
            receipts=receipts,
            block_hashes={n: block.hash for n, block in blocks.items() if block is not None},
        )

    def broadcast(self, raw: bytes) -> None:
        """Send signed bytes; bytes that the node has already are fine.

        Raises:
            UnderpricedError: they pay too little for the node's pool.
            UnfundedError: the account cannot pay for them.
            ChainUnavailableError: the node does not take them.
        """
        try:
            self._asked("eth_sendRawTransaction", "0x" + raw.hex())
        except ChainUnavailableError as error:
            said = str(error).lower()
            if any(words in said for words in TOO_CHEAP):
                raise UnderpricedError(str(error)) from error
            if UNFUNDED in said:
                raise UnfundedError(str(error)) from error
            if not any(words in said for words in ALREADY_THERE):
                raise

    def estimate_gas(self, sender: str, to: str | None, data: bytes) -> int:
        """Return a gas limit with a tenth to spare.

        Raises:
            RefusedByContractError: the call would be reverted.
            ChainUnavailableError: the node does not answer.
        """
        message = {"from": sender, "data": "0x" + data.hex()} | ({"to": to} if to else {})
        return _number(self._asked("eth_estimateGas", message)) * 11 // 10

    # The contract.

    def check_contract(self, contract: str) -> None:
        """Check that address and parts hold the code of the committed artifacts (LEDGER 8.7).

        Raises:
            WrongChainError: one holds another code, or none.
        """
        self._check_code(artifacts.CORE, contract)
        parts = decode(["address", "address"], self.call(contract, "parts"))
        for name, part in zip(artifacts.PARTS, parts, strict=True):
            self._check_code(name, part)

    def _check_code(self, name: str, address: str) -> None:
        if not artifacts.load(name).matches(_bytes(self._asked("eth_getCode", address, "latest"))):
            raise WrongChainError(f"{address} does not hold the ledger's code ({name})")

    def call(
        self, contract: str, function: str, *arguments: Any, sender: str | None = None
    ) -> bytes:
        """Execute a function of the contract without a transaction; return what it returned.

        Raises:
            RefusedByContractError: it was reverted.
            ChainUnavailableError: the node does not answer.
        """
        return self.call_raw(contract, call_data(function, *arguments), sender=sender)

    def call_raw(
        self, contract: str, data: bytes, *, sender: str | None = None, at: int | None = None
    ) -> bytes:
        """Execute call data on the contract without a transaction; return what it returned.

        Args:
            contract: Its address.
            data: Selector and arguments.
            sender: Address of who calls, if it matters.
            at: Number of the block whose state is asked; None for the newest.

        Raises:
            RefusedByContractError: it was reverted.
            ChainUnavailableError: the node does not answer.
        """
        message = {"to": contract, "data": "0x" + data.hex()}
        if sender is not None:
            message["from"] = sender
        tag = "latest" if at is None else hex(at)
        return _bytes(self._asked("eth_call", message, tag))

    def title_word(self, contract: str, title: bytes) -> TitleWord:
        """Return a title's word; state 0 if it was never issued."""
        return TitleWord.unpack(int.from_bytes(self.call(contract, "title_word", title), "big"))

    def order_word(self, contract: str, title: bytes, number: int) -> OrderWord:
        """Return an order's word; state 0 if there is none."""
        word = self.call(contract, "order_word", title, number)
        return OrderWord.unpack(int.from_bytes(word, "big"))

    def is_nullified(self, contract: str, terminal: int, serial: int) -> bool:
        """Tell whether a release serial, counted from 0, is used up."""
        word = self.call(contract, "nullified", terminal, serial // 256)
        return bool(int.from_bytes(word, "big") >> serial % 256 & 1)

    def latest_anchor(self, contract: str) -> tuple[int, bytes]:
        """Return size and root of the latest anchor; 0 and zeros before the first."""
        size, root = decode(["uint64", "bytes32"], self.call(contract, "latest_anchor"))
        return size, root

    def anchor_of(self, contract: str, size: int) -> Anchor | None:
        """Return the anchor of a size, however old, from the event log; None if there is none."""
        found = self._logs(contract, [topic("Anchored"), size.to_bytes(32, "big")])
        return found[0] if found else None

    def anchors(self, contract: str, from_block: int = 0) -> list[Anchor]:
        """Return all anchors from a block on, oldest first."""
        return self._logs(contract, [topic("Anchored")], from_block)

    def events(self, contract: str, from_block: int, to_block: int) -> list[LedgerEvent]:
        """Return all events of the contract in a range of blocks, both included."""
        rows = self._asked(
            "eth_getLogs",
            {"address": contract, "fromBlock": hex(from_block), "toBlock": hex(to_block)},
        )
        return [decode_log(*_log(row)) for row in rows]

    def logs_of_block(self, contract: str, block_hash: bytes) -> list[RawLog]:
        """Return the contract's logs of one block, asked by its hash, in their order.

        Raises:
            ChainUnavailableError: the node has no such block, or does not answer.
        """
        wanted = {"address": contract, "blockHash": "0x" + block_hash.hex()}
        rows = self._asked("eth_getLogs", wanted)
        found = [
            RawLog(*_log(row), _bytes(row["transactionHash"]), _number(row["logIndex"]))
            for row in rows
        ]
        return sorted(found, key=lambda log: log.index)

    def issued(self, contract: str, to_block: int) -> list[bytes]:
        """Return the ids of all titles issued or adopted up to a block, oldest first."""
        wanted = {
            "address": contract,
            "fromBlock": "0x0",
            "toBlock": hex(to_block),
            "topics": [["0x" + topic(name).hex() for name in BORN]],
        }
        return [_bytes(row["topics"][1]) for row in self._asked("eth_getLogs", wanted)]

    def _logs(self, contract: str, topics: list[bytes], from_block: int = 0) -> list[Anchor]:
        wanted = {
            "address": contract,
            "fromBlock": hex(from_block),
            "toBlock": "latest",
            "topics": ["0x" + each.hex() for each in topics],
        }
        return [anchor_of_log(*_log(row)) for row in self._asked("eth_getLogs", wanted)]


def _number(value: str) -> int:
    return int(value, 16)


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))


def _block(found: Any) -> Block:
    return Block(
        number=_number(found["number"]),
        hash=_bytes(found["hash"]),
        parent_hash=_bytes(found["parentHash"]),
        timestamp=_number(found["timestamp"]),
    )


def _log(row: Any) -> tuple[tuple[bytes, ...], bytes, int]:
    topics = tuple(_bytes(each) for each in row["topics"])
    return topics, _bytes(row["data"]), _number(row["blockNumber"])


def _revert_code(error: Any) -> str | None:
    """Return the contract's reason if the error is a revert; empty if it gave none."""
    returned = error.get("data")
    if isinstance(returned, str) and returned.startswith("0x"):
        return revert_reason(_bytes(returned)) or ""
    return "" if error.get("code") == REVERTED else None
