"""SM-A2: the whole product of states and events, the overlays, and what holders may do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidan.kernel.errors import InvalidTransitionError, RefusedError
from yidan.kernel.reasons import Role
from yidan.release import events
from yidan.release.rules import right
from yidan.release.rules.commercial import BLOCKED, Block
from yidan.release.rules.right import RIGHT, SUSPENSION, Overlay, RightState

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
EVENTS = sorted(
    {type(s) for s in events.SAMPLES if "right_id" in type(s).__dataclass_fields__},
    key=lambda e: e.TYPE,
)
BLOCK = Block(party_id="bank", role=Role.BANK, since=NOW)
FACTS = right.RightFacts(
    state=RightState.HELD,
    suspended=False,
    blocks=(),
    holder="a",
    offered_to="",
    offer_expires_at=None,
    chain=("a",),
    caller="a",
    now=NOW,
)

# Written out by hand from DOMAIN 2(a), SM-A2: "before>after" by event name.
TABLE = {
    "release.right_armed.v1": "none>unassigned",
    "release.right_named.v1": "unassigned>held",
    "release.right_offered.v1": "held>offered",
    "release.right_accepted.v1": "offered>held",
    "release.right_declined.v1": "offered>held",
    "release.offer_expired.v1": "offered>held",
    "release.offer_revoked.v1": "offered>held",
    "release.right_returned.v1": "held>held",
    "release.right_assigned.v1": "held>assigned assigned>assigned",
    "release.right_unassigned.v1": "assigned>held",
    "release.right_locked.v1": "assigned>locked_at_gate",
    "release.right_claimed.v1": "locked_at_gate>locked_at_gate",
    "release.box_left_behind.v1": "locked_at_gate>assigned",
    "release.right_consumed.v1": "locked_at_gate>consumed",
    "release.right_reset.v1": (
        "unassigned>unassigned held>unassigned offered>unassigned assigned>unassigned"
    ),
    "release.right_voided.v1": "unassigned>void held>void offered>void assigned>void",
    "release.right_suspended.v1": (
        "unassigned>unassigned held>held offered>offered assigned>assigned"
    ),
    "release.right_resumed.v1": (
        "unassigned>unassigned held>held offered>offered assigned>assigned"
    ),
}


def expected(state, event):
    steps = dict(step.split(">") for step in TABLE[event.TYPE].split())
    return steps.get(state.value)


def codes(found):
    return [reason.code for reason in found]


@pytest.mark.parametrize("state", RightState)
@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.TYPE)
def test_the_right_takes_the_steps_of_the_table_and_no_other(state, event):
    after = expected(state, event)
    if after is None:
        with pytest.raises(InvalidTransitionError):
            RIGHT.advance(state, event)
    else:
        assert RIGHT.advance(state, event) == after


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.TYPE)
def test_a_suspended_right_only_obeys_the_carrier(event):
    allowed = {
        events.RightResumed: Overlay.ACTIVE,
        events.RightReset: Overlay.SUSPENDED,
        events.RightNamed: Overlay.SUSPENDED,
        events.RightVoided: Overlay.SUSPENDED,
    }
    if event in allowed:
        assert SUSPENSION.advance(Overlay.SUSPENDED, event) is allowed[event]
    else:
        assert not SUSPENSION.allows(Overlay.SUSPENDED, event)


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_whatever_happens_a_right_is_consumed_at_most_once_and_never_after_void(tried):
    state, taken = RightState.NONE, []
    for event in tried:
        if RIGHT.allows(state, event):
            state = RIGHT.advance(state, event)
            taken.append(event)
    assert taken.count(events.RightConsumed) <= 1
    assert RIGHT.replay(taken) is state
    if state in right.FINAL_STATES:
        assert not any(RIGHT.allows(state, event) for event in EVENTS)


def test_the_holder_may_offer():
    assert right.offer_findings(FACTS, "b", NOW + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("change", "to", "code"),
    [
        ({"caller": "b"}, "c", "right-not-yours"),
        ({"blocks": (BLOCK,)}, "b", "release-blocked"),
        ({"suspended": True}, "b", "right-suspended"),
        ({}, "a", "right-offer-to-self"),
        ({"chain": tuple("uvwxya")}, "b", "right-chain-too-long"),
        ({"state": RightState.ASSIGNED}, "b", "not-in-this-state"),
        ({"state": RightState.OFFERED, "offered_to": "x"}, "b", "not-in-this-state"),
    ],
)
def test_each_reason_against_an_offer(change, to, code):
    found = right.offer_findings(replace(FACTS, **change), to, NOW + timedelta(hours=1))
    assert codes(found) == [code]


def test_an_offer_needs_an_end_in_the_future():
    assert codes(right.offer_findings(FACTS, "b", NOW)) == ["right-offer-without-time"]


def test_all_reasons_against_an_offer_come_at_once():
    bad = replace(FACTS, caller="z", blocks=(BLOCK,), suspended=True, state=RightState.ASSIGNED)
    found = right.offer_findings(bad, "a", NOW)
    assert codes(found) == [
        "right-not-yours",
        "release-blocked",
        "not-in-this-state",
        "right-suspended",
        "right-offer-to-self",
        "right-offer-without-time",
    ]


OFFERED = replace(
    FACTS,
    state=RightState.OFFERED,
    offered_to="b",
    offer_expires_at=NOW + timedelta(hours=1),
    caller="b",
)


def test_who_is_offered_a_right_may_accept_and_decline():
    assert right.answer_findings(OFFERED, events.RightAccepted) == []
    assert right.answer_findings(OFFERED, events.RightDeclined) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"caller": "c"}, "right-not-offered-to-you"),
        ({"now": NOW + timedelta(hours=2)}, "right-offer-expired"),
        ({"blocks": (BLOCK,)}, "release-blocked"),
        ({"state": RightState.HELD}, "not-in-this-state"),
    ],
)
def test_each_reason_against_accepting(change, code):
    found = right.answer_findings(replace(OFFERED, **change), events.RightAccepted)
    assert codes(found) == [code]


def test_an_expired_offer_counts_as_held_for_its_giver():
    late = replace(OFFERED, caller="a", now=NOW + timedelta(hours=2))
    assert right.offer_findings(late, "c", NOW + timedelta(hours=3)) == []


def test_a_first_holder_has_nobody_to_return_to():
    assert codes(right.return_findings(FACTS)) == ["right-nobody-to-return-to"]
    assert right.return_findings(replace(FACTS, chain=("z", "a"))) == []
    assert codes(right.return_findings(replace(FACTS, chain=("z", "a"), caller="z"))) == [
        "right-not-yours"
    ]


def test_refusing_raises_every_reason_and_nothing_raises_nothing():
    right.refuse([])
    with pytest.raises(RefusedError) as refused:
        right.refuse([right.NOT_HOLDER(), BLOCKED()])
    assert codes(refused.value.reasons) == ["right-not-yours", "release-blocked"]
