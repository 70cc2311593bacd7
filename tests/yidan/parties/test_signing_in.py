"""People: the first start, sessions, passwords, throttling, and what ends a session."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from yidan.kernel.errors import ThrottledError, UnauthenticatedError
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Role
from yidan.parties import actions, signing_in
from yidan.parties.events import Position
from yidan.parties.tables import operational
from yidan.store.engine import database_now, reading, writing

PASSWORD = "correct horse battery"


class Browser:
    """A person's browser: keeps cookies and the CSRF token."""

    def __init__(self, portal) -> None:
        self.http = portal.client()
        self.csrf = ""

    def post(self, path, body=None, *, csrf=True, **headers):
        sent = headers | ({"X-CSRFToken": self.csrf} if csrf else {})
        answer = self.http.post(path, json=body or {}, headers=sent)
        if answer.is_json and "csrfToken" in answer.json:
            self.csrf = answer.json["csrfToken"]
        return answer

    def sign_in(self, name, password):
        return self.post("/v1/sessions", {"signInName": name, "password": password})

    def set_password(self, old, new):
        return self.post("/v1/sessions/password", {"password": old, "newPassword": new})

    def status(self):
        return self.http.get("/v1/organisations").status_code


@pytest.fixture
def root(portal):
    """The first administrator, who has set a password."""
    one_time = signing_in.first_start(portal.services)
    browser = Browser(portal)
    browser.sign_in(one_time.sign_in_name, one_time.password)
    assert browser.set_password(one_time.password, PASSWORD).status_code == 201
    return browser


def code(answer):
    return answer.json["reasons"][0]["code"]


def test_the_first_start_gives_one_sign_in_and_the_second_none(portal_on):
    one_time = signing_in.first_start(portal_on.services)
    assert one_time.sign_in_name == "admin"
    assert len(one_time.password) >= 24
    assert signing_in.first_start(portal_on.services) is None


def test_two_first_starts_at_once_give_one_sign_in(portal_on):
    start = threading.Barrier(4)

    def begin(_number):
        start.wait()
        return signing_in.first_start(portal_on.services)

    with ThreadPoolExecutor(4) as pool:
        made = [found for found in pool.map(begin, range(4)) if found]
    assert len(made) == 1


def test_a_one_time_password_is_good_for_setting_another_only(portal):
    one_time = signing_in.first_start(portal.services)
    browser = Browser(portal)
    answer = browser.sign_in("admin", one_time.password)
    assert (answer.status_code, answer.json["mustSetPassword"]) == (201, True)
    assert browser.http.get("/v1/me").json["scopes"] == []
    refused = browser.http.get("/v1/organisations")
    assert (refused.status_code, code(refused)) == (403, "password-must-be-set")
    assert browser.set_password(one_time.password, PASSWORD).status_code == 201
    assert browser.status() == 200


def test_the_one_time_password_is_worth_nothing_afterwards(portal):
    one_time = signing_in.first_start(portal.services)
    browser = Browser(portal)
    browser.sign_in("admin", one_time.password)
    browser.set_password(one_time.password, PASSWORD)
    assert Browser(portal).sign_in("admin", one_time.password).status_code == 401
    assert Browser(portal).sign_in("admin", PASSWORD).status_code == 201


def test_setting_a_password_needs_the_present_one_and_a_good_new_one(root):
    assert root.set_password("wrong", "another long password").status_code == 401
    weak = root.set_password(PASSWORD, "short")
    assert (weak.status_code, code(weak)) == (422, "password-weak")


def test_setting_a_password_ends_every_other_session(portal, root):
    other = Browser(portal)
    other.sign_in("admin", PASSWORD)
    assert other.status() == 200
    root.set_password(PASSWORD, "another long password")
    assert (other.status(), root.status()) == (401, 200)


def test_signing_out_ends_the_session(root):
    assert root.post("/v1/sessions/end").status_code == 204
    assert root.status() == 401


def test_a_session_ends_after_its_time(portal, root):
    with root.http.session_transaction() as kept:
        kept["signed_in_at"] = int(time.time()) - portal.services.settings.session_ttl_s - 1
    assert root.status() == 401


@pytest.mark.parametrize("cookie", ["x", "e30.x.y", ""])
def test_a_forged_cookie_is_nobody(portal, cookie):
    browser = portal.client()
    browser.set_cookie("session", cookie)
    assert browser.get("/v1/me").status_code == 401


def test_a_changing_call_by_session_needs_its_csrf_token(root):
    body = {"name": "x", "roles": ["haulier"], "identifiers": ["smdg:ABC"]}
    key = {"Idempotency-Key": "k"}
    forged = root.post("/v1/organisations", body, csrf=False, **key)
    assert (forged.status_code, code(forged)) == (403, "csrf-token-wrong")
    assert root.post("/v1/organisations", body, **key).status_code == 201


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(portal):
    one_time = signing_in.first_start(portal.services)
    answer = Browser(portal).sign_in("admin", one_time.password)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_clerk_does_not_manage_and_a_reader_does_not_write(portal, root):
    party = portal.organisation(Role.SHIPPING_AGENT)
    scopes = {}
    for position in ("clerk", "reader"):
        body = {
            "organisationId": party,
            "signInName": f"the.{position}",
            "name": position,
            "position": position,
            "oneTimePassword": "a first password",
        }
        assert root.post("/v1/people", body, **{"Idempotency-Key": position}).status_code == 201
        person = Browser(portal)
        person.sign_in(f"the.{position}", "a first password")
        person.set_password("a first password", PASSWORD)
        scopes[position] = set(person.http.get("/v1/me").json["scopes"])
        assert person.status() == 403
    assert "release:write" in scopes["clerk"]
    assert not any(scope.endswith(":write") for scope in scopes["reader"])


def test_a_disabled_person_is_out_at_once(portal):
    party = portal.organisation(Role.ADMINISTRATOR)
    admin = Actor(party, "admin")
    person = portal.run(lambda uow: actions.add_person(new_person(party), uow), admin).person
    browser = Browser(portal)
    browser.sign_in("li.wei", "a first password")
    browser.set_password("a first password", PASSWORD)
    assert browser.status() == 200
    portal.run(lambda uow: actions.disable_person(person.id, "left", uow), admin)
    assert browser.status() == 401
    assert Browser(portal).sign_in("li.wei", PASSWORD).status_code == 401


def new_person(party, name="li.wei"):
    return actions.AddPerson(
        organisation_id=party,
        sign_in_name=name,
        name="李伟",
        position=Position.ADMIN,
        one_time_password="a first password",
    )


# --- throttling -----------------------------------------------------------------------------------


def sign_in(portal, name, password, address="192.0.2.1"):
    return signing_in.sign_in(portal.services, name, password, address)


@pytest.fixture
def wei(portal):
    party = portal.organisation(Role.HAULIER)
    return portal.run(lambda uow: actions.add_person(new_person(party), uow), Actor(party))


def fail(portal, times, name="li.wei", address="192.0.2.1"):
    for _ in range(times):
        with pytest.raises(UnauthenticatedError):
            sign_in(portal, name, "wrong", address)


def test_after_five_failures_the_right_password_waits_too(portal, wei):
    fail(portal, 5)
    with pytest.raises(ThrottledError) as waiting:
        sign_in(portal, "li.wei", "a first password")
    assert 0 < waiting.value.retry_after_s <= 16


def test_the_answer_says_how_long_to_wait(portal, wei):
    fail(portal, 5, address="127.0.0.1")
    answer = Browser(portal).sign_in("li.wei", "a first password")
    assert (answer.status_code, code(answer)) == (429, "throttled")
    assert 0 < int(answer.headers["Retry-After"]) <= 16


def test_the_right_password_forgets_the_accounts_failures(portal, wei):
    for _ in range(3):
        fail(portal, 4)
        assert sign_in(portal, "li.wei", "a first password").id == wei.person.id


def test_waiting_ends(portal, wei):
    fail(portal, 5)
    with writing(portal.services.engine) as connection:
        connection.execute(
            text("UPDATE parties_attempt SET last_at = '2020-01-01T00:00:00.000000Z'")
        )
    assert sign_in(portal, "li.wei", "a first password").id == wei.person.id


def test_an_address_that_tries_many_names_waits(portal, wei):
    for number in range(20):
        fail(portal, 1, name=f"nobody{number}")
    with pytest.raises(ThrottledError):
        sign_in(portal, "li.wei", "a first password")
    assert sign_in(portal, "li.wei", "a first password", "192.0.2.2").id == wei.person.id


def test_signing_in_rightly_never_throttles(portal, wei):
    for _ in range(25):
        assert sign_in(portal, "li.wei", "a first password").id == wei.person.id
    fail(portal, 4)
    assert sign_in(portal, "li.wei", "a first password").id == wei.person.id


def test_a_success_gives_the_address_no_new_tries(portal, wei):
    for number in range(19):
        fail(portal, 1, name=f"nobody{number}")
    assert sign_in(portal, "li.wei", "a first password").id == wei.person.id
    fail(portal, 1, name="nobody")
    with pytest.raises(ThrottledError):
        sign_in(portal, "li.wei", "a first password")


def test_names_that_nobody_has_are_throttled_like_others(portal, wei):
    for name, address in (("nobody", "192.0.2.3"), ("li.wei", "192.0.2.4")):
        fail(portal, 5, name=name, address=address)
        with pytest.raises(ThrottledError) as waiting:
            sign_in(portal, name, "wrong", address)
        assert 14 <= waiting.value.retry_after_s <= 16


def test_a_sign_in_that_was_never_answered_counts_for_a_minute_only(portal, wei):
    with writing(portal.services.engine) as connection:
        now = database_now(connection)
        for number in range(5):
            where = {"account": "account:li.wei", "address": "address:192.0.2.9"}
            operational.keep_looked_at(connection, str(number), **where, now=now)
    with pytest.raises(ThrottledError) as waiting:
        sign_in(portal, "li.wei", "a first password")
    assert waiting.value.retry_after_s == 1
    with writing(portal.services.engine) as connection:
        connection.execute(
            text("UPDATE parties_looked_at SET begun_at = '2020-01-01T00:00:00.000000Z'")
        )
    assert sign_in(portal, "li.wei", "a first password").id == wei.person.id
    with reading(portal.services.engine) as connection:
        assert connection.execute(text("SELECT id FROM parties_looked_at")).all() == []


def test_many_at_one_address_may_sign_in_at_once(portal_on):
    party = portal_on.organisation(Role.HAULIER)
    for number in range(6):
        command = new_person(party, f"driver{number}")
        portal_on.run(lambda uow, command=command: actions.add_person(command, uow), Actor(party))
    with ThreadPoolExecutor(6) as pool:
        names = [f"driver{number}" for number in range(6)] * 2
        found = list(pool.map(lambda name: sign_in(portal_on, name, "a first password"), names))
    assert [one.sign_in_name for one in found] == names


def test_guessing_in_parallel_gains_nothing(portal_on):
    party = portal_on.organisation(Role.HAULIER)
    portal_on.run(lambda uow: actions.add_person(new_person(party), uow), Actor(party))
    start = threading.Barrier(12)

    def guess(number):
        start.wait()
        try:
            sign_in(portal_on, "li.wei", f"guess {number}")
        except ThrottledError:
            return "throttled"
        except UnauthenticatedError:
            return "looked at"

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(guess, range(12)))
    assert outcomes.count("looked at") == 5


def test_an_unknown_name_takes_as_long_as_a_wrong_password(portal, wei):
    def seconds(name):
        began = time.thread_time()
        with pytest.raises(UnauthenticatedError):
            sign_in(portal, name, "wrong")
        return time.thread_time() - began

    seconds("somebody")
    known, unknown = seconds("li.wei"), seconds("nobody")
    assert 0.3 < known / unknown < 3


def test_no_secret_stands_in_an_event(portal, wei):
    with reading(portal.services.engine) as connection:
        contents = connection.execute(text("SELECT content FROM event_content")).scalars().all()
        (kept,) = connection.execute(text("SELECT hash FROM parties_password")).scalars()
    assert kept.startswith("$argon2id$")
    assert not any("first password" in found or "argon2" in found for found in contents)
