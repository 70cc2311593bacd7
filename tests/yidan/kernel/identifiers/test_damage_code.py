"""The form of damage codes, at the gate and at the tally."""

import pytest

from yidan.kernel.identifiers import damage_code


def test_a_right_one_has_no_findings():
    assert damage_code.findings("PAA-LB3N-DT") == []


@pytest.mark.parametrize("text", ["", "DT", "1:2", "PAA-LB3N", "PAA-LB3N-DT-MV", "箱-破-了", "-"])
def test_another_form_is_refused_with_its_place_and_the_right_one(text):
    (finding,) = damage_code.findings(text, at="/damageCodes/0")
    assert (finding.code, finding.at) == ("damage-code-form", "/damageCodes/0")
    assert "PAA-LB3N-DT" in finding.text("en")
    assert "PAA-LB3N-DT" in finding.text("zh")


@pytest.mark.parametrize("text", ["1", "DT", "1:2", "DEN:TOP"])
def test_the_tally_writes_type_and_area(text):
    assert damage_code.UNTDED.fullmatch(text)
    assert damage_code.findings(text) != []
