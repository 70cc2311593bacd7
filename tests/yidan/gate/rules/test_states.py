"""SM-D1 and SM-D2: the whole product of states and events."""

from datetime import UTC, datetime, timedelta

import pytest

from yidan.gate import events
from yidan.gate.rules.states import TRANSACTION, TRUCK, TransactionState, TruckState, decision_over
from yidan.kernel.errors import InvalidTransitionError

EVENTS = sorted({type(sample) for sample in events.SAMPLES}, key=lambda event: event.TYPE)

TRANSACTIONS = {
    "gate.approved.v1": "none>approved referred>approved",
    "gate.referred.v1": "none>referred",
    "gate.rejected.v1": "none>rejected referred>rejected",
    "gate.gated_in.v1": "approved>complete",
    "gate.gated_out.v1": "approved>complete",
    "gate.left_without_box.v1": "",
}
TRUCKS = {
    "gate.approved.v1": "none>in_yard",
    "gate.gated_out.v1": "in_yard>out",
    "gate.left_without_box.v1": "in_yard>left",
    "gate.referred.v1": "",
    "gate.rejected.v1": "",
    "gate.gated_in.v1": "",
}


@pytest.mark.parametrize(
    ("machine", "states", "table"),
    [(TRANSACTION, TransactionState, TRANSACTIONS), (TRUCK, TruckState, TRUCKS)],
    ids=["transaction", "truck"],
)
def test_the_machines_take_the_steps_of_their_tables_and_no_other(machine, states, table):
    for event in EVENTS:
        steps = dict(step.split(">") for step in table[event.TYPE].split())
        for state in states:
            if state.value in steps:
                assert machine.advance(state, event) == steps[state.value]
            else:
                with pytest.raises(InvalidTransitionError):
                    machine.advance(state, event)


def test_a_decision_is_over_from_the_instant_after_its_end():
    end = datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert not decision_over(end, end)
    assert decision_over(end, end + timedelta(microseconds=1))
