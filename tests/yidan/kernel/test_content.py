"""Event content: what may stand in it comes back as it went in, everything else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidan.kernel.content import (
    ContentError,
    JsonValue,
    from_json,
    instant_to_text,
    text_to_instant,
    to_json,
)


class Light(StrEnum):
    GREEN = "green"


@dataclass(frozen=True)
class Seal:
    number: str
    broken: bool


@dataclass(frozen=True)
class Everything:
    text: str
    mass_kg: int
    at: datetime
    day: date
    light: Light
    seals: tuple[Seal, ...]
    masses: Mapping[str, int]
    note: str | None
    body: JsonValue


EVERYTHING = Everything(
    text="铁路",
    mass_kg=24_500,
    at=datetime(2026, 11, 22, 8, 0, 0, 1, tzinfo=UTC),
    day=date(2026, 11, 22),
    light=Light.GREEN,
    seals=(Seal("CN1", broken=False),),
    masses={"CSQU3054383": 24_500},
    note=None,
    body={"any": [1, None]},
)
WRITTEN = {
    "text": "铁路",
    "mass_kg": 24500,
    "at": "2026-11-22T08:00:00.000001Z",
    "day": "2026-11-22",
    "light": "green",
    "seals": [{"number": "CN1", "broken": False}],
    "masses": {"CSQU3054383": 24500},
    "note": None,
    "body": {"any": [1, None]},
}


def test_a_dataclass_is_written_as_plain_json():
    assert to_json(EVERYTHING) == WRITTEN


def test_what_was_written_is_read_back():
    assert from_json(Everything, WRITTEN) == EVERYTHING


def test_a_mapping_proxy_is_an_object():
    assert to_json(MappingProxyType({"a": 1})) == {"a": 1}


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_survives(at):
    assert text_to_instant(instant_to_text(at)) == at


def test_an_instant_is_written_in_utc():
    beijing = timezone(timedelta(hours=8))
    assert instant_to_text(datetime(2026, 1, 1, tzinfo=beijing)) == "2025-12-31T16:00:00.000000Z"


def test_an_instant_without_offset_is_refused():
    with pytest.raises(ContentError, match="offset"):
        to_json(datetime(2026, 1, 1))  # noqa: DTZ001 - the offence under test


@pytest.mark.parametrize("value", [1.5, b"bytes", {1, 2}, object(), [0.1]])
def test_what_may_not_stand_in_content_is_refused(value):
    with pytest.raises(ContentError, match="may not stand in content"):
        to_json(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 7),
        ("mass_kg", "7"),
        ("mass_kg", True),
        ("seals", {}),
        ("seals", [{"number": "CN1", "broken": 0}]),
        ("masses", []),
        ("note", 7),
    ],
)
def test_another_shape_is_refused(name, value):
    with pytest.raises(ContentError, match="expected"):
        from_json(Everything, {**WRITTEN, name: value})


def test_an_unknown_field_is_refused_by_name():
    with pytest.raises(ContentError, match=r"Seal has no \['colour'\]"):
        from_json(Seal, {"number": "CN1", "broken": False, "colour": "red"})


def test_a_missing_field_is_refused_by_name():
    with pytest.raises(ContentError, match="'broken'"):
        from_json(Seal, {"number": "CN1"})
