"""Bytes as text for QR codes: one text each, and every other text refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import base41


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\x00", "00"),
        (b"\xff", "96"),
        (b"\x00\x00", "000"),
        (b"\xff\xff", "H/+"),
        (b"AB!", "J+9X0"),
    ],
)
def test_the_text_of_bytes_is_known(data, text):
    assert base41.encode(data) == text
    assert base41.decode(text) == data


@given(st.binary(max_size=99))
def test_what_was_written_is_read_back(data):
    text = base41.encode(data)
    assert base41.decode(text) == data
    assert len(text) == (3 * len(data) + 1) // 2


@given(st.text(base41.ALPHABET, max_size=12))
def test_no_two_texts_are_the_same_bytes(text):
    try:
        data = base41.decode(text)
    except ValueError:
        return
    assert base41.encode(data) == text


@pytest.mark.parametrize(
    "text", ["0", "0000", "a0", "0 0", "0%0", "0é0", "//", "///", "I/+", "A6\n"]
)
def test_other_text_is_refused(text):
    with pytest.raises(ValueError, match="not base41"):
        base41.decode(text)


def test_the_alphabet_stands_in_alphanumeric_codes_and_in_fragments():
    alphanumeric = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
    fragment = alphanumeric - set(" %")
    assert set(base41.ALPHABET) <= fragment
    assert len(set(base41.ALPHABET)) == 41
