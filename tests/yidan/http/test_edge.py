"""Idempotency, problems, limits and headers, through the whole application."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from yidan.kernel.reasons import Role
from yidan.store import idempotency
from yidan.store.engine import database_now, reading, writing

BODY = {"name": "远洋货代", "roles": ["forwarder"], "identifiers": ["uscc:91110000600037341L"]}
PATH = "/v1/organisations"


def administrator(portal):
    return portal.machine(Role.ADMINISTRATOR)


def organisations(portal) -> int:
    with reading(portal.services.engine) as connection:
        return connection.execute(text("SELECT count(*) FROM parties_organisation")).scalar_one()


def codes(answer):
    assert answer.content_type == "application/problem+json", answer.get_data(as_text=True)
    return [reason["code"] for reason in answer.json["reasons"]]


# --- idempotency --------------------------------------------------------------------------------


def test_the_same_key_and_body_answer_the_first_answer_again(portal_on):
    admin = administrator(portal_on)
    first = admin.post(PATH, BODY, key="k1")
    again = admin.post(PATH, BODY, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(portal_on):
    admin = administrator(portal_on)
    admin.post(PATH, BODY, key="k1")
    answer = admin.post(PATH, BODY | {"name": "other"}, key="k1")
    assert (answer.status_code, codes(answer)) == (422, ["idempotency-other-request"])


def test_the_same_body_in_other_bytes_is_another_request(portal):
    admin = administrator(portal)
    admin.post_raw(PATH, b'{"name":"x"}', "application/json", key="k")
    good = b'{"name":"x","roles":["forwarder"],"identifiers":["uscc:91110000600037341L"]}'
    assert admin.post_raw(PATH, good, "application/json", key="k").status_code == 201
    spaced = good.replace(b",", b", ")
    assert admin.post_raw(PATH, spaced, "application/json", key="k").status_code == 422


def test_anothers_equal_key_is_another_key(portal):
    one, two = administrator(portal), administrator(portal)
    one.post(PATH, BODY, key="k1")
    answer = two.post(PATH, BODY, key="k1")
    assert codes(answer) == ["party-identifier-taken"]


def test_an_equal_key_on_another_route_is_another_key(portal):
    admin = administrator(portal)
    made = admin.post(PATH, BODY, key="k1").json["id"]
    answer = admin.post(f"{PATH}/{made}/verification", {"reason": "seen"}, key="k1")
    assert answer.json["state"] == "verified"


def test_the_same_key_for_another_object_of_the_route_is_refused(portal):
    admin = administrator(portal)
    made = [portal.organisation(Role.HAULIER, verified=False) for _ in range(2)]
    first, second = (f"{PATH}/{one}/verification" for one in made)
    assert admin.post(first, {"reason": "seen"}, key="k1").status_code == 201
    assert admin.post(second, {"reason": "seen"}, key="k1").status_code == 422


def test_a_refusal_is_worked_out_anew(portal):
    admin = administrator(portal)
    made = portal.organisation(Role.HAULIER)
    path = f"{PATH}/{made}/verification"
    assert admin.post(path, {"reason": "seen"}, key="k1").status_code == 409
    admin.post(f"{PATH}/{made}/suspension", {"reason": "doubt"})
    assert admin.post(path, {"reason": "seen"}, key="k1").status_code == 201


def test_a_key_is_forgotten_after_its_days(portal):
    admin = administrator(portal)
    admin.post(PATH, BODY, key="k1")
    engine = portal.services.engine
    with writing(engine) as connection:
        connection.execute(
            text("UPDATE idempotency SET created_at = '2020-01-01T00:00:00.000000Z'")
        )
    answer = admin.post(PATH, BODY | {"name": "other"}, key="k1")
    assert codes(answer) == ["party-identifier-taken"]
    with writing(engine) as connection:
        assert idempotency.forget_old(connection, now=database_now(connection)) == 1


def test_eight_clients_with_one_key_have_one_effect(portal_on):
    admin = administrator(portal_on)
    before, start = organisations(portal_on), threading.Barrier(8)
    assert admin.token

    def send(_number):
        start.wait()
        return admin.post(PATH, BODY, key="same")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert {(answer.status_code, answer.data) for answer in answers} == {(201, answers[0].data)}
    assert organisations(portal_on) == before + 1


@pytest.mark.parametrize(
    "key", ["x" * 256, "x" * 4096, "é", "a\x7fb", ""], ids=["256", "4096", "é", "DEL", "empty"]
)
def test_a_malformed_key_is_400(portal, key):
    admin = administrator(portal)
    sent = admin.headers(**{"Idempotency-Key": key.encode().decode("latin-1")})
    answer = portal.client().post(PATH, json=BODY, headers=sent)
    assert answer.status_code == 400
    assert codes(answer)[0].startswith("idempotency-key-")


def test_a_key_with_a_line_break_is_400():
    from werkzeug.test import EnvironBuilder

    from yidan.http.models import checked_key
    from yidan.kernel.errors import BadRequestError

    builder = EnvironBuilder(environ_overrides={"HTTP_IDEMPOTENCY_KEY": "a\r\nX-Evil: 1"})
    with pytest.raises(BadRequestError):
        checked_key(dict(builder.get_request().headers))


def test_the_password_in_a_body_cannot_be_guessed_from_the_kept_row(portal):
    import hashlib

    admin = administrator(portal)
    body = (
        b'{"signInName":"zhang.san","name":"Z","position":"clerk",'
        b'"oneTimePassword":"let me in 12345"}'
    )
    assert admin.post_raw("/v1/people", body, "application/json", key="k").status_code == 201
    plain = hashlib.sha256(b"\n".join((b"POST", b"/v1/people", body))).hexdigest()
    with reading(portal.services.engine) as connection:
        kept = connection.execute(text("SELECT fingerprint FROM idempotency")).scalar_one()
    assert kept != plain


# --- bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "json-malformed"),
        (b"{", 400, "json-malformed"),
        (b"[]", 400, "body-not-an-object"),
        (b'"{}"', 400, "body-not-an-object"),
        (b"null", 400, "body-not-an-object"),
        (b'{"name":"a","name":"b"}', 400, "json-duplicate-name"),
        (b'{"name":NaN}', 400, "json-not-an-integer"),
        (b'{"name":1e3}', 400, "json-not-an-integer"),
        (b'{"name":100000000000000000000}', 400, "json-integer-out-of-range"),
        (b'{"name":' + b"9" * 100_000 + b"}", 400, "json-integer-out-of-range"),
        (b'{"name":"\\ud800"}', 400, "json-lone-surrogate"),
        (b'{"name":"\\u0000"}', 400, "json-nul-character"),
        (b'{"name":"\xff"}', 400, "json-not-utf8"),
        (b"\xef\xbb\xbf{}", 400, "json-byte-order-mark"),
        (b"[" * 100_000, 400, "json-too-deep"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, 400, "json-too-deep"),
        (b'{"name":"' + b"x" * 65_536 + b'","roles":[],"identifiers":[]}', 422, "field-length"),
        (b'{"roles":["\xef\xbc\x91"]}', 422, "field-choice"),
    ],
    ids=lambda value: str(value[:20]) if isinstance(value, bytes) else None,
)
def test_a_bad_body_is_a_clear_error_and_changes_nothing(portal, data, status, code):
    admin = administrator(portal)
    before = organisations(portal)
    answer = admin.post_raw(PATH, data, "application/json")
    assert answer.status_code == status
    assert code in codes(answer)
    assert organisations(portal) == before


def test_a_body_beyond_the_limit_is_413(portal):
    answer = administrator(portal).post_raw(PATH, b" " * 1_100_000, "application/json")
    assert (answer.status_code, codes(answer)) == (413, ["http-body-too-large"])


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", ""])
def test_a_body_of_another_type_is_415(portal, content_type):
    answer = administrator(portal).post_raw(PATH, b"{}", content_type)
    assert (answer.status_code, codes(answer)) == (415, ["http-media-type"])


def test_a_compressed_body_is_415(portal):
    import gzip

    admin = administrator(portal)
    sent = admin.headers(**{"Idempotency-Key": "k", "Content-Encoding": "gzip"})
    bomb = gzip.compress(b" " * 10_000_000)
    answer = portal.client().post(PATH, data=bomb, content_type="application/json", headers=sent)
    assert answer.status_code == 415


# --- problems -----------------------------------------------------------------------------------


def test_a_problem_speaks_the_language_asked_for(portal):
    answer = portal.client().get("/v1/me", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert answer.headers["Content-Language"] == "zh"
    assert answer.json["title"] == "未登录"
    assert portal.client().get("/v1/me").headers["Content-Language"] == "en"


def test_not_there_and_not_yours_are_one_body(portal):
    one = portal.machine(Role.HAULIER)
    other = portal.organisation(Role.CUSTOMS)
    bodies = []
    for unknown in (other, str(uuid.uuid4()), "no-such"):
        answer = one.get(f"{PATH}/{unknown}")
        assert answer.status_code == 404
        bodies.append(answer.json | {"instance": ""})
    assert bodies[0] == bodies[1] == bodies[2]


def test_a_wrong_method_names_the_right_ones(portal):
    answer = portal.client().delete(PATH)
    assert (answer.status_code, codes(answer)) == (405, ["http-method-not-allowed"])
    assert "POST" in answer.headers["Allow"]


def test_an_unexpected_error_tells_an_id_and_nothing_else(portal):
    from yidan.http.auth import anyone

    @anyone("a test")
    def broken():
        raise RuntimeError("SELECT secret FROM /etc/passwd")

    portal.app.add_url_rule("/broken", view_func=broken)
    answer = portal.client().get("/broken")
    assert answer.status_code == 500
    assert answer.json["reasons"] == []
    assert answer.json["instance"].startswith("urn:uuid:")
    assert "secret" not in answer.get_data(as_text=True)


def test_a_database_out_of_reach_is_503_and_says_nothing_was_changed(portal, tmp_path):
    admin = administrator(portal)
    assert admin.token
    portal.services.engine.dispose()
    database = tmp_path / "var" / "yidan.db"
    for suffix in ("", "-wal", "-shm"):
        file = database.with_name(database.name + suffix)
        if file.exists():
            file.rename(file.with_suffix(".gone" + suffix))
    database.mkdir()
    for answer in (admin.post(PATH, BODY), admin.get("/v1/me"), admin.get(PATH)):
        assert (answer.status_code, codes(answer)) == (503, ["unavailable"])
    assert portal.client().get("/readyz").status_code == 503
    assert portal.client().get("/healthz").status_code == 200


def test_redis_away_costs_no_request_more_than_a_moment(portal):
    admin = administrator(portal)
    assert admin.token
    began = time.monotonic()
    for number in range(5):
        body = BODY | {"identifiers": [f"smdg:AA{number}"]}
        assert admin.post(PATH, body).status_code == 201
    assert time.monotonic() - began < 5


# --- looking ------------------------------------------------------------------------------------


def test_what_the_client_has_already_is_304(portal):
    machine = portal.machine(Role.HAULIER)
    first = machine.get(f"{PATH}/{machine.party}")
    sent = machine.headers(**{"If-None-Match": first.headers["ETag"]})
    again = portal.client().get(f"{PATH}/{machine.party}", headers=sent)
    assert (again.status_code, again.data) == (304, b"")


def test_pages_of_a_list_follow_each_other_without_gap(portal):
    admin = administrator(portal)
    made = [portal.organisation(Role.HAULIER) for _ in range(5)]
    seen, cursor = [], ""
    while True:
        page = admin.get(PATH, query_string={"limit": 2, "cursor": cursor}).json
        seen += [item["id"] for item in page["items"]]
        if not (cursor := page["nextCursor"]):
            break
    assert seen == sorted([*made, admin.party], reverse=True)


# --- headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/me", "/healthz", "/openapi/openapi.json", "/nowhere"])
def test_every_answer_carries_the_security_headers(portal, path):
    headers = portal.client().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in headers["Content-Security-Policy"]


def test_the_api_console_loads_nothing_from_elsewhere(portal):
    page = portal.client().get("/openapi/swagger")
    assert page.status_code == 200
    assert b"http" not in page.data.replace(b"http.static", b"")
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    for asset in (b"/openapi/swagger/js/swagger-ui-bundle.js", b"/openapi/console/api-console.js"):
        assert asset in page.data
        with portal.client().get(asset.decode()) as found:
            assert found.status_code == 200


def test_metrics_answer_this_machine_only(portal):
    assert b"yidan_requests_total" in portal.client().get("/metrics").data
    far = portal.client().get("/metrics", environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert far.status_code == 404
    proxied = portal.client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert proxied.status_code == 404


def test_a_forwarded_address_is_believed_only_from_a_trusted_proxy(tmp_path):
    from flask import Flask, request

    from yidan.config import Settings
    from yidan.http import guard

    seen = {}
    for proxies in (0, 1):
        app = Flask("x")
        guard.install(app, Settings(trusted_proxies=proxies))
        app.add_url_rule("/", view_func=lambda: request.remote_addr or "")
        answer = app.test_client().get("/", headers={"X-Forwarded-For": "203.0.113.9"})
        seen[proxies] = answer.get_data(as_text=True)
    assert seen == {0: "127.0.0.1", 1: "203.0.113.9"}


@pytest.mark.parametrize("path", ["/v1/waybills", "/static/yidan.css", "/sign-in", "/healthz"])
def test_the_date_is_left_to_the_server_that_writes_it(portal, path):
    admin = administrator(portal)
    assert "Date" not in admin.get(path).headers
    etag = admin.get(path).headers.get("ETag")
    if etag:
        answer = portal.client().get(path, headers=admin.headers(**{"If-None-Match": etag}))
        assert (answer.status_code, "Date" in answer.headers) == (304, False)
