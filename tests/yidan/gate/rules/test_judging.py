"""Judging a capture: no doubt passes, nothing wrong is referred, no clerk passes a light."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from yidan.gate.events import Capture, Direction
from yidan.gate.rules import judging
from yidan.gate.rules.judging import Expected, Ruling, judge
from yidan.release.rules.readiness import CHARGES_DUE

BOX = "CSQU3054383"
SEEN = Capture(
    direction=Direction.OUT,
    lane="OUT-02",
    plate="苏GA1234",
    driver_id="D1",
    equipment_reference=BOX,
    seal_numbers=("EO7781203",),
    gross_mass_kg=25_230,
    damage_codes=(),
    confidences={"plate": 960, "driverId": 960, "equipmentReference": 960, "sealNumbers": 960},
    captured_at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    skew_s=0,
)
MEANT = Expected(
    plate="苏GA1234",
    driver_id="D1",
    equipment_reference=BOX,
    seal_numbers=("EO7781203",),
    gross_mass_kg=25_230,
    damage_codes=("PAA-LB3N-HO",),
)


def test_what_was_expected_and_surely_read_is_approved():
    assert judge(SEEN, MEANT, ()).ruling is Ruling.APPROVE


def test_a_weight_is_within_five_percent_or_half_a_tonne_whichever_is_more():
    for listed, weighed, ruling in [
        (25_000, 26_250, Ruling.APPROVE),
        (25_000, 26_251, Ruling.REFER),
        (4_000, 4_500, Ruling.APPROVE),
        (4_000, 4_501, Ruling.REFER),
        (4_000, 3_499, Ruling.REFER),
    ]:
        seen = replace(SEEN, gross_mass_kg=weighed)
        assert judge(seen, replace(MEANT, gross_mass_kg=listed), ()).ruling is ruling


def test_damage_that_was_known_before_is_not_new():
    assert judge(replace(SEEN, damage_codes=("PAA-LB3N-HO",)), MEANT, ()).ruling is Ruling.APPROVE
    assert judge(replace(SEEN, damage_codes=("PAA-LB3N-CU",)), MEANT, ()).ruling is Ruling.REFER


def test_a_misread_plate_says_nothing_of_what_another_truck_did():
    doubtful = replace(SEEN, confidences={**SEEN.confidences, "plate": 700})
    found = judge(doubtful, None, (CHARGES_DUE(),))
    assert [r.code for r in found.reasons] == ["gate-plate-unread"]


def test_an_accepted_code_never_stands_for_a_reading_or_a_light():
    doubtful = replace(SEEN, confidences={})
    codes = frozenset(reason.code for reason in judge(doubtful, MEANT, ()).soft)
    accepted = codes | {CHARGES_DUE.code}
    found = judge(doubtful, MEANT, (CHARGES_DUE(),), accepted=accepted)
    assert found.ruling is Ruling.DENY
    assert {reason.code for reason in found.soft} == judging.READ_ANEW


READINGS = {
    "plate": st.sampled_from(["苏GA1234", "苏GA1235", ""]),
    "driver_id": st.sampled_from(["D1", "D2", ""]),
    "equipment_reference": st.sampled_from([BOX, "MSKU9070323", "CSQU3O54383", ""]),
    "confidences": st.fixed_dictionaries(
        {},
        optional={
            name: st.integers(0, 1000)
            for name in ("plate", "driverId", "equipmentReference", "sealNumbers")
        },
    ),
}


@given(st.fixed_dictionaries({}, optional=READINGS), st.booleans())
def test_nothing_but_the_expected_readings_and_no_reason_is_ever_approved(change, owing):
    seen = replace(SEEN, **change)
    found = judge(seen, MEANT, (CHARGES_DUE(),) if owing else ())
    if found.ruling is Ruling.APPROVE:
        assert not owing
        assert (seen.plate, seen.driver_id, seen.equipment_reference) == ("苏GA1234", "D1", BOX)
        assert all(
            seen.confidences.get(name, 0) >= judging.CONDITIONAL
            for name in ("plate", "driverId", "equipmentReference", "sealNumbers")
        )


def test_a_truck_nobody_announced_is_denied_by_direction_with_what_else_stands_against_it():
    inside = judge(SEEN, None, [CHARGES_DUE()])
    assert [reason.code for reason in inside.hard] == ["gate-truck-not-inside", "charges-due"]
    coming = judge(replace(SEEN, direction=Direction.IN), None, ())
    assert [reason.code for reason in coming.hard] == ["gate-plate-not-announced"]


def test_what_nobody_weighed_listed_or_sealed_is_not_compared():
    bare = replace(MEANT, seal_numbers=(), gross_mass_kg=None)
    assert judge(replace(SEEN, gross_mass_kg=None), bare, ()).ruling is Ruling.APPROVE


def test_other_seals_and_seals_read_badly_are_referred():
    for seen, code in [
        (replace(SEEN, seal_numbers=()), "gate-seal-differs"),
        (replace(SEEN, confidences={**SEEN.confidences, "sealNumbers": 700}), "gate-seal-unread"),
    ]:
        assert [reason.code for reason in judge(seen, MEANT, ()).soft] == [code]


def test_a_device_clock_far_off_is_a_finding_and_no_reason():
    found = judge(replace(SEEN, skew_s=181), MEANT, ())
    assert found.ruling is Ruling.APPROVE
    assert [reason.code for reason in found.findings] == ["gate-clock-skewed"]
