"""The frame: languages, problems as pages, nothing inline, nothing from elsewhere."""

import re

import pytest

PLACES = [
    ("", "/"),
    ("", "/sign-in"),
    ("", "/verify"),
    ("consignee", "/"),
    ("consignee", "/password"),
    ("consignee", "/waybills"),
    ("consignee", "/waybills/{waybill}"),
    ("consignee", "/releases"),
    ("consignee", "/releases/{release}"),
    ("consignee", "/lots"),
    ("consignee", "/lots/{lot}"),
    ("consignee", "/documents"),
    ("consignee", "/documents/{document}"),
    ("consignee", "/messages"),
    ("customs", "/releases/holds"),
    ("terminal", "/kiosk"),
    ("terminal", "/kiosk?lane=A3"),
    ("admin", "/operator"),
]


def page(scene, who, path, language="en"):
    path = path.format(
        waybill=scene.waybill_id,
        release=scene.release_id,
        document=scene.order.id,
        lot=scene.lot_id,
    )
    return scene.client(who, language).get(path)


@pytest.mark.parametrize(("who", "path"), PLACES, ids=[f"{w or 'anyone'}{p}" for w, p in PLACES])
def test_a_page_opens_in_both_languages_with_nothing_inline_or_from_elsewhere(scene, who, path):
    english, chinese = page(scene, who, path), page(scene, who, path, "zh-CN")
    assert (english.status_code, chinese.status_code) == (200, 200)
    assert '<html lang="en">' in english.text
    assert '<html lang="zh-CN">' in chinese.text
    assert "script-src 'self'" in english.headers["Content-Security-Policy"]
    for text in (english.text, chinese.text):
        assert re.findall(r"<script(?![^>]* src=)", text) == []
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=", text) == []
        assert re.findall(r'(?:src|href)="(?:https?:)?//', text) == []


def test_every_local_asset_of_a_page_is_served(scene):
    client = scene.client()
    wanted = set(
        re.findall(r'(?:src|href)="(/(?:assets|static|bootstrap)[^"]*)"', client.get("/").text)
    )
    assert len(wanted) >= 4
    answers = {path: client.get(path, buffered=True).status_code for path in wanted}
    assert answers == dict.fromkeys(wanted, 200)


def test_the_language_asked_for_is_remembered(scene):
    client = scene.client()
    assert "登录" in client.get("/?lang=zh").text
    assert "登录" in client.get("/").text
    assert "Sign in" in client.get("/?lang=en").text
    assert "Sign in" in client.get("/?lang=tlh").text


def test_a_problem_is_a_page_for_people_and_json_for_machines(scene):
    asked = scene.client().get("/nothing")
    assert (asked.status_code, asked.mimetype) == (404, "text/html")
    assert "Not found" in asked.text
    assert scene.app.test_client().get("/nothing").mimetype == "application/problem+json"
    assert scene.client().get("/v1/nothing").mimetype == "application/problem+json"


def test_a_form_without_its_csrf_token_changes_nothing(scene):
    scene.alarm("a forged form")
    text = page(scene, "admin", "/operator").text
    place = re.findall(r'action="(/operator/alarms/\d+)"', text)[0]
    assert scene.client("admin").post(place).status_code == 403
    assert "a forged form" in page(scene, "admin", "/operator").text


@pytest.mark.parametrize("path", ["/releases/{gate}", "/waybills", "/", "/kiosk?lane=A3"])
def test_html_in_a_partys_name_stays_text(scene, path):
    text = scene.client("hostile").get(path.format(gate=scene.gate_release_id)).text
    if path.startswith("/releases"):
        text = scene.client("consignee").get(path.format(gate=scene.gate_release_id)).text
    assert "&lt;script&gt;document.title=" in text
    assert "<script>document" not in text


def test_words_follow_each_reader_and_not_the_first_one(scene):
    first, then = (page(scene, "consignee", "/releases/{release}", to) for to in ("en", "zh"))
    assert "<dt>carrier</dt>" in first.text
    assert "<dt>船公司</dt>" in then.text


def test_pages_are_not_kept_by_the_browser(scene):
    assert page(scene, "consignee", "/releases").headers["Cache-Control"] == "no-store"
