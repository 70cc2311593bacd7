"""The form of bill numbers."""

import pytest

from yidan.kernel.identifiers import bill_number


def codes(text):
    return [finding.code for finding in bill_number.findings(text)]


def test_a_right_one_has_no_findings():
    assert codes("SHANSA2611000123") == []


@pytest.mark.parametrize("text", ["", "AB", "!", "SHANSA2611000123" * 5, "提单"])
def test_another_form_is_refused(text):
    assert codes(text) == ["bill-number-form"]


def test_a_trailing_newline_is_refused_with_the_plain_form():
    (finding,) = bill_number.findings("SHANSA2611000123\n", at="/x")
    assert (finding.code, finding.at) == ("identifier-not-plain", "/x")
    assert finding.params["better"] == "SHANSA2611000123"
