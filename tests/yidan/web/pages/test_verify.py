"""The public page, asked as a stranger would."""

import io
import re

import pytest


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
