"""Readiness: each reason alone, all at once, and nothing unknown passes."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidan.kernel.reasons import Role
from yidan.release.rules import lights, readiness
from yidan.release.rules.commercial import Block, CommercialState, LineState
from yidan.release.rules.holds import Hold, HoldKind
from yidan.release.rules.lights import ChargesLight, CustomsLight, DischargeLight, TerminalLight
from yidan.release.rules.readiness import Facts, Stage
from yidan.release.rules.right import RightState

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=5)
HOLD = Hold(
    id="h1",
    guardian="bill:MAEU261122001",
    kind=HoldKind.CUSTOMS,
    placed_by="customs",
    placed_role=Role.CUSTOMS,
    placed_at=EARLIER,
)
READY = Facts(
    now=NOW,
    today=date(2026, 11, 22),
    visit_since=EARLIER,
    discharge=DischargeLight.DISCHARGED,
    terminal=TerminalLight.RELEASED,
    terminal_since=EARLIER,
    customs=CustomsLight.RELEASED,
    customs_since=EARLIER,
    charges=ChargesLight.PAID,
    charges_since=EARLIER,
    paid_through_on=date(2026, 11, 22),
    release=CommercialState.GRANTED,
    release_since=EARLIER,
    valid_from=EARLIER,
    valid_until=NOW,
    line=LineState.ARMED,
    right=RightState.ASSIGNED,
    right_since=EARLIER,
)
AT_GATE_OUT = replace(
    READY, right=RightState.LOCKED_AT_GATE, truck_visit_id="t1", asking_truck_visit_id="t1"
)


def said(facts, stage=Stage.READINESS):
    return [(r.code, r.owner and r.owner.value) for r in readiness.reasons(facts, stage)]


def test_a_ready_box_has_no_reason_against_it_at_any_stage():
    assert said(READY) == []
    assert said(replace(READY, right=RightState.HELD)) == []
    assert said(READY, Stage.GATE_IN) == []
    assert said(AT_GATE_OUT, Stage.GATE_OUT) == []
    assert lights.total(readiness.lights_of(READY)) is lights.Total.GREEN


@pytest.mark.parametrize(
    ("change", "code", "owner"),
    [
        ({"stopped": True}, "releases-stopped", "administrator"),
        ({"release": None}, "release-missing", "shipping_agent"),
        ({"release": CommercialState.NONE}, "release-missing", "shipping_agent"),
        (
            {"release": CommercialState.PENDING_TERMINAL_ACK},
            "release-not-acknowledged",
            "terminal",
        ),
        ({"release": CommercialState.UNDER_REVIEW}, "release-under-review", "shipping_agent"),
        ({"release": CommercialState.BLOCKED}, "release-blocked", "carrier"),
        ({"release": CommercialState.REVOKED}, "release-revoked", "shipping_agent"),
        ({"release": CommercialState.ACCOMPLISHED}, "release-used-up", None),
        ({"line": LineState.CONSUMED}, "release-used-up", None),
        ({"release": CommercialState.EXPIRED}, "release-expired", "shipping_agent"),
        ({"valid_until": NOW - timedelta(microseconds=1)}, "release-expired", "shipping_agent"),
        (
            {"valid_from": NOW + timedelta(microseconds=1)},
            "release-not-yet-valid",
            "shipping_agent",
        ),
        ({"line": LineState.WAITING}, "release-not-acknowledged", "terminal"),
        ({"line": LineState.CANCELLED}, "release-revoked", "shipping_agent"),
        ({"right": None}, "right-missing", "shipping_agent"),
        ({"right": RightState.NONE}, "right-missing", "shipping_agent"),
        ({"right": RightState.UNASSIGNED}, "right-unassigned", "shipping_agent"),
        ({"right": RightState.OFFERED}, "right-offered", "haulier"),
        ({"right": RightState.LOCKED_AT_GATE}, "right-locked-at-gate", "terminal"),
        ({"right": RightState.CONSUMED}, "right-consumed", None),
        ({"right": RightState.VOID}, "right-void", "shipping_agent"),
        ({"suspended": True}, "right-suspended", "shipping_agent"),
        ({"discharge": DischargeLight.UNKNOWN}, "box-not-discharged", "terminal"),
        ({"terminal": TerminalLight.UNKNOWN}, "terminal-not-released", "terminal"),
        ({"terminal": TerminalLight.BLOCKED}, "terminal-not-released", "terminal"),
        ({"customs": None}, "customs-not-reported", "forwarder"),
        *(
            ({"customs": light}, "customs-not-released", "customs")
            for light in CustomsLight
            if light is not CustomsLight.RELEASED
        ),
        ({"charges": ChargesLight.UNKNOWN}, "charges-unknown", "terminal"),
        ({"charges": ChargesLight.DUE}, "charges-due", "consignee"),
        (
            {"paid_through_on": date(2026, 11, 21)},
            "charges-paid-through-passed",
            "consignee",
        ),
        ({"holds": (HOLD,)}, "hold-active", "customs"),
    ],
)
def test_each_reason_alone_with_who_owes_the_next_step(change, code, owner):
    assert said(replace(READY, **change)) == [(code, owner)]


@pytest.mark.parametrize(
    ("change", "stage", "code"),
    [
        ({"right": RightState.HELD}, Stage.GATE_IN, "right-without-truck"),
        ({"right": RightState.LOCKED_AT_GATE}, Stage.GATE_IN, "right-locked-at-gate"),
        ({}, Stage.GATE_OUT, "right-not-locked"),
        ({"right": RightState.HELD}, Stage.GATE_OUT, "right-not-locked"),
        ({"right": RightState.CONSUMED}, Stage.GATE_OUT, "right-consumed"),
        (
            {
                "right": RightState.LOCKED_AT_GATE,
                "truck_visit_id": "t1",
                "asking_truck_visit_id": "t2",
            },
            Stage.GATE_OUT,
            "right-locked-by-other-truck",
        ),
        ({"right": RightState.LOCKED_AT_GATE}, Stage.GATE_OUT, "right-locked-by-other-truck"),
    ],
)
def test_each_reason_of_the_gate(change, stage, code):
    assert [c for c, _ in said(replace(READY, **change), stage)] == [code]


def test_all_reasons_come_at_once_and_say_since_when():
    bad = replace(
        READY,
        stopped=True,
        release=CommercialState.BLOCKED,
        right=RightState.OFFERED,
        suspended=True,
        discharge=DischargeLight.UNKNOWN,
        terminal=TerminalLight.BLOCKED,
        customs=CustomsLight.QUARANTINE,
        charges=ChargesLight.DUE,
        holds=(HOLD,),
    )
    found = readiness.reasons(bad)
    assert [reason.code for reason in found] == [
        "releases-stopped",
        "release-blocked",
        "right-suspended",
        "right-offered",
        "box-not-discharged",
        "terminal-not-released",
        "customs-not-released",
        "charges-due",
        "hold-active",
    ]
    assert {reason.since for reason in found[1:]} == {EARLIER}
    assert all(reason.text("zh") and reason.text("en") for reason in found)


def test_every_partys_block_is_a_reason_of_its_own_whatever_the_state_says():
    blocks = tuple(
        Block(party_id=role.value, role=role, since=EARLIER) for role in (Role.BANK, Role.CARRIER)
    )
    for state in (CommercialState.BLOCKED, CommercialState.GRANTED):
        bad = replace(READY, release=state, blocks=blocks)
        assert said(bad) == [("release-blocked", "bank"), ("release-blocked", "carrier")]


def test_a_box_that_left_by_another_right_of_its_bill_is_gone():
    gone = replace(READY, gone_box="MSKU6011672")
    assert [code for code, _ in said(gone)] == ["box-gone"]
    assert [code for code, _ in said(replace(gone, right=None))] == ["box-gone", "right-missing"]
    used = replace(gone, right=RightState.CONSUMED)
    assert [code for code, _ in said(used)] == ["right-consumed"]


def test_every_other_bill_the_box_is_listed_under_is_a_reason():
    found = readiness.reasons(replace(READY, other_bills=("X1", "X2")))
    assert [(r.code, r.params["bill"]) for r in found] == [
        ("box-listed-under-other-bill", "X1"),
        ("box-listed-under-other-bill", "X2"),
    ]


def test_nothing_known_is_a_no_for_every_light():
    found = said(Facts(now=NOW, today=date(2026, 11, 22)))
    assert [code for code, _ in found] == [
        "release-missing",
        "right-missing",
        "box-not-discharged",
        "terminal-not-released",
        "customs-not-reported",
        "charges-unknown",
    ]


VALUES = {
    "stopped": st.booleans(),
    "discharge": st.sampled_from(DischargeLight),
    "terminal": st.sampled_from(TerminalLight),
    "customs": st.sampled_from([None, *CustomsLight]),
    "charges": st.sampled_from(ChargesLight),
    "paid_through_on": st.sampled_from([None, date(2026, 11, 21), date(2026, 11, 22)]),
    "release": st.sampled_from([None, *CommercialState]),
    "valid_from": st.sampled_from([None, EARLIER, NOW + timedelta(hours=1)]),
    "valid_until": st.sampled_from([None, EARLIER, NOW, NOW + timedelta(hours=1)]),
    "line": st.sampled_from(LineState),
    "right": st.sampled_from([None, *RightState]),
    "suspended": st.booleans(),
    "gone_box": st.sampled_from(["", "MSKU6011672"]),
    "truck_visit_id": st.sampled_from(["", "t1", "t2"]),
    "asking_truck_visit_id": st.sampled_from(["", "t1"]),
    "holds": st.sampled_from([(), (HOLD,)]),
}


@given(st.fixed_dictionaries({}, optional=VALUES), st.sampled_from(Stage))
def test_no_reason_means_every_light_green_a_right_and_no_hold(change, stage):
    assert VALUES.keys() <= {field.name for field in fields(Facts)}
    facts = replace(AT_GATE_OUT if stage is Stage.GATE_OUT else READY, **change)
    if readiness.reasons(facts, stage):
        return
    assert lights.total(readiness.lights_of(facts)) is lights.Total.GREEN
    assert facts.release is CommercialState.GRANTED
    assert facts.line is LineState.ARMED
    assert not facts.suspended
    assert not facts.gone_box
    assert not facts.holds
    assert not facts.stopped
    right = {
        Stage.READINESS: {RightState.HELD, RightState.ASSIGNED},
        Stage.GATE_IN: {RightState.ASSIGNED},
        Stage.GATE_OUT: {RightState.LOCKED_AT_GATE},
    }
    assert facts.right in right[stage]


def test_a_suspended_holder_keeps_the_box_in():
    (found,) = said(replace(READY, holder_barred=True))
    assert found[0] == "right-holder-not-verified"


def test_without_a_release_the_commercial_light_is_unknown():
    assert readiness.lights_of(replace(READY, release=None)).commercial == "unknown"
