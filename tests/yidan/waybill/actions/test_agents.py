"""Being named on a bill lets nobody act for its carrier; the carrier's appointment does."""

import pytest

from tests.yidan.parties.agencies import refused_codes
from yidan.parties.actions import end_agency
from yidan.waybill import actions
from yidan.waybill.events import ResealReason

AGENT = {
    "role": "SHIPPING_AGENT",
    "name": "连云港船舶代理",
    "identifiers": [{"scheme": "SCAC", "value": "LYGA"}],
}


def answers(house, submitted):
    """Why the agent may neither accept nor return the bill."""
    accept = actions.AcceptWaybill(waybill_id=submitted.id)
    back = actions.ReturnWaybill(waybill_id=submitted.id, why="x")
    return (
        refused_codes(lambda: house.do("agent", actions.accept_waybill, accept)),
        refused_codes(lambda: house.do("agent", actions.return_waybill, back)),
    )


def test_an_agent_that_the_forwarder_brought_along_does_not_answer_for_the_carrier(house, bill):
    bill["parties"].append(AGENT)
    submitted = house.submit(bill)
    assert answers(house, submitted) == (["agent-not-appointed"],) * 2
    assert house.see("carrier", lambda uow: actions.look_at_waybill(submitted.id, uow)) == submitted


def test_an_appointment_that_ended_lets_nobody_answer(house, bill):
    bill["parties"].append(AGENT)
    agency_id = house.appoint()
    submitted = house.submit(bill)
    house.run("carrier", lambda uow: end_agency(agency_id, "over", uow))
    assert answers(house, submitted) == (["agent-not-appointed"],) * 2


def test_an_appointment_by_another_carrier_is_none(house, bill):
    bill["parties"].append(AGENT)
    house.appoint(name="rail")
    assert answers(house, house.submit(bill)) == (["agent-not-appointed"],) * 2


@pytest.mark.parametrize(
    ("ports", "accepts"), [(["NLRTM"], True), (["CNLYG", "CNSHA"], True), (["CNSHA"], False)]
)
def test_a_bill_is_accepted_at_a_port_where_its_carrier_takes_or_gives_goods(
    house, bill, ports, accepts
):
    bill["parties"].append(AGENT)
    house.appoint(*ports)
    if accepts:
        assert house.accept(bill, "agent").state.value == "accepted"
    else:
        assert answers(house, house.submit(bill)) == (["agent-not-for-port"],) * 2


def test_the_ports_are_those_of_the_carriers_own_legs(house, bill):
    submitted = house.submit(bill)
    assert (submitted.ports, submitted.release_ports) == ({"NLRTM", "CNLYG"}, {"CNLYG"})


def test_an_agent_without_appointment_says_nothing_of_seals(house, bill):
    bill["parties"].append(AGENT)
    accepted = house.accept(bill)
    reseal = actions.ResealBox(
        waybill_id=accepted.id,
        equipment_reference=accepted.boxes[0].equipment_reference,
        reseal_reason=next(iter(ResealReason)),
        seal_numbers=("SEAL1",),
        occurred_at=accepted.submitted_at,
    )
    assert refused_codes(lambda: house.do("agent", actions.reseal_box, reseal)) == [
        "agent-not-appointed"
    ]
    house.appoint()
    assert house.do("agent", actions.reseal_box, reseal).bill.boxes[0].seal_numbers == ("SEAL1",)
