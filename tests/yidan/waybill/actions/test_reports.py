"""Leg reports: by whom they concern, in the order of the world, with the seals seen."""

from datetime import UTC, datetime, timedelta

import pytest

from yidan.kernel.errors import (
    ForbiddenError,
    InvalidError,
    InvalidTransitionError,
    NotFoundError,
    RefusedError,
)
from yidan.waybill import actions
from yidan.waybill.actions import LegStep
from yidan.waybill.actions.reports import note_box_seen
from yidan.waybill.events import BoxSeen, ResealReason

THEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
GOOD = BoxSeen(equipment_reference="COSU6123451", seal_numbers=("EO7781204",))
BROKEN = BoxSeen(equipment_reference="COSU6123451", seal_numbers=())


def report(house, name, waybill_id, sequence, step, *boxes, at=THEN):
    command = actions.ReportLeg(
        waybill_id=waybill_id, sequence=sequence, step=LegStep(step), occurred_at=at, boxes=boxes
    )
    return house.do(name, actions.report_leg, command)


@pytest.fixture
def accepted(house, bill):
    """Sea and rail only, so that everybody who carries is registered."""
    del bill["legs"][3]
    del bill["legs"][0]
    bill["legs"][0]["sequence"], bill["legs"][1]["sequence"] = 1, 2
    return house.accept(bill)


def test_the_bill_is_booked_then_under_way_then_delivered(house, accepted):
    house.register("consignee", "consignee", ["uscc:91610131MA6X2TRN8X"])
    assert report(house, "rail", accepted.id, 2, "confirmed").bill.state.value == "booked"
    changed = report(house, "carrier", accepted.id, 1, "departed", GOOD)
    assert changed.bill.state.value == "in_execution"
    assert len(changed.event_ids) == 2
    for name, sequence, step in (
        ("carrier", 1, "unloaded"),
        ("rail", 1, "handed_over"),
        ("rail", 2, "unloaded"),
        ("consignee", 2, "handed_over"),
    ):
        last = report(house, name, accepted.id, sequence, step, GOOD)
    assert last.bill.state.value == "delivered"
    assert [leg.state.value for leg in last.bill.legs] == ["handed_over", "handed_over"]


def test_every_step_is_reported_by_whom_it_concerns(house, accepted):
    for name, sequence, step in (
        ("forwarder", 1, "departed"),
        ("rail", 1, "arrived"),
        ("carrier", 1, "handed_over"),
        ("carrier", 2, "confirmed"),
        ("rail", 2, "replanned"),
    ):
        with pytest.raises(ForbiddenError) as refused:
            report(house, name, accepted.id, sequence, step)
        assert [r.code for r in refused.value.reasons] == ["not-your-leg"]


def test_a_failed_leg_is_replanned_by_the_forwarder_and_asked_again(house, accepted):
    report(house, "rail", accepted.id, 2, "failed")
    report(house, "forwarder", accepted.id, 2, "replanned")
    changed = report(house, "forwarder", accepted.id, 2, "requested")
    assert changed.bill.legs[1].state.value == "requested"


def test_a_step_the_state_does_not_allow_leaves_nothing_behind(house, accepted):
    with pytest.raises(InvalidTransitionError):
        report(house, "rail", accepted.id, 1, "handed_over", BROKEN)
    seen = house.see("carrier", lambda uow: actions.look_at_waybill(accepted.id, uow))
    assert not any(box.seal_differs for box in seen.boxes)


def test_other_seals_are_recorded_once_answered_each_time_and_shown(house, accepted):
    first = report(house, "carrier", accepted.id, 1, "arrived", BROKEN)
    second = report(house, "carrier", accepted.id, 1, "unloaded", BROKEN)
    assert [[f.code for f in c.findings] for c in (first, second)] == [["seal-differs"]] * 2
    assert second.bill.box("COSU6123451").seal_differs
    history = house.see("carrier", lambda uow: uow.history(f"waybill:{accepted.id}"))
    assert [one.event.TYPE for one in history].count("waybill.seal_differed.v1") == 1


def test_a_hand_over_with_other_seals_is_none(house, accepted):
    report(house, "carrier", accepted.id, 1, "unloaded", GOOD)
    changed = report(house, "rail", accepted.id, 1, "handed_over", BROKEN)
    assert changed.bill.legs[0].state.value == "unloaded"
    assert [f.code for f in changed.findings] == ["seal-differs"]


def test_new_seals_with_a_reason_are_the_ones_expected_from_then_on(house, accepted):
    report(house, "carrier", accepted.id, 1, "unloaded", BROKEN)
    resealed = actions.ResealBox(
        waybill_id=accepted.id,
        equipment_reference="COSU6123451",
        reseal_reason=ResealReason.CUSTOMS_INSPECTION,
        seal_numbers=("CC9",),
        occurred_at=THEN,
    )
    box = house.do("carrier", actions.reseal_box, resealed).bill.box("COSU6123451")
    assert (box.seal_numbers, box.seal_differs) == (("CC9",), False)
    assert box.billed_seal_numbers == ("EO7781204",)
    seen = BoxSeen(equipment_reference="COSU6123451", seal_numbers=("CC9",))
    changed = report(house, "rail", accepted.id, 1, "handed_over", seen)
    assert changed.bill.legs[0].state.value == "handed_over"
    with pytest.raises(NotFoundError):
        house.do("forwarder", actions.reseal_box, resealed)


def test_strange_boxes_and_the_future_are_found_together(house, accepted):
    strange = BoxSeen(equipment_reference="MSCU6639870", seal_numbers=())
    later = datetime.now(UTC) + timedelta(minutes=6)
    with pytest.raises(InvalidError) as refused:
        report(house, "carrier", accepted.id, 1, "arrived", GOOD, strange, at=later)
    assert [(r.code, r.at) for r in refused.value.reasons] == [
        ("occurred-in-the-future", "/occurredAt"),
        ("box-not-on-bill", "/boxes/1/equipmentReference"),
    ]


def test_nothing_is_reported_on_a_bill_that_nobody_accepted(house, bill):
    submitted = house.submit(bill)
    with pytest.raises(RefusedError) as refused:
        report(house, "carrier", submitted.id, 2, "departed")
    assert [r.code for r in refused.value.reasons] == ["bill-not-accepted"]


def test_a_box_seen_at_discharge_is_compared_with_the_bills_of_that_voyage(house, accepted):
    def note(voyage, seen):
        return house.run(
            "forwarder",
            lambda uow: note_box_seen(
                uow, seen, vessel_imo_number="9795426", voyage=voyage, occurred_at=THEN
            ),
        )

    assert note("062E", GOOD) == []
    assert note("999W", BROKEN) == []
    assert [found.code for found in note("062E", BROKEN)] == ["seal-differs"]
    seen = house.see("carrier", lambda uow: actions.look_at_waybill(accepted.id, uow))
    assert seen.box("COSU6123451").seal_differs


def test_there_is_no_leg_nobody_planned(house, accepted):
    with pytest.raises(NotFoundError):
        report(house, "carrier", accepted.id, 9, "departed")
