"""Submitting bills on both databases: all findings at once; one number for each carrier."""

import pytest

from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role
from yidan.waybill import actions, tables
from yidan.waybill.events import WaybillSubmitted


def refused(house, body, name="forwarder", error=InvalidError):
    with pytest.raises(error) as caught:
        house.submit(body, name)
    return [(reason.code, reason.at) for reason in caught.value.reasons]


def test_a_submitted_bill_stands_as_it_was_sent(house, bill):
    submitted = house.submit(bill)
    assert submitted.state.value == "submitted"
    assert submitted.transport_document_reference == "EOCLYG26110042"
    assert (submitted.gross_mass_kg, submitted.package_quantity) == (52734, 372)
    assert [leg.state.value for leg in submitted.legs] == ["planned"] * 4
    assert [box.equipment_reference for box in submitted.boxes] == [
        "COSU6123451",
        "CSQU3054383",
        "TRHU4588170",
    ]
    assert submitted.boxes[1].seal_numbers == ("EO7781203", "CC0045511")
    assert (submitted.vessel_imo_number, submitted.voyage) == ("9795426", "062E")
    assert submitted.parties[Role.CARRIER] == house.ids["carrier"]
    assert submitted.legs[2].carrier_id == house.ids["rail"]
    history = house.see("forwarder", lambda uow: uow.history(f"waybill:{submitted.id}"))
    assert [type(one.event) for one in history] == [WaybillSubmitted]
    assert history[0].event.body == bill


def test_a_bulk_bill_has_kilograms_and_no_box(house, bulk_bill):
    submitted = house.submit(bulk_bill)
    assert submitted.bulk
    assert submitted.boxes == ()
    assert submitted.gross_mass_kg == 74_850_000


def test_an_unregistered_consignee_is_kept_as_identifier(house, bill):
    consignee = house.submit(bill).consignee
    assert consignee.party_id == ""
    assert consignee.identifiers == ("uscc:91610131MA6X2TRN8X",)


def test_who_registers_later_becomes_a_party_to_the_bills_that_name_it(house, bill):
    submitted = house.submit(bill)
    house.register("consignee", Role.CONSIGNEE, ["uscc:91610131MA6X2TRN8X"])
    seen = house.see("consignee", lambda uow: actions.look_at_waybill(submitted.id, uow))
    assert seen.consignee.party_id == house.ids["consignee"]
    assert seen.parties[Role.CONSIGNEE] == house.ids["consignee"]
    house.register("other", Role.CONSIGNEE, ["lei:529900T8BM49AURSDO55"])
    with pytest.raises(NotFoundError):
        house.see("other", lambda uow: actions.look_at_waybill(submitted.id, uow))


def test_schema_rules_and_registration_speak_at_once(house, bill):
    bill["terms"]["freightPayment"] = "LATER"
    bill["totals"]["packageQuantity"] = 1
    bill["parties"][3]["identifiers"] = [{"scheme": "SMDG", "value": "QZQ"}]
    assert {at for _, at in refused(house, bill)} == {
        "/terms/freightPayment",
        "/totals/packageQuantity",
        "/legs/1/carrierIdentifier",
        "/parties/3",
    }
    assert house.see("forwarder", actions.list_waybills) == []


def test_only_the_forwarder_named_in_it_submits_a_bill(house, bill):
    assert refused(house, bill, "agent") == [("not-the-forwarder", "/parties/2")]


def test_a_party_that_is_not_verified_submits_nothing(house, bill):
    house.register("new", Role.FORWARDER, ["lei:529900T8BM49AURSDO55"], verified=False)
    assert refused(house, bill, "new", ForbiddenError) == [("party-not-verified", "")]


def test_carrier_and_agent_are_registered_in_their_roles(house, bill):
    bill["parties"].append(
        {
            "role": "SHIPPING_AGENT",
            "name": "东方船代",
            "identifiers": [{"scheme": "USCC", "value": "91320703MA1Q5KHY6Q"}],
        }
    )
    assert refused(house, bill) == [("party-not-in-this-role", "/parties/4")]


def test_a_number_is_used_once_a_carrier(house, bill):
    house.submit(bill)
    number = "/transportDocumentReference"
    assert refused(house, bill, error=RefusedError) == [("bill-number-taken", number)]


def test_another_carrier_may_use_the_same_number(house, bill):
    house.accept(bill)
    house.register("second", Role.CARRIER, ["smdg:SEC"])
    bill["parties"][3] = {
        "role": "CARRIER",
        "name": "Second Lines",
        "identifiers": [{"scheme": "SMDG", "value": "SEC"}],
    }
    bill["legs"][1]["carrierIdentifier"] = "SEC"
    house.accept(bill, "second")

    def find(party=""):
        number = bill["transportDocumentReference"]
        return house.see(
            "carrier",
            lambda uow: tables.find_bill(uow.connection, number, house.ids.get(party, "")),
        )

    assert find() is None
    assert find("second").carrier_id == house.ids["second"]
    assert find("carrier").carrier_id == house.ids["carrier"]


def test_a_returned_bill_is_submitted_again_under_the_same_id(house, bill):
    first = house.submit(bill)
    returned = actions.ReturnWaybill(waybill_id=first.id, why="wrong voyage")
    house.do("carrier", actions.return_waybill, returned)
    bill["legs"][1]["transportMeans"]["voyage"] = "063E"
    bill["equipment"].pop()
    bill["cargoItems"].pop()
    bill["totals"] = {"grossMassKg": 40254, "packageQuantity": 52, "equipmentQuantity": 2}
    again = house.submit(bill)
    assert (again.id, again.version, again.state.value) == (first.id, 2, "submitted")
    assert again.voyage == "063E"
    assert len(again.boxes) == 2
