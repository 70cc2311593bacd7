"""The public verify page in a real browser: bundles checked there, papers asked of the server."""

import shutil
import threading

import pytest
from werkzeug.serving import make_server

from ledger import policy_file, succession_files
from tests.browser.conftest import WAIT_MS
from tests.ledger.mutations import changed, with_another_byte

NAME = "port.example"
"""Not localhost, so that over plain http the browser withholds crypto.subtle."""


@pytest.fixture
def bundle(scene):
    return scene.client().get(f"/verify/{scene.order.id}/bundle.json").data


def hand_in(stranger, *files):
    """Choose files, press the button, wait for the answer."""
    page = stranger.page
    page.wait_for_selector("form[data-ready]")
    page.evaluate(
        "document.querySelectorAll('main > div > .verdict, .verdict').forEach(e => e.remove())"
    )
    chosen = [{"name": name, "mimeType": "", "buffer": data} for name, data in files]
    page.set_input_files("#file", chosen)
    page.click("main form button")
    page.wait_for_selector(".verdict")
    return page.get_attribute(".verdict", "data-outcome")


def posts(stranger):
    return [request for request in stranger.sent if request.method != "GET"]


@pytest.fixture
def watched(visitor):
    def come():
        stranger = visitor()
        stranger.sent = []
        stranger.page.on("request", lambda request: stranger.sent.append(request))  # noqa: PLW0108 - playwright takes no builtin
        return stranger

    return come


def test_a_good_bundle_is_valid_and_a_changed_one_is_not(watched, bundle):
    stranger = watched()
    stranger.go("/verify?lang=en")
    assert hand_in(stranger, ("bundle.json", bundle)) == "VALID"
    assert "run by 示例海关 Example Customs" in stranger.text(".checked")
    assert "policy: the one this page came with" in stranger.text(".checked")
    assert "DO-LYG-26-118820" in stranger.text("#answer table")
    different = bytearray(bundle)
    different[len(different) // 2] ^= 1
    assert hand_in(stranger, ("bundle.json", bytes(different))) == "INVALID"
    assert stranger.page.locator("#answer table").count() == 0
    assert posts(stranger) == []


class Stranger:
    """Somebody whose server is gone."""

    def __init__(self, page):
        self.page = page

    def text(self, selector):
        return self.page.inner_text(selector)


@pytest.fixture
def left_alone(chromium, scene):
    """A page that was loaded over plain http from a server that is stopped since."""
    server = make_server("127.0.0.1", 0, scene.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    context = chromium.new_context(locale="en")
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://{NAME}:{server.server_port}/verify?lang=en")
    page.wait_for_selector("form[data-ready]")
    server.shutdown()
    thread.join(10)
    server.server_close()
    yield Stranger(page)
    context.close()
    assert complaints == []


def test_with_the_server_stopped_a_good_bundle_is_valid_and_a_changed_one_is_not(
    left_alone, scene, bundle
):
    page = left_alone.page
    assert page.evaluate("[isSecureContext, typeof crypto.subtle]") == [False, "undefined"]
    where = page.url
    assert page.evaluate("fetch('/verify').then(() => 'alive', () => 'gone')") == "gone"
    client = scene.client()
    for form in ("json", "bin", "txt"):
        data = client.get(f"/verify/{scene.order.id}/bundle.{form}").data
        assert hand_in(left_alone, (f"bundle.{form}", data)) == "VALID"
        tried, seed = changed(5, data, with_another_byte)
        for one in tried:
            assert hand_in(left_alone, ("changed", one)) == "INVALID", seed
    assert page.url == where


def test_with_the_server_stopped_a_pdf_is_held_to_its_bundle(left_alone, scene, bundle):
    given = ("do.pdf", scene.pdf), ("bundle.json", bundle)
    assert hand_in(left_alone, *given) == "VALID"
    assert "do.pdf is the PDF that is proved" in left_alone.text(".checked")
    assert hand_in(left_alone, ("do.pdf", scene.pdf + b" "), given[1]) == "INVALID"
    assert "the PDF is not the one" in left_alone.text(".verdict")


def test_the_visitors_own_policy_is_used_if_there_is_one(left_alone, scene, bundle):
    page = left_alone.page
    page.check("#whose-mine")
    assert hand_in(left_alone, ("bundle.json", bundle)) == "NOT CHECKED"
    text = policy_file.write(scene.policy)

    def trust(data):
        page.set_input_files("#policy-file", {"name": "mine", "mimeType": "", "buffer": data})
        return hand_in(left_alone, ("bundle.json", bundle))

    assert trust(text) == "VALID"
    assert "policy: your file mine, SHA-256" in left_alone.text(".checked")
    assert trust(text.replace(b"any-two 2", b"any-two all")) == "INVALID"
    assert "no quorum" in left_alone.text(".verdict")
    assert trust(b"rubbish\n") == "NOT CHECKED"
    assert "line 1" in left_alone.text(".verdict")


def test_the_visitors_own_policy_is_followed_to_the_one_of_the_bundles_size(
    left_alone, scene, bundle
):
    """Chosen in any order: policy files, and the notes that lead from one to the next."""
    page = left_alone.page
    page.check("#whose-mine")
    first, size = policy_file.write(scene.policy), 10_000

    def trust(*files):
        chosen = [
            {"name": f"file {at}", "mimeType": "", "buffer": one} for at, one in enumerate(files)
        ]
        page.set_input_files("#policy-file", chosen)
        return hand_in(left_alone, ("bundle.json", bundle))

    new, note = scene.rotation(size, "customs", "carrier")
    assert trust(note, new, first) == "VALID"
    assert "policy: your file file 2, SHA-256" in left_alone.text(".checked")
    assert trust(new, note) == trust(first, new) == "NOT CHECKED"
    assert "one policy, and a note for each" in left_alone.text(".verdict")
    new, forged = scene.rotation(size, "customs")
    assert trust(first, new, forged) == "NOT CHECKED"
    assert "no quorum" in left_alone.text(".verdict")
    new, early = scene.rotation(1, "customs", "carrier")
    assert trust(first, new, early) == "INVALID"


def test_the_page_follows_the_installations_own_steps(visitor, scene, bundle):
    var = scene.services.settings.var
    stranger = visitor()
    try:
        for size, wanted in ((1, "INVALID"), (10_000, "VALID")):
            succession_files.add(var / "policy", *scene.rotation(size, "customs", "carrier"))
            stranger.go("/verify?lang=en")
            assert hand_in(stranger, ("bundle.json", bundle)) == wanted
            shutil.rmtree(var / "successions")
    finally:
        shutil.rmtree(var / "successions", ignore_errors=True)


def test_a_browser_that_fails_at_it_has_checked_nothing(left_alone, bundle):
    assert hand_in(left_alone, ("bundle.json", bundle)) == "VALID"
    for lacking in ("BigInt", "Object.hasOwn"):
        left_alone.page.evaluate(f"{lacking} = undefined")
        assert hand_in(left_alone, ("bundle.json", bundle)) == "NOT CHECKED"
        assert "this browser cannot check it" in left_alone.text(".verdict")


def test_a_pasted_text_and_a_link_with_a_text_are_checked(visitor, scene):
    text = scene.client().get(f"/verify/{scene.order.id}/bundle.txt").text
    stranger = visitor()
    stranger.go("/verify?lang=zh")
    stranger.page.wait_for_selector("form[data-ready]")
    stranger.page.fill("#text", text + "\n")
    stranger.page.click("main form button")
    stranger.page.wait_for_selector("[data-outcome=VALID]")
    assert "有效" in stranger.text("#answer .verdict")
    assert "运营者 示例海关 Example Customs" in stranger.text(".checked")
    stranger.page.fill("#text", text[:-3])
    stranger.page.click("main form button")
    stranger.page.wait_for_selector("[data-outcome=INVALID]")
    assert "紧凑格式有误" in stranger.text("#answer .verdict")

    follower = visitor()
    follower.go(f"/verify?lang=en#{text}")
    follower.page.wait_for_selector("[data-outcome=VALID]")
    assert all("YIDAN1" not in url.partition("#")[0] for url in follower.asked)


def test_a_paper_is_known_by_its_bytes_and_its_code(watched, scene, picture):
    stranger = watched()
    stranger.go(f"/verify/{scene.order.id}?lang=zh")
    assert "未核验" in stranger.text(".verdict")
    assert stranger.page.evaluate("document.querySelector('.code img').naturalWidth") > 100
    assert hand_in(stranger, ("do.pdf", scene.pdf)) == "VALID"
    assert "提货单" in stranger.text("main")
    assert "有效" in stranger.text(".verdict")
    assert len(posts(stranger)) == 1
    assert hand_in(stranger, ("do.pdf", scene.pdf + b"\n")) == "INVALID"
    stranger.go("/verify?lang=zh")
    text = scene.client().get(f"/verify/{scene.order.id}/bundle.json").data
    assert hand_in(stranger, ("bundle.json", text)) == "VALID"
    picture(stranger.page, "verify")


def test_its_proof_can_be_taken_away_and_handed_in_again(visitor, scene):
    stranger = visitor()
    stranger.go(f"/verify/{scene.order.id}?lang=en")
    with stranger.page.expect_download() as waiting:
        stranger.page.click("a:has-text('Download its proof')")
    with open(waiting.value.path(), "rb") as file:  # noqa: PTH123 - a path of playwright's
        assert hand_in(stranger, ("bundle.json", file.read())) == "VALID"


def test_the_page_is_not_wider_than_a_phone(visitor, scene, bundle):
    phone = visitor(390, 800)
    phone.go(f"/verify/{scene.order.id}?lang=en")
    assert hand_in(phone, ("bundle.json", bundle)) == "VALID"
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
