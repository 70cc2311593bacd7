"""Every state, light and hold has words in both languages."""

from dataclasses import fields

import pytest

from yidan.kernel.machine import not_in_this_state
from yidan.release import wording
from yidan.release.bulk import rules as bulk
from yidan.release.bulk.events import QuantityKind
from yidan.release.rules import holds, lights, readiness, words
from yidan.release.rules.commercial import CommercialState
from yidan.release.rules.right import RightState


def test_nothing_is_without_words():
    assert set(wording.RELEASE_STATES) == set(CommercialState)
    assert set(wording.RIGHT_STATES) == set(RightState)
    assert set(wording.HOLD_KINDS) == set(holds.HoldKind)
    assert set(wording.GUARDIANS) == set(holds.GUARDIAN_KINDS.values())


def test_every_value_of_every_light_has_words():
    kinds = {one.name: one.type for one in fields(lights.Lights)}
    for name in wording.LIGHT_NAMES:
        kind = kinds[name] if isinstance(kinds[name], type) else getattr(lights, kinds[name])
        assert {value for light, value in wording.LIGHTS if light == name} == set(kind)


def test_lights_are_shown_in_order_with_their_looks():
    shown = wording.shown_lights(
        lights.Lights(
            commercial=lights.CommercialLight.OK,
            customs=lights.CustomsLight.SELECTED_FOR_SCAN,
        )
    )
    assert [name[0] for name, _, _ in shown] == [
        "carrier",
        "discharge",
        "terminal",
        "customs",
        "charges",
        "gate",
    ]
    assert [look for _, _, look in shown] == ["yes", "no", "no", "look", "no", "plain"]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (words.RELEASE_STATES, CommercialState),
        (words.RIGHT_STATES, RightState),
        (words.ORDER_STATES, bulk.OrderState),
        (words.TASK_STATES, bulk.TaskState),
        (words.TERMINAL, lights.TerminalLight),
        (words.CUSTOMS, lights.CustomsLight),
        (words.HOLD_KINDS, holds.HoldKind),
        (words.QUANTITIES, QuantityKind),
    ],
)
def test_a_reasons_text_has_words_for_every_code_it_may_name(table, values):
    assert set(table) == {one.value for one in values}


@pytest.mark.parametrize(
    ("given", "code", "en", "zh"),
    [
        (
            readiness.TERMINAL_NOT_RELEASED(status="unknown"),
            "status",
            "The terminal's word on the box: not said yet; the terminal must release it.",
            "码头状态：未知；须由码头放行。",
        ),
        (
            readiness.CUSTOMS_NOT_RELEASED(status="selectedforscan"),
            "status",
            "Customs' word on the box: selected for scan; only customs can change it.",
            "海关状态：机检查验；只能由海关更改。",
        ),
        (
            holds.HELD(guardian="box:CSQU3054383", kind="PORT_DUES"),
            "guardian",
            (
                "Box CSQU3054383 is under a port dues hold; who placed it, or a higher authority,"
                " must lift it."
            ),
            "箱 CSQU3054383 处于港口费用扣留；须由扣留方或其上级机构解除。",
        ),
        (
            holds.NOT_A_PLACER(kind="SECURITY", roles="terminal, shipping_agent"),
            "roles",
            "A security hold is placed by: terminal, shipping agent.",
            "安全扣留只能由以下角色设置：码头、船代。",
        ),
        (
            not_in_this_state("release right", "void", "release.right_offered.v1"),
            "event",
            "This step is not possible now: the release right is void.",
            "当前不能执行该步骤：提货权已作废。",
        ),
        (
            not_in_this_state("kettle", "hot", "kettle.boiled.v1"),
            "event",
            "This step is not possible now: the kettle is hot.",
            "当前不能执行该步骤：kettle hot。",
        ),
        (
            bulk.QUANTITY_NOT_STATED(bound="outturn"),
            "bound",
            "The outturn quantity of the bill is not stated yet (G1).",
            "该提单的卸货实重数量尚未申报（G1）。",
        ),
    ],
)
def test_texts_say_words_and_the_code_stays_in_the_parameters(given, code, en, zh):
    assert (given.text("en"), given.text("zh")) == (en, zh)
    assert given.params[code]


@pytest.mark.parametrize("kind", set(holds.GUARDIAN_KINDS.values()))
def test_a_guardian_is_named_by_a_number_people_know_or_by_what_it_is(kind):
    named = words.guardian(f"{kind}:ABC")
    known = kind in {"bill", "box", "vehicle"}
    assert all(("ABC" in one) is known and ":" not in one for one in named)


def test_a_guardian_of_no_known_kind_is_named_as_it_stands():
    assert words.guardian("odd:1") == ("odd:1", "odd:1")
