"""Canonical JSON, compared with the reference package ``rfc8785``."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger import jcs

SCALARS = st.none() | st.booleans() | st.integers(-jcs.MAX_INTEGER, jcs.MAX_INTEGER) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES)
def test_the_bytes_equal_those_of_the_reference_package(value):
    assert jcs.canonicalize(value) == rfc8785.dumps(value)


@given(VALUES)
def test_what_was_written_is_read_back_the_same(value):
    assert jcs.parse(jcs.canonicalize(value)) == value


def test_keys_are_ordered_by_utf_16_and_only_needed_escapes_are_written():
    value = {"\U0001f600": 1, "\ufb33": 2, "1": True, "\r": '\u0007\n"\\/\x7f单'}
    expected = (
        '{"\\r":"\\u0007\\n\\"\\\\/\x7f单","1":true,"\U0001f600":1,"\ufb33":2}'  # RFC 8785 3.2.3
    )
    assert jcs.canonicalize(value).decode() == expected


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**53, -(2**53), {1: 2}, b"x", {"a": {3}}, "\ud800", {"\udfff": 1}],
)
def test_a_value_without_a_canonical_form_is_refused(value):
    with pytest.raises(jcs.JcsError):
        jcs.canonicalize(value)


def test_nesting_is_bounded():
    value = []
    for _ in range(jcs.MAX_DEPTH):
        value = [value]
    jcs.canonicalize(value)
    with pytest.raises(jcs.JcsError, match="deeper"):
        jcs.canonicalize([value])


def test_a_tuple_is_written_as_an_array():
    assert jcs.canonicalize(("a", 1)) == b'["a",1]'


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'"\\u0041"',
        b"1.0",
        b"1e3",
        b"-0",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b'"\\ud800"',
        b"\xef\xbb\xbf1",
        b'"\xff"',
        b"",
        b"[" * 100_000,
    ],
)
def test_bytes_that_are_not_canonical_are_refused(data):
    with pytest.raises(jcs.JcsError):
        jcs.parse(data)
