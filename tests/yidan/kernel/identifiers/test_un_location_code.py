"""UN/LOCODEs: form and names."""

import pytest

from yidan.kernel.identifiers import un_location_code


@pytest.mark.parametrize("code", sorted(un_location_code.NAMES))
def test_a_named_code_is_right(code):
    assert un_location_code.findings(code) == []


@pytest.mark.parametrize("code", ["", "CN", "CNSH", "CNSHAX", "1NSHA", "CNSH0", "CNSH1"])
def test_another_form_is_refused(code):
    assert [f.code for f in un_location_code.findings(code)] == ["un-location-code-form"]


@pytest.mark.parametrize("code", ["cnsha", "CNSHA\n", "ＣＮＳＨＡ", "CN SHA"])
def test_a_mendable_code_is_refused_with_the_plain_form(code):
    (finding,) = un_location_code.findings(code)
    assert (finding.code, finding.params["better"]) == ("identifier-not-plain", "CNSHA")


def test_a_place_is_named_in_both_languages_or_by_its_code():
    assert un_location_code.name("CNSHA", "zh-CN") == "上海"
    assert un_location_code.name("CNSHA", "en") == "Shanghai"
    assert un_location_code.name("BRSSZ", "zh") == "BRSSZ"
