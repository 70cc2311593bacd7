"""Release and gate over HTTP: one box from the order to the barrier, as machines call."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.port import BOX, DRIVER, PLATE, VESSEL, VOYAGE, Port
from yidan.kernel.reasons import Role

ROLES = {
    "agent": Role.SHIPPING_AGENT,
    "consignee": Role.CONSIGNEE,
    "haulier": Role.HAULIER,
    "terminal": Role.TERMINAL,
    "customs": Role.CUSTOMS,
}


@pytest.fixture
def port(services):
    class Open:
        open = staticmethod(services.unit_of_work)

    made = Port(Open())
    made.people().bill()
    made.listed()
    return made


@pytest.fixture
def machines(port, portal):
    return {name: portal.machine(role, party=port.ids[name]) for name, role in ROLES.items()}


@pytest.fixture
def kiosk(port, portal):
    return portal.kiosk(port.ids["terminal"])


def later(**ahead) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def order(port, **changes):
    usual = {
        "deliveryOrderReference": "DO-LYG-26-118820",
        "transportDocumentReference": "EOCLYG26110042",
        "validUntil": later(days=7),
        "vesselImoNumber": VESSEL,
        "voyage": VOYAGE,
        "releaseTo": port.ids["consignee"],
        "lines": [{"equipmentReference": BOX, "isoEquipmentCode": "45G1"}],
    }
    return {**usual, **changes}


def said(answer):
    return [reason["code"] for reason in answer.json["reasons"]]


def green(machines):
    key = {"equipmentReference": BOX, "vesselImoNumber": VESSEL, "voyage": VOYAGE}
    terminal = machines["terminal"]
    assert terminal.post("/v1/terminal-status", {**key, "status": "released"}).status_code == 201
    paid = {**key, "status": "paid", "paidThroughOn": "2099-12-31"}
    assert terminal.post("/v1/charges", paid).status_code == 201
    decided = {
        "transportDocumentReference": "EOCLYG26110042",
        "status": "released",
        "occurredAt": later(),
    }
    assert machines["customs"].post("/v1/customs-status", decided).json["lines"][0]["applied"]


def test_a_box_is_released_passed_collected_and_a_stranger_sees_nothing(
    port, portal, machines, kiosk
):
    from yidan.release.actions import visits

    done = machines["agent"].post("/v1/releases", order(port))
    assert done.status_code == 201, done.json
    release = done.headers["Location"]
    listed = machines["consignee"].get("/v1/releases").json["items"][0]
    assert (listed["state"], listed["myRoles"]) == ("granted", ["consignee"])
    right_id = listed["lines"][0]["rightId"]
    readiness = machines["consignee"].get(f"{release}/readiness").json
    assert not readiness["ready"]
    assert [r["owner"] for r in readiness["boxes"][0]["reasons"]] == [
        "terminal",
        "terminal",
        "forwarder",
        "terminal",
    ]
    green(machines)
    visit = machines["terminal"].get("/v1/visits").json["items"][0]["id"]
    ashore = visits.ReportDischarge(visit_id=visit)
    port.do("terminal", lambda uow: visits.report_discharge(ashore, uow))
    offer = {"offeredTo": "uscc:9132070074873921XX", "expiresAt": later(hours=2)}
    assert machines["consignee"].post(f"/v1/rights/{right_id}/offer", offer).status_code == 201
    turn = machines["haulier"].get("/v1/rights").json["items"][0]["nextAction"]
    assert (turn["code"], turn["mine"]) == ("next-answer-offer", True)
    assert machines["haulier"].post(f"/v1/rights/{right_id}/acceptance").status_code == 201
    truck = {"plate": PLATE, "driverId": DRIVER, "plannedAt": later(hours=1)}
    assert machines["haulier"].post(f"/v1/rights/{right_id}/assignment", truck).status_code == 201
    assert machines["haulier"].get(f"/v1/rights/{right_id}/readiness").json["ready"]
    stranger = portal.machine(Role.HAULIER)
    for path in (release, f"{release}/readiness", f"/v1/rights/{right_id}", f"/v1/visits/{visit}"):
        assert stranger.get(path).status_code == 404
    assert stranger.get("/v1/rights").json["items"] == []

    entered = kiosk.post("/v1/gate/transactions", capture("in", "k-1"), key="k-1")
    assert entered.json["verdict"] == "APPROVE", entered.json
    opened = kiosk.post(f"/v1/gate/decisions/{entered.json['decisionId']}/opening", {"lane": "L-1"})
    assert opened.status_code == 201
    out = kiosk.post("/v1/gate/transactions", capture("out", "k-2"), key="k-2")
    assert out.json["verdict"] == "APPROVE", out.json
    opening = f"/v1/gate/decisions/{out.json['decisionId']}/opening"
    gone = kiosk.post(opening, {"lane": "L-1"}, key="open-2")
    assert gone.json["eirDocumentId"]
    replayed = kiosk.post(opening, {"lane": "L-1"}, key="open-2")
    assert (replayed.status_code, replayed.json) == (201, gone.json)
    again = kiosk.post(opening, {"lane": "L-1"})
    assert (again.status_code, said(again)) == (409, ["gate-decision-used"])
    second = kiosk.post("/v1/gate/transactions", capture("out", "k-3"), key="k-3").json
    assert second["verdict"] == "DENY"
    assert "right-consumed" in [reason["code"] for reason in second["reasons"]]
    assert machines["agent"].get(release).json["state"] == "accomplished"


def capture(direction, transaction_id, **changes):
    out = direction == "out"
    usual = {
        "transactionId": transaction_id,
        "direction": direction,
        "lane": "L-1",
        "plate": PLATE,
        "driverId": DRIVER,
        "equipmentReference": BOX if out else "",
        "sealNumbers": ["EO7781203"] if out else [],
        "grossMassKg": 25_300 if out else None,
        "confidence": {
            "plate": 990,
            "driverId": 1000,
            "equipmentReference": 985,
            "sealNumbers": 970,
        },
        "capturedAt": later(),
    }
    return {**usual, **changes}


def test_a_refused_order_says_every_reason_in_the_callers_language(port, machines):
    bad = order(
        port, lines=[{"equipmentReference": "MSKU9070323"}], validUntil="2020-01-01T00:00:00Z"
    )
    english = machines["agent"].post("/v1/releases", bad)
    assert english.status_code == 409
    assert said(english) == ["release-box-not-on-bill", "release-validity-over"]
    chinese = machines["agent"].post("/v1/releases", bad, **{"Accept-Language": "zh"})
    assert "不在提单" in chinese.json["reasons"][0]["message"]


def test_an_order_that_is_malformed_is_422_with_all_findings(port, machines):
    bad = order(port, validUntil="tomorrow", lines="none", surprise=1)
    answer = machines["agent"].post("/v1/releases", bad)
    assert answer.status_code == 422
    assert {reason["at"] for reason in answer.json["reasons"]} == {
        "/validUntil",
        "/lines",
        "/surprise",
    }


def test_holds_are_placed_listed_and_lifted(port, machines):
    body = {"scope": "BL", "key": "EOCLYG26110042", "kind": "CUSTOMS", "reason": "inspection"}
    placed = machines["customs"].post("/v1/holds", body)
    assert (placed.status_code, placed.json["guardian"]) == (201, "bill:EOCLYG26110042")
    listed = machines["customs"].get("/v1/holds").json["items"]
    assert [hold["id"] for hold in listed] == [placed.json["id"]]
    lifting = f"/v1/holds/{placed.json['id']}/lifting"
    assert machines["haulier"].post(lifting, {"reason": "mine"}).status_code == 404
    assert machines["customs"].post(lifting, {"reason": "done"}).json["liftedAt"]


def test_a_kiosk_does_nothing_but_the_gate(port, kiosk):
    body = {"scope": "BL", "key": "EOCLYG26110042", "kind": "TERMINAL", "reason": "x"}
    assert kiosk.post("/v1/holds", body).status_code == 403
    assert kiosk.get("/v1/releases").status_code == 403


def test_a_clerk_sees_what_waits_and_resolves_it(port, machines, kiosk):
    unread = capture("in", "k-1", plate="", confidence={"plate": 0})
    waiting = kiosk.post("/v1/gate/transactions", unread, key="k-1").json
    assert waiting["verdict"] == "REFER"
    path = f"/v1/gate/transactions/{waiting['id']}"
    listed = machines["terminal"].get("/v1/gate/transactions?state=referred").json["items"]
    assert [one["id"] for one in listed] == [waiting["id"]]
    resolution = {"approve": True, "reason": "by eye", "readings": {"plate": PLATE}}
    assert kiosk.post(f"{path}/resolution", resolution).status_code == 403
    resolved = machines["terminal"].post(f"{path}/resolution", resolution)
    assert resolved.json["verdict"] == "DENY", resolved.json
    assert kiosk.get(path).json["state"] == "rejected"
