"""Reading a valid bill plainly, and a wrong one carefully."""

from datetime import UTC, datetime

import pytest

from yidan.waybill.rules import reading


def test_a_box_carries_the_sums_of_what_is_in_it(bill):
    bill["cargoItems"].append({**bill["cargoItems"][0], "grossMassKg": 650})
    first, second, _ = reading.boxes(bill)
    assert (first.package_quantity, first.gross_mass_kg) == (16, 22_000)
    assert (second.package_quantity, second.gross_mass_kg) == (44, 18_904)
    assert first.seal_numbers == ("EO7781203", "CC0045511")


def test_a_leg_is_read_with_its_ship_and_its_times(bill):
    sea = reading.legs(bill)[1]
    assert (sea.mode, sea.vessel_imo_number, sea.voyage) == ("SEA", "9795426", "062E")
    assert (sea.from_location, sea.to_location) == ("NLRTM", "CNLYG")
    assert sea.planned_arrival_at == datetime(2026, 11, 18, 21, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2026-11-22T08:00:00", "yesterday", "", 20261122, None])
def test_what_is_no_instant_with_an_offset_is_none(written):
    assert reading.instant({"at": written}, "at") is None


def test_true_and_one_point_nought_are_no_integers():
    assert [reading.integer({"n": n}, "n") for n in (True, 1.0, "1", 1)] == [None, None, None, 1]


def test_what_is_no_text_in_a_list_is_passed_over():
    assert list(reading.texts({"sealNumbers": ["A", 7, "B"]}, "sealNumbers", "/x")) == [
        ("/x/sealNumbers/0", "A"),
        ("/x/sealNumbers/2", "B"),
    ]
