"""LEIs against python-stdnum."""

from hypothesis import given
from hypothesis import strategies as st
from stdnum import lei as oracle

from yidan.kernel.identifiers import lei


def codes(code):
    return [finding.code for finding in lei.findings(code)]


def test_form_and_check_digits_are_checked():
    assert codes("213800KUD8LAJWSQ9D15") == []
    assert codes("213800KUD8LXJWSQ9D15") == ["lei-check-digits"]
    assert codes("213800KUD8LAJWSQ9D1") == ["lei-form"]
    assert codes("213800kud8lajwsq9d15") == ["identifier-not-plain"]


@given(st.from_regex(lei.FORM, fullmatch=True))
def test_the_verdict_is_that_of_python_stdnum(code):
    assert (codes(code) == []) == oracle.is_valid(code)
