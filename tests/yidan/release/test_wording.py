"""Every state, light and hold has words in both languages."""

from dataclasses import fields

from yidan.release import wording
from yidan.release.rules import holds, lights
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
