"""Registering whose signatures count: by administrators, with public keys alone."""

import pytest

from yidan.kernel.reasons import Role

JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
"""The example of RFC 7515, A.3.1."""


@pytest.fixture
def administrator(portal):
    return portal.machine(Role.ADMINISTRATOR)


def body(portal, **changes):
    usual = {
        "code": "WAVE",
        "kind": "platform",
        "organisationId": portal.organisation(Role.EBL_PLATFORM),
        "url": "https://pint.wave.example/",
        "jwks": {"keys": [JWK]},
    }
    return usual | changes


def test_an_administrator_registers_a_platform_and_sees_it(portal, administrator):
    sent = body(portal)
    made = administrator.post("/v1/ebl-signers", sent)
    assert made.status_code == 201, made.json
    shown = {
        "code": "WAVE",
        "kind": "platform",
        "organisationId": sent["organisationId"],
        "url": "https://pint.wave.example",
    }
    assert made.json == shown
    assert administrator.get("/v1/ebl-signers").json == {"items": [shown]}


def test_another_than_an_administrator_finds_nothing(portal):
    agent = portal.machine(Role.SHIPPING_AGENT)
    assert agent.post("/v1/ebl-signers", body(portal)).status_code == 404
    assert agent.get("/v1/ebl-signers").status_code == 404


def test_every_finding_is_told_at_once(portal, administrator):
    private = {**JWK, "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
    wrong = body(portal, code="YIDN", organisationId="nobody", jwks={"keys": [private]})
    answer = administrator.post("/v1/ebl-signers", wrong)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json["reasons"]] == [
        "pint-keys-wrong",
        "pint-own-code",
        "pint-organisation-unknown",
    ]


def test_an_organisation_calls_as_one_platform(portal, administrator):
    first = body(portal)
    assert administrator.post("/v1/ebl-signers", first).status_code == 201
    assert administrator.post("/v1/ebl-signers", first).status_code == 201
    second = administrator.post("/v1/ebl-signers", first | {"code": "BOLE"})
    assert [one["code"] for one in second.json["reasons"]] == ["pint-organisation-taken"]
