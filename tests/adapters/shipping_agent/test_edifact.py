"""The shipping agents' adapter as a whole: what it answers and what it reports."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.codecs import edifact
from adapters.codecs.edifact_fields import MISSING
from adapters.shipping_agent.edifact import ADAPTER
from yidan.ports import GateMovement, LineOutcome, MessageOutcome, TallyReport

RECORDED = Path(__file__).parent / "recorded"
ORIGINAL = (RECORDED / "coreor_original.edi").read_bytes()
AT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
MOVED = GateMovement(
    event_id="0199b1e0-0000-7000-8000-000000000001",
    direction="out",
    transport_document_reference="COSU6412345678",
    equipment_reference="CSQU3054383",
    iso_equipment_code="45G1",
    plate="沪A12345",
    seal_numbers=("CN123456789012",),
    un_location_code="CNSHA",
    vessel_imo_number="9319466",
    voyage="068E",
    carrier_code="COS",
    gross_mass_kg=21350,
    occurred_at=datetime(2026, 11, 22, 1, 15, tzinfo=UTC),
)


def segments(data):
    (message,) = edifact.read(data, strict=True).messages
    return message, [
        "+".join([s.tag, *(":".join(element) for element in s.elements)]) for s in message.segments
    ]


def acknowledged(*outcomes, raw=ORIGINAL):
    return ADAPTER.acknowledge(ADAPTER.parse(raw), outcomes, reference="ACK1", at=AT)


def outcome(*lines, accepted=True, findings=()):
    return MessageOutcome(
        reference="1",
        document_reference="RO261122011",
        accepted=accepted,
        lines=lines,
        findings=findings,
    )


def test_an_acknowledgement_says_which_boxes_were_refused_and_why():
    taken = LineOutcome(reference="CSQU3054383", applied=True)
    why = MISSING(what="seal", place="SEL")
    refused = LineOutcome(reference="MSKU1234565", applied=False, reasons=(why,))
    message, text = segments(acknowledged(outcome(taken, refused)))
    assert (message.kind, message.version) == ("APERAK", "D.00B")
    assert text == [
        "BGM+312+20261122013000-1+11+CA",
        "DTM+137:202611220930:203",
        "RFF+ACW:RO261122011",
        "RFF+AGO:1",
        "ERC+ACCEPTED::ZZZ",
        "RFF+EQ:CSQU3054383",
        "ERC+REFUSED::ZZZ",
        "FTX+AAO+++message-lacks:seal is missing; give it in SEL.",
        "RFF+EQ:MSKU1234565",
    ]


def test_an_acknowledgement_goes_back_to_the_sender_under_our_name_in_the_message():
    found = edifact.read(acknowledged(outcome()), strict=True)
    assert (found.sender, found.recipient, found.reference) == ("YIDAN", "NEWBAYSA", "ACK1")


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        (outcome(LineOutcome(reference="CSQU3054383", applied=True)), "AP"),
        (outcome(accepted=False, findings=(MISSING(what="x", place="y"),)), "RE"),
    ],
)
def test_the_response_code_says_whether_anything_was_applied(answer, response):
    _, text = segments(acknowledged(answer))
    assert text[0].endswith("+" + response)
    assert ("ERC+REFUSED::ZZZ" in text) == (response == "RE")


def test_an_acknowledgement_never_fails_on_what_was_sent():
    line = LineOutcome(reference="箱\n\x00" * 99, applied=False, reasons=())
    answer = MessageOutcome(
        reference="r\x01" * 50, document_reference="", accepted=False, lines=(line,)
    )
    _, text = segments(acknowledged(answer))
    assert text[-1].startswith("RFF+EQ:箱")


def test_without_a_sender_nobody_is_answered():
    assert acknowledged(outcome(), raw=b"not edifact") is None
    assert acknowledged() is None


def test_bare_messages_are_answered_to_the_sender_named_inside():
    bare = ORIGINAL[ORIGINAL.index(b"UNH") : ORIGINAL.index(b"UNZ")]
    found = ADAPTER.parse(bare)
    assert (found.sender, found.claimed_senders) == ("", ("NEWBAYSA",))
    assert found.reference == hashlib.sha256(bare).hexdigest()
    assert [f.code for f in found.findings] == ["edifact-no-unb"]
    assert len(found.messages[0].commands) == 1
    assert edifact.read(acknowledged(outcome(), raw=bare)).recipient == "NEWBAYSA"


def test_unreadable_bytes_are_kept_under_their_digest_with_the_reason():
    found = ADAPTER.parse(b"not edifact")
    assert (found.messages, found.sender) == ((), "")
    assert found.reference == hashlib.sha256(b"not edifact").hexdigest()
    assert [f.code for f in found.findings] == ["edifact-not-edifact"]


def test_an_unknown_message_type_gives_no_command_and_the_others_are_read():
    inner = ORIGINAL[ORIGINAL.index(b"UNH") : ORIGINAL.index(b"UNZ")]
    other = b"UNH+2+IFTSTA:D:00B:UN'\nBGM+23+X+9'\nUNT+3+2'\n"
    raw = ORIGINAL.replace(inner, inner + other).replace(b"UNZ+1", b"UNZ+2")
    coreor, iftsta = ADAPTER.parse(raw).messages
    assert len(coreor.commands) == 1
    assert (iftsta.kind, iftsta.commands, iftsta.document_reference) == ("IFTSTA", (), "X")
    assert [f.code for f in iftsta.findings] == ["message-type-unknown"]


def test_every_other_sender_named_in_the_body_is_claimed():
    raw = ORIGINAL.replace(b"NAD+MS+NEWBAYSA", b"NAD+MS+SOMEONE ELSE")
    found = ADAPTER.parse(raw)
    assert (found.sender, found.claimed_senders) == ("NEWBAYSA", ("SOMEONE ELSE",))


def test_a_gate_movement_becomes_a_codeco():
    data = ADAPTER.build(MOVED, recipient="EASTOCEAN", reference="OUT1", at=AT)
    message, text = segments(data)
    assert (message.kind, message.version, message.association) == ("CODECO", "D.00B", "SMDG20")
    assert text == [
        "BGM+36+0199b1e0000070008000000000000001+9",
        "DTM+137:202611220930:203",
        "TDT+20+068E+1++COS:172:20+++9319466:146:11",
        "NAD+MS+YIDAN:160:ZZZ",
        "NAD+MR+EASTOCEAN:160:ZZZ",
        "NAD+CF+COS:160:ZZZ",
        "EQD+CN+CSQU3054383+45G1:102:5++3+5",
        "RFF+BM:COSU6412345678",
        "DTM+7:202611220915:203",
        "LOC+165+CNSHA:139:6",
        "MEA+AAE+G+KGM:21350",
        "SEL+CN123456789012+CA",
        "TDT+1++3+31++++沪A12345:146",
        "CNT+16:1",
    ]


def test_a_sparse_gate_movement_leaves_out_what_is_not_known():
    sparse = GateMovement(
        **{
            **dict.fromkeys(MOVED.__dataclass_fields__, ""),
            "event_id": "E1",
            "direction": "in",
            "equipment_reference": "CSQU3054383",
            "plate": "皖A12345",
            "seal_numbers": (),
            "gross_mass_kg": None,
            "occurred_at": AT,
        }
    )
    _, text = segments(ADAPTER.build(sparse, recipient="EASTOCEAN", reference="OUT2", at=AT))
    assert text[0] == "BGM+34+E1+9"
    assert text[4:] == [
        "EQD+CN+CSQU3054383",
        "DTM+7:202611220930:203",
        "TDT+1++3+31++++皖A12345:146",
        "CNT+16:1",
    ]


def test_it_is_told_of_nothing_but_gate_movements():
    report = TallyReport(
        event_id="E2",
        vessel_imo_number="9319466",
        vessel_name="PORT DAY",
        voyage="068E",
        un_location_code="CNSHA",
        customs_district="2248",
        tally_organisation="600037341",
        started_at=AT,
        completed_at=AT,
        lines=(),
    )
    assert ADAPTER.build(report, recipient="X", reference="R", at=AT) is None
