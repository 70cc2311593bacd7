"""Number plates: one of each kind, and what is none."""

import pytest

from yidan.kernel.identifiers import plate
from yidan.kernel.identifiers.plate import PlateKind


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("皖A12345", PlateKind.FUEL),
        ("沪B6K8T9", PlateKind.FUEL),
        ("沪AD12345", PlateKind.NEW_ENERGY_SMALL),
        ("浙BF1234A", None),
        ("浙B12345F", PlateKind.NEW_ENERGY_LARGE),
        ("鲁B1234挂", PlateKind.TRAILER),
        ("粤ZA123港", PlateKind.HONG_KONG),
        ("粤ZB123澳", PlateKind.MACAO),
        ("京A1234警", PlateKind.POLICE),
        ("沪A0023领", PlateKind.CONSULATE),
        ("使224001", PlateKind.EMBASSY),
        ("沪A1234学", PlateKind.LEARNER),
        ("沪I12345", None),
        ("沪A1234O", None),
        ("港A12345", None),
        ("A12345", None),
        ("沪A123456", None),
        ("", None),
    ],
)
def test_the_kind_of_a_plate_is_known_by_its_form(number, kind):
    assert plate.kind_of(number) == kind
    assert [f.code for f in plate.findings(number)] == ([] if kind else ["plate-form"])


@pytest.mark.parametrize("number", ["沪a12345", "沪A·12345", "沪Ａ１２３４５", "沪A12345\n"])
def test_a_mendable_plate_is_refused_with_the_plain_form(number):
    (finding,) = plate.findings(number)
    assert (finding.code, finding.params["better"]) == ("identifier-not-plain", "沪A12345")
    assert plate.kind_of(number) is None
