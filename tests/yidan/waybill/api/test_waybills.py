"""Bills over HTTP: all findings as one problem, one effect a key, one's own bills only."""

import pytest

from tests.yidan.waybill.parties import ORGANISATIONS
from yidan.documents import actions as documents


@pytest.fixture
def machines(portal):
    return {
        name: portal.machine(role, name=name, identifiers=identifiers)
        for name, (role, *identifiers) in ORGANISATIONS.items()
    }


def submit(machines, bill, **options):
    return machines["forwarder"].post("/v1/waybills", bill, **options)


def test_a_bill_goes_from_submission_to_its_document(portal, machines, bill):
    made = submit(machines, bill)
    assert made.status_code == 201, made.get_data(as_text=True)
    waybill_id = made.json["id"]
    assert made.headers["Location"] == f"/v1/waybills/{waybill_id}"
    assert len(made.json["eventIds"]) == 1
    accepted = machines["carrier"].post(f"/v1/waybills/{waybill_id}/acceptance")
    assert (accepted.status_code, accepted.json["state"]) == (201, "accepted")
    assert [leg["state"] for leg in accepted.json["legs"]][1] == "confirmed"

    document = f"/v1/documents/{accepted.json['documentId']}"
    early = machines["rail"].get(f"{document}/pdf")
    assert early.status_code == 404
    assert [r["code"] for r in early.json["reasons"]] == ["document-not-rendered-yet"]
    assert machines["rail"].get(document).json["body"] == bill
    documents.render_pending(accepted.json["documentId"], portal.services)
    pdf = machines["rail"].get(f"{document}/pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.headers["ETag"]
    assert machines["agent"].get(f"{document}/pdf").status_code == 404


def test_all_findings_come_as_one_problem_in_the_callers_language(machines, bill):
    bill["totals"]["grossMassKg"] = 1
    bill["equipment"][0]["equipmentReference"] = "CSQU3054384"
    bill["terms"]["freightPayment"] = "LATER"
    refused = submit(machines, bill, **{"Accept-Language": "zh"})
    assert refused.status_code == 422
    assert refused.content_type == "application/problem+json"
    said = {(reason["at"], reason["code"]) for reason in refused.json["reasons"]}
    assert ("/totals/grossMassKg", "sum-differs") in said
    assert ("/equipment/0/equipmentReference", "container-check-digit") in said
    assert "/terms/freightPayment" in {at for at, _ in said}
    assert all(
        any("\u4e00" <= c <= "\u9fff" for c in r["message"]) for r in refused.json["reasons"]
    )
    assert machines["forwarder"].get("/v1/waybills").json["items"] == []


def test_the_same_key_submits_once(machines, bill):
    first, again = submit(machines, bill, key="k1"), submit(machines, bill, key="k1")
    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"
    taken = submit(machines, bill)
    assert taken.status_code == 409
    assert [r["code"] for r in taken.json["reasons"]] == ["bill-number-taken"]


def test_a_stranger_gets_the_answer_of_a_bill_that_is_not_there(machines, bill):
    waybill_id = submit(machines, bill).json["id"]
    for path in ("", "/events"):
        there = machines["agent"].get(f"/v1/waybills/{waybill_id}{path}")
        nowhere = machines["agent"].get(f"/v1/waybills/nowhere{path}")
        assert there.status_code == nowhere.status_code == 404
        assert there.json["reasons"] == nowhere.json["reasons"]


def test_lists_and_timelines_go_on_by_cursor(machines, bill):
    for number in ("EOC001", "EOC002", "EOC003"):
        bill["transportDocumentReference"] = number
        waybill_id = submit(machines, bill).json["id"]
    carrier = machines["carrier"]
    page = carrier.get("/v1/waybills?limit=2").json
    rest = carrier.get(f"/v1/waybills?limit=2&cursor={page['nextCursor']}").json
    numbers = [item["transportDocumentReference"] for item in page["items"] + rest["items"]]
    assert numbers == ["EOC003", "EOC002", "EOC001"]
    assert rest["nextCursor"] == ""

    carrier.post(f"/v1/waybills/{waybill_id}/acceptance")
    path, seen, cursor = f"/v1/waybills/{waybill_id}/events?limit=3", [], ""
    while True:
        found = carrier.get(f"{path}&cursor={cursor}").json
        seen += found["items"]
        if not (cursor := found["nextCursor"]):
            break
    assert [event["type"] for event in seen][-3:] == [
        "waybill.accepted.v1",
        "document.issued.v1",
        "waybill.submitted.v1",
    ]
    assert all("body" not in event["content"] for event in seen)


@pytest.mark.parametrize("cursor", ["WyJ4Il0", "WyItMSJd", "x"])
def test_a_foreign_cursor_is_refused(machines, bill, cursor):
    waybill_id = submit(machines, bill).json["id"]
    answer = machines["carrier"].get(f"/v1/waybills/{waybill_id}/events?cursor={cursor}")
    assert answer.status_code == 422


def test_a_returned_bill_tells_its_reason_in_the_timeline(machines, bill):
    waybill_id = submit(machines, bill).json["id"]
    answer = machines["carrier"].post(
        f"/v1/waybills/{waybill_id}/return", {"reason": "voyage cancelled"}
    )
    assert answer.json["state"] == "returned"
    (newest, *_) = machines["forwarder"].get(f"/v1/waybills/{waybill_id}/events").json["items"]
    assert (newest["type"], newest["reason"]) == ("waybill.returned.v1", "voyage cancelled")


def test_a_broken_seal_is_reported_shown_and_mended_by_a_reseal(machines, bill):
    waybill_id = submit(machines, bill).json["id"]
    machines["carrier"].post(f"/v1/waybills/{waybill_id}/acceptance")
    report = {
        "step": "unloaded",
        "occurredAt": "2026-01-02T03:04:05+08:00",
        "boxes": [{"equipmentReference": "COSU6123451", "sealNumbers": ["XX1"]}],
    }
    answer = machines["rail"].post(f"/v1/waybills/{waybill_id}/legs/3/reports", report)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert [found["code"] for found in answer.json["findings"]] == ["seal-differs"]
    assert answer.json["equipment"][0]["sealDiffers"] is True
    reseal = {
        "equipmentReference": "COSU6123451",
        "resealReason": "RESEAL",
        "sealNumbers": ["XX1"],
        "occurredAt": "2026-01-02T04:04:05+08:00",
    }
    mended = machines["rail"].post(f"/v1/waybills/{waybill_id}/reseals", reseal)
    assert mended.json["equipment"][0]["sealDiffers"] is False
    assert mended.json["equipment"][0]["sealNumbers"] == ["XX1"]


def test_a_leg_path_that_cannot_be_is_not_there(machines, bill):
    waybill_id = submit(machines, bill).json["id"]
    report = {"step": "loaded", "occurredAt": "2026-01-02T03:04:05+08:00"}
    for sequence in ("0", "99", "x"):
        path = f"/v1/waybills/{waybill_id}/legs/{sequence}/reports"
        assert machines["rail"].post(path, report).status_code == 404
