"""Receiving: what is believed of a message, that it is kept, answered, and applied once."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from sqlalchemy import text

import adapters
from ledger.commitment import commit
from tests.counterparts.wire import Answer, Receiver
from tests.port import BOX, Port, box_number
from yidan.config import Settings
from yidan.exchange import actions, deliveries, tables
from yidan.exchange.rules import InboxState
from yidan.gate import events as gate
from yidan.kernel.events import Recorded
from yidan.kernel.reasons import Role
from yidan.release.tables import holds
from yidan.store import events, followers, inbox
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading, writing
from yidan.store.outbox import Errand
from yidan.tally import events as tally

BILL = "EOCLYG26110042"
OTHER = box_number(305439)
ADAPTERS = adapters.find_adapters()
EDIFACT = ADAPTERS["shipping_agent.edifact"]
CUSTOMS = ADAPTERS["single_window.customs_xml"]


def coreor(*, reference="REL0001", sender="AGENT1", boxes=(BOX,), function="9", ms=None):
    until = "20991231"
    lines = [
        "UNH+1+COREOR:D:00B:UN:SMDG20",
        f"BGM+129+RO{reference}+{function}",
        "DTM+137:202611220800:203",
        "RFF+RE:DO2611220001",
        f"RFF+BM:{BILL}",
        f"DTM+36:{until}:102",
        "TDT+20+062E+1++EOC:172:20+++9795426:146:11:EAST OCEAN HARMONY",
        "LOC+11+CNLYG:139:6",
        f"NAD+MS+{ms or sender}:160:ZZZ",
        "NAD+CF+EOC:160:20",
        "NAD+FW+91610131MA6X2TRN8X:160:ZZZ",
    ]
    for number, box in enumerate(boxes, 1):
        lines += [f"EQD+CN+{box}+45G1:102:5++3+5", f"RFF+SQ:{number}"]
    lines += [f"CNT+16:{len(boxes)}", f"UNT+{len(lines) + 2}+1"]
    interchange = [f"UNB+UNOC:3+{sender}+YIDAN+261122:0805+{reference}", *lines]
    return ("'".join([*interchange, f"UNZ+1+{reference}"]) + "'").encode()


@pytest.fixture
def exchange(workshop):
    port = Port(workshop)
    port.people()
    port.party("mailbox agent", Role.SHIPPING_AGENT, identifiers=["edi:AGENT1"])
    port.mailbox_agency_id = port.appointed("mailbox agent")
    port.party("other agent", Role.SHIPPING_AGENT, identifiers=["edi:AGENT2"])
    port.party("mailbox customs", Role.CUSTOMS, identifiers=["edi:CUSTOMS2301"])
    port.bill(
        BILL,
        boxes=(BOX, OTHER),
        agent="mailbox agent",
        as_party={"SHIPPING_AGENT": "mailbox agent"},
    )
    port.listed(boxes=(BOX, OTHER), number=BILL)
    return port


def receive(port, who, raw, adapter=EDIFACT):
    return port.do(who, lambda uow: actions.receive(raw, adapter, uow))


def count(port, table):
    with reading(port.workshop.engine) as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def alarms(port):
    with reading(port.workshop.engine) as connection:
        return [alarm.kind for alarm in open_alarms(connection)]


def test_a_release_order_is_applied_and_answered(exchange):
    receipt = receive(exchange, "mailbox agent", coreor(boxes=(BOX, OTHER)))
    assert receipt.state is InboxState.APPLIED
    assert [line.applied for line in receipt.outcomes[0].lines] == [True, True]
    assert b"APERAK" in receipt.answer
    assert exchange.right_of(BOX).holder == exchange.ids["consignee"]


def test_a_repeated_interchange_gets_its_first_answer_and_does_nothing(exchange):
    first = receive(exchange, "mailbox agent", coreor())
    events = count(exchange, "event")
    again = receive(exchange, "mailbox agent", coreor())
    assert again.repeated
    assert (again.inbox_id, again.answer, again.outcomes) == (
        first.inbox_id,
        first.answer,
        first.outcomes,
    )
    assert count(exchange, "event") == events


def test_a_reference_used_again_for_other_content_is_kept_and_refused(exchange):
    receive(exchange, "mailbox agent", coreor())
    events = count(exchange, "event")
    receipt = receive(exchange, "mailbox agent", coreor(boxes=(OTHER,)))
    assert receipt.state is InboxState.CONFLICT
    assert (count(exchange, "event"), count(exchange, "inbox")) == (events, 2)
    assert alarms(exchange) == ["message-not-applied"]


@pytest.mark.parametrize(
    "raw",
    [coreor(sender="AGENT2"), coreor(ms="AGENT2"), coreor(sender="")],
    ids=["envelope", "body", "nobody"],
)
def test_a_message_that_names_another_sender_is_refused_with_an_alarm(exchange, raw):
    receipt = receive(exchange, "mailbox agent", raw)
    assert receipt.state in {InboxState.REFUSED, InboxState.UNREADABLE}
    assert count(exchange, "release_right") == 0
    assert alarms(exchange) == ["message-not-applied"]


@pytest.mark.parametrize("function", ["9", "5", "1"])
def test_an_agent_cannot_speak_of_another_agents_bill(exchange, function):
    receive(exchange, "mailbox agent", coreor())
    raw = coreor(sender="AGENT2", reference="REL0002", function=function)
    receipt = receive(exchange, "other agent", raw)
    assert receipt.state is InboxState.REFUSED
    assert exchange.right_of(BOX).holder == exchange.ids["consignee"]


def test_an_order_of_an_agent_that_the_carrier_dismissed_is_refused_with_an_alarm(exchange):
    exchange.dismissed(exchange.mailbox_agency_id)
    receipt = receive(exchange, "mailbox agent", coreor())
    assert receipt.state is InboxState.REFUSED
    (line,) = receipt.outcomes[0].lines
    assert [one.code for one in line.reasons] == ["agent-not-appointed"]
    assert b"APERAK" in receipt.answer
    assert count(exchange, "release_right") == 0
    assert alarms(exchange) == ["message-not-applied"]


def test_an_unknown_message_is_kept_visible_and_answered(exchange):
    raw = coreor().replace(b"COREOR", b"COXXXX")
    receipt = receive(exchange, "mailbox agent", raw)
    assert receipt.state is InboxState.REFUSED
    kept = exchange.look(
        "mailbox agent", lambda uow: actions.look_at_messages(uow, before="", limit=5)
    )
    assert [(one.raw, one.state) for one in kept] == [(raw, "refused")]
    assert receipt.answer is not None


@pytest.mark.parametrize("raw", [b"", b"\x00\xff", b"UNB+", b"{}", "提单".encode()])
def test_bytes_that_are_no_message_are_kept_and_answered(exchange, raw):
    receipt = receive(exchange, "mailbox agent", raw)
    assert receipt.state is InboxState.UNREADABLE
    assert receipt.findings
    assert count(exchange, "inbox") == 1


def test_what_customs_says_and_nobody_understands_holds_the_goods(exchange):
    xml = f"""<?xml version="1.0" encoding="UTF-8"?>
<Manifest><Head><MessageID>YDR1</MessageID><FunctionCode>9</FunctionCode>
<MessageType>YDRELEASE</MessageType><SenderID>CUSTOMS2301</SenderID><ReceiverID>YIDAN</ReceiverID>
<SendTime>20261122101500000</SendTime><Version>1.0</Version></Head>
<Response><Consignment><TransportContractDocument><ID>{BILL}</ID></TransportContractDocument>
<ResponseType><Code>ZZZ</Code><Text>?</Text></ResponseType></Consignment></Response></Manifest>"""
    receive(exchange, "mailbox customs", xml.encode(), CUSTOMS)
    with reading(exchange.workshop.engine) as connection:
        (hold,) = holds.active_on(connection, [f"bill:{BILL}"])
    assert hold.kind == "SECURITY"


def test_another_partys_transmissions_are_not_seen(exchange):
    receive(exchange, "mailbox agent", coreor())
    seen = exchange.look(
        "other agent", lambda uow: actions.look_at_messages(uow, before="", limit=5)
    )
    assert seen == []


def test_inbox_rows_are_found_by_id(exchange):
    receipt = receive(exchange, "mailbox agent", coreor())
    with reading(exchange.workshop.engine) as connection:
        assert inbox.get(connection, receipt.inbox_id).reference == "REL0001"


@dataclass(frozen=True)
class Told:
    """The services a delivery needs."""

    engine: object
    adapters: object
    settings: object


def gate_out(port):
    """The event of a box that left, as the gate records it."""
    (sample,) = [one for one in gate.SAMPLES if isinstance(one, gate.GatedOut)]
    event_id = port.look("system", lambda uow: uow.new_id())
    recorded = Recorded(
        event_id=event_id,
        number=0,
        subject="gate:1",
        position=1,
        occurred_at=port.now(),
        recorded_at=port.now(),
        actor=port.actor("terminal"),
        reason="",
        event=replace(sample, transport_document_reference=BILL),
    )
    with writing(port.workshop.engine) as connection:
        events.append(connection, recorded, commitments=commit, salt=bytes(32))
    return recorded


def test_a_gate_movement_reaches_the_agent_of_its_bill_and_nobody_else(exchange):
    services = Told(exchange.workshop.engine, ADAPTERS, Settings(private_endpoints=True))
    taken = Answer(status=200)
    with Receiver(lambda _: taken) as inbox_, Receiver(lambda _: taken) as foreign:
        for who, receiver in (("mailbox agent", inbox_), ("other agent", foreign)):
            command = actions.SetEndpoint(adapter=EDIFACT.name, url=receiver.url)
            exchange.do(who, lambda uow, command=command: actions.set_endpoint(command, uow))
        recorded = gate_out(exchange)
        errand = Errand(1, tables.CONSUMER, recorded.event_id, "gate:1", 0)
        inbox_.faults.append("drop")
        with pytest.raises(deliveries.NotDeliveredError):
            deliveries.deliver(services, errand)
        deliveries.deliver(services, errand)
        deliveries.deliver(services, errand)
        first, second = inbox_.got
        assert first.body == second.body
        assert b"CODECO" in second.body
        assert foreign.got == []


def test_private_addresses_are_refused_where_they_are_not_allowed(exchange):
    services = SimpleNamespace(
        engine=exchange.workshop.engine, adapters=ADAPTERS, settings=Settings()
    )
    with Receiver() as receiver:
        command = actions.SetEndpoint(adapter=EDIFACT.name, url=receiver.url)
        exchange.do("mailbox agent", lambda uow: actions.set_endpoint(command, uow))
        recorded = gate_out(exchange)
        errand = Errand(1, tables.CONSUMER, recorded.event_id, "gate:1", 0)
        with pytest.raises(deliveries.NotDeliveredError):
            deliveries.deliver(services, errand)
        assert receiver.got == []


def test_gate_outs_and_tally_reports_have_errands_for_the_exchange():
    assert followers.consumers_of(gate.GatedOut.TYPE) == ["exchange", "log"]
    assert followers.consumers_of(tally.ReportCompleted.TYPE) == ["exchange", "log"]
    assert followers.consumers_of(gate.GatedIn.TYPE) == ["log"]
