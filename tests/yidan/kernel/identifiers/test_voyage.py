"""The form of voyages."""

import pytest

from yidan.kernel.identifiers import voyage


def codes(text):
    return [finding.code for finding in voyage.findings(text)]


def test_a_right_one_has_no_findings():
    assert codes("068E") == []


@pytest.mark.parametrize("text", ["", "/1", "!", "068E" * 5, "提单"])
def test_another_form_is_refused(text):
    assert codes(text) == ["voyage-form"]


def test_a_trailing_newline_is_refused_with_the_plain_form():
    (finding,) = voyage.findings("068E\n", at="/x")
    assert (finding.code, finding.at) == ("identifier-not-plain", "/x")
    assert finding.params["better"] == "068E"
