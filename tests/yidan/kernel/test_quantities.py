"""Masses in whole kilograms, both ends of the range included."""

import pytest

from yidan.kernel.quantities import MAX_KG, mass_findings


@pytest.mark.parametrize("mass_kg", [1, 24_500, MAX_KG])
def test_a_mass_within_the_range_has_no_findings(mass_kg):
    assert mass_findings(mass_kg, at="/grossMassKg") == []


@pytest.mark.parametrize("mass_kg", [0, -1, MAX_KG + 1])
def test_a_mass_outside_the_range_is_found_where_it_stands(mass_kg):
    (found,) = mass_findings(mass_kg, at="/grossMassKg")
    assert (found.code, found.at) == ("quantity-out-of-range", "/grossMassKg")
    assert str(mass_kg) in found.text("en")


def test_the_range_can_be_given():
    assert mass_findings(0, at="", low=0, high=5) == []
    assert len(mass_findings(6, at="", low=0, high=5)) == 1
