"""The carrier or its agent answers; acceptance issues the document and asks for the legs."""

import pytest

from yidan.documents import tables as documents
from yidan.kernel.errors import ForbiddenError, InvalidTransitionError, NotFoundError
from yidan.waybill import actions, tables

AGENT = {
    "role": "SHIPPING_AGENT",
    "name": "连云港船舶代理",
    "identifiers": [{"scheme": "SCAC", "value": "LYGA"}],
}


def test_acceptance_issues_the_waybill_and_confirms_the_carriers_own_leg(house, bill):
    accepted = house.accept(bill)
    assert accepted.state.value == "accepted"
    assert [leg.state.value for leg in accepted.legs] == [
        "requested",
        "confirmed",
        "requested",
        "requested",
    ]
    document = house.see("rail", lambda uow: documents.find(uow.connection, accepted.document_id))
    assert document.number == "EOCLYG26110042"
    assert document.about == f"waybill:{accepted.id}"


def test_a_bill_whose_every_leg_is_the_carriers_is_booked_at_once(house, bill):
    del bill["legs"][2:]
    del bill["legs"][0]
    bill["legs"][0]["sequence"] = 1
    assert house.accept(bill).state.value == "booked"


def test_the_agent_that_the_carrier_appointed_accepts_for_it(house, bill):
    bill["parties"].append(AGENT)
    house.appoint()
    assert house.accept(bill, "agent").agent_id == house.ids["agent"]


def test_a_party_to_the_bill_that_is_not_the_main_carrier_may_not_answer(house, bill):
    submitted = house.submit(bill)
    for name in ("forwarder", "rail"):
        command = actions.AcceptWaybill(waybill_id=submitted.id)
        with pytest.raises(ForbiddenError) as refused:
            house.do(name, actions.accept_waybill, command)
        assert [r.code for r in refused.value.reasons] == ["not-the-carrier"]


def test_a_stranger_cannot_even_tell_that_the_bill_is_there(house, bill):
    submitted = house.submit(bill)
    for waybill_id in (submitted.id, "no-such-bill"):
        command = actions.AcceptWaybill(waybill_id=waybill_id)
        with pytest.raises(NotFoundError):
            house.do("agent", actions.accept_waybill, command)


def test_a_bill_is_answered_once(house, bill):
    accepted = house.accept(bill)
    for action, command in (
        (actions.accept_waybill, actions.AcceptWaybill(waybill_id=accepted.id)),
        (actions.return_waybill, actions.ReturnWaybill(waybill_id=accepted.id, why="late")),
    ):
        with pytest.raises(InvalidTransitionError):
            house.do("carrier", action, command)


def test_a_submitted_bill_is_not_live_and_an_accepted_one_is(house, bill):
    submitted = house.submit(bill)

    def find():
        number = submitted.transport_document_reference
        return house.see("carrier", lambda uow: tables.find_bill(uow.connection, number))

    def of_box():
        return house.see("carrier", lambda uow: tables.bills_of_box(uow.connection, "CSQU3054383"))

    assert (find(), of_box()) == (None, [])
    command = actions.AcceptWaybill(waybill_id=submitted.id)
    house.do("carrier", actions.accept_waybill, command)
    assert find().id == submitted.id
    assert [one.id for one in of_box()] == [submitted.id]
