"""LEDGER 8.7: two endpoints agree, or nothing counts (S72, S73)."""

from dataclasses import dataclass, field, replace

import pytest

from ledger.chain.client import Block, WrongChainError
from ledger.chain.pair import EndpointsDisagreeError, Pair
from ledger.chain.rules import Receipt

RECEIPT = Receipt(b"\x01" * 32, 3, b"\x03" * 32, succeeded=True)


@dataclass
class Endpoint:
    """What one node says."""

    id: int = 7
    blocks: int = 6
    fork_at: int = 10**6
    receipts: dict = field(default_factory=dict)
    code: bool = True

    def chain_id(self):
        return self.id

    def block(self, number):
        forked = number >= self.fork_at
        return Block(number, bytes([number + 100 * forked]) * 32, b"", 0)

    def head(self):
        return self.block(self.blocks)

    def receipt(self, key):
        return self.receipts.get(key)

    def check_contract(self, contract):
        if not self.code:
            raise WrongChainError(contract)


def pair(second, first=None):
    return Pair(first or Endpoint(), second, depth=2)


def test_s73_endpoints_on_two_chains_are_not_believed():
    with pytest.raises(EndpointsDisagreeError, match="chains 7 and 8"):
        pair(Endpoint(id=8)).check()


def test_s73_other_code_at_the_second_endpoint_is_not_believed():
    pair(Endpoint(code=False)).check()
    with pytest.raises(WrongChainError):
        pair(Endpoint(code=False)).check("0xledger")
    pair(Endpoint()).check("0xledger")


def test_s72_a_fork_at_depth_is_seen_and_one_above_it_is_not_yet():
    pair(Endpoint(fork_at=5)).check()
    with pytest.raises(EndpointsDisagreeError, match="different blocks 4"):
        pair(Endpoint(fork_at=4)).check()


def test_a_second_endpoint_that_is_behind_is_compared_where_it_stands():
    pair(Endpoint(blocks=3)).check()
    pair(Endpoint(blocks=1)).check()


def test_a_block_that_one_endpoint_lost_is_a_disagreement():
    second = Endpoint()
    second.head, second.block = lambda: Block(6, b"", b"", 0), lambda _number: None
    with pytest.raises(EndpointsDisagreeError, match="different blocks 4"):
        pair(second).check()


def test_s72_a_lying_receipt_is_seen_by_the_second_endpoint():
    assert not pair(Endpoint()).confirms(RECEIPT)
    assert pair(Endpoint(receipts={RECEIPT.hash: RECEIPT})).confirms(RECEIPT)
    for other in (replace(RECEIPT, succeeded=False), replace(RECEIPT, block_hash=b"\x04" * 32)):
        with pytest.raises(EndpointsDisagreeError, match="different receipts"):
            pair(Endpoint(receipts={RECEIPT.hash: other})).confirms(RECEIPT)
