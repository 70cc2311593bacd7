"""Messages and the operator's page."""

import re

from yidan.kernel.events import Actor
from yidan.store import inbox


def received(scene, partner, reference, state="refused"):
    from yidan.exchange.rules import UNREADABLE
    from yidan.kernel.content import to_json

    def work(uow):
        inbox.keep(
            uow.connection,
            inbox.Received(
                id=uow.new_id(),
                partner=scene.port.ids[partner],
                adapter="shipping_agent.edifact",
                reference=reference,
                sha256_hex="0" * 64,
                raw=b"UNB",
                received_at=uow.now,
                state=state,
                findings={"findings": to_json((UNREADABLE(),)), "outcomes": []},
                answer=None,
            ),
        )

    with scene.services.unit_of_work(Actor(party=scene.port.ids[partner])) as uow:
        work(uow)
        uow.commit()


def test_a_party_sees_its_own_messages_with_every_finding_and_nobody_elses(scene):
    received(scene, "agent", "IC-4711", "unreadable")
    mine = scene.client("agent").get("/messages").text
    assert "IC-4711" in mine
    assert "not understood" in mine
    assert "IC-4711" not in scene.client("haulier").get("/messages").text


def test_the_operator_sees_alarms_and_lag_and_takes_an_alarm_off(scene):
    scene.alarm("COREOR 4712: unreadable")
    client = scene.client("admin")
    text = client.get("/operator").text
    assert "COREOR 4712: unreadable" in text
    assert "Oldest leaf not anchored" in text
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)[1]
    place = re.findall(r'action="(/operator/alarms/\d+)"', text)[0]
    assert client.post(place, data={"csrf_token": token}).location == "/operator"
    assert "COREOR 4712: unreadable" not in client.get("/operator").text
