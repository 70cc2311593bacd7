"""Whose turn it is on a release."""

from types import SimpleNamespace

from yidan.kernel.reasons import Role
from yidan.release.actions.looking import Turn
from yidan.release.pages import next_step
from yidan.release.rules.next_steps import ANSWER_OFFER
from yidan.release.rules.readiness import CONSUMED, CUSTOMS_NOT_DECLARED, NOT_DISCHARGED
from yidan.release.rules.right import RightState


def box(*reasons, state=RightState.HELD, right_id="r"):
    right = SimpleNamespace(id=right_id, state=state)
    return SimpleNamespace(right=right, reasons=lambda: list(reasons))


def turn(*, mine):
    return Turn(my_roles=(), next_action=ANSWER_OFFER(), mine=mine)


def test_my_own_step_comes_before_anybody_elses():
    boxes = [box(NOT_DISCHARGED(), CUSTOMS_NOT_DECLARED())]
    mine = next_step(boxes, frozenset({Role.FORWARDER}), {})
    assert (mine.kind, mine.reason.code) == ("mine", "customs-not-reported")
    other = next_step(boxes, frozenset({Role.CONSIGNEE}), {})
    assert (other.kind, other.reason.code) == ("wait", "box-not-discharged")


def test_an_offer_to_me_comes_first():
    offered = box(NOT_DISCHARGED(), state=RightState.OFFERED)
    found = next_step([offered], frozenset({Role.TERMINAL}), {"r": turn(mine=True)})
    assert (found.kind, found.reason.code) == ("mine", "next-answer-offer")
    other = next_step([offered], frozenset(), {"r": turn(mine=False)})
    assert (other.kind, other.reason.code) == ("wait", "box-not-discharged")


def test_nobody_is_told_to_send_a_truck_in_vain():
    assigned = box(NOT_DISCHARGED(), state=RightState.ASSIGNED)
    assert next_step([assigned], frozenset(), {"r": turn(mine=True)}).kind == "wait"
    ready = box(state=RightState.ASSIGNED)
    assert next_step([ready], frozenset(), {"r": turn(mine=True)}).kind == "mine"


def test_a_box_with_no_reason_against_it_may_be_collected():
    assert next_step([box()], frozenset(), {}).kind == "ok"


def test_boxes_that_left_need_nothing_more():
    left = box(CONSUMED(), state=RightState.CONSUMED)
    assert next_step([left], frozenset(), {}).kind == "done"
    assert next_step([left, box()], frozenset(), {}).kind == "ok"
    assert next_step([], frozenset(), {}).kind == "done"
