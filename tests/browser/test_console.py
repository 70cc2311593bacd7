"""The console in a real browser: signing in, releases and their readiness, both languages."""

from tests.browser.scene import BILL, HOSTILE, ONE_TIME, PASSWORD, READY, WAITING


def test_somebody_new_sets_a_password_and_sees_their_releases(visitor):
    new = visitor()
    new.sign_in("newcomer", ONE_TIME)
    new.page.fill("#new_password", PASSWORD)
    new.page.fill("#again", PASSWORD)
    new.page.click("main form button")
    new.page.click("a.tile:has-text('Releases')")
    assert "DO-LYG-26-118820" in new.text(".card-list")
    assert "My role: consignee" in new.text(".card-list")
    new.page.click("nav button:has-text('Sign out')")
    new.go("/releases")
    assert "/sign-in" in new.page.url


def test_a_release_shows_every_reason_its_owner_and_since(visitor, picture):
    reader = visitor()
    reader.sign_in("consignee", PASSWORD)
    reader.page.wait_for_selector(".tiles")
    reader.go("/releases")
    reader.page.click("a:has-text('DO-LYG-26-118820')")
    ready, waiting = f"[data-box={READY}]", f"[data-box={WAITING}]"
    assert "may leave" in reader.text(ready)
    assert reader.page.title().startswith("DO-LYG-26-118820")
    reasons = reader.text(f"{waiting} .reasons")
    assert "The box is not reported as discharged." in reasons
    assert "customs" in reasons
    assert "since 20" in reasons

    reader.page.click("a[hreflang=zh]")
    assert "不可提箱" in reader.text(waiting)
    assert "海关" in reader.text(f"{waiting} .reasons")
    picture(reader.page, "release")


def test_html_in_a_partys_name_is_text_to_the_browser(visitor, scene):
    reader = visitor()
    reader.sign_in("consignee", PASSWORD)
    reader.page.wait_for_selector(".tiles")
    reader.go(f"/releases/{scene.gate_release_id}")
    assert HOSTILE in reader.text("main")
    assert reader.page.title().startswith("DO-LYG-26-118850")


def test_a_bill_shows_what_happened_with_its_proof(visitor):
    reader = visitor()
    reader.sign_in("consignee", PASSWORD)
    reader.page.wait_for_selector(".tiles")
    reader.go("/waybills")
    reader.page.click(f"a:has-text('{BILL}')")
    timeline = reader.text(".timeline")
    assert "The forwarder submitted the bill" in timeline
    assert "witnessed" in timeline
    first, last = timeline.index("named truck"), timeline.index("submitted the bill")
    assert first < last


def test_the_menu_opens_on_a_phone_and_nothing_is_wider_than_it(visitor):
    phone = visitor(390, 800)
    phone.sign_in("consignee", PASSWORD)
    phone.page.wait_for_selector(".tiles")
    title, release = f"/titles/{phone.scene.title_id}", f"/releases/{phone.scene.release_id}"
    for path in ("/releases", release, "/titles", title, "/lots", "/documents"):
        phone.go(path)
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    phone.page.click(".navbar-toggler")
    phone.page.click("#menu a:has-text('Waybills')")
    assert BILL in phone.text(".card-list")
