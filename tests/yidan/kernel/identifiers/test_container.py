"""Container numbers: the standard's own example, python-stdnum's verdicts, and look-alikes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso6346

from yidan.kernel.identifiers import container


def codes(number):
    return [finding.code for finding in container.findings(number)]


@pytest.mark.parametrize("number", ["CSQU3054383", "MSKU1234565", "HLXU8438530"])
def test_a_right_number_has_no_findings(number):
    assert codes(number) == []


@pytest.mark.parametrize(
    "number",
    ["csqu3054383", "CSQU３０５４３８３", "CSQU3054383\n", " CSQU3054383", "CSQU 305438-3"],
)
def test_a_mendable_number_is_refused_with_the_plain_form(number):
    (finding,) = container.findings(number, at="/equipmentReference")
    assert (finding.code, finding.at) == ("identifier-not-plain", "/equipmentReference")
    assert finding.params["better"] == "CSQU3054383"


@pytest.mark.parametrize(
    "number", ["", "CSQU305438", "CSQX3054383", "CSQU305438O", "集装箱", "A" * 99]
)
def test_another_form_is_refused(number):
    assert codes(number) == ["container-number-form"]


def test_a_wrong_check_digit_names_the_one_expected():
    (finding,) = container.findings("MSKU1234567")
    assert finding.code == "container-check-digit"
    assert "would be 5" in finding.text("en")
    assert "校验码应为 5" in finding.text("zh")


@given(st.from_regex(container.FORM, fullmatch=True))
def test_the_verdict_is_that_of_python_stdnum(number):
    assert (codes(number) == []) == iso6346.is_valid(number)
