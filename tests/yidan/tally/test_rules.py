"""Tally rules: whole tables, all findings at once, differences, and sums that always add up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.yidan.tally.conftest import LINES, line
from yidan.kernel.errors import InvalidTransitionError
from yidan.tally import events, rules
from yidan.tally.events import Difference, ManifestListed, TallyFigure
from yidan.tally.rules import ITEM, TALLY, ItemState, SeenBox, TallyState

NOW = datetime(2026, 11, 19, 10, tzinfo=UTC)
VISIT_STEPS = {
    ("none", "tally.manifest_listed.v1"): "planned",
    ("planned", "tally.manifest_listed.v1"): "planned",
    ("planned", "tally.box_matched.v1"): "open",
    ("planned", "tally.box_over.v1"): "open",
    ("planned", "tally.bulk_tallied.v1"): "open",
    ("open", "tally.box_matched.v1"): "open",
    ("open", "tally.box_over.v1"): "open",
    ("open", "tally.bulk_tallied.v1"): "open",
    ("open", "tally.report_completed.v1"): "reported",
}
ITEM_STEPS = {
    ("none", "tally.manifest_listed.v1"): "expected",
    ("expected", "tally.manifest_listed.v1"): "expected",
    ("none", "tally.box_over.v1"): "over",
    ("expected", "tally.box_matched.v1"): "matched",
    ("expected", "tally.report_completed.v1"): "short",
}


@pytest.mark.parametrize("happened", [type(sample) for sample in events.SAMPLES])
@pytest.mark.parametrize(
    ("machine", "steps", "state"),
    [(TALLY, VISIT_STEPS, state) for state in TallyState]
    + [(ITEM, ITEM_STEPS, state) for state in ItemState],
)
def test_the_tables_allow_these_steps_and_no_others(machine, steps, state, happened):
    expected = steps.get((state.value, happened.TYPE))
    if expected is None:
        with pytest.raises(InvalidTransitionError):
            machine.advance(state, happened)
    else:
        assert machine.advance(state, happened).value == expected


def listed(*lines, **changes):
    usual = {
        "vessel_visit_id": "v",
        "vessel_imo_number": "9795426",
        "vessel_name": "EAST OCEAN HARMONY",
        "voyage": "062E",
        "un_location_code": "CNLYG",
        "lines": lines,
    }
    return [(r.code, r.at) for r in rules.list_findings(ManifestListed(**(usual | changes)))]


def test_a_right_list_has_no_findings():
    assert listed(*LINES) == []


def test_everything_wrong_with_a_list_is_said_at_once():
    bulk_with_seals = events.ManifestLine(
        transport_document_reference="ORE001",
        equipment_reference="",
        iso_equipment_code="",
        fullness="",
        seal_numbers=("S",),
        package_quantity=0,
        gross_mass_kg=0,
    )
    assert listed(
        line("CSQU3054384", "b!", seals=("é",), code="40HQ", mass_kg=0),
        line("COSU6123451"),
        line("COSU6123451"),
        line("COSU6123451", "EOC002", seals=("OTHER",)),
        bulk_with_seals,
        vessel_imo_number="9795427",
        voyage="",
        un_location_code="CN",
    ) == [
        ("imo-number-check-digit", "/vesselImoNumber"),
        ("voyage-form", "/voyage"),
        ("un-location-code-form", "/unLocationCode"),
        ("bill-number-form", "/lines/0/transportDocumentReference"),
        ("container-check-digit", "/lines/0/equipmentReference"),
        ("size-type-not-iso", "/lines/0/isoEquipmentCode"),
        ("quantity-out-of-range", "/lines/0/grossMassKg"),
        ("seal-number-form", "/lines/0/sealNumbers/0"),
        ("tally-line-twice", "/lines/2"),
        ("tally-box-described-twice", "/lines/3"),
        ("quantity-out-of-range", "/lines/4/grossMassKg"),
        ("tally-bulk-has-no-box", "/lines/4"),
    ]


def seen(box="CSQU3054383", **values):
    return SeenBox(equipment_reference=box, **({"occurred_at": NOW} | values))


def test_everything_wrong_with_what_was_seen_is_said_at_once():
    boxes = [
        seen("CSQU3054384", iso_equipment_code="x", damage_codes=("1:2", "?")),
        seen(seal_numbers=("",), transport_document_reference="b!"),
        seen(occurred_at=NOW + timedelta(minutes=6)),
    ]
    assert [(r.code, r.at) for r in rules.seen_findings(boxes, NOW)] == [
        ("container-check-digit", "/boxes/0/equipmentReference"),
        ("size-type-form", "/boxes/0/isoEquipmentCode"),
        ("tally-damage-form", "/boxes/0/damageCodes/1"),
        ("bill-number-form", "/boxes/1/transportDocumentReference"),
        ("seal-number-form", "/boxes/1/sealNumbers/0"),
        ("tally-in-the-future", "/boxes/2/occurredAt"),
        ("tally-seen-twice", "/boxes/2"),
    ]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"seal_numbers": ("S3", "S2")}, ()),
        ({"seal_numbers": ("S2",)}, ("SEAL",)),
        ({"seal_numbers": ("S2", "S3"), "iso_equipment_code": "22G1"}, ()),
        ({"seal_numbers": ("S2", "S3"), "iso_equipment_code": "45G1"}, ("TYPE",)),
        ({"iso_equipment_code": "45G1", "damage_codes": ("1",)}, ("SEAL", "TYPE", "DMG")),
    ],
)
def test_what_differs_from_the_line_is_named(what, expected):
    found = rules.differences(LINES[1], seen("COSU6123451", **what))
    assert tuple(code.value for code in found) == expected


def figure(box, *differences):
    return TallyFigure(
        transport_document_reference="EOC001",
        equipment_reference=box,
        iso_equipment_code="22G1",
        fullness="full",
        seal_numbers=(),
        damage_codes=(),
        package_quantity=1,
        gross_mass_kg=1,
        listed_mass_kg=1,
        discharged=Difference.SHORT not in differences,
        differences=differences,
    )


@given(
    matched=st.integers(0, 9),
    short=st.integers(0, 9),
    over=st.integers(0, 9),
    twice=st.integers(0, 3),
)
def test_planned_is_matched_and_short_and_over_comes_on_top(matched, short, over, twice):
    figures = [figure(f"M{n}", Difference.SEAL) for n in range(matched)]
    figures += [figure(f"S{n}", Difference.SHORT) for n in range(short)]
    figures += [figure(f"O{n}", Difference.OVER) for n in range(over)]
    figures += [*figures[:twice], figure("")]
    found = rules.sums(figures)
    assert (found.planned, found.matched) == (matched + short, matched)
    assert (found.short, found.over) == (short, over)
    assert found.agree


@pytest.mark.parametrize(
    ("clerk", "officer", "end", "expected"),
    [
        ("Li", "Müller", NOW, []),
        ("Li", " LI ", NOW, ["tally-one-signer"]),
        ("Li", "Müller", NOW - timedelta(hours=2), ["tally-ends-too-early"]),
        ("Li", "li", NOW + timedelta(hours=1), ["tally-in-the-future", "tally-one-signer"]),
    ],
)
def test_two_people_sign_an_end_that_has_come(clerk, officer, end, expected):
    found = rules.completion_findings(clerk, officer, end, NOW - timedelta(hours=1), NOW)
    assert [reason.code for reason in found] == expected


def test_a_box_is_listed_as_full_or_empty():
    bare = replace(LINES[0], fullness="")
    assert listed(bare) == [("tally-fullness-missing", "/lines/0/fullness")]


def test_a_box_that_nobody_listed_needs_its_type():
    found = rules.over_findings([seen(), seen(iso_equipment_code="45G1")], set())
    assert [(r.code, r.at) for r in found] == [
        ("tally-over-needs-type", "/boxes/0/isoEquipmentCode")
    ]
