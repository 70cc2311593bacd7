"""DTM segments as instants."""

from datetime import UTC, datetime

import pytest

from adapters.codecs.edifact_syntax import cut
from adapters.codecs.edifact_times import instant


def dtm(text):
    return cut(f"UNH+1'DTM+{text}'".encode()).segments[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7:20261122:102", datetime(2026, 11, 21, 16, tzinfo=UTC)),
        ("7:261122:101", datetime(2026, 11, 21, 16, tzinfo=UTC)),
        ("7:202611220830:203", datetime(2026, 11, 22, 0, 30, tzinfo=UTC)),
        ("7:2611220830:201", datetime(2026, 11, 22, 0, 30, tzinfo=UTC)),
        ("7:20261122083015:204", datetime(2026, 11, 22, 0, 30, 15, tzinfo=UTC)),
        ("7:202611220830?+0000:205", datetime(2026, 11, 22, 8, 30, tzinfo=UTC)),
        ("7:202611220830-0330:205", datetime(2026, 11, 22, 12, tzinfo=UTC)),
    ],
)
def test_a_known_format_is_read(text, expected):
    assert instant(dtm(text)) == (expected, [])


def test_an_expiry_on_a_day_lasts_through_that_day_in_china():
    found, _ = instant(dtm("36:20261122:102"), last=True)
    assert found == datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "7", "7:20261122", "7:20261122:999", "7:20261322:102", "7:00010101:102", "7:29990101:102",
        "7:2026112:102", "7:２０２６１１２２:102", "7:202611220830*0800:205", "7:1:205",
        "7:202611220830-9900:205", "7:2026 1 1:102",
    ],
)  # fmt: skip
def test_another_value_is_found(text):
    found, (finding,) = instant(dtm(text))
    assert found is None
    assert (finding.code, finding.at) == ("edifact-bad-time", "/2/DTM")
