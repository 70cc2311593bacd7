"""A lane's screen in a real browser, with the gate behind it."""

import json
from zoneinfo import ZoneInfo

import pytest

from tests.browser.scene import GATE, PASSWORD, WAITING, WAITING_PLATE
from tests.port import DRIVER, PLATE
from yidan.gate.actions import resolutions
from yidan.gate.actions.captures import Site


@pytest.fixture
def kiosk(visitor):
    """A lane opened by the terminal's clerk."""

    def opened(lane, language="zh"):
        screen = visitor()
        screen.sign_in("terminal", PASSWORD, language)
        screen.page.wait_for_selector(".tiles")
        screen.go(f"/kiosk?lane={lane}")
        return screen

    return opened


def capture(screen, way, *, plate=PLATE, box=GATE, seal="EO7781203", weight=""):
    screen.page.click(f"label[for=way-{way}]")
    for field, value in (
        ("plate", plate),
        ("driver", DRIVER),
        ("box", box),
        ("seal", seal),
        ("weight", weight),
    ):
        screen.page.fill(f"#{field}", value)
    screen.page.click("#send")


def stored(screen, lane):
    return json.loads(screen.page.evaluate(f"localStorage.getItem('yidan.kiosk.{lane}')") or "null")


def transactions(scene):
    from yidan.gate.actions.barriers import list_transactions

    return scene.port.look("terminal", list_transactions)


def approve(scene, lane):
    """A clerk elsewhere lets the waiting transaction of a lane pass."""
    (waiting,) = [one for one in transactions(scene) if one.lane == lane]
    site = Site(zone=ZoneInfo("Asia/Shanghai"), decision_ttl_s=60)
    command = resolutions.ResolveTransaction(
        transaction_id=waiting.id, approve=True, why="new customs seal, seen by eye"
    )
    scene.port.do("terminal", lambda uow: resolutions.resolve_transaction(command, site, uow))


def test_a_truck_comes_in_waits_for_a_clerk_and_goes_out_with_its_box_once(kiosk, scene):
    lane = kiosk("IN-1")
    capture(lane, "in")
    lane.page.wait_for_selector("#approve:visible")
    assert "放行" in lane.text("#approve")
    assert "Approved" in lane.text("#approve")
    lane.page.click("#open")
    lane.page.wait_for_selector("#opened:visible")

    out = kiosk("OUT-2")
    capture(out, "out", seal="XX0000001", weight="25230")
    out.page.wait_for_selector("#refer:visible")
    assert "XX0000001" in out.text("#reasons") or "铅封" in out.text("#reasons")
    assert out.page.locator("#open").is_hidden()
    approve(scene, "OUT-2")
    out.page.wait_for_selector("#approve:visible")
    out.page.click("#open")
    out.page.wait_for_selector("#opened:visible")
    assert "道闸已开" in out.text("#opened")
    out.page.click("#next")

    capture(out, "out", weight="25230")
    out.page.wait_for_selector("#deny:visible")
    assert "Denied" in out.text("#deny")
    assert out.page.locator("#open").is_hidden()
    assert "该箱已凭此提货权提离" in out.text("#reasons")


def test_a_box_that_may_not_leave_is_denied_with_who_can_mend_it(kiosk, picture):
    lane = kiosk("IN-3")
    capture(lane, "in", plate=WAITING_PLATE, box=WAITING)
    lane.page.wait_for_selector("#deny:visible")
    reasons = lane.page.locator("#reasons li").all_inner_texts()
    assert len(reasons) >= 4
    assert "尚未收到该箱的卸船报告。" in reasons[0]
    assert "码头 terminal" in reasons[0]
    picture(lane.page, "kiosk")
    lane.page.click("#next")
    assert lane.page.locator("#capture").is_visible()
    assert stored(lane, "IN-3") is None


def test_the_transaction_is_stored_before_it_is_sent_and_survives_a_lost_answer(kiosk, scene):
    lane = kiosk("IN-4", "en")
    sent = []

    def lose(route):
        sent.append(route.request.headers["idempotency-key"])
        if len(sent) == 1:
            assert stored(lane, "IN-4")["id"] == sent[0]
            route.fetch()
            route.abort()
        else:
            route.continue_()

    lane.page.route("**/v1/gate/transactions", lose)
    capture(lane, "in", plate="苏GC0001", box=WAITING)
    lane.page.wait_for_selector("#offline:visible")
    lane.page.wait_for_selector("#deny:visible")
    lane.complaints.clear()
    assert sent[0] == sent[1]
    assert [one.plate for one in transactions(scene)].count("苏GC0001") == 1


def test_a_reload_goes_on_with_the_open_transaction(kiosk, scene):
    lane = kiosk("IN-5", "en")
    capture(lane, "in", plate="苏GC0002", box=WAITING)
    lane.page.wait_for_selector("#deny:visible")
    before = stored(lane, "IN-5")["id"]
    lane.page.reload()
    lane.page.wait_for_selector("#deny:visible")
    assert "苏GC0002" in lane.text("#about")
    assert stored(lane, "IN-5")["id"] == before
    assert [one.plate for one in transactions(scene)].count("苏GC0002") == 1


def test_an_id_is_made_where_the_browser_has_no_random_uuid(kiosk):
    lane = kiosk("IN-6", "en")
    lane.page.evaluate("delete Crypto.prototype.randomUUID")
    capture(lane, "in", plate="苏GC0003", box=WAITING)
    lane.page.wait_for_selector("#deny:visible")
    made = stored(lane, "IN-6")["id"]
    assert len(made) == 36
    assert made[14] == "4"


def test_the_targets_are_large_enough_for_gloves(kiosk):
    lane = kiosk("IN-7")
    for target in ("label[for=way-in]", "#plate", "#box", "#send"):
        assert lane.page.locator(target).bounding_box()["height"] >= 64
