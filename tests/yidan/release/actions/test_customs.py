"""Customs' decisions: per bill or box, the latest counts, stops always apply."""

from datetime import timedelta
from itertools import permutations

import pytest

from tests.port import BOX, Port, box_number
from yidan.kernel.errors import ForbiddenError, InvalidError
from yidan.kernel.reasons import Role
from yidan.release.rules.lights import CustomsLight
from yidan.release.tables import bills, holds
from yidan.release.tables.bills import BillKey

OTHER = box_number(305439)
BILL = "EOCLYG26110042"


def decision(port, box, number=BILL, carrier="carrier"):
    key = BillKey(port.ids[carrier], number)
    return port.look("system", lambda uow: bills.customs_of(uow.connection, key, box))


def light(port, box, number=BILL, carrier="carrier"):
    found = decision(port, box, number, carrier)
    return found and found.status.value


def outcome(done):
    return [(line.applied, [r.code for r in line.reasons]) for line in done.lines]


def holds_on(port, guardian):
    return port.look("system", lambda uow: holds.active_on(uow.connection, [guardian]))


@pytest.fixture
def bill(port):
    return port.people().bill(boxes=(BOX, OTHER))


def test_a_release_of_the_bill_is_green_for_every_box_and_one_of_a_box_for_it_alone(port, bill):
    port.customs("released", BOX)
    assert (light(port, BOX), light(port, OTHER)) == ("released", None)
    port.customs("released")
    assert (light(port, BOX), light(port, OTHER)) == ("released", "released")


def test_a_cancelled_release_goes_red_again(port, bill):
    port.customs("released")
    port.customs("notreleased", OTHER)
    assert (light(port, BOX), light(port, OTHER)) == ("released", "notreleased")


def test_a_bill_wide_stop_counts_over_an_earlier_release_of_a_box(port, bill):
    port.customs("released", BOX)
    port.customs("quarantine")
    assert light(port, BOX) == "quarantine"


def test_every_order_of_arrival_ends_in_the_same_lights(port, bill):
    began = port.now() - timedelta(hours=6)
    story = [
        ("selectedforscan", (), began),
        ("released", (BOX,), began + timedelta(hours=1)),
        ("notreleased", (BOX,), began + timedelta(hours=2)),
        ("released", (), began + timedelta(hours=3)),
    ]
    ends = set()
    for index, order in enumerate(permutations(story)):
        number = f"ORDER{index}"
        for status, boxes, at in order:
            port.customs(status, *boxes, number=number, at=at)
        ends.add((light(port, BOX, number), light(port, OTHER, number)))
    assert ends == {("released", "released")}


def test_a_release_of_a_box_that_is_not_on_the_bill_is_not_taken_but_a_stop_is(port, bill):
    stranger = box_number(305444)
    refused = port.customs("released", stranger, BOX)
    assert [(line.reference, line.applied) for line in refused.lines] == [
        (stranger, False),
        (BOX, True),
    ]
    assert light(port, stranger) is None
    assert port.customs("quarantine", stranger).lines[0].applied
    assert light(port, stranger) == "quarantine"


def test_a_release_dated_ahead_of_our_clock_is_not_taken_and_a_stop_counts_from_now(port, bill):
    ahead = port.now() + timedelta(hours=2)
    done = port.customs("released", at=ahead)
    assert done.event_id == ""
    assert [r.code for r in done.lines[0].reasons] == ["customs-release-in-future"]
    port.customs("quarantine", at=ahead)
    port.customs("released")
    assert light(port, BOX) == "released"


def test_a_decision_on_a_bill_that_is_not_here_yet_waits_for_it(port):
    port.people()
    port.customs("released", number="LATER1")
    port.bill(number="LATER1")
    assert light(port, BOX, "LATER1") == "released"


def test_the_quantity_of_a_bulk_release_is_kept(port, bill):
    port.customs("released", kg=30_000_000)
    found = decision(port, "")
    assert (found.status, found.released_quantity_kg) == (CustomsLight.RELEASED, 30_000_000)


def test_only_customs_reports_and_in_its_own_words(port: Port, bill):
    with pytest.raises(InvalidError) as invalid:
        port.customs("RELEASED")
    assert [r.code for r in invalid.value.reasons] == ["customs-status-unknown"]
    from yidan.ports import ReportCustomsStatus
    from yidan.release.actions import customs

    command = ReportCustomsStatus(
        transport_document_reference=BILL,
        equipment_references=(),
        status="released",
        released_quantity_kg=None,
        declaration_number="",
        occurred_at=port.now(),
    )
    with pytest.raises(ForbiddenError):
        port.do("agent", lambda uow: customs.report_customs_status(command, uow))


def test_a_late_stop_behind_a_release_of_another_declaration_holds_the_box_once(port, bill):
    early = port.now() - timedelta(hours=1)
    port.customs("released", BOX)
    for _ in range(2):
        done = port.customs("selectedforscan", BOX, at=early, declaration="OTHER")
        assert done.event_id
        assert outcome(done) == [(True, ["customs-late-stop-held"])]
    (hold,) = holds_on(port, f"box:{BOX}")
    assert (hold.kind.value, hold.placed_by) == ("CUSTOMS", port.ids["customs"])


def test_a_late_stop_of_the_bill_is_not_lost_behind_the_release_of_one_box(port, bill):
    early = port.now() - timedelta(hours=1)
    port.customs("released", BOX)
    done = port.customs("quarantine", at=early, declaration="")
    assert outcome(done) == [(True, ["customs-late-stop-held"])]
    assert [hold.guardian for hold in holds_on(port, f"bill:{BILL}")] == [f"bill:{BILL}"]
    assert light(port, OTHER) == "quarantine"


def test_a_late_stop_that_a_later_release_covers_is_kept_and_said_not_to_act(port, bill):
    early = port.now() - timedelta(hours=1)
    port.customs("released")
    done = port.customs("selectedforscan", BOX, at=early)
    assert done.event_id
    assert outcome(done) == [(False, ["customs-late-stop-covered"])]
    assert (light(port, BOX), holds_on(port, f"box:{BOX}")) == ("released", ())


def test_a_late_release_behind_a_stop_is_said_to_release_nothing(port, bill):
    early = port.now() - timedelta(hours=1)
    port.customs("quarantine")
    done = port.customs("released", BOX, at=early)
    assert outcome(done) == [(False, ["customs-later-stop-stands"])]
    assert light(port, BOX) == "quarantine"


def test_a_late_stop_behind_a_later_stop_acts_as_ever(port, bill):
    early = port.now() - timedelta(hours=1)
    port.customs("quarantine")
    assert outcome(port.customs("selectedforscan", at=early)) == [(True, [])]
    assert light(port, BOX) == "quarantine"


def test_a_release_counts_for_the_carriers_bill_it_was_taken_for_alone(port, bill):
    port.customs("released")
    port.party("other carrier", Role.CARRIER)
    port.bill(boxes=(BOX,), carrier="other carrier", agent="other carrier")
    assert (light(port, BOX), light(port, BOX, carrier="other carrier")) == ("released", None)
    assert outcome(port.customs("released")) == [(False, ["customs-bill-ambiguous"])]
    port.customs("quarantine")
    assert light(port, BOX, carrier="other carrier") == "quarantine"


def test_a_release_that_came_before_two_carriers_bills_counts_for_neither(port):
    port.people()
    port.customs("released", number="LATER1")
    port.bill(number="LATER1")
    port.party("other carrier", Role.CARRIER)
    port.bill(number="LATER1", carrier="other carrier", agent="other carrier")
    assert light(port, BOX, "LATER1") is None
    assert light(port, BOX, "LATER1", carrier="other carrier") is None
