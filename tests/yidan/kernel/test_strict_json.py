"""The strict JSON loader: what it refuses, where it says so, and that it stays fast."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidan.kernel.errors import InvalidError
from yidan.kernel.strict_json import MAX_INTEGER, loads, loads_with_fractions

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def refusals(data: bytes, **limits: int) -> list[tuple[str, str]]:
    with pytest.raises(InvalidError) as caught:
        loads(data, **limits)
    return [(reason.code, reason.at) for reason in caught.value.reasons]


@given(JSON)
def test_what_json_writes_is_read_back_equal(value):
    assert loads(json.dumps(value).encode()) == value
    assert loads(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"a": {"b": 1, "b": 2}}', ("json-duplicate-name", "/a/b")),
        (b'{"a~/": [NaN]}', ("json-not-an-integer", "/a~0~1/0")),
        (b"[Infinity]", ("json-not-an-integer", "/0")),
        (b"[1, 1.5]", ("json-not-an-integer", "/1")),
        (b"[1e3]", ("json-not-an-integer", "/0")),
        (b"[1e999]", ("json-not-an-integer", "/0")),
        (b"[9007199254740992]", ("json-integer-out-of-range", "/0")),
        (b"[18446744073709551616]", ("json-integer-out-of-range", "/0")),
        (b"[-9007199254740992]", ("json-integer-out-of-range", "/0")),
        (b"[" + b"9" * 100_000 + b"]", ("json-integer-out-of-range", "/0")),
        (b'["\\ud800"]', ("json-lone-surrogate", "/0")),
        (b'{"\\udc00": 1}', ("json-lone-surrogate", "/?")),
        (b'{"a": "\\u0000"}', ("json-nul-character", "/a")),
        (b"\xef\xbb\xbf{}", ("json-byte-order-mark", "")),
        (b'"\xff"', ("json-not-utf8", "")),
        (b"", ("json-malformed", "")),
        (b"{}{}", ("json-malformed", "")),
        (b"[1,]", ("json-malformed", "")),
        (b'"a\nb"', ("json-malformed", "")),
        (b"[01]", ("json-malformed", "")),
        (b"{'a': 1}", ("json-malformed", "")),
        ("[１]".encode(), ("json-malformed", "")),
        (b"[" * 65 + b"]" * 65, ("json-too-deep", "")),
        (b"[" * 100_000, ("json-too-deep", "")),
        (b" " * 1_048_577, ("json-too-large", "")),
    ],
)
def test_what_is_not_strict_json_is_refused_with_its_place(text, expected):
    assert refusals(text) == [expected]


def test_all_findings_are_told_at_once():
    assert refusals(b'{"a": 1.0, "b": [NaN, 9007199254740993], "b": "\\ud800"}') == [
        ("json-duplicate-name", "/b"),
        ("json-not-an-integer", "/a"),
        ("json-lone-surrogate", "/b"),
    ]


def test_the_number_of_findings_is_bounded():
    assert len(refusals(json.dumps([0.5] * 500).encode())) == 100


def test_limits_are_inclusive():
    assert loads(b"[" * 64 + b"]" * 64) is not None
    assert loads(b"[[]]", max_depth=2) == [[]]
    assert refusals(b"[[]]", max_depth=1) == [("json-too-deep", "")]
    assert loads(b"[1]", max_bytes=3) == [1]
    assert refusals(b"[1]", max_bytes=2) == [("json-too-large", "")]
    assert loads(b"[9007199254740991,-9007199254740991]") == [MAX_INTEGER, -MAX_INTEGER]


def test_brackets_inside_texts_do_not_count_as_depth():
    assert loads(json.dumps(['[{"\\' * 100] * 2).encode()) == ['[{"\\' * 100] * 2


def test_every_reason_says_what_to_do_in_both_languages():
    with pytest.raises(InvalidError) as caught:
        loads(b'{"weight": 1.5}')
    (reason,) = caught.value.reasons
    assert reason.text("en").startswith("1.5 is not a whole number; write")
    assert reason.text("zh").startswith("1.5 不是整数；请")


@pytest.mark.parametrize(
    "text",
    [
        b'"' + b'\\"' * 400_000,
        b'{"a":' * 200_000,
        b"[" + b"1.5," * 200_000,
        b'"[" ' * 250_000,
        b"{" + b",".join(b'"%d":1' % (n // 2) for n in range(100_000)) + b"}",
    ],
    ids=["unterminated", "deep", "floats", "strings", "doubled"],
)
def test_hostile_text_of_a_megabyte_is_refused_in_time_that_grows_with_its_size(text):
    started = time.process_time()
    refusals(text)
    assert time.process_time() - started < 5


def test_fractions_are_read_where_somebody_else_signed_them():
    assert loads_with_fractions(b'{"a": 12.5, "b": 12000.0, "c": 7}') == {
        "a": 12.5,
        "b": 12000.0,
        "c": 7,
    }


@pytest.mark.parametrize("text", [b"1e999", b"NaN", b"-Infinity", b'{"a": 1.5, "a": 2}'])
def test_fractions_make_the_reading_no_laxer_otherwise(text):
    with pytest.raises(InvalidError):
        loads_with_fractions(text)
