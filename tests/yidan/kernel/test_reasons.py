"""Reasons: declared once, said in two languages, owed by somebody."""

from datetime import UTC, datetime

import pytest

from yidan.kernel.reasons import Role, declared, reason

LATE = reason(
    "reasons-test-late",
    en="{box} is {days} days late.",
    zh="{box} 迟了 {days} 天。",
    owner=Role.CARRIER,
)


def test_a_reason_is_said_in_both_languages_and_english_is_the_fallback():
    said = LATE(box="CSQU3054383", days=3)
    assert said.text("zh-CN") == "CSQU3054383 迟了 3 天。"
    assert said.text("en") == "CSQU3054383 is 3 days late."
    assert said.text("fr") == said.text("en")


def test_a_reason_says_who_owes_the_next_step_where_and_since_when():
    since = datetime(2026, 11, 22, tzinfo=UTC)
    said = LATE(box="A", days=1, at="/boxes/0", since=since)
    assert (said.owner, said.at, said.since) == (Role.CARRIER, "/boxes/0", since)
    assert LATE(box="A", days=1, owner=Role.BANK).owner is Role.BANK


def test_equal_reasons_count_once_in_a_set():
    assert len({LATE(box="A", days=1), LATE(box="A", days=1), LATE(box="B", days=1)}) == 2


def test_a_code_is_declared_once():
    with pytest.raises(ValueError, match="declared twice"):
        reason("reasons-test-late", en="Another {box} {days}", zh="另一个 {box} {days}")


def test_both_texts_name_the_same_places():
    with pytest.raises(ValueError, match="different places"):
        reason("reasons-test-uneven", en="{box} is late.", zh="迟到。")


def test_declared_reasons_come_in_code_order():
    codes = [code.code for code in declared()]
    assert codes == sorted(codes)
    assert "reasons-test-late" in codes
