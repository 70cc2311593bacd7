"""Client assertions and access tokens: what is good, and every way to be bad (QUALITY B3)."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest

from tests.portal import base64url, compact
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Role
from yidan.parties import actions


@pytest.fixture
def machine(portal):
    return portal.machine(Role.SHIPPING_AGENT)


def test_a_good_assertion_gives_a_token_that_works(machine):
    answer = machine.ask_token()
    assert answer.status_code == 200
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 300
    me = machine.get("/v1/me")
    assert (me.status_code, me.json["party"]) == (200, machine.party)


def test_the_scope_asked_for_is_the_scope_given(machine):
    answer = machine.ask_token(scope="release:read waybill:read")
    assert answer.json["scope"] == "release:read waybill:read"


def test_a_scope_beyond_the_clients_is_refused_with_its_name(machine):
    answer = machine.ask_token(scope="release:read gate:write")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")
    assert "gate:write" in answer.json["detail"]


def test_an_assertion_is_good_once(machine):
    assertion = machine.assertion()
    assert machine.ask_token(assertion).status_code == 200
    assert machine.ask_token(assertion).status_code == 401


def public_pem_and_raw(machine):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = machine.key.public_key()
    yield key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    yield key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def refused(answer):
    assert answer.status_code == 401, answer.get_data(as_text=True)
    assert answer.json["error"] == "invalid_client"
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example"},
        {"aud": []},
        {"aud": None},
        {"aud": ["http://127.0.0.1:8600", "https://elsewhere.example"]},
        {"iss": "somebody-else"},
        {"sub": "somebody-else"},
        {"exp": timedelta(seconds=-60)},
        {"exp": timedelta(hours=1)},
        {"exp": None},
        {"exp": "4102444800"},
        {"exp": float("nan")},
        {"exp": True},
        {"exp": 10**14},
        {"nbf": timedelta(minutes=2)},
        {"iat": timedelta(minutes=2)},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 256},
        {"jti": 7},
    ],
    ids=str,
)
def test_an_assertion_with_a_wrong_claim_is_refused(machine, changes):
    now = int(time.time())
    claims = {
        name: now + value // timedelta(seconds=1) if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    refused(machine.ask_token(machine.assertion(**claims)))


@pytest.mark.parametrize("name", ["none", "None", "HS256", "RS256", "ES256", "EdDSA "])
def test_an_assertion_under_another_algorithm_is_refused(machine, name):
    token = compact({"alg": name, "kid": machine.key_id}, machine.claims(), machine.key.sign)
    refused(machine.ask_token(token))


def test_an_unsigned_assertion_is_refused(machine):
    refused(machine.ask_token(compact({"alg": "none"}, machine.claims(), lambda _: b"")))


def test_the_public_key_is_no_hmac_secret(machine):
    for secret in public_pem_and_raw(machine):
        token = compact(
            {"alg": "HS256"},
            machine.claims(),
            lambda data, secret=secret: hmac.new(secret, data, hashlib.sha256).digest(),
        )
        refused(machine.ask_token(token))


def test_a_wrong_key_id_is_refused(machine):
    token = compact({"alg": "EdDSA", "kid": "other"}, machine.claims(), machine.key.sign)
    refused(machine.ask_token(token))


@pytest.mark.parametrize("header", [{"crit": ["x"], "x": 1}, {"b64": False, "crit": ["b64"]}])
def test_an_unknown_critical_header_is_refused(machine, header):
    token = compact({"alg": "EdDSA"} | header, machine.claims(), machine.key.sign)
    refused(machine.ask_token(token))


def test_a_key_in_the_header_is_not_believed(portal, machine):
    other = portal.machine(Role.HAULIER)
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    token = compact({"alg": "EdDSA", "jwk": jwk}, machine.claims(), other.key.sign)
    refused(machine.ask_token(token))


def test_a_foreign_signature_is_refused(portal, machine):
    other = portal.machine(Role.SHIPPING_AGENT)
    token = compact({"alg": "EdDSA"}, machine.claims(), other.key.sign)
    refused(machine.ask_token(token))


def test_the_older_and_the_newer_name_of_ed25519_are_both_taken(machine):
    for name in ("EdDSA", "Ed25519"):
        token = compact({"alg": name}, machine.claims(), machine.key.sign)
        assert machine.ask_token(token).status_code == 200


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c", "é.é.é", "x" * 10_000])
def test_what_is_no_token_is_refused(machine, text):
    refused(machine.ask_token(text or " "))


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "password"},
        {"client_assertion_type": "other"},
        {"grant_type": ["client_credentials", "client_credentials"]},
    ],
)
def test_another_grant_is_refused(machine, form):
    answer = machine.ask_token(**form)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_token_request_in_json_is_refused(machine):
    answer = machine.portal.client().post("/oauth/token", json={"grant_type": "x"})
    assert answer.status_code == 415


def test_an_access_token_is_no_assertion_and_an_assertion_no_access_token(portal, machine):
    refused(machine.ask_token(machine.token))
    sent = {"Authorization": f"Bearer {machine.assertion()}"}
    assert portal.client().get("/v1/me", headers=sent).status_code == 401


def tampered(token: str, **changes) -> str:
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return f"{header}.{base64url(json.dumps(claims | changes).encode())}.{signature}"


@pytest.mark.parametrize("changes", [{"party": "other"}, {"scope": "party:admin"}, {"exp": 10**10}])
def test_a_changed_access_token_is_refused(portal, machine, changes):
    sent = {"Authorization": f"Bearer {tampered(machine.token, **changes)}"}
    assert portal.client().get("/v1/me", headers=sent).status_code == 401


@pytest.mark.parametrize("value", ["Bearer", "Bearer x", "Basic eDp5", "bearer a.b.c", "é"])
def test_a_bad_authorization_header_is_401(portal, value):
    answer = portal.client().get("/v1/me", headers={"Authorization": value})
    assert answer.status_code == 401


def test_a_revoked_key_stops_working_at_once_token_or_not(portal, machine):
    token = machine.token
    admin = Actor(machine.party, "admin")
    portal.run(lambda uow: actions.revoke_client(machine.client_id, None, "lost", uow), admin)
    refused(machine.ask_token())
    sent = {"Authorization": f"Bearer {token}"}
    assert portal.client().get("/v1/me", headers=sent).status_code == 401


def test_a_suspended_organisation_gets_no_token_and_its_old_one_opens_nothing(portal, machine):
    token = machine.token
    root = Actor(portal.organisation(Role.ADMINISTRATOR), "root")
    portal.run(lambda uow: actions.suspend_organisation(machine.party, "fraud", uow), root)
    answer = machine.ask_token()
    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")
    sent = {"Authorization": f"Bearer {token}"}
    refusal = portal.client().get("/v1/organisations", headers=sent)
    assert refusal.status_code == 403
    assert refusal.json["reasons"][0]["code"] == "party-not-verified"


def test_a_kiosks_key_is_good_for_the_gate_only(portal):
    terminal = portal.organisation(Role.TERMINAL)
    kiosk = portal.kiosk(terminal)
    assert kiosk.ask_token().json["scope"] == "gate:write"
