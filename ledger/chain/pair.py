"""Two endpoints of one chain, compared 双节点比对: one node alone may be on a fork, or lie.

Source of the rule: LEDGER 8.7 (several endpoints agree on chain id, block hash at depth, and the
ledger's code) and 8.4 (a receipt counts when it is seen). Nothing is sent here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.chain.client import ChainError

if TYPE_CHECKING:
    from ledger.chain.client import ChainClient
    from ledger.chain.rules import Receipt


class EndpointsDisagreeError(ChainError):
    """Two endpoints say different things of what can no longer change: believe neither."""


@dataclass(frozen=True)
class Pair:
    """Two endpoints that must tell the same story."""

    first: ChainClient
    second: ChainClient
    depth: int
    """Blocks on top of one until it counts as settled (k)."""

    def check(self, contract: str = "") -> None:
        """Compare chain id, the newest block that both have at depth, and the contract's code.

        Raises:
            EndpointsDisagreeError: they differ.
            WrongChainError: the second holds no ledger's code at the contract's address.
            ChainUnavailableError: one does not answer.
        """
        ids = self.first.chain_id(), self.second.chain_id()
        if ids[0] != ids[1]:
            raise EndpointsDisagreeError(f"the endpoints are on chains {ids[0]} and {ids[1]}")
        self._check_block()
        if contract:
            self.second.check_contract(contract)

    def _check_block(self) -> None:
        number = min(self.first.head().number, self.second.head().number) - self.depth
        if number < 0:
            return
        blocks = self.first.block(number), self.second.block(number)
        hashes = [block.hash if block else b"" for block in blocks]
        if hashes[0] != hashes[1]:
            raise EndpointsDisagreeError(f"the endpoints have different blocks {number}")

    def confirms(self, receipt: Receipt) -> bool:
        """Whether the second endpoint has the same receipt; False while it has none yet.

        Raises:
            EndpointsDisagreeError: it has another one.
            ChainUnavailableError: it does not answer.
        """
        other = self.second.receipt(receipt.hash)
        if other is None:
            return False
        if other != receipt:
            raise EndpointsDisagreeError(
                f"the endpoints have different receipts of {receipt.hash.hex()}"
            )
        return True
