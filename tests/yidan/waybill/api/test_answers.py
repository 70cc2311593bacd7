"""Bills on the wire: camelCase, findings in the caller's language, no body in a timeline."""

from dataclasses import replace
from datetime import UTC, datetime

from yidan.kernel.events import Actor, Recorded
from yidan.waybill.actions import WaybillChanged
from yidan.waybill.api.answers import WaybillChange, WaybillEvent, WaybillList
from yidan.waybill.events import SAMPLES
from yidan.waybill.rules.seals import BOX_NOT_ON_BILL

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_a_finding_speaks_the_callers_language(house, bill):
    submitted = house.submit(bill)
    found = BOX_NOT_ON_BILL(box="B", bill="X")
    done = WaybillChanged(event_ids=("e",), bill=submitted, findings=(found,))
    for language, word in (("zh", "不在运单"), ("en", "is not on bill")):
        wire = WaybillChange.changed(done, language).model_dump(mode="json")
        assert word in wire["findings"][0]["message"]
        assert wire["transportDocumentReference"] == submitted.transport_document_reference
        assert wire["equipment"][1]["sealNumbers"] == ["EO7781203", "CC0045511"]
        assert wire["parties"][1]["partyId"] == ""


def test_the_body_of_a_submission_is_left_out_of_the_timeline():
    recorded = Recorded(
        event_id="e",
        number=1,
        subject="waybill:w",
        position=1,
        occurred_at=AT,
        recorded_at=AT,
        actor=Actor(party="p", user="u"),
        reason="",
        event=SAMPLES[0],
    )
    wire = WaybillEvent.of(recorded).model_dump(mode="json")
    assert "body" not in wire["content"]
    assert wire["content"]["main_leg"] == 1
    assert wire["occurredAt"] == "2026-11-22T08:00:00.000000Z"


def test_only_a_full_page_has_a_next_one(house, bill):
    submitted = house.submit(bill)
    other = replace(submitted, id="x")
    assert WaybillList.of([submitted, other], 3).next_cursor == ""
    assert WaybillList.of([submitted, other], 2).next_cursor
