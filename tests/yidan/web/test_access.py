"""Every page: nobody is led to sign in, a stranger finds nothing (QUALITY D1)."""

import pytest

OPEN = {
    "/",
    "/sign-in",
    "/verify",
    "/verify/policy",
    "/verify/{document}",
    "/verify/{document}/bundle.json",
    "/verify/{document}/bundle.bin",
    "/verify/{document}/bundle.txt",
    "/verify/{document}/code.svg",
}
OWN = {
    "/waybills/{waybill}",
    "/releases/{release}",
    "/releases/rights/{right}",
    "/documents/{document}",
    "/documents/{document}/pdf",
    "/lots/{lot}",
    "/titles/{title}",
}
"""Pages of one thing: whoever is no party to it gets the 404 of what is not there."""
LISTS = {
    "/waybills",
    "/releases",
    "/releases/holds",
    "/documents",
    "/lots",
    "/titles",
    "/messages",
    "/operator",
    "/kiosk",
    "/password",
}


@pytest.fixture(scope="module")
def place(scene):
    from tests.browser.scene import READY

    known = {
        "waybill": scene.waybill_id,
        "release": scene.release_id,
        "right": scene._right(READY).id,
        "document": scene.order.id,
        "lot": scene.lot_id,
        "title": scene.title_id,
    }
    return lambda path: path.format(**known)


def test_these_are_all_the_pages(scene):
    pages = {
        rule.rule
        for rule in scene.app.url_map.iter_rules()
        if "GET" in rule.methods
        and rule.endpoint.split(".")[0].endswith(("_pages", "web", "kiosk", "verify", "operations"))
    }
    names = {"waybill_id", "release_id", "right_id", "document_id", "lot_id", "title_id"}
    known = {path.replace("{", "<").replace("}", "_id>") for path in OPEN | OWN | LISTS}
    assert pages == known
    assert {name for rule in pages for name in names if f"<{name}>" in rule} == names


@pytest.mark.parametrize("path", sorted(OWN | LISTS))
def test_nobody_is_led_to_sign_in(scene, place, path):
    answer = scene.client().get(place(path))
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=")


@pytest.mark.parametrize("path", sorted(OPEN))
def test_the_open_pages_answer_anybody(scene, place, path):
    assert scene.client().get(place(path)).status_code == 200


@pytest.mark.parametrize("path", sorted(OWN))
def test_a_stranger_finds_what_is_not_there(scene, place, path):
    client = scene.client("stranger")
    theirs = client.get(place(path))
    nowhere = client.get(
        path.format(
            **dict.fromkeys(
                ("waybill", "release", "right", "document", "lot", "title"),
                "01930000-0000-7000-8000-000000000000",
            )
        )
    )
    assert (theirs.status_code, nowhere.status_code) == (404, 404)
    assert theirs.text.count("EOCLYG") == 0


@pytest.mark.parametrize(
    "path", sorted({"/waybills", "/releases", "/documents", "/lots", "/titles"})
)
def test_a_strangers_lists_are_empty(scene, path):
    text = scene.client("stranger").get(path).text
    assert "EOCLYG" not in text
    assert 'class="empty"' in text


def test_only_the_administrator_sees_operations(scene):
    assert scene.client("admin").get("/operator").status_code == 200
    assert scene.client("terminal").get("/operator").status_code == 404
    assert scene.client("consignee").get("/operator").status_code == 403


def test_only_a_terminal_opens_a_lane(scene):
    assert scene.client("terminal").get("/kiosk?lane=A3").status_code == 200
    assert scene.client("haulier").get("/kiosk?lane=A3").status_code == 403


def test_a_haulier_sees_its_right_and_not_the_whole_release(scene, place):
    client = scene.client("haulier")
    assert client.get(place("/releases/rights/{right}")).status_code == 200
    assert client.get(place("/releases/{release}")).status_code == 404
    assert "CSQU3054383" in client.get("/releases").text
