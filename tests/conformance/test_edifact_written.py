"""What we write is valid under grammars generated from the UN directories by somebody else."""

from datetime import UTC, datetime

import pytest

from adapters.codecs.edifact_fields import MISSING
from adapters.road import copino
from adapters.shipping_agent.edifact import ADAPTER
from yidan.ports import GateMovement, Interchange, LineOutcome, MessageOutcome

AT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
RECEIVED = Interchange(sender="NEWBAYSA", recipient="YIDAN", reference="REL0001", messages=())


def moved(**changes):
    fields = {
        "event_id": "0199b1e0-0000-7000-8000-000000000001",
        "direction": "out",
        "transport_document_reference": "COSU6412345678",
        "equipment_reference": "CSQU3054383",
        "iso_equipment_code": "45G1",
        "plate": "A12345",
        "seal_numbers": ("CN123456789012", "CR1"),
        "un_location_code": "CNSHA",
        "vessel_imo_number": "9319466",
        "voyage": "068E",
        "carrier_code": "COS",
        "gross_mass_kg": 21350,
        "occurred_at": AT,
    }
    return GateMovement(**{**fields, **changes})


@pytest.mark.parametrize(
    "movement",
    [
        moved(),
        moved(plate="沪A12345"),
        moved(direction="in", transport_document_reference="", seal_numbers=(), voyage=""),
        moved(vessel_imo_number="", voyage="", carrier_code="", gross_mass_kg=None),
        moved(iso_equipment_code="", un_location_code=""),
    ],
)
def test_our_codeco_is_valid(judge_edifact, movement):
    data = ADAPTER.build(movement, recipient="EASTOCEAN", reference="OUT1", at=AT)
    assert judge_edifact(data) == "message.edi VALID\n"


@pytest.mark.parametrize("adapter", [ADAPTER, copino.ADAPTER])
def test_our_aperak_is_valid(judge_edifact, adapter):
    why = MISSING(what="箱 it's + a : box?", place="EQD")
    lines = (
        LineOutcome(reference="CSQU3054383", applied=True),
        LineOutcome(reference="MSKU1234565", applied=False, reasons=(why, why)),
        LineOutcome(reference="", applied=False),
    )
    outcomes = [
        MessageOutcome(reference="1", document_reference="RO1", accepted=True, lines=lines),
        MessageOutcome(
            reference="2", document_reference="", accepted=False, lines=(), findings=(why,)
        ),
    ]
    data = adapter.acknowledge(RECEIVED, outcomes, reference="ACK1", at=AT)
    assert judge_edifact(data) == "message.edi VALID\n"


def test_the_judge_finds_a_wrong_message(judge_edifact):
    data = ADAPTER.build(moved(), recipient="EASTOCEAN", reference="OUT1", at=AT)
    assert "INVALID" in judge_edifact(data.replace(b"NAD+", b"ZZZ+"))


def test_our_recorded_messages_are_valid(judge_edifact, request):
    recorded = request.config.rootpath / "tests" / "adapters"
    for path in [
        *sorted(recorded.glob("shipping_agent/recorded/coreor_[ocr]*.edi")),
        recorded / "road" / "recorded" / "copino.edi",
    ]:
        assert judge_edifact(path.read_bytes()) == "message.edi VALID\n", path.name
