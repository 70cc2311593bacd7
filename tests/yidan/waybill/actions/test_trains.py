"""Train lists: what is known arrives, what differs is said, what nobody knows is kept."""

from datetime import UTC, datetime, timedelta

import pytest

from yidan.kernel.errors import ForbiddenError, InvalidError
from yidan.ports import ReportTrainArrival, WagonLoad
from yidan.waybill import actions
from yidan.waybill.events import SealDiffered, TrainArrived


def train(*loads, place="CNSIA", at=None):
    return ReportTrainArrival(
        train_number="X8015",
        un_location_code=place,
        arrived_at=at or datetime(2026, 2, 3, 4, 5, tzinfo=UTC),
        loads=tuple(
            WagonLoad(wagon_number="5264801", equipment_reference=box, seal_numbers=seals)
            for box, seals in loads
        ),
    )


GOOD = ("CSQU3054383", ("CC0045511", "EO7781203"))
DIFFERENT = ("COSU6123451", ("XX1",))
UNKNOWN = ("MSCU6639870", ())


def lines(outcome):
    return [(x.reference, x.applied, [r.code for r in x.reasons]) for x in outcome.lines]


def report(house, *loads, name="rail", **more):
    return house.do(name, actions.report_train_arrival, train(*loads, **more))


def test_each_box_of_the_list_gets_its_answer(house, bill):
    accepted = house.accept(bill)
    outcome = report(house, GOOD, DIFFERENT, UNKNOWN)
    assert lines(outcome) == [
        ("CSQU3054383", True, []),
        ("COSU6123451", True, ["seal-differs"]),
        ("MSCU6639870", False, ["box-on-no-bill"]),
    ]
    seen = house.see("carrier", lambda uow: actions.look_at_waybill(accepted.id, uow))
    assert seen.legs[2].state.value == "arrived"
    assert seen.state.value == "in_execution"
    assert [(b.arrived_leg, b.seal_differs) for b in seen.boxes] == [
        (3, True),
        (3, False),
        (0, False),
    ]
    differed = house.see("rail", lambda uow: uow.history(f"waybill:{accepted.id}"))
    (found,) = [one.event for one in differed if isinstance(one.event, SealDiffered)]
    assert found.expected_seal_numbers == ("EO7781204",)
    assert found.found_seal_numbers == ("XX1",)


def test_the_list_itself_is_kept_with_its_unknown_boxes(house, bill):
    house.accept(bill)
    report(house, GOOD, UNKNOWN)
    (kept,) = house.see("rail", lambda uow: uow.history("train:X8015-CNSIA-20260203"))
    assert isinstance(kept.event, TrainArrived)
    assert kept.event.unknown == ("MSCU6639870",)
    assert kept.occurred_at == datetime(2026, 2, 3, 4, 5, tzinfo=UTC)


def test_a_repeated_list_changes_no_bill(house, bill):
    accepted = house.accept(bill)
    report(house, GOOD)
    before = house.see("rail", lambda uow: len(uow.history(f"waybill:{accepted.id}")))
    assert lines(report(house, GOOD)) == [("CSQU3054383", True, ["box-already-arrived"])]
    assert house.see("rail", lambda uow: len(uow.history(f"waybill:{accepted.id}"))) == before


def test_boxes_of_one_leg_may_come_on_two_trains(house, bill):
    accepted = house.accept(bill)
    report(house, GOOD)
    report(house, DIFFERENT)
    seen = house.see("carrier", lambda uow: actions.look_at_waybill(accepted.id, uow))
    assert [box.arrived_leg for box in seen.boxes] == [3, 3, 0]


def test_a_box_is_unknown_elsewhere_and_on_another_railways_train(house, bill):
    house.accept(bill)
    house.register("other rail", "rail_operator", ["lei:529900T8BM49AURSDO55"])
    for more in ({"place": "CNCGO"}, {"name": "other rail"}):
        assert lines(report(house, GOOD, **more)) == [("CSQU3054383", False, ["box-on-no-bill"])]


def test_a_bill_that_nobody_accepted_expects_no_train(house, bill):
    house.submit(bill)
    assert lines(report(house, GOOD)) == [("CSQU3054383", False, ["box-on-no-bill"])]


def test_a_leg_that_was_unloaded_does_not_arrive_again(house, bill):
    accepted = house.accept(bill)
    command = actions.ReportLeg(
        waybill_id=accepted.id,
        sequence=3,
        step=actions.LegStep.UNLOADED,
        occurred_at=datetime(2026, 2, 3, tzinfo=UTC),
    )
    house.do("rail", actions.report_leg, command)
    assert lines(report(house, GOOD)) == [("CSQU3054383", False, ["leg-is-over"])]


def test_only_rail_operators_send_train_lists(house, bill):
    house.accept(bill)
    with pytest.raises(ForbiddenError) as refused:
        report(house, GOOD, name="carrier")
    assert [r.code for r in refused.value.reasons] == ["not-a-rail-operator"]


def test_a_train_cannot_arrive_tomorrow(house):
    with pytest.raises(InvalidError) as refused:
        report(house, GOOD, at=datetime.now(UTC) + timedelta(days=1))
    assert [r.code for r in refused.value.reasons] == ["occurred-in-the-future"]
