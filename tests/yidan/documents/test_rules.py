"""The whole product of states and events against the table; canonical bytes; numbers."""

from datetime import UTC, datetime

import pytest

from yidan.documents import events, rules
from yidan.documents.rules import DOCUMENT, DocumentState
from yidan.kernel.errors import InvalidTransitionError

NEXT = {
    ("none", "document.issued.v1"): "issued",
    ("issued", "document.rendered.v1"): "rendered",
    ("issued", "document.voided.v1"): "voided",
    ("rendered", "document.voided.v1"): "voided",
}


@pytest.mark.parametrize("happened", [type(sample) for sample in events.SAMPLES])
@pytest.mark.parametrize("state", list(DocumentState))
def test_the_table_allows_these_steps_and_no_others(state, happened):
    expected = NEXT.get((state.value, happened.TYPE))
    if expected is None:
        with pytest.raises(InvalidTransitionError):
            DOCUMENT.advance(state, happened)
    else:
        assert DOCUMENT.advance(state, happened).value == expected


def test_the_canonical_json_does_not_depend_on_the_order_of_names():
    body = {"b": [1, "提单"], "a": {"z": None, "y": True}}
    assert rules.canonical(body) == '{"a":{"y":true,"z":null},"b":[1,"提单"]}'.encode()
    assert rules.json_sha256(body) == rules.json_sha256(dict(reversed(body.items())))


def test_a_number_tells_its_kind_and_day_and_is_easy_to_read_aloud():
    at = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    unique = "01935300-0000-7000-8000-00ffffffffff"
    assert rules.number("DO", at, unique) == "DO20261122-ZZZZZZZZ"
    assert rules.number("DO", at, unique.replace("f", "0")) == "DO20261122-00000000"


def test_the_qr_code_leads_to_the_public_page():
    assert rules.verify_url("https://port.example", "0193") == ("https://port.example/verify/0193")
