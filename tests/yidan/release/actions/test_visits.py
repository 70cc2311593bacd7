"""What the terminal says: its list, discharges, its own light, charges."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.port import BOX, VESSEL, VOYAGE
from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role
from yidan.release.actions import visits
from yidan.release.actions.visits import ExpectVisits, ListedBox
from yidan.release.rules.lights import ChargesLight, DischargeLight, TerminalLight

LIST = ExpectVisits(
    vessel_imo_number=VESSEL,
    voyage=VOYAGE,
    un_location_code="CNLYG",
    boxes=(ListedBox(equipment_reference=BOX, iso_equipment_code="45G1"),),
)


def codes(raised):
    return [reason.code for reason in raised.value.reasons]


def expect(port, command, who="terminal"):
    return port.do(who, lambda uow: visits.expect_visits(command, uow))


def test_the_same_list_again_records_nothing_and_a_corrected_one_what_changed(port):
    port.people()
    first = expect(port, LIST)
    assert expect(port, LIST).event_ids == ()
    box = replace(LIST.boxes[0], gross_mass_kg=25_230)
    corrected = expect(port, replace(LIST, boxes=(box,)))
    assert (len(corrected.event_ids), corrected.visit_ids) == (1, first.visit_ids)


def test_a_box_that_comes_again_is_another_visit(port):
    port.people()
    assert expect(port, LIST).visit_ids != expect(port, replace(LIST, voyage="071E")).visit_ids


def test_every_finding_of_a_list_comes_at_once(port):
    port.people()
    bad = ListedBox(equipment_reference="CSQU3054389", iso_equipment_code="45G1", gross_mass_kg=0)
    with pytest.raises(InvalidError) as invalid:
        expect(port, replace(LIST, vessel_imo_number="9795425", boxes=(bad, bad)))
    assert codes(invalid) == [
        "imo-number-check-digit",
        "container-check-digit",
        "quantity-out-of-range",
        "container-check-digit",
        "quantity-out-of-range",
        "visit-listed-twice",
    ]


def test_a_box_is_on_one_terminals_list_and_others_do_not_see_it(port):
    port.people()
    port.party("other terminal", Role.TERMINAL)
    (visit_id,) = expect(port, LIST).visit_ids
    with pytest.raises(RefusedError) as refused:
        expect(port, LIST, who="other terminal")
    assert codes(refused) == ["visit-listed-by-other-terminal"]
    released = visits.SetTerminalStatus(visit_id=visit_id, status=TerminalLight.RELEASED)
    with pytest.raises(NotFoundError):
        port.do("other terminal", lambda uow: visits.set_terminal_status(released, uow))
    with pytest.raises(ForbiddenError):
        port.do("haulier", lambda uow: visits.set_terminal_status(released, uow))
    with pytest.raises(ForbiddenError):
        expect(port, LIST, who="agent")


def test_a_box_is_discharged_once_and_never_in_the_future(port):
    port.people()
    (visit_id,) = expect(port, LIST).visit_ids
    ahead = port.now() + timedelta(days=1)
    command = visits.ReportDischarge(visit_id=visit_id, occurred_at=ahead)
    done = port.do("terminal", lambda uow: visits.report_discharge(command, uow)).visit
    assert done.discharge is DischargeLight.DISCHARGED
    assert done.discharged_at < ahead
    with pytest.raises(RefusedError) as refused:
        port.do("terminal", lambda uow: visits.report_discharge(command, uow))
    assert codes(refused) == ["box-discharged-already"]


def test_status_and_charges_are_said_and_shown(port):
    port.people()
    (visit_id,) = expect(port, LIST).visit_ids
    paid = visits.SetCharges(
        visit_id=visit_id, status=ChargesLight.PAID, paid_through_on=date(2026, 11, 25)
    )
    done = port.do("terminal", lambda uow: visits.set_charges(paid, uow)).visit
    assert (done.charges, done.paid_through_on) == (ChargesLight.PAID, date(2026, 11, 25))
    unknown = visits.SetTerminalStatus(visit_id=visit_id, status=TerminalLight.UNKNOWN)
    with pytest.raises(InvalidError):
        port.do("terminal", lambda uow: visits.set_terminal_status(unknown, uow))


def test_a_visit_is_found_by_box_and_voyage_by_its_terminal_only(port):
    port.people()
    (visit_id,) = expect(port, LIST).visit_ids
    key = (BOX, VESSEL, VOYAGE)
    assert port.look("terminal", lambda uow: visits.visit_id_of(*key, uow)) == visit_id
    with pytest.raises(NotFoundError):
        port.look("agent", lambda uow: visits.visit_id_of(*key, uow))


def test_a_visit_that_is_over_is_not_changed(port):
    from tests.lanes import Lanes

    right = port.ready()
    lanes = Lanes(port)
    lanes.inside()
    lanes.opens(lanes.goes_out())
    blocked = visits.SetTerminalStatus(visit_id=right.visit_id, status=TerminalLight.BLOCKED)
    with pytest.raises(RefusedError) as refused:
        port.do("terminal", lambda uow: visits.set_terminal_status(blocked, uow))
    assert codes(refused) == ["visit-over"]
    with pytest.raises(RefusedError) as refused:
        port.listed()
    assert codes(refused) == ["visit-over"]
