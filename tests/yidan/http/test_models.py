"""What crosses the wire is read strictly, and every finding is told."""

from datetime import UTC, datetime
from enum import StrEnum

import pytest
from pydantic import Field

from yidan.http.models import IdempotencyKey, IdPath, Instant, ShortText, WireModel
from yidan.http.paging import PageQuery, cursor_of, keys_of
from yidan.kernel.errors import BadRequestError, InvalidError, NotFoundError


class Mode(StrEnum):
    ROAD = "road"
    RAIL = "rail"


class Leg(WireModel):
    mode: Mode
    departs_at: Instant


class Bill(WireModel):
    reference: ShortText
    gross_mass_kg: int = Field(ge=1, le=1_000)
    sealed: bool = False
    legs: list[Leg] = Field(max_length=3)


GOOD = {
    "reference": "B-1",
    "grossMassKg": 10,
    "legs": [{"mode": "rail", "departsAt": "2026-11-22T08:00:00+08:00"}],
}


def findings(model, value):
    with pytest.raises(InvalidError) as refused:
        model.model_validate(value)
    return {(found.code, found.at) for found in refused.value.reasons}


def test_a_good_body_is_read():
    bill = Bill.model_validate(GOOD)
    assert bill.legs[0].mode is Mode.RAIL
    assert bill.legs[0].departs_at == datetime(2026, 11, 22, tzinfo=UTC)


def test_all_findings_are_told_each_at_its_place():
    wrong = {
        "reference": "",
        "grossMassKg": 0,
        "sealed": 1,
        "legs": [{"mode": "air", "departsAt": "yesterday"}],
        "paid": True,
    }
    assert findings(Bill, wrong) == {
        ("field-length", "/reference"),
        ("field-range", "/grossMassKg"),
        ("field-type", "/sealed"),
        ("field-choice", "/legs/0/mode"),
        ("instant-form", "/legs/0/departsAt"),
        ("field-unknown", "/paid"),
    }


@pytest.mark.parametrize("value", ["10", 10.0, True, None, "１０", [10]])
def test_an_integer_is_an_integer(value):
    assert findings(Bill, GOOD | {"grossMassKg": value}) == {("field-type", "/grossMassKg")}


@pytest.mark.parametrize("value", [0, 1, "true", "yes", None])
def test_a_boolean_is_a_boolean(value):
    assert findings(Bill, GOOD | {"sealed": value}) == {("field-type", "/sealed")}


def test_the_name_inside_is_not_the_name_outside():
    body = {key: value for key, value in GOOD.items() if key != "grossMassKg"}
    assert findings(Bill, body | {"gross_mass_kg": 10}) == {
        ("field-missing", "/grossMassKg"),
        ("field-unknown", "/gross_mass_kg"),
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("B-1\n", "text-control-character"),
        ("B\t1", "text-control-character"),
        ("B-1\u202e", "text-control-character"),
        ("\ufeffB-1", "text-control-character"),
        ("B\u2028", "text-control-character"),
        ("B\x7f", "text-control-character"),
        ("e\u0301", "text-not-composed"),
        ("B" * 81, "field-length"),
        ("B" * 65_536, "field-length"),
    ],
)
def test_a_text_is_bounded_composed_and_printable(text, code):
    assert findings(Bill, GOOD | {"reference": text}) == {(code, "/reference")}


def test_chinese_text_is_text():
    assert Bill.model_validate(GOOD | {"reference": "提单 一号（港）"}).reference


def test_a_control_character_in_a_name_is_found_too():
    assert findings(Bill, GOOD | {"a\nb": 1}) == {
        ("field-unknown", "/a\ufffdb"),
        ("text-control-character", "/a\ufffdb"),
    }


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T08:00:00Z", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        ("2026-11-22t08:00:00z", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        ("2026-11-22T08:00:00.1234567+08:00", datetime(2026, 11, 22, 0, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-22T08:00:00-05:30", datetime(2026, 11, 22, 13, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_with_its_offset_is_read_to_utc(text, instant):
    assert Leg.model_validate({"mode": "road", "departsAt": text}).departs_at == instant


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-22T08:00:00",
        "2026-11-22 08:00:00Z",
        "2026-11-22T08:00Z",
        "2026-11-22",
        "2026-13-22T08:00:00Z",
        "2026-02-30T08:00:00Z",
        "2026-11-22T08:00:60Z",
        "2026-11-22T08:00:00+24:00",
        "２０２６-11-22T08:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        1_700_000_000,
        "1700000000",
        None,
    ],
)
def test_what_is_no_instant_with_an_offset_is_refused(value):
    assert findings(Leg, {"mode": "road", "departsAt": value}) == {("instant-form", "/departsAt")}


def test_an_instant_with_a_line_break_after_it_is_none():
    assert findings(Leg, {"mode": "road", "departsAt": "2026-11-22T08:00:00Z\n"}) == {
        ("instant-form", "/departsAt"),
        ("text-control-character", "/departsAt"),
    }


def test_an_answer_is_written_with_wire_names_and_offsets():
    leg = Leg(mode=Mode.ROAD, departs_at=datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert leg.model_dump_json() == '{"mode":"road","departsAt":"2026-11-22T08:00:00.000000Z"}'


@pytest.mark.parametrize("value", ["", "a/b", "a\0", "x" * 81, "-a", "a b", "é", "a\n"])
def test_a_path_that_can_be_no_id_is_not_there(value):
    with pytest.raises(NotFoundError):
        IdPath.model_validate({"id": value})


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "idempotency-key-missing"),
        ({"Idempotency-Key": ""}, "idempotency-key-missing"),
        ({"Idempotency-Key": "x" * 256}, "idempotency-key-malformed"),
        ({"Idempotency-Key": "a\r\nb"}, "idempotency-key-malformed"),
        ({"Idempotency-Key": "k\n"}, "idempotency-key-malformed"),
        ({"Idempotency-Key": "é"}, "idempotency-key-malformed"),
    ],
)
def test_an_idempotency_key_is_demanded_and_bounded(headers, code):
    with pytest.raises(BadRequestError) as refused:
        IdempotencyKey.model_validate(headers)
    assert refused.value.reasons[0].code == code


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"page": "2"}])
def test_a_wrong_query_is_refused(query):
    with pytest.raises(InvalidError):
        PageQuery.model_validate(query)


def test_a_cursor_gives_back_its_keys():
    assert keys_of(cursor_of("2026", "码头"), 2) == ("2026", "码头")
    assert keys_of("", 2) is None


@pytest.mark.parametrize("cursor", ["x", "é", "W10", "WzFd", cursor_of("a"), cursor_of("a", "\0")])
def test_a_cursor_of_somebody_elses_making_is_refused(cursor):
    with pytest.raises(InvalidError):
        keys_of(cursor, 2)
