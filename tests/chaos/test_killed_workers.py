"""Kill -9 of the worker between any two steps: what follows an event is done, and done once.

Rendering, delivery and file drop each in a child that is killed at every step, also before and
after what reaches outside the database. The next worker finds the rest after the claim has ended.
"""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from tests.chaos.killing import Kills, Snapshot, census, steps_to_kill
from tests.counterparts.wire import Answer, Receiver
from tests.lanes import Lanes
from tests.port import BOX, body_of
from tests.yidan.exchange.test_actions import BILL, coreor
from yidan import worker
from yidan.exchange import actions, deliveries, drops, tables
from yidan.kernel.reasons import Role
from yidan.store import inbox, outbox
from yidan.store.engine import database_now, reading, writing
from yidan.store.tables import Inbox, Lease, Outbox
from yidan.waybill import actions as waybill

pytestmark = pytest.mark.integration

ADAPTER = "shipping_agent.edifact"


class PlainRenderer:
    """Renders at once: what is under test is who records it."""

    def render(self, kind, version, _body, verify_url):
        return f"%PDF-1.7 {kind} {version} {verify_url}".encode()


def let_claims_end(engine):
    """The time of whoever died runs out."""
    with writing(engine) as connection:
        past = database_now(connection) - timedelta(seconds=1)
        connection.execute(
            update(Outbox.__table__).where(Outbox.__table__.c.done_at.is_(None))
            .values(not_before=past)
        )  # fmt: skip
        connection.execute(update(Lease.__table__).values(until=past))


def backlog(engine, consumer):
    with reading(engine) as connection:
        return outbox.backlog(connection, consumer)


def test_a_killed_rendering_is_recorded_once(platform_on, port_on, server):
    services = replace(platform_on, renderer=PlainRenderer())
    engine, blobs = services.engine, services.settings.var / "blobs"
    port_on.people()
    body = body_of(BILL, (BOX,))
    body["totals"] |= {"grossMassKg": 21_350, "packageQuantity": 8, "equipmentQuantity": 1}
    submit = waybill.SubmitWaybill(body=body)
    made = port_on.do("forwarder", lambda uow: waybill.submit_waybill(submit, uow)).bill
    accept = waybill.AcceptWaybill(waybill_id=made.id)
    port_on.do("carrier", lambda uow: waybill.accept_waybill(accept, uow))
    handler = worker.handlers()["render"]

    def work():
        return worker.drain_with(services, "render", handler)

    start, kills = Snapshot(engine, server), Kills(engine, ((services.blobs, "put"),))
    assert kills.count(work) == 1
    names, wanted = kills.names, census(engine)
    assert "after put" in names
    assert backlog(engine, "render") == 0
    for number, name in steps_to_kill(names, server):
        start.restore()
        shutil.rmtree(blobs, ignore_errors=True)
        assert kills.kill_at(number, work), name
        claimed = names.index("after commit", names.index("UPDATE outbox SET")) < number
        assert (work() == 0) or not claimed, f"done twice at once after {name}"
        let_claims_end(engine)
        work()
        assert census(engine) == wanted, name
        assert backlog(engine, "render") == 0, name
        assert list(blobs.glob("*/*")), name
    start.drop()


@pytest.fixture
def told(platform_on, port_on):
    """A gate-out that the agent is to be told of, and the agent's own server."""
    with Receiver() as receiver:
        services = replace(
            platform_on, settings=replace(platform_on.settings, private_endpoints=True)
        )
        port_on.ready()
        command = actions.SetEndpoint(adapter=ADAPTER, url=receiver.url)
        port_on.do("agent", lambda uow: actions.set_endpoint(command, uow))
        lanes = Lanes(port_on)
        lanes.inside()
        lanes.opens(lanes.goes_out())
        yield services, receiver


def test_a_killed_delivery_arrives_at_least_once_and_is_always_the_same(told, server):
    services, receiver = told
    engine = services.engine

    def work():
        return worker.drain_with(services, tables.CONSUMER, deliveries.deliver)

    start, kills = Snapshot(engine, server), Kills(engine, ((deliveries, "post"),))
    assert backlog(engine, tables.CONSUMER) == kills.count(work) > 0
    names, wanted = kills.names, census(engine)
    assert len(receiver.got) == 1
    for number, name in steps_to_kill(names, server):
        receiver.got.clear()
        start.restore()
        assert kills.kill_at(number, work), name
        let_claims_end(engine)
        work()
        let_claims_end(engine)
        work()
        noted = names.index("after commit", names.index("after post"))
        sent_twice = names.index("after post") < number <= noted
        keys = [got.headers["Idempotency-Key"] for got in receiver.got]
        assert len(keys) == (2 if sent_twice else 1), f"{number} ({name})"
        assert len({(got.body, key) for got, key in zip(receiver.got, keys, strict=True)}) == 1
        assert census(engine) == wanted, name
        assert backlog(engine, tables.CONSUMER) == 0, name
    start.drop()


def test_a_killed_file_drop_receives_the_file_once(platform_on, port_on, server):
    port_on.people()
    agent = port_on.party("mailbox agent", Role.SHIPPING_AGENT, identifiers=["edi:AGENT1"])
    port_on.appointed("mailbox agent")
    port_on.bill(
        BILL, agent="mailbox agent", as_party={"SHIPPING_AGENT": "mailbox agent"}
    )  # fmt: skip
    port_on.listed(number=BILL)
    engine = platform_on.engine
    home = platform_on.settings.var / "exchange" / agent / ADAPTER

    def lay_down():
        shutil.rmtree(home, ignore_errors=True)
        (home / "in").mkdir(parents=True)
        (home / "in" / "order.edi").write_bytes(coreor())

    def work():
        return drops.collect(platform_on)

    start = Snapshot(engine, server)
    kills = Kills(engine, ((Path, "write_bytes"), (Path, "replace")))
    lay_down()
    assert kills.count(work) == 1
    names, wanted = kills.names, census(engine)
    assert names[-2:] == ["before replace", "after replace"]
    for number, name in steps_to_kill(names, server):
        start.restore()
        lay_down()
        assert kills.kill_at(number, work), name
        moved = number == len(names)
        assert work() == (0 if moved else 1), name
        assert census(engine) == wanted, f"{number} ({name})"
        assert [path.name for path in (home / "done").iterdir()] == ["order.edi"], name
        assert list((home / "in").iterdir()) == [], name
        with reading(engine) as connection:
            (answer,) = connection.execute(select(Inbox.__table__.c.answer)).scalars()
        assert (home / "out" / "order.edi").read_bytes() == answer, name
    start.drop()


def test_a_reference_used_again_leaves_the_folder_however_often_it_comes(platform_here, port_here):
    """The second copy met the first one's row and stayed, tried again for ever."""
    port_here.people()
    agent = port_here.party("mailbox agent", Role.SHIPPING_AGENT, identifiers=["edi:AGENT1"])
    folder = platform_here.settings.var / "exchange" / agent / ADAPTER / "in"
    folder.mkdir(parents=True)
    for content in (coreor(), coreor(function="1"), coreor(function="1")):
        (folder / "order.edi").write_bytes(content)
        assert drops.collect(platform_here) == 1
    with reading(platform_here.engine) as connection:
        kept = [one.state for one in inbox.listed(connection, agent)]
    assert sorted(kept) == ["conflict", "refused"]


class Broken:
    """An adapter with a fault in it."""

    name = "aaa.broken"

    def parse(self, _raw):
        raise RuntimeError("a fault")


def test_a_file_that_cannot_be_received_keeps_no_other_waiting(platform_here, port_here):
    port_here.people()
    agent = port_here.party("mailbox agent", Role.SHIPPING_AGENT, identifiers=["edi:AGENT1"])
    home = platform_here.settings.var / "exchange" / agent
    for adapter in (Broken.name, ADAPTER):
        (home / adapter / "in").mkdir(parents=True)
        (home / adapter / "in" / "order.edi").write_bytes(coreor())
    adapters = {**platform_here.adapters, Broken.name: Broken()}
    assert drops.collect(replace(platform_here, adapters=adapters)) == 1
    assert (home / Broken.name / "in" / "order.edi").exists()
    assert (home / ADAPTER / "done" / "order.edi").exists()


@pytest.fixture
def two_waiting(told):
    """Two messages for one destination, not sent yet."""
    services, receiver = told
    with writing(services.engine) as connection:
        (destination,) = tables.destinations(connection, ADAPTER)
        for name in ("first", "second"):
            now = database_now(connection)
            tables.add_delivery(connection, name, destination, name.encode(), now=now)
    return services, receiver, destination


@pytest.mark.parametrize("server", [""], ids=["sqlite"])
def test_while_one_thread_sends_another_of_the_same_process_does_not(two_waiting, server):
    services, receiver, destination = two_waiting
    adapter = services.adapters[ADAPTER]
    meanwhile = []

    def judge(_got):
        meanwhile.append(deliveries.flush(services, adapter, destination))
        return Answer()

    receiver.judge = judge
    assert deliveries.flush(services, adapter, destination)
    assert meanwhile == [False, False]
    assert [got.body for got in receiver.got] == [b"first", b"second"]


@pytest.mark.parametrize("server", [""], ids=["sqlite"])
def test_a_sender_that_lost_its_lease_sends_nothing_more(two_waiting, server):
    services, receiver, destination = two_waiting

    def judge(_got):
        with writing(services.engine) as connection:
            connection.execute(text("UPDATE lease SET holder = 'another worker'"))
        return Answer()

    receiver.judge = judge
    assert not deliveries.flush(services, services.adapters[ADAPTER], destination)
    assert [got.body for got in receiver.got] == [b"first"]
