"""The pages of our own profiles name everything the adapters read."""

import json
from pathlib import Path

import pytest

from adapters.single_window.release import KNOWN, LIGHTS, ON_THE_BOXES

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
CUSTOMS = (REFERENCE / "customs-profile.md").read_text("utf-8")


@pytest.mark.parametrize(("code", "light"), LIGHTS.items())
def test_every_code_and_its_light_is_on_the_customs_page(code, light):
    assert f"| `{code}` | `{light}` |" in CUSTOMS
    assert f"| `{ON_THE_BOXES}` |" in CUSTOMS


@pytest.mark.parametrize("element", sorted(KNOWN))
def test_every_element_is_on_the_customs_page(element):
    assert element in CUSTOMS


def test_every_member_of_the_recorded_list_is_on_the_rail_page():
    page = (REFERENCE / "rail-profile.md").read_text("utf-8")
    recorded = Path(__file__).parent / "rail" / "recorded" / "train_list.json"

    def names(value):
        if isinstance(value, dict):
            return {*value, *(n for item in value.values() for n in names(item))}
        return {n for item in value for n in names(item)} if isinstance(value, list) else set()

    missing = {name for name in names(json.loads(recorded.read_text("utf-8"))) if name not in page}
    assert missing == {"modeCode"}
