"""Whose turn it is: every state says so, in both languages."""

from yidan.release.rules.commercial import CommercialState
from yidan.release.rules.next_steps import OF_RELEASE, OF_RIGHT
from yidan.release.rules.right import FINAL_STATES, RightState


def test_every_state_has_a_next_step():
    assert OF_RELEASE.keys() == set(CommercialState)
    assert OF_RIGHT.keys() == set(RightState)


def test_only_what_is_over_has_nobody_to_do_anything():
    over = {state for state, step in OF_RIGHT.items() if step.owner is None}
    assert over == FINAL_STATES | {RightState.NONE}
    assert [s for s, step in OF_RELEASE.items() if step.owner is None] == ["accomplished"]
