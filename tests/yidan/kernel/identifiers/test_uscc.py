"""Unified social credit codes against python-stdnum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as oracle

from yidan.kernel.identifiers import organisation_code, uscc

RIGHT = "91110000600037341L"


def test_a_right_code_has_no_findings_and_holds_an_organisation_code():
    assert uscc.findings(RIGHT) == []
    assert uscc.organisation_code(RIGHT) == "600037341"
    assert organisation_code.findings("600037341") == []


@pytest.mark.parametrize("code", ["", "A1110000600037341L", "9111000060003734IL", RIGHT + "0"])
def test_another_form_is_refused(code):
    assert [f.code for f in uscc.findings(code)] == ["uscc-form"]


def test_lower_case_is_refused_with_the_plain_form():
    assert [f.code for f in uscc.findings(RIGHT.lower())] == ["identifier-not-plain"]


def test_a_wrong_check_character_is_found():
    assert [f.code for f in uscc.findings(RIGHT[:-1] + "M")] == ["uscc-check-character"]


@given(st.from_regex(uscc.FORM, fullmatch=True))
def test_the_verdict_is_that_of_python_stdnum(code):
    assert (uscc.findings(code) == []) == oracle.is_valid(code)
