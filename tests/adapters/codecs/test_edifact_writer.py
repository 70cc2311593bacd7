"""The strict writer: what it writes is read back without a finding, the rest it refuses."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codecs import edifact
from adapters.codecs.edifact import EdifactError
from adapters.codecs.edifact_writer import (
    OutMessage,
    interchange,
    segment,
    short_reference,
    when,
)

AT = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"])
TEXT = st.text(CHARACTERS, min_size=1, max_size=30).map(str.strip).filter(bool)


def written(*segments, **changes):
    message = OutMessage("APERAK", "D:00B:UN", "", segments)
    fields = {"sender": "YIDAN", "recipient": "AGENT", "reference": "R1", "at": AT, **changes}
    return interchange([message], **fields)


def test_counts_references_and_local_time_are_right():
    data = written(segment("BGM", "312", "X", "9"), when("137", AT))
    assert data == (
        b"UNA:+.? 'UNB+UNOC:3+YIDAN+AGENT+261123:0230+R1'UNH+1+APERAK:D:00B:UN'"
        b"BGM+312+X+9'DTM+137:202611230230:203'UNT+4+1'UNZ+1+R1'"
    )


def test_chinese_text_is_written_as_unow_version_4_with_the_long_date():
    data = written(segment("FTX", "AAI", "", "", "沪A12345"))
    assert b"UNB+UNOW:4+YIDAN+AGENT+20261123:0230+R1'" in data
    assert edifact.read(data, strict=True).syntax == "UNOW"


def test_empty_components_and_elements_at_the_end_are_left_out():
    assert segment("TDT", "20", "", ("", ""), ("a", "", "b", ""), "") == "TDT+20+++a::b'"


@given(st.lists(TEXT, min_size=1, max_size=4), TEXT)
def test_what_is_written_is_read_back_equal_and_without_a_finding(parts, last):
    data = written(segment("FTX", tuple(parts), last))
    (message,) = edifact.read(data, strict=True).messages
    (ftx,) = message.segments
    assert [ftx.get(0, n) for n in range(len(parts))] == parts
    assert ftx.get(1) == last


@pytest.mark.parametrize("bad", ["a\nb", "\x00", "x" * 513, "\ud800", "\x85"])
def test_what_cannot_be_written_exactly_is_refused(bad):
    with pytest.raises(EdifactError) as caught:
        segment("FTX", bad)
    assert [reason.code for reason in caught.value.reasons] == ["edifact-unwritable"]


@pytest.mark.parametrize("changes", [{"sender": ""}, {"recipient": "x" * 36}, {"reference": ""}])
def test_a_header_field_that_is_empty_or_too_long_is_refused(changes):
    with pytest.raises(EdifactError):
        written(**changes)


def test_a_wrong_tag_is_refused():
    with pytest.raises(EdifactError):
        segment("bgm", "1")


def test_a_long_reference_is_shortened_the_same_way_each_time():
    assert short_reference("R1") == "R1"
    long = "0199b1e0-0000-7000-8000-000000000000"
    assert short_reference(long) == short_reference(long)
    assert len(short_reference(long)) == 14
