"""The front door: signing in, the first password, signing out."""

import re

import pytest

from tests.browser.scene import ONE_TIME, PASSWORD
from yidan.parties import rules


def form(client, path):
    """The fields of a page's own form (the last on it), as a browser would send them."""
    fields = re.findall(r'name="(csrf_token|next)" value="([^"]*)"', client.get(path).text)
    return dict(fields)


def sign_in(client, name, password, path="/sign-in"):
    return client.post("/sign-in", data={**form(client, path), "name": name, "password": password})


def test_a_first_sign_in_leads_to_an_own_password_and_on(scene):
    client = scene.client()
    first = sign_in(client, "newcomer", ONE_TIME, "/sign-in?next=/releases")
    assert first.location == "/password?next=/releases"
    assert client.get("/releases").location.startswith("/password")

    wanted = {**form(client, "/password?next=/releases"), "new_password": PASSWORD}
    assert client.post("/password", data={**wanted, "again": "another"}).status_code == 422
    short = {**wanted, "new_password": "short", "again": "short"}
    assert "12" in client.post("/password", data=short).text
    done = client.post("/password", data={**wanted, "again": PASSWORD})
    assert done.location == "/releases"
    assert client.get("/releases").status_code == 200

    other = scene.client()
    assert sign_in(other, "newcomer", ONE_TIME).status_code == 401
    assert sign_in(other, "newcomer", PASSWORD).location == "/"
    changed = {**form(other, "/password"), "new_password": "x" * 12, "again": "x" * 12}
    assert other.post("/password", data={**changed, "password": "wrong"}).status_code == 401


def test_a_wrong_password_says_so_and_keeps_the_name(scene):
    answer = sign_in(scene.client(), "nobody-here", "wrong")
    assert answer.status_code == 401
    assert "Sign-in name or password is wrong." in answer.text
    assert 'value="nobody-here"' in answer.text


def test_guessing_is_slowed_down(scene):
    client = scene.client()
    answers = [sign_in(client, "guessed", "wrong").status_code for _ in range(6)]
    assert answers[0] == 401
    assert answers[-1] == 429
    assert rules.FREE_TRIES["account"] == 5


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_the_way_back_never_leads_elsewhere(scene, place):
    client = scene.client("consignee")
    answer = client.get("/sign-in", query_string={"next": place})
    assert answer.location == "/"


def test_signing_out_ends_the_session(scene):
    client = scene.client("consignee")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)[1]
    assert client.post("/sign-out", data={"csrf_token": token}).location == "/"
    assert client.get("/releases").location.startswith("/sign-in")
