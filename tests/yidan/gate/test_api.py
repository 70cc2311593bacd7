"""The gate's endpoints under odd bodies: always an answer with reasons, never a fault."""

from itertools import product
from types import SimpleNamespace

import pytest

from tests.port import BOX, DRIVER, PLATE, Port

LONE = "\ud800"
ODD = (
    None,
    True,
    0,
    -1,
    2**53,
    10**40,
    1.5,
    "",
    " ",
    "\0",
    "\x1b[2J",
    "\u202e苏GA1234",
    LONE,
    "１２３４",
    "e\u0301",
    "-",
    "--",
    "A" * 5_000,
    [],
    [None],
    [[]],
    [""],
    ["-"],
    ["１:２"],
    [LONE],
    {},
    {"": ""},
)
"""Values that fit hardly any field."""
READINGS = (
    "plate",
    "driverId",
    "equipmentReference",
    "sealNumbers",
    "grossMassKg",
    "damageCodes",
)
BESIDE = (
    ("decisions/x/opening", "lane"),
    ("truck-visits/x/leaving", "reason"),
    ("transactions/x/resolution", "approve"),
    ("transactions/x/resolution", "reason"),
    ("transactions/x/resolution", "readings"),
)


def capture(number, **changes):
    usual = {
        "transactionId": f"K-{number}",
        "direction": "in",
        "lane": "IN-A",
        "plate": PLATE,
        "driverId": DRIVER,
        "equipmentReference": "",
        "sealNumbers": [],
        "grossMassKg": 25_300,
        "damageCodes": [],
        "confidence": {"plate": 990, "driverId": 1000},
        "capturedAt": "2026-11-22T08:00:00+08:00",
    }
    return {**usual, **changes}


@pytest.fixture
def port(portal):
    workshop = SimpleNamespace(open=portal.services.unit_of_work, engine=portal.services.engine)
    made = Port(workshop)
    made.ready()
    return made


@pytest.fixture
def kiosk(portal, port):
    return portal.kiosk(port.ids["terminal"])


@pytest.fixture
def clerk(portal, port):
    return portal.machine(party=port.ids["terminal"], scopes={"gate:write"})


def refused(answer):
    """A refusal, or that the value was taken; a fault is neither."""
    assert answer.status_code < 500, answer.get_data(as_text=True)
    if answer.status_code >= 400:
        assert answer.json["reasons"], answer.json
        assert all(one["message"] for one in answer.json["reasons"])
    return answer


def test_an_odd_value_in_a_capture_is_taken_or_named(kiosk):
    for number, (name, value) in enumerate(product(capture(0), ODD)):
        body = capture(number, **{name: value})
        refused(kiosk.post("/v1/gate/transactions", body))


def test_an_odd_reading_of_a_clerk_is_taken_or_named(kiosk, clerk):
    sent = kiosk.post("/v1/gate/transactions", capture(1, confidence={}))
    assert sent.json["verdict"] == "REFER", sent.json
    path = f"/v1/gate/transactions/{sent.json['id']}/resolution"
    for name, value in product(READINGS, ODD):
        body = {"approve": True, "reason": "looked", "readings": {name: value}}
        refused(clerk.post(path, body))


def test_an_odd_value_beside_the_capture_is_named(kiosk):
    for (path, name), value in product(BESIDE, ODD):
        usual = {"approve": True, "reason": "looked"} if "resolution" in path else {}
        answer = refused(kiosk.post(f"/v1/gate/{path}", {**usual, name: value}))
        assert answer.status_code >= 400


def test_an_odd_id_is_not_there(kiosk):
    bodies = {
        "transactions/{}/resolution": {"approve": True, "reason": "looked"},
        "decisions/{}/opening": {"lane": "IN-A"},
        "truck-visits/{}/leaving": {"reason": "looked"},
    }
    ids = ("%00", "%F0%9F", "１", "a%2F..", "x" * 300, "%20", "-")
    for (place, body), odd in product(bodies.items(), ids):
        assert kiosk.post(f"/v1/gate/{place.format(odd)}", body).status_code == 404


def test_an_odd_question_is_taken_or_named(kiosk):
    for query in ("state=%00", "state=%ED%A0%80", "limit=١", "cursor=%FF", "x=1"):
        refused(kiosk.get(f"/v1/gate/transactions?{query}"))


def test_a_malformed_damage_code_is_named_with_its_place_and_form(kiosk):
    codes = ("", "DT", "1:2", "PAA-LB3N", "paa-lb3n-dt", "ＰＡＡ-LB3N-DT", "箱")
    for number, (code, spoken) in enumerate(product(codes, ("zh", "en"))):
        body = capture(number, damageCodes=["PAA-LB3N-DT", code])
        answer = kiosk.post("/v1/gate/transactions", body, **{"Accept-Language": spoken})
        assert answer.status_code == 422
        (found,) = answer.json["reasons"]
        assert found["at"] == "/damageCodes/1"
        assert "PAA-LB3N-DT" in found["message"]
        assert ("请" in found["message"]) == (spoken == "zh")


def test_a_clerks_malformed_damage_code_is_named_too(kiosk, clerk):
    sent = kiosk.post("/v1/gate/transactions", capture(1, confidence={}))
    path = f"/v1/gate/transactions/{sent.json['id']}/resolution"
    readings = {"damageCodes": ["1:2"], "equipmentReference": BOX}
    answer = clerk.post(path, {"approve": True, "reason": "looked", "readings": readings})
    assert answer.status_code == 422
    assert [one["at"] for one in answer.json["reasons"]] == ["/readings/damageCodes/0"]
