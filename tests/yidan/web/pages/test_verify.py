"""The public page, asked as a stranger would."""

import io
import re

import pytest
import segno

from ledger import base41, bundle, policy_file
from ledger.bundle_compact import read
from ledger.verify import Outcome, shown_fields, verify_bundle
from yidan.web import verify
from yidan.web.verify import CODE_PATHS


@pytest.fixture
def hand_in(scene):
    def hand_in(data, language="en"):
        client = scene.client(language=language)
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/verify").text)[1]
        return client.post(
            "/verify", data={"csrf_token": token, "file": (io.BytesIO(data), "paper")}
        )

    return hand_in


def outcome(answer):
    return re.search(r'data-outcome="([^"]+)"', answer.text)[1]


def test_a_good_bundle_is_valid_and_says_who_runs_the_witnesses(scene, hand_in):
    data = scene.client().get(f"/verify/{scene.order.id}/bundle.json").data
    answer = hand_in(data)
    assert outcome(answer) == "VALID"
    assert "示例海关 Example Customs" in answer.text
    assert "有效" in hand_in(data, "zh").text


def test_a_changed_bundle_is_invalid_with_the_reason(scene, hand_in):
    data = scene.client().get(f"/verify/{scene.order.id}/bundle.json").data
    answer = hand_in(data.replace(b"118820", b"118821", 1))
    assert outcome(answer) == "INVALID"
    assert "The proof does not hold" in answer.text


def test_the_pdf_that_was_issued_is_valid_and_any_other_is_not(scene, hand_in):
    good, changed = hand_in(scene.pdf), hand_in(scene.pdf + b" ")
    assert outcome(good) == "VALID"
    assert "DO-LYG-26-118820" in good.text
    assert outcome(changed) == "INVALID"


def test_the_code_on_a_paper_shows_its_state_and_claims_no_more(scene):
    answer = scene.client().get(f"/verify/{scene.order.id}")
    assert outcome(answer) == "NOT CHECKED"
    assert "Delivery order" in answer.text
    assert "in force" in answer.text


def test_no_business_data_leaves_by_the_public_page_or_its_bundle(scene):
    page = scene.client().get(f"/verify/{scene.order.id}").text
    data = scene.client().get(f"/verify/{scene.order.id}/bundle.json").text
    for secret in ("CSQU", "EOCLYG", "渭河", "91610131MA6X2TRN8X", scene.port.ids["consignee"]):
        assert secret not in page
        assert secret not in data


def test_the_older_address_of_a_paper_still_leads_there(scene):
    answer = scene.client().get(f"/verify?document={scene.order.id}")
    assert answer.location == f"/verify/{scene.order.id}"


def test_an_unknown_paper_and_no_file_at_all(scene):
    assert scene.client().get("/verify/01930000-0000-7000-8000-000000000000").status_code == 404
    client = scene.client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/verify").text)[1]
    assert client.post("/verify", data={"csrf_token": token}).location == "/verify"


@pytest.mark.parametrize("data", [b"{}", b"\xff\xfe", b"[" * 100_000, b"%PDF-", b'{"format":1}'])
def test_rubbish_is_invalid_and_never_an_error(hand_in, data):
    answer = hand_in(data)
    assert (answer.status_code, outcome(answer)) == (200, "INVALID")


def test_every_form_of_a_bundle_is_the_same_bundle(scene, hand_in):
    client = scene.client()
    forms = {form: client.get(f"/verify/{scene.order.id}/bundle.{form}") for form in FORMS}
    assert {form: answer.mimetype for form, answer in forms.items()} == FORMS
    assert len({bundle.encode(read(answer.data)) for answer in forms.values()}) == 1
    assert [outcome(hand_in(answer.data)) for answer in forms.values()] == ["VALID"] * 3
    assert len(forms["bin"].data) < len(forms["json"].data) / 3
    nobody = "01930000-0000-7000-8000-000000000000"
    for path in (*(f"bundle.{form}" for form in FORMS), "code.svg"):
        assert client.get(f"/verify/{nobody}/{path}").status_code == 404


FORMS = {"json": "application/json", "bin": "application/octet-stream", "txt": "text/plain"}


def test_a_browser_without_scripts_may_paste_a_text(scene):
    client = scene.client()
    text = client.get(f"/verify/{scene.order.id}/bundle.txt").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/verify").text)[1]
    answer = client.post("/verify", data={"csrf_token": token, "text": f"{text}\r\n"})
    assert outcome(answer) == "VALID"


def test_the_code_on_the_page_is_the_link_with_the_proof_in_it(scene, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        segno, "make", lambda parts, **more: drawn.append(parts) or CODE(parts, **more)
    )
    answer = scene.client().get(f"/verify/{scene.order.id}/code.svg")
    assert answer.mimetype == "image/svg+xml"
    ((link, text),) = drawn
    assert link == "http://127.0.0.1:8600/verify#"
    verdict = verify_bundle(text.encode(), scene.policy)
    assert verdict.outcome is Outcome.VALID
    shown = {path for event in verdict.bundle.events for path, _ in shown_fields(event)}
    assert shown == CODE_PATHS


def test_the_largest_code_is_of_version_36(scene):
    text = "YIDAN1:" + base41.encode(bytes(verify.CODE_LIMIT))
    assert CODE(("http://127.0.0.1:8600/verify#", text), micro=False, error="l").version == 36


CODE = segno.make


def test_a_proof_too_long_for_a_code_leaves_the_link_alone(scene, monkeypatch):
    monkeypatch.setattr(verify, "CODE_LIMIT", 100)
    client = scene.client()
    assert client.get(f"/verify/{scene.order.id}/code.svg").status_code == 404
    page = client.get(f"/verify/{scene.order.id}").text
    assert "code.svg" not in page
    assert "bundle.json" in page


def test_the_page_shows_the_policy_it_came_with_and_who_runs_the_witnesses(scene):
    client = scene.client()
    page, policy = client.get("/verify").text, client.get("/verify/policy")
    assert policy_file.parse(policy.data) == scene.policy
    assert re.search(r'<pre[^>]*id="policy">(.*?)</pre>', page, re.DOTALL)[1] == policy.text
    for operator in ("示例海关 Example Customs", "海州湾码头 Haizhou Bay Terminal"):
        assert operator in page
    assert "'unsafe" not in client.get("/verify").headers["Content-Security-Policy"]


def test_without_a_policy_the_page_says_so(scene, monkeypatch):
    monkeypatch.setattr(verify, "trusted", lambda _: None)
    client = scene.client()
    assert "no trust policy yet" in client.get("/verify").text
    assert client.get("/verify/policy").status_code == 404
