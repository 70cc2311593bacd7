"""Both machines, all states by all events: what is written here is allowed, nothing else."""

import pytest

from yidan.kernel.errors import InvalidTransitionError
from yidan.waybill import events
from yidan.waybill.rules.states import (
    LEG,
    LIVE,
    MOVING,
    WAYBILL,
    LegState,
    WaybillState,
    following,
)

WAYBILL_STEPS = {
    ("draft", "waybill.submitted.v1"): "submitted",
    ("submitted", "waybill.accepted.v1"): "accepted",
    ("submitted", "waybill.returned.v1"): "returned",
    ("returned", "waybill.submitted.v1"): "submitted",
    ("accepted", "waybill.booked.v1"): "booked",
    ("accepted", "waybill.execution_started.v1"): "in_execution",
    ("booked", "waybill.execution_started.v1"): "in_execution",
    ("in_execution", "waybill.delivered.v1"): "delivered",
}
LEG_STEPS = {
    ("planned", "waybill.leg_requested.v1"): "requested",
    ("replanned", "waybill.leg_requested.v1"): "requested",
    ("requested", "waybill.leg_confirmed.v1"): "confirmed",
    ("requested", "waybill.leg_loaded.v1"): "loaded",
    ("confirmed", "waybill.leg_loaded.v1"): "loaded",
    ("loaded", "waybill.leg_loaded.v1"): "loaded",
    ("requested", "waybill.leg_departed.v1"): "departed",
    ("confirmed", "waybill.leg_departed.v1"): "departed",
    ("loaded", "waybill.leg_departed.v1"): "departed",
    ("departed", "waybill.leg_departed.v1"): "departed",
    ("requested", "waybill.leg_arrived.v1"): "arrived",
    ("confirmed", "waybill.leg_arrived.v1"): "arrived",
    ("loaded", "waybill.leg_arrived.v1"): "arrived",
    ("departed", "waybill.leg_arrived.v1"): "arrived",
    ("arrived", "waybill.leg_arrived.v1"): "arrived",
    ("requested", "waybill.leg_unloaded.v1"): "unloaded",
    ("confirmed", "waybill.leg_unloaded.v1"): "unloaded",
    ("loaded", "waybill.leg_unloaded.v1"): "unloaded",
    ("departed", "waybill.leg_unloaded.v1"): "unloaded",
    ("arrived", "waybill.leg_unloaded.v1"): "unloaded",
    ("unloaded", "waybill.leg_unloaded.v1"): "unloaded",
    ("unloaded", "waybill.leg_handed_over.v1"): "handed_over",
    ("requested", "waybill.leg_failed.v1"): "failed",
    ("confirmed", "waybill.leg_failed.v1"): "failed",
    ("loaded", "waybill.leg_failed.v1"): "failed",
    ("departed", "waybill.leg_failed.v1"): "failed",
    ("failed", "waybill.leg_replanned.v1"): "replanned",
}
EVENTS = [type(sample) for sample in events.SAMPLES]


@pytest.mark.parametrize("happened", EVENTS)
@pytest.mark.parametrize(
    ("machine", "steps", "state"),
    [(WAYBILL, WAYBILL_STEPS, state) for state in WaybillState]
    + [(LEG, LEG_STEPS, state) for state in LegState],
)
def test_the_tables_allow_these_steps_and_no_others(machine, steps, state, happened):
    expected = steps.get((state.value, happened.TYPE))
    assert machine.allows(state, happened) is (expected is not None)
    if expected is None:
        with pytest.raises(InvalidTransitionError):
            machine.advance(state, happened)
    else:
        assert machine.advance(state, happened).value == expected


def test_every_written_step_is_about_a_real_event():
    names = {happened.TYPE for happened in EVENTS}
    assert {name for _, name in WAYBILL_STEPS | LEG_STEPS} <= names


def test_a_whole_way_folds_to_delivered():
    way = [
        events.WaybillSubmitted,
        events.WaybillReturned,
        events.WaybillSubmitted,
        events.WaybillAccepted,
        events.WaybillBooked,
        events.ExecutionStarted,
        events.WaybillDelivered,
    ]
    assert WAYBILL.replay(way) is WaybillState.DELIVERED


def test_the_carrier_answers_from_acceptance_on():
    assert {state.value for state in LIVE} == {"accepted", "booked", "in_execution", "delivered"}
    assert {state.value for state in MOVING} == {
        "loaded",
        "departed",
        "arrived",
        "unloaded",
        "handed_over",
    }


@pytest.mark.parametrize(
    ("state", "legs", "expected"),
    [
        ("submitted", "arrived", None),
        ("accepted", "requested confirmed", None),
        ("accepted", "confirmed confirmed", "waybill.booked.v1"),
        ("accepted", "departed requested", "waybill.execution_started.v1"),
        ("booked", "confirmed confirmed", None),
        ("booked", "confirmed loaded", "waybill.execution_started.v1"),
        ("in_execution", "handed_over unloaded", None),
        ("in_execution", "unloaded handed_over", "waybill.delivered.v1"),
        ("delivered", "handed_over handed_over", None),
    ],
)
def test_what_became_of_the_legs_leads_the_bill_on(state, legs, expected):
    found = following(WaybillState(state), [LegState(leg) for leg in legs.split()])
    assert (found.TYPE if found else None) == expected
