"""Vessel visits over HTTP: for terminals with the scope, all findings, one effect a key."""

import pytest

from yidan.kernel.reasons import Role

LIST = {
    "vesselImoNumber": "9795426",
    "vesselName": "EAST OCEAN HARMONY",
    "voyage": "062E",
    "unLocationCode": "CNLYG",
    "lines": [
        {
            "transportDocumentReference": "EOC001",
            "equipmentReference": "CSQU3054383",
            "isoEquipmentCode": "22G1",
            "fullness": "full",
            "sealNumbers": ["S1"],
            "packageQuantity": 10,
            "grossMassKg": 20000,
        },
        {"transportDocumentReference": "ORE001", "grossMassKg": 74850000},
    ],
}
AT = "2026-01-19T10:00:00+08:00"


@pytest.fixture
def terminal(portal):
    return portal.machine(Role.TERMINAL)


def test_a_vessel_is_listed_discharged_and_reported(terminal):
    made = terminal.post("/v1/vessel-visits", LIST)
    assert made.status_code == 201, made.get_data(as_text=True)
    path = made.headers["Location"]
    discharged = terminal.post(
        f"{path}/discharges",
        {
            "boxes": [
                {"equipmentReference": "CSQU3054383", "sealNumbers": ["S9"], "occurredAt": AT},
                {
                    "equipmentReference": "MSCU6639870",
                    "isoEquipmentCode": "22G1",
                    "occurredAt": AT,
                },
            ],
            "bulk": [
                {"transportDocumentReference": "ORE001", "grossMassKg": 74800000, "occurredAt": AT}
            ],
        },
    )
    assert discharged.status_code == 201, discharged.get_data(as_text=True)
    assert [(line["outcome"], line["differences"]) for line in discharged.json["lines"]] == [
        ("matched", ["SEAL"]),
        ("over", ["OVER"]),
        ("bulk", []),
    ]
    assert discharged.json["lines"][1]["holdId"]
    done = terminal.post(
        f"{path}/report",
        {"completedAt": "2026-01-19T17:00:00+08:00", "tallyClerk": "李", "shipsOfficer": "Müller"},
    )
    assert done.status_code == 201, done.get_data(as_text=True)
    assert [done.json[name] for name in ("planned", "matched", "short", "over")] == [1, 1, 0, 1]
    seen = terminal.get(path).json
    assert (seen["state"], len(seen["items"])) == ("reported", 3)
    assert [visit["id"] for visit in terminal.get("/v1/vessel-visits").json["items"]] == [
        seen["id"]
    ]


def test_all_findings_of_a_list_come_at_once(terminal):
    wrong = {**LIST, "vesselImoNumber": "9795427", "voyage": "é"}
    answer = terminal.post("/v1/vessel-visits", wrong)
    assert answer.status_code == 422
    assert [reason["at"] for reason in answer.json["reasons"]] == ["/vesselImoNumber", "/voyage"]


def test_a_repeated_key_discharges_once(terminal):
    path = terminal.post("/v1/vessel-visits", LIST).headers["Location"]
    body = {"boxes": [{"equipmentReference": "CSQU3054383", "occurredAt": AT}]}
    first = terminal.post(f"{path}/discharges", body, key="k")
    assert terminal.post(f"{path}/discharges", body, key="k").data == first.data
    other = terminal.post(f"{path}/discharges", body)
    assert other.json["lines"][0]["outcome"] == "already"


def test_other_roles_and_other_terminals_are_kept_out(portal, terminal):
    path = terminal.post("/v1/vessel-visits", LIST).headers["Location"]
    assert portal.machine(Role.CARRIER).post("/v1/vessel-visits", LIST).status_code == 403
    assert portal.machine(Role.TERMINAL).get(path).status_code == 404
