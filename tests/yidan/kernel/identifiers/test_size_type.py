"""Size-types: the table, the trade's words, and the form."""

import pytest

from yidan.kernel.identifiers import size_type


def codes(code, **options):
    return [finding.code for finding in size_type.findings(code, **options)]


def test_every_code_of_the_table_and_every_meaning_of_a_trade_word_is_right():
    assert all(codes(code, known=True) == [] for code in size_type.TABLE)
    assert all(codes(code, known=True) == [] for code in size_type.SLANG.values())


@pytest.mark.parametrize(
    ("word", "code"), [("20GP", "22G1"), ("40HC", "45G1"), ("40HQ", "45G1"), ("40RH", "45R1")]
)
def test_a_trade_word_is_answered_with_its_iso_code(word, code):
    (finding,) = size_type.findings(word)
    assert (finding.code, finding.params["better"]) == ("size-type-not-iso", code)
    assert size_type.iso_code(word) == code


@pytest.mark.parametrize("code", ["", "22", "22G", "22G11", "99Z9", "２２G1\n1"])
def test_another_form_is_refused(code):
    assert codes(code) == ["size-type-form"]
    assert size_type.iso_code(code) is None


def test_lower_case_is_refused_with_the_plain_form():
    assert codes("22g1") == ["identifier-not-plain"]


def test_a_code_outside_the_table_is_refused_only_where_known_is_asked_for():
    assert codes("32G1") == []
    assert codes("32G1", known=True) == ["size-type-form"]
