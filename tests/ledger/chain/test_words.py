"""Packing words and call data, where it can be said without a chain."""

from __future__ import annotations

import pytest

from ledger.chain.instructions import compact
from ledger.chain.words import OrderWord, PledgeWord, TitleWord


def test_a_packed_title_word_is_these_bits():
    word = TitleWord(state=8, quantity=5, owner=1, holder=2, holds=1, issuer=3, sequence=4)
    bits = 8 | 5 << 8 | 1 << 128 | 2 << 160 | 1 << 192 | 3 << 216 | 4 << 232
    assert word.pack() == bits
    assert TitleWord.unpack(bits) == word


def test_a_packed_order_word_is_these_bits():
    word = OrderWord(state=1, terminal=2, nominee=3, authorised=4, collected=1, number=9)
    bits = 1 | 2 << 8 | 3 << 24 | 4 << 56 | 1 << 96 | 9 << 192
    assert word.pack() == bits
    assert OrderWord.unpack(bits) == word


def test_a_packed_pledge_word_says_the_same_unpacked():
    word = PledgeWord(pledgee=7, notice_s=86_400, ends_at=1_800_000_000)
    assert PledgeWord.unpack(word.pack()) == word


@pytest.mark.parametrize("signature", [b"", bytes(64) + b"\x1b\x00", bytes(64) + b"\x02"])
def test_a_signature_of_another_form_is_refused(signature):
    with pytest.raises(ValueError, match="65 bytes"):
        compact(signature)
