"""UUIDv7 by RFC 9562 5.7."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidan.kernel.ids import uuid7

AT = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_the_instant_of_the_rfcs_example_stands_in_front():
    """RFC 9562 A.6: 2022-02-22 14:22:22 GMT-05:00 is 0x017F22E279B0."""
    assert uuid7(AT, bytes(10)) == "017f22e2-79b0-7000-8000-000000000000"


@given(st.binary(min_size=10, max_size=10))
def test_version_and_variant_stand_whatever_the_bits(random_bits):
    made = uuid.UUID(uuid7(AT, random_bits))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_a_later_millisecond_sorts_later(earlier, later):
    assert uuid7(AT, earlier) < uuid7(AT + timedelta(milliseconds=1), later)


@pytest.mark.parametrize("length", [0, 9, 11])
def test_another_number_of_random_bytes_is_refused(length):
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(AT, bytes(length))
