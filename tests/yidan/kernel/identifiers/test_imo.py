"""IMO numbers against python-stdnum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import imo as oracle

from yidan.kernel.identifiers import imo


def codes(number):
    return [finding.code for finding in imo.findings(number)]


def test_form_and_check_digit_are_checked():
    assert codes("9319466") == []
    assert codes("9319467") == ["imo-number-check-digit"]
    assert codes("IMO9319466") == ["imo-number-form"]
    assert codes("９３１９４６６") == ["identifier-not-plain"]


@pytest.mark.parametrize("number", ["UN9319466", "CN9319466", "IMO9319466", "9319466"])
def test_what_stands_before_the_digits_is_stripped(number):
    assert imo.bare(number) == "9319466"


def test_what_is_no_number_is_left_as_it_is():
    assert imo.bare("UN931946") == "UN931946"


@given(st.from_regex(imo.FORM, fullmatch=True))
def test_the_verdict_is_that_of_python_stdnum(number):
    assert (codes(number) == []) == oracle.is_valid(number)
