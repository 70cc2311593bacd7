"""Numbers, words and paths of the compact form, byte by byte."""

import pytest

from ledger.bundle_format import BundleError
from ledger.bundle_words import Reader, number, path, word


@pytest.mark.parametrize(
    ("value", "data"),
    [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02"), (2**53 - 1, "ffffffffffffff0f")],
)
def test_a_number_is_seven_bits_a_byte(value, data):
    assert number(value).hex() == data
    assert Reader(bytes.fromhex(data)).number() == value


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ("", "00"),
        ("单", "0ce58d95"),
        ("abc", "0c616263"),
        ("AB", "084142"),
        ("c0ffee", "0dc0ffee"),
        ("0193a000-0000-7000-8000-00000000000a", "420193a000000070008000" + "00000000000a"),
        (True, "1374727565"),
        (None, "136e756c6c"),
        ([2], "0f5b325d"),
        ({}, "0b7b7d"),
        (-7, "0b2d37"),
    ],
)
def test_a_word_has_the_shortest_kind_that_takes_it(value, data):
    assert word(value).hex() == data
    assert Reader(bytes.fromhex(data)).word() == value


@pytest.mark.parametrize(
    ("value", "before", "data"),
    [
        ("/a/b", "", "01" + word("a/b").hex()),
        ("/a/b", "/a/c", "02" + word("b").hex()),
        ("/a/b/c", "/a/b", "03" + word("c").hex()),
        ("/a", "/a/b", "01" + word("a").hex()),
        ("", "", "00" + "00"),
    ],
)
def test_a_path_shares_its_leading_segments_with_the_one_before(value, before, data):
    assert path(value, before).hex() == data
    assert Reader(bytes.fromhex(data)).path(before) == value


def test_what_is_left_over_or_missing_is_noticed():
    reader = Reader(b"\x00\x01")
    reader.number()
    with pytest.raises(BundleError, match="bytes follow"):
        reader.end()
    with pytest.raises(BundleError, match="ends too early"):
        reader.bytes(2)
