"""Attacks through the exchange: rebinding names, endless answers, links in the drop folder."""

import contextlib
import socket
import threading
from types import SimpleNamespace

import httpx
import pytest
from structlog.testing import capture_logs

from tests.counterparts.wire import Answer, Receiver
from tests.yidan.exchange.test_actions import (
    ADAPTERS,
    BILL,
    BOX,
    EDIFACT,
    OTHER,
    coreor,
    exchange,
    gate_out,
)
from yidan.config import Settings
from yidan.exchange import actions, deliveries, drops, tables
from yidan.exchange.rules import InboxState
from yidan.kernel.errors import ConflictError, UnavailableError
from yidan.kernel.reasons import Role
from yidan.parties.events import OrganisationVerified
from yidan.release.rules.holds import HoldKind
from yidan.release.tables import holds
from yidan.store import alarms
from yidan.store.engine import reading
from yidan.store.outbox import Errand

__all__ = ["exchange"]


def resolves_to(monkeypatch, *addresses):
    told = [(2, 1, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(deliveries.socket, "getaddrinfo", lambda *_args, **_more: told)


def test_d7_the_address_that_was_checked_is_the_one_that_is_called(monkeypatch):
    resolves_to(monkeypatch, "93.184.215.14")
    aim = deliveries.aimed("https://partner.example:8443/in?x=1", private_allowed=False)
    assert aim.url == httpx.URL("https://93.184.215.14:8443/in?x=1")
    assert aim.headers["Host"] == "partner.example:8443"
    assert aim.extensions["sni_hostname"] == "partner.example"


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("93.184.215.14", "10.0.0.1"), ("::ffff:127.0.0.1",), ("224.0.0.1",), ()],
)
def test_d7_a_name_with_any_private_address_is_refused(monkeypatch, addresses):
    resolves_to(monkeypatch, *addresses)
    with pytest.raises(UnavailableError):
        deliveries.aimed("https://partner.example/in", private_allowed=False)


def test_d15_an_endpoint_that_is_no_url_is_a_failed_try_and_no_fault(exchange):
    services = SimpleNamespace(
        engine=exchange.workshop.engine, adapters=ADAPTERS, settings=Settings()
    )
    command = actions.SetEndpoint(adapter=EDIFACT.name, url="http://[::1/in")
    exchange.do("mailbox agent", lambda uow: actions.set_endpoint(command, uow))
    errand = Errand(1, tables.CONSUMER, gate_out(exchange).event_id, "gate:1", 0)
    with pytest.raises(deliveries.NotDeliveredError):
        deliveries.deliver(services, errand)


def test_d10_of_an_endless_answer_no_more_is_read_than_is_kept():
    with Receiver(lambda _: Answer(body=b"x" * (deliveries.MAX_ANSWER + 100_000))) as receiver:
        aim = deliveries.aimed(receiver.url, private_allowed=True)
        got = deliveries.post(aim, b"hello", {"Content-Type": "text/plain"})
    assert got == b"x" * deliveries.MAX_ANSWER


@contextlib.contextmanager
def dripping(first=b""):
    """A counterpart that accepts, says `first`, and then a byte every 50 ms without end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = threading.Event()

        def drip():
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.sendall(first)
                    while not gone.wait(0.05):
                        connection.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/in"
        gone.set()
        thread.join()


def hurried(url, monkeypatch, seconds):
    """The answer of a delivery that may take so long; without its deadline it would never end."""
    monkeypatch.setattr(deliveries, "TIMEOUT_S", seconds)
    try:
        return deliveries.post(deliveries.aimed(url, private_allowed=True), b"hello", {})
    except TimeoutError as error:
        return str(error)


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_d10_an_answer_that_drips_is_cut_off_at_the_deadline(monkeypatch, first):
    with dripping(first) as url:
        assert hurried(url, monkeypatch, 0.5) == "no answer within 0.5 s"


def test_d10_an_accepted_message_is_delivered_though_its_answer_drips(monkeypatch):
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n") as url:
        assert hurried(url, monkeypatch, 3).startswith(b"x")


@pytest.fixture
def partner(portal):
    """A shipping agent's drop folder."""
    party = portal.organisation(Role.SHIPPING_AGENT, identifiers=["edi:AGENT1"])
    home = portal.services.settings.var / "exchange" / party / "shipping_agent.edifact"
    (home / "in").mkdir(parents=True)
    return home


def test_a_dropped_file_is_received_and_answered(portal, partner):
    (partner / "in" / "one.edi").write_bytes(coreor())
    assert drops.collect(portal.services) == 1
    assert b"APERAK" in (partner / "out" / "one.edi").read_bytes()
    assert (partner / "done" / "one.edi").exists()


def test_d11_a_link_in_the_drop_folder_is_not_followed(portal, partner, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(coreor())
    (partner / "in" / "one.edi").symlink_to(secret)
    assert drops.collect(portal.services) == 0


@pytest.mark.parametrize("folder", ["out", "done", "refused"])
def test_d11_nothing_is_written_through_a_link(portal, partner, tmp_path, folder):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (partner / folder).symlink_to(elsewhere)
    (partner / "in" / "one.edi").write_bytes(coreor())
    assert drops.collect(portal.services) == 0
    assert list(elsewhere.iterdir()) == []


def test_d15_a_conflicting_file_sent_again_gets_its_first_answer(portal, partner):
    party = partner.parent.name
    machine = portal.machine(party=party, scopes={"exchange:write"})
    states = [
        machine.post_raw(
            "/v1/exchange/shipping_agent.edifact", coreor(boxes=boxes), "application/edifact"
        ).json
        for boxes in ((BOX,), (OTHER,), (OTHER,))
    ]
    assert [one.get("state") for one in states[1:]] == [InboxState.CONFLICT] * 2
    assert states[2]["repeated"]
    assert states[2]["inboxId"] == states[1]["inboxId"]


@pytest.mark.parametrize("cut", [90, 30, 1])
def test_a6_what_customs_sends_broken_holds_the_goods_it_names(exchange, cut):
    xml = f"""<?xml version="1.0" encoding="UTF-8"?>
<Manifest><Head><MessageID>YDR9</MessageID><MessageType>YDRELEASE</MessageType></Head><Response>
<TransportEquipment><EquipmentIdentification><ID>{BOX}</ID></EquipmentIdentification>
<ResponseType><Code>CHK</Code></ResponseType></TransportEquipment></Response></Manifest>
""".strip().encode()
    adapter = ADAPTERS["single_window.customs_xml"]
    exchange.do("mailbox customs", lambda uow: actions.receive(xml[:-cut], adapter, uow))
    with reading(exchange.workshop.engine) as connection:
        (hold,) = holds.active_on(connection, [f"box:{BOX}"])
    assert hold.kind is HoldKind.SECURITY


def test_a6_a_stop_under_a_used_reference_still_stops(exchange):
    def decided(code):
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<Manifest><Head><MessageID>YDR9</MessageID><FunctionCode>9</FunctionCode>
<MessageType>YDRELEASE</MessageType><SenderID>CUSTOMS2301</SenderID><ReceiverID>YIDAN</ReceiverID>
<SendTime>20261122101500000</SendTime><Version>1.0</Version></Head><Response>
<Consignment><TransportContractDocument><ID>{BILL}</ID></TransportContractDocument>
<ResponseType><Code>{code}</Code></ResponseType></Consignment></Response></Manifest>""".encode()

    adapter = ADAPTERS["single_window.customs_xml"]
    states = [
        exchange.do(
            "mailbox customs", lambda uow, code=code: actions.receive(decided(code), adapter, uow)
        ).state
        for code in ("REL", "CHK")
    ]
    assert states == [InboxState.APPLIED, InboxState.CONFLICT]
    with reading(exchange.workshop.engine) as connection:
        (hold,) = holds.active_on(connection, [f"bill:{BILL}"])
    assert hold.kind is HoldKind.SECURITY


def test_a15_broken_bytes_of_who_is_no_authority_hold_nothing(exchange):
    raw = f"<Manifest><ID>{BOX}</ID>".encode()
    adapter = ADAPTERS["single_window.customs_xml"]
    receipt = exchange.do("mailbox agent", lambda uow: actions.receive(raw, adapter, uow))
    assert receipt.state is InboxState.REFUSED
    with reading(exchange.workshop.engine) as connection:
        assert holds.active_on(connection, [f"box:{BOX}"]) == ()


def refusals(portal):
    """What people are told of files that were not received."""
    with reading(portal.services.engine) as connection:
        return [a.what for a in alarms.open_alarms(connection) if a.kind == drops.ALARM]


def test_a_file_too_large_is_told_once_and_kept_aside(portal, partner, monkeypatch):
    monkeypatch.setattr(drops, "MAX_BYTES", 10)
    for _ in range(2):
        (partner / "in" / "one.edi").write_bytes(b"x" * 11)
        with capture_logs() as logged:
            assert [drops.collect(portal.services) for _ in range(3)] == [0, 0, 0]
        assert [entry["event"] for entry in logged] == ["dropped file was refused"]
    assert list((partner / "in").iterdir()) == []
    kept = sorted((partner / "refused").iterdir())
    assert [path.name for path in kept] == ["one.edi", "one.edi.1"]
    assert kept[0].read_bytes() == b"x" * 11
    (told,) = refusals(portal)
    assert told.endswith("/in/one.edi: larger than 10 bytes")


def test_a_file_of_who_may_not_send_is_told_once_and_can_be_put_back(portal):
    party = portal.organisation(Role.SHIPPING_AGENT, identifiers=["edi:AGENT1"], verified=False)
    home = portal.services.settings.var / "exchange" / party / "shipping_agent.edifact"
    (home / "in").mkdir(parents=True)
    (home / "in" / "one.edi").write_bytes(coreor())
    with capture_logs() as logged:
        assert [drops.collect(portal.services) for _ in range(3)] == [0, 0, 0]
    assert len(logged) == 1
    (told,) = refusals(portal)
    assert "party-not-verified" in told
    verified = OrganisationVerified(organisation_id=party)
    portal.run(lambda uow: uow.record(f"organisation:{party}", verified))
    (home / "refused" / "one.edi").replace(home / "in" / "one.edi")
    assert drops.collect(portal.services) == 1


def test_a_file_that_lost_a_race_stays_for_the_next_round(portal, partner, monkeypatch):
    def lost(*_args):
        raise ConflictError

    (partner / "in" / "one.edi").write_bytes(coreor())
    with monkeypatch.context() as patched:
        patched.setattr(drops.edge, "run", lost)
        assert drops.collect(portal.services) == 0
    assert refusals(portal) == []
    assert drops.collect(portal.services) == 1
