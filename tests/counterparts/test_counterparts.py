"""Counterparts and adapters understand each other over a real wire, and faults are faults."""

import http.client
from datetime import UTC, datetime

import pytest

from adapters import find_adapters
from tests.counterparts import shipping_agent, wire
from tests.counterparts.customs import Customs
from tests.counterparts.haulier import Haulier
from tests.counterparts.rail import Rail
from tests.counterparts.shipping_agent import ShippingAgent
from yidan.ports import (
    GateMovement,
    LineOutcome,
    MessageFunction,
    MessageOutcome,
    TallyLine,
    TallyReport,
)

AT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
ADAPTERS = find_adapters()
BILL, BOX = "COSU6412345678", "CSQU3054383"
MOVED = GateMovement(
    event_id="E1",
    direction="out",
    transport_document_reference=BILL,
    equipment_reference=BOX,
    iso_equipment_code="45G1",
    plate="沪A12345",
    seal_numbers=("CR1",),
    un_location_code="CNSHA",
    vessel_imo_number="9319466",
    voyage="068E",
    carrier_code="COS",
    gross_mass_kg=21350,
    occurred_at=AT,
)
TALLIED = TallyReport(
    event_id="E2",
    vessel_imo_number="9319466",
    vessel_name="PORT DAY",
    voyage="068E",
    un_location_code="CNSHA",
    customs_district="2248",
    tally_organisation="600037341",
    started_at=AT,
    completed_at=AT,
    lines=(
        TallyLine(
            transport_document_reference=BILL,
            equipment_reference=BOX,
            iso_equipment_code="45G1",
            seal_numbers=(),
            fullness="full",
            damage_codes=(),
            package_quantity=400,
            gross_mass_kg=12000,
        ),
    ),
)


def commands(adapter, raw):
    found = ADAPTERS[adapter].parse(raw)
    (message,) = found.messages
    assert message.findings == ()
    return found, message.commands


def built(adapter, notice):
    return ADAPTERS[adapter].build(notice, recipient="THEM", reference="OUT1", at=AT)


def test_the_agents_release_orders_are_understood():
    agent = ShippingAgent()
    raw = agent.release_order("R1", "DO1", BILL, [BOX, "MSKU1234565"], to="91110000600037341L")
    found, (granted,) = commands("shipping_agent.edifact", raw)
    assert (found.sender, found.claimed_senders) == ("NEWBAYSA", ("NEWBAYSA",))
    assert granted.release_to == "uscc:91110000600037341L"
    assert [line.equipment_reference for line in granted.lines] == [BOX, "MSKU1234565"]
    cancel = agent.release_order("R2", "DO1", BILL, [], function=shipping_agent.CANCEL)
    assert commands("shipping_agent.edifact", cancel)[1][0].function is MessageFunction.CANCEL


def test_the_agent_reads_from_an_aperak_which_boxes_were_refused():
    agent = ShippingAgent()
    adapter = ADAPTERS["shipping_agent.edifact"]
    received = adapter.parse(agent.release_order("R1", "DO1", BILL, [BOX]))
    why = adapter.parse(b"x").findings[0]
    lines = (
        LineOutcome(reference=BOX, applied=False, reasons=(why,)),
        LineOutcome(reference="MSKU1234565", applied=True),
    )
    outcome = MessageOutcome(reference="1", document_reference="R1", accepted=True, lines=lines)
    aperak = adapter.acknowledge(received, [outcome], reference="A1", at=AT)
    assert agent.refused_boxes(aperak) == {BOX: ["edifact-not-edifact"]}
    assert agent.response(aperak) == "CA"


def test_customs_decisions_are_understood():
    raw = Customs().decision("C1", BILL, "REL", boxes={BOX: "CHK"}, quantity_kg=5000)
    _, (bill, box) = commands("single_window.customs_xml", raw)
    assert (bill.status, bill.released_quantity_kg) == ("released", 5000)
    assert (box.status, box.equipment_references) == ("selectedforscan", (BOX,))


def test_the_hauliers_pre_notification_is_understood():
    raw = Haulier().pre_notification("P1", BILL, BOX)
    _, (notified,) = commands("road.copino", raw)
    assert (notified.plate, notified.driver_id) == ("沪A12345", "D-00017")


def test_the_railways_list_arrives_as_a_whole_file_only(tmp_path):
    rail = Rail()
    raw = rail.train_list("T1", "X8024", {"5271234": {BOX: ["CR1"]}})
    rail.half_drop(tmp_path / "in", "half.json", raw)
    whole = rail.drop(tmp_path / "in", "whole.json", raw)
    assert [path.name for path in (tmp_path / "in").glob("*.json")] == ["whole.json"]
    _, (arrived,) = commands("rail.train_list", whole.read_bytes())
    assert arrived.loads[0].seal_numbers == ("CR1",)


@pytest.mark.integration
def test_the_agent_receives_a_codeco_over_http():
    with ShippingAgent() as agent:
        answer = wire.post(
            agent.receiver.url, built("shipping_agent.edifact", MOVED), "application/edifact"
        )
        assert answer.status == 200
        (got,) = agent.receiver.wait_for(1)
        assert got.headers["Content-Type"] == "application/edifact"
    assert agent.reports == [{"direction": "out", "box": BOX, "bill": BILL, "plate": "沪A12345"}]


@pytest.mark.integration
def test_the_agent_refuses_a_message_whose_counts_are_wrong():
    with ShippingAgent() as agent:
        wrong = built("shipping_agent.edifact", MOVED).replace(b"UNT+", b"UNT+1")
        answer = wire.post(agent.receiver.url, wrong, "application/edifact")
    assert (answer.status, answer.body) == (400, b"UNT counts its segments wrongly")
    assert agent.reports == []


@pytest.mark.integration
def test_customs_accepts_a_tally_report_and_refuses_a_broken_one():
    raw = built("single_window.customs_xml", TALLIED)
    with Customs() as customs:
        good = wire.post(customs.receiver.url, raw, "application/xml")
        bad = wire.post(customs.receiver.url, raw.replace(b"JourneyID", b"X"), "application/xml")
    assert [customs.receipt_code(answer.body) for answer in (good, bad)] == ["01", "02"]
    assert customs.tallies == [{"reference": "OUT1", "bills": {BILL: 12000}, "boxes": [BOX]}]


@pytest.mark.integration
def test_a_receiver_can_refuse_drop_and_lose():
    with wire.Receiver(faults=["refuse", "drop", "lose"]) as receiver:
        assert wire.post(receiver.url, b"1", "text/plain").status == 503
        for body in (b"2", b"3"):
            with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
                wire.post(receiver.url, body, "text/plain")
        assert wire.post(receiver.url, b"4", "text/plain").status == 200
        assert [got.body for got in receiver.got] == [b"2", b"4"]
        with pytest.raises(TimeoutError):
            receiver.wait_for(3, timeout_s=0.05)
