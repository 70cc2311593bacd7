"""G1 to G7, SM-B3 and SM-B4: the whole product of states and events, and each guard's edge."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidan.kernel.errors import InvalidTransitionError
from yidan.release.bulk import events, rules
from yidan.release.bulk.rules import (
    ORDER,
    TASK,
    Balance,
    BillQuantities,
    OrderFacts,
    OrderState,
    TaskFacts,
    TaskState,
)

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
BOUNDS = ["bill_kg", "outturn_kg", "customs_released_kg", "title_released_kg"]

QUANTITIES = BillQuantities(
    bill_kg=100_000_000,
    tolerance_ppm=0,
    outturn_kg=100_000_000,
    customs_released_kg=100_000_000,
    customs_released_whole=False,
    title_released_kg=100_000_000,
    ordered_kg=70_000_000,
    stocked_kg=100_000_000,
)
ORDER_A = OrderFacts(
    state=OrderState.ACTIVE,
    ordered_kg=50_000_000,
    delivered_kg=0,
    task_reserved_kg=31_000,
    valid_until=LATER,
)
TRUCK = TaskFacts(
    plate="苏G12345",
    planned_net_kg=31_000,
    max_gross_kg=46_800,
    registered_tare_kg=15_300,
    tare_kg=15_300,
)
FULL_LOT = Balance(on_hand_kg=100_000_000, pledged_kg=30_000_000, reserved_kg=70_000_000)

# Written out by hand from DOMAIN 2(b): "before>after" by event name.
ORDERS = {
    "release.order_placed.v1": "none>active",
    "release.order_suspended.v1": "active>suspended",
    "release.order_resumed.v1": "suspended>active",
    "release.order_cancelled.v1": "active>cancelled suspended>cancelled",
}
TASKS = {
    "release.task_reserved.v1": "none>reserved",
    "release.task_tared.v1": "reserved>arrived",
    "release.task_weighed.v1": "arrived>weighed weighed>weighed over_hold>weighed",
    "release.task_over_held.v1": "arrived>over_hold weighed>over_hold over_hold>over_hold",
    "release.task_delivered.v1": "weighed>delivered",
    "release.task_aborted.v1": "reserved>aborted arrived>aborted",
}


@pytest.mark.parametrize(
    ("machine", "states", "table"), [(ORDER, OrderState, ORDERS), (TASK, TaskState, TASKS)]
)
def test_the_tables_allow_these_steps_and_nothing_else(machine, states, table):
    allowed = {
        (before, name): after
        for name, steps in table.items()
        for before, after in (step.split(">") for step in steps.split())
    }
    for state in states:
        for kind in {type(sample) for sample in events.SAMPLES}:
            if (state.value, kind.TYPE) in allowed:
                assert machine.advance(state, kind).value == allowed[state.value, kind.TYPE]
            else:
                with pytest.raises(InvalidTransitionError):
                    machine.advance(state, kind)


def codes(reasons):
    return [reason.code for reason in reasons]


def test_with_everything_ordered_or_pledged_one_more_kilogram_is_refused():
    assert FULL_LOT.free_kg == 0
    assert codes(rules.free_reasons(FULL_LOT, 1)) == ["bulk-beyond-free"]
    assert rules.free_reasons(FULL_LOT, 0) == []


@pytest.mark.parametrize("bound", BOUNDS)
def test_each_quantity_bounds_what_may_be_ordered(bound):
    at_the_edge = replace(QUANTITIES, **{bound: 70_000_000})
    assert rules.bill_reasons(at_the_edge) == []
    assert codes(rules.bill_reasons(at_the_edge, 1)) == ["bulk-beyond-bill"]


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_quantity_nobody_stated_refuses(bound):
    found = rules.bill_reasons(replace(QUANTITIES, **{bound: None}))
    assert codes(found) == ["bulk-quantity-not-stated"]


def test_the_tolerance_is_floored_to_whole_kilograms_and_widens_the_bill_alone():
    bill = replace(QUANTITIES, bill_kg=1_001, tolerance_ppm=999, ordered_kg=0)
    assert bill.bounds()[events.QuantityKind.BILL] == 1_001
    wider = replace(bill, tolerance_ppm=1_000)
    assert wider.bounds()[events.QuantityKind.BILL] == 1_002
    assert wider.bounds()[events.QuantityKind.OUTTURN] == 100_000_000


def test_a_release_of_the_whole_bill_by_customs_counts_as_the_bills_own_bound():
    whole = replace(QUANTITIES, customs_released_kg=None, customs_released_whole=True)
    assert rules.bill_reasons(whole) == []


def test_customs_taking_its_release_back_refuses_what_was_ordered():
    found = rules.bill_reasons(replace(QUANTITIES, customs_released_kg=0))
    assert codes(found) == ["bulk-beyond-bill"]


def test_the_worked_example_is_accepted_and_beyond_the_tolerance_is_not():
    assert rules.overload_reasons(ORDER_A, TRUCK, 46_480) == []
    found = rules.overload_reasons(ORDER_A, TRUCK, 15_300 + 31_301)
    assert codes(found) == ["bulk-beyond-payload"]


def test_an_overage_comes_from_the_same_order_or_not_at_all():
    last_truck = replace(ORDER_A, ordered_kg=31_000)
    assert last_truck.open_kg == 0
    assert codes(rules.overload_reasons(last_truck, TRUCK, 46_480)) == ["bulk-beyond-order"]


@pytest.mark.parametrize(("gross", "tare"), [(15_300, 15_300), (15_299, 15_300), (0, 0), (9, 0)])
def test_gross_is_more_than_tare_and_tare_more_than_nothing(gross, tare):
    truck = replace(TRUCK, tare_kg=tare)
    assert codes(rules.weighing_reasons(truck, gross)) == ["bulk-gross-not-above-tare"]


def test_a_truck_above_the_legal_limit_is_held():
    heavy = replace(TRUCK, max_gross_kg=60_000, planned_net_kg=33_700)
    assert rules.overload_reasons(ORDER_A, heavy, 49_000) == []
    assert codes(rules.overload_reasons(ORDER_A, heavy, 49_001)) == ["bulk-gross-beyond-legal"]


def test_a_plan_fits_the_order_and_the_truck():
    order = replace(ORDER_A, task_reserved_kg=0)
    assert rules.reserve_reasons(order, replace(TRUCK, planned_net_kg=31_500), NOW) == []
    heavy = replace(TRUCK, planned_net_kg=31_501)
    assert codes(rules.reserve_reasons(order, heavy, NOW)) == ["bulk-beyond-payload"]
    small = replace(order, ordered_kg=30_999)
    assert codes(rules.reserve_reasons(small, TRUCK, NOW)) == ["bulk-beyond-order"]


def test_a_tare_far_from_the_registered_one_is_refused():
    assert rules.tare_reasons(TRUCK, 16_065) == []
    assert codes(rules.tare_reasons(TRUCK, 16_066)) == ["bulk-tare-far-off"]
    assert codes(rules.tare_reasons(TRUCK, 0)) == ["bulk-gross-not-above-tare"]


def test_lots_never_hold_more_than_was_discharged():
    assert codes(rules.stocking_reasons(QUANTITIES, 1)) == ["bulk-beyond-outturn"]
    unknown = replace(QUANTITIES, outturn_kg=None)
    assert codes(rules.stocking_reasons(unknown, 1)) == ["bulk-quantity-not-stated"]


def test_a_bank_lets_go_of_no_more_than_is_pledged():
    assert rules.discharge_reasons(5, 5) == []
    assert codes(rules.discharge_reasons(5, 6)) == ["bulk-beyond-pledge"]


def test_departure_gives_every_failing_reason_at_once():
    found = rules.departure_reasons(
        replace(ORDER_A, state=OrderState.SUSPENDED, valid_until=NOW - timedelta(seconds=1)),
        TRUCK,
        replace(QUANTITIES, customs_released_kg=0),
        replace(FULL_LOT, pledged_kg=100_000_000, reserved_kg=0),
        net_kg=31_180,
        plate="苏G54321",
        now=NOW,
    )
    assert codes(found) == [
        "bulk-order-not-active",
        "bulk-order-expired",
        "bulk-not-the-truck",
        "bulk-beyond-bill",
        "bulk-beyond-free",
    ]


def test_departure_of_the_worked_example_is_free_of_reasons():
    plate = "苏G12345"
    found = rules.departure_reasons(
        ORDER_A, TRUCK, QUANTITIES, FULL_LOT, net_kg=31_180, plate=plate, now=NOW
    )
    assert found == []


@given(
    on_hand=st.integers(1, 10**9),
    pledged=st.integers(0, 10**9),
    reserved=st.integers(0, 10**9),
    wanted=st.integers(0, 2 * 10**9),
)
def test_what_the_free_guard_lets_through_never_makes_free_negative(
    on_hand, pledged, reserved, wanted
):
    balance = Balance(on_hand_kg=on_hand, pledged_kg=pledged, reserved_kg=reserved)
    if not rules.free_reasons(balance, wanted):
        assert balance.free_kg - wanted >= 0


def test_a_true_weighing_has_no_reason_against_it():
    assert rules.weighing_reasons(TRUCK, 46_480) == []
