"""Whose turn it is on a bill."""

import pytest

from yidan.kernel.reasons import Role
from yidan.waybill.pages import LEG_STATES, STATES, next_step
from yidan.waybill.rules.states import LegState, WaybillState


def test_every_state_has_words():
    assert set(STATES) == set(WaybillState)
    assert set(LEG_STATES) == set(LegState)


@pytest.mark.parametrize(
    ("state", "role", "mine", "who"),
    [
        (WaybillState.SUBMITTED, Role.SHIPPING_AGENT, True, Role.SHIPPING_AGENT),
        (WaybillState.SUBMITTED, Role.FORWARDER, False, Role.CARRIER),
        (WaybillState.RETURNED, Role.FORWARDER, True, Role.FORWARDER),
        (WaybillState.IN_EXECUTION, Role.RAIL_OPERATOR, True, Role.RAIL_OPERATOR),
    ],
)
def test_the_next_step_is_mine_or_somebodys(state, role, mine, who):
    found = next_step(state, frozenset({role}))
    assert (found["mine"], found["who"]) == (mine, who)


def test_a_delivered_bill_waits_for_nobody():
    assert next_step(WaybillState.DELIVERED, frozenset(Role)) is None
