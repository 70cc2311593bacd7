"""Transactions that wait for a block 待打包交易: kept in memory only, in nonce order per sender.

Source of the rules: the usual replacement rule of Ethereum nodes (10 % more on both fees) and
LEDGER 8: a sender may send the same bytes as often as it likes, so the pool may be lost at any
time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

POOL_LIMIT: Final = 5_000
REPLACEMENT_PERCENT: Final = 110


class RefusedError(Exception):
    """The pool does not take a transaction; the message is what Ethereum nodes say."""


class Pool:
    """Waiting transactions by sender and nonce."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, dict[int, Any]] = {}
        self._by_hash: dict[bytes, Any] = {}

    def __len__(self) -> int:
        return len(self._by_hash)

    def get(self, transaction_hash: bytes) -> Any | None:
        """Return a waiting transaction, or None."""
        return self._by_hash.get(transaction_hash)

    def add(self, transaction: Any, account_nonce: int) -> bytes:
        """Take a transaction, or the same one again; return its hash.

        Raises:
            RefusedError: the nonce is used, a replacement pays too little, or the pool is full.
        """
        key = bytes(transaction.hash)
        if key in self._by_hash:
            return key
        if transaction.nonce < account_nonce:
            raise RefusedError(
                f"nonce too low: next nonce {account_nonce}, tx nonce {transaction.nonce}"
            )
        mine = self._waiting.setdefault(bytes(transaction.sender), {})
        rival = mine.get(transaction.nonce)
        if rival is not None and not _outbids(transaction, rival):
            raise RefusedError("replacement transaction underpriced")
        if rival is None and len(self) >= POOL_LIMIT:
            raise RefusedError("txpool is full")
        if rival is not None:
            del self._by_hash[bytes(rival.hash)]
        mine[transaction.nonce] = transaction
        self._by_hash[key] = transaction
        return key

    def next_nonce(self, sender: bytes, account_nonce: int) -> int:
        """Return the first nonce after what is mined and waits without a gap."""
        nonce, mine = account_nonce, self._waiting.get(sender, {})
        while nonce in mine:
            nonce += 1
        return nonce

    def ready(self, account_nonce: Callable[[bytes], int], base_fee: int) -> list[Any]:
        """Return what a block could take now: gapless per sender, able to pay the base fee."""
        chosen = []
        for sender, mine in self._waiting.items():
            nonce = account_nonce(sender)
            while nonce in mine and _max_fee(mine[nonce]) >= base_fee:
                chosen.append(mine[nonce])
                nonce += 1
        return chosen

    def remove(self, transaction: Any) -> None:
        """Forget a transaction that was mined or can never be, and older ones of its sender."""
        sender = bytes(transaction.sender)
        mine = self._waiting.get(sender, {})
        for nonce in [nonce for nonce in mine if nonce <= transaction.nonce]:
            del self._by_hash[bytes(mine.pop(nonce).hash)]
        if not mine:
            self._waiting.pop(sender, None)


def _max_fee(transaction: Any) -> int:
    return int(transaction.max_fee_per_gas)


def _outbids(transaction: Any, rival: Any) -> bool:
    return all(
        getattr(transaction, name) * 100 >= getattr(rival, name) * REPLACEMENT_PERCENT
        for name in ("max_fee_per_gas", "max_priority_fee_per_gas")
    )
