"""Captures: which truck, which box, how sure; resumed, never reset; every reason at once."""

import pytest

from tests.lanes import SURE, codes
from tests.port import BOX, PLATE, box_number
from yidan.gate.actions import captures
from yidan.gate.rules.states import TransactionState
from yidan.kernel.errors import ForbiddenError
from yidan.release.rules.right import RightState

OTHER = box_number(305439)


def test_the_same_device_transaction_is_answered_again_and_nothing_is_recorded(port, lanes):
    command = lanes.seen(captures.Direction.IN)
    first = lanes.send(command)
    assert lanes.send(command) == first
    assert len(port.look("system", lambda uow: uow.history(f"gate:{first.id}"))) == 1


def test_u11_a_second_badge_at_the_lane_goes_on_with_the_open_transaction(port, lanes):
    first = lanes.comes_in()
    again = lanes.comes_in(plate="", confidences={})
    assert again.id == first.id
    lanes.opens(first)
    assert port.right_of().state is RightState.LOCKED_AT_GATE


def test_a_truck_nobody_announced_is_turned_away_and_told_whom_to_call(lanes):
    found = lanes.comes_in(plate="苏GZ9999", driver_id="x")
    assert found.state is TransactionState.REJECTED
    assert [(r.code, r.owner.value) for r in found.reasons] == [
        ("gate-plate-not-announced", "haulier")
    ]


@pytest.mark.parametrize("plate", ["", "苏GA12"])
def test_a_plate_that_was_not_read_surely_goes_to_a_clerk(lanes, plate):
    found = lanes.comes_in(plate=plate, confidences={**SURE, "plate": 700})
    assert (found.state, codes(found)) == (TransactionState.REFERRED, ["gate-plate-unread"])


def test_s16_another_driver_is_turned_away_and_an_unread_one_goes_to_a_clerk(lanes):
    assert codes(lanes.comes_in(driver_id="someone")) == ["gate-driver-differs"]
    unread = lanes.comes_in(kiosk="B", driver_id="someone", confidences={**SURE, "driverId": 500})
    assert codes(unread) == ["gate-driver-unread"]


def test_a_truck_that_did_not_come_in_takes_nothing_out(lanes):
    found = lanes.goes_out()
    assert codes(found) == ["gate-truck-not-inside"]


def test_a7_another_box_on_the_truck_stays_in(port, lanes):
    lanes.inside()
    found = lanes.goes_out(equipment_reference=OTHER)
    assert (found.state, codes(found)) == (TransactionState.REJECTED, ["gate-box-differs"])
    assert port.right_of().state is RightState.LOCKED_AT_GATE


@pytest.mark.parametrize(
    "read",
    [
        BOX[:-1] + str((int(BOX[-1]) + 1) % 10),
        BOX.replace("0", "O"),
        BOX.replace("C", "Ｃ"),
        BOX + "\n",
        BOX.lower(),
        BOX[:4] + " " + BOX[4:],
        "",
    ],
)
def test_a7_a_look_alike_is_never_taken_for_the_box(port, lanes, read):
    lanes.inside()
    found = lanes.goes_out(equipment_reference=read)
    assert (found.state, codes(found)) == (TransactionState.REFERRED, ["gate-box-unread"])


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        ({"gross_mass_kg": 27_000}, "gate-weight-differs"),
        ({"seal_numbers": ()}, "gate-seal-differs"),
        ({"seal_numbers": ("EO9999999",)}, "gate-seal-differs"),
        ({"confidences": {**SURE, "sealNumbers": 400}}, "gate-seal-unread"),
        ({"damage_codes": ("PAA-LB3N-HO",)}, "gate-damage-new"),
        ({"confidences": {**SURE, "equipmentReference": 790}}, "gate-box-unread"),
    ],
)
def test_weight_seal_damage_and_doubt_go_to_a_clerk(lanes, seen, code):
    lanes.inside()
    found = lanes.goes_out(**seen)
    assert (found.state, codes(found)) == (TransactionState.REFERRED, [code])


@pytest.mark.parametrize(
    "seen",
    [
        {"gross_mass_kg": 25_230 + 1_261},
        {"gross_mass_kg": None},
        {"damage_codes": ("PAA-LB3N-DT",)},
        {"confidences": {**SURE, "equipmentReference": 800}},
    ],
)
def test_what_lies_within_the_tolerances_passes(lanes, seen):
    lanes.inside()
    assert lanes.goes_out(**seen).state is TransactionState.APPROVED


def test_every_reason_comes_at_once_hard_ones_first(port, lanes):
    lanes.inside()
    port.customs("quarantine")
    found = lanes.goes_out(seal_numbers=(), equipment_reference=OTHER)
    assert codes(found) == ["gate-box-differs", "customs-not-released", "gate-seal-differs"]


def test_a_box_that_is_not_ready_does_not_lock_its_right_at_gate_in(port, lanes):
    port.customs("notreleased")
    found = lanes.comes_in()
    assert codes(found) == ["customs-not-released"]
    assert port.right_of().state is RightState.ASSIGNED


def test_a_gate_in_whose_barrier_stayed_shut_is_captured_anew_for_the_same_truck(port, lanes):
    first = lanes.quick().comes_in()
    port.wait_until(first.expires_at)
    again = lanes.comes_in(device_transaction_id="A-again")
    assert (again.state, again.truck_visit_id) == (
        TransactionState.APPROVED,
        first.truck_visit_id,
    )
    lanes.opens(again)


def test_only_a_terminals_device_captures(port, lanes):
    command = lanes.seen(captures.Direction.IN)
    with pytest.raises(ForbiddenError):
        port.do("haulier", lambda uow: captures.record_capture(command, lanes.site, uow))


def test_a_truck_reassigned_to_another_plate_is_not_let_in_by_the_old_one(port, right, lanes):
    port.assigned(right.id, plate="苏GB5678")
    assert codes(lanes.comes_in(plate=PLATE)) == ["gate-plate-not-announced"]
    assert lanes.comes_in(plate="苏GB5678", kiosk="B").state is TransactionState.APPROVED
