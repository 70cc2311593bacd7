"""Kill -9 between any two steps of a write, and resend: nothing lost, nothing doubled (QUALITY G2).

A real request through the application, killed before each statement, before and after each commit,
on both databases. The same request with the same key is then sent again: the database must hold
what one unharmed request leaves, row for row, and history must replay to it.
"""

import pytest

from ledger.commitment import commit
from tests.chaos.killing import Kills, Snapshot, census
from tests.port import BOX, DRIVER, PLATE, body_of
from tests.yidan.release.bulk.test_actions import Bulk
from yidan.kernel.reasons import Role
from yidan.store import rebuild

pytestmark = pytest.mark.integration

KEY = "the-one-key"
SELDOM = 9
"""On PostgreSQL the request is sent again after every so many kills before the commit: to put a
database back costs more than a kill there. On SQLite it is sent again after each."""


def submitting_a_bill(portal, port):
    """POST /v1/waybills."""
    port.people()
    forwarder = portal.machine(Role.FORWARDER, party=port.ids["forwarder"])
    assert forwarder.token
    body = body_of("EOCLYG26110042", (BOX,))
    body["totals"] |= {"grossMassKg": 21_350, "packageQuantity": 8, "equipmentQuantity": 1}
    return lambda: forwarder.post("/v1/waybills", body, key=KEY)


def a_truck_with_ore_leaving(portal, port):
    """POST /v1/tasks/{id}/departure: the lot's balance and the order's go down together."""
    bulk = Bulk(port)
    task_id = bulk.loaded(bulk.order(50_000_000).id)
    kiosk = portal.kiosk(port.ids["terminal"])
    assert kiosk.token
    body = {"plate": "苏G12345"}
    return lambda: kiosk.post(f"/v1/tasks/{task_id}/departure", body, key=KEY)


def a_barrier_opening(portal, port):
    """POST /v1/gate/decisions/{id}/opening: the right is consumed, the receipt issued."""
    port.ready()
    kiosk = portal.kiosk(port.ids["terminal"])
    opened = kiosk.post(_opening(kiosk, port, "in"), {"lane": "IN-1"})
    assert opened.status_code == 201, opened.get_data(as_text=True)
    path = _opening(kiosk, port, "out")
    return lambda: kiosk.post(path, {"lane": "OUT-1"}, key=KEY)


def _opening(kiosk, port, direction):
    seen = {
        "transactionId": f"{kiosk.client_id}-{direction}",
        "direction": direction,
        "lane": f"{direction.upper()}-1",
        "plate": PLATE,
        "driverId": DRIVER,
        "equipmentReference": BOX if direction == "out" else "",
        "sealNumbers": ["EO7781203"] if direction == "out" else [],
        "grossMassKg": 25_300 if direction == "out" else None,
        "confidence": {
            "plate": 990, "driverId": 1000, "equipmentReference": 980, "sealNumbers": 970,
        },
        "capturedAt": port.now().isoformat(),
    }  # fmt: skip
    answer = kiosk.post("/v1/gate/transactions", seen, key=seen["transactionId"])
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return f"/v1/gate/decisions/{answer.json['decisionId']}/opening"


@pytest.mark.parametrize(
    "story",
    [submitting_a_bill, a_truck_with_ore_leaving, a_barrier_opening],
    ids=lambda s: s.__name__,
)
def test_a_killed_write_sent_again_is_done_once(story, portal_on, port_on, server):
    send = story(portal_on, port_on)
    engine = portal_on.services.engine
    before = census(engine)
    start = Snapshot(engine, server)
    kills = Kills(engine)

    answer = kills.count(send)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    names, wanted = kills.names, census(engine)
    assert wanted != before
    start.restore()
    commits = names.index("after commit", names.index("INSERT INTO event"))
    for number, name in enumerate(names, 1):
        committed = number > commits
        assert kills.kill_at(number, send), f"no step {number} ({name})"
        assert census(engine) == (wanted if committed else before), f"torn at {number} ({name})"
        if server and number % SELDOM and number < commits - 1:
            continue
        again = send()
        assert again.status_code == 201, f"step {number} ({name}): {again.get_data(as_text=True)}"
        assert ("Idempotency-Replayed" in again.headers) == committed
        assert census(engine) == wanted, f"step {number} ({name})"
        if number < len(names):
            start.restore()
    assert rebuild.check(engine, commit).findings == ()

    start.restore()
    assert not kills.kill_at(len(names) + 1, send), "more steps than counted"
    assert census(engine) == wanted
    start.drop()
