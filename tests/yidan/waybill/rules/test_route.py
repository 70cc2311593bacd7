"""The way: in order, contiguous in place and time, with its ship and its main leg."""

import pytest

from yidan.waybill.rules import route


def codes(body):
    return [(reason.code, reason.at) for reason in route.findings(body)]


def test_the_right_way_has_no_findings(bill, bulk_bill):
    assert codes(bill) == []
    assert codes(bulk_bill) == []


def test_legs_that_do_not_meet_are_found_with_both_places(bill):
    bill["legs"][2]["from"]["unLocationCode"] = "CNSHA"
    (found,) = route.findings(bill)
    assert (found.code, found.at) == ("legs-not-contiguous", "/legs/2/from/unLocationCode")
    assert found.params == {"leg": "3", "start": "CNSHA", "end": "CNLYG"}


def test_a_leg_cannot_depart_before_the_goods_are_there(bill):
    bill["legs"][2]["plannedDepartureAt"] = "2026-11-19T04:59:59+08:00"
    assert codes(bill) == [("leg-departs-before-arrival", "/legs/2/plannedDepartureAt")]


def test_offsets_count_and_not_the_written_hours(bill):
    bill["legs"][2]["plannedDepartureAt"] = "2026-11-18T21:00:00+00:00"
    assert codes(bill) == []


def test_a_leg_cannot_arrive_when_it_departs(bill):
    bill["legs"][3]["plannedArrivalAt"] = bill["legs"][3]["plannedDepartureAt"]
    assert codes(bill) == [("leg-arrives-before-departing", "/legs/3/plannedArrivalAt")]


def test_legs_count_from_one_in_the_order_of_travel(bill):
    bill["legs"][0]["sequence"], bill["legs"][1]["sequence"] = 2, 1
    assert codes(bill) == [
        ("leg-sequence", "/legs/0/sequence"),
        ("leg-sequence", "/legs/1/sequence"),
    ]


def test_a_sea_leg_names_its_ship(bill):
    del bill["legs"][1]["transportMeans"]["voyage"]
    assert codes(bill) == [("leg-vessel-missing", "/legs/1/transportMeans")]


def test_identifiers_of_means_and_places_are_checked(bill):
    bill["legs"][1]["transportMeans"]["vesselImoNumber"] = "9795427"
    bill["legs"][3]["transportMeans"]["plate"] = "陕AD882O"
    bill["legs"][0]["from"]["unLocationCode"] = "DEDU1"
    assert codes(bill) == [
        ("un-location-code-form", "/legs/0/from/unLocationCode"),
        ("imo-number-check-digit", "/legs/1/transportMeans/vesselImoNumber"),
        ("plate-form", "/legs/3/transportMeans/plate"),
    ]


@pytest.mark.parametrize(
    ("modes", "expected"),
    [("RAIL SEA BARGE", 1), ("ROAD RAIL", 1), ("BARGE RAIL", 0), ("ROAD", 0), ("SEA SEA", 0)],
)
def test_the_main_leg_is_the_first_of_the_strongest_mode(modes, expected):
    legs = [{"mode": mode} for mode in modes.split()]
    assert route.main_leg(legs) is legs[expected]


def test_no_legs_have_no_main_leg():
    assert route.main_leg([]) is None


def test_an_end_without_a_place_is_the_schemas_business(bill):
    bill["legs"][0]["from"].pop("unLocationCode")
    assert not [r for r in route.findings(bill) if r.at == "/legs/0/from/unLocationCode"]
