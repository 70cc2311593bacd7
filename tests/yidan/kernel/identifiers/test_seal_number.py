"""The form of seal numbers."""

import pytest

from yidan.kernel.identifiers import seal_number


def codes(text):
    return [finding.code for finding in seal_number.findings(text)]


def test_a_right_one_has_no_findings():
    assert codes("M/CN1234567") == []


@pytest.mark.parametrize("text", ["", "/A", "!", "M/CN1234567" * 5, "提单"])
def test_another_form_is_refused(text):
    assert codes(text) == ["seal-number-form"]


def test_a_trailing_newline_is_refused_with_the_plain_form():
    (finding,) = seal_number.findings("M/CN1234567\n", at="/x")
    assert (finding.code, finding.at) == ("identifier-not-plain", "/x")
    assert finding.params["better"] == "M/CN1234567"
