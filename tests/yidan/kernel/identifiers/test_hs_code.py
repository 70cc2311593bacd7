"""The form of hs codes."""

import pytest

from yidan.kernel.identifiers import hs_code


def codes(text):
    return [finding.code for finding in hs_code.findings(text)]


def test_a_right_one_has_no_findings():
    assert codes("84713000") == []


@pytest.mark.parametrize("text", ["", "770000", "!", "84713000" * 5, "提单"])
def test_another_form_is_refused(text):
    assert codes(text) == ["hs-code-form"]


def test_a_trailing_newline_is_refused_with_the_plain_form():
    (finding,) = hs_code.findings("84713000\n", at="/x")
    assert (finding.code, finding.at) == ("identifier-not-plain", "/x")
    assert finding.params["better"] == "84713000"
