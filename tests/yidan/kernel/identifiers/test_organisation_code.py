"""Organisation codes: computed by hand after GB 11714."""

import pytest

from yidan.kernel.identifiers import organisation_code


@pytest.mark.parametrize("code", ["D2143569X", "600037341", "000000000"])
def test_a_right_code_has_no_findings(code):
    assert organisation_code.findings(code) == []


def test_a_wrong_check_character_names_the_one_expected():
    (finding,) = organisation_code.findings("D21435690")
    assert (finding.code, finding.params["expected"]) == ("organisation-code-check-character", "X")


@pytest.mark.parametrize("code", ["", "D2143569", "D2143569Y", "D2143569XX"])
def test_another_form_is_refused(code):
    assert [f.code for f in organisation_code.findings(code)] == ["organisation-code-form"]


def test_a_hyphen_is_refused_with_the_plain_form():
    (finding,) = organisation_code.findings("D2143569-X")
    assert (finding.code, finding.params["better"]) == ("identifier-not-plain", "D2143569X")
