"""Forks and depth, on chains in memory."""

import pytest

from ledger.chain.client import ChainUnavailableError
from ledger.chain.following import DeepReorgError, Seen, confirmable, follows, fork


def block(number, kind="a", parent="a"):
    return Seen(number, name(number, kind), name(number - 1, parent), 1000 + number)


def name(number, kind):
    return f"{kind}{number}".encode().rjust(32, b"-")


SEEN = [block(number) for number in range(10, 15)]


def chain_of(*kinds):
    """The canonical hashes of blocks from 10 on, by one letter a fork."""
    hashes = {number: name(number, kind) for number, kind in enumerate("".join(kinds), 10)}
    return hashes.get


@pytest.mark.parametrize(
    ("canonical", "kept"),
    [("aaaaa", 14), ("aaaaab", 14), ("aaabb", 12), ("abbbbb", 10), ("aa", 11)],
)
def test_what_is_still_canonical_is_kept(canonical, kept):
    assert fork(SEEN, chain_of(canonical)) == kept


@pytest.mark.parametrize("canonical", ["bbbbbb", "b"])
def test_a_chain_with_another_block_than_the_confirmed_is_no_chain_of_ours(canonical):
    with pytest.raises(DeepReorgError, match="block 10 was confirmed as"):
        fork(SEEN, chain_of(canonical))


def test_an_endpoint_that_does_not_have_the_confirmed_block_yet_lags_behind():
    with pytest.raises(ChainUnavailableError, match="no block 10 yet"):
        fork(SEEN, chain_of(""))


def test_a_block_follows_its_parent_only():
    assert follows(block(10), block(11))
    assert not follows(block(10), block(11, parent="b"))
    assert not follows(block(10), block(12))


@pytest.mark.parametrize(("count", "numbers"), [(5, [11, 12]), (3, []), (1, [])])
def test_a_block_counts_with_k_followed_blocks_on_top(count, numbers):
    assert [found.number for found in confirmable(SEEN[:count], 2)] == numbers
