"""The customs adapter as a whole: unreadable messages, receipts, and what it is told."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.codecs import xml
from adapters.single_window.customs_xml import ADAPTER
from adapters.single_window.release import CONTRADICTION
from yidan.ports import LineOutcome, MessageOutcome, PlaceSafetyHold

RECORDED = Path(__file__).parent / "recorded"
RELEASE = (RECORDED / "release.xml").read_bytes()
AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
GOODS = PlaceSafetyHold(
    transport_document_references=("COSU6412345678",),
    equipment_references=("MSKU1234565",),
    why="",
)


def test_the_envelope_is_read():
    found = ADAPTER.parse(RELEASE)
    assert (found.sender, found.recipient) == ("CUSTOMS2248", "YIDAN")
    (message,) = found.messages
    assert found.reference == message.reference == message.document_reference == "YDR2611220001"
    assert message.kind == "YDRELEASE"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (RELEASE.replace(b"</Response>", b""), "xml-malformed"),
        (RELEASE.replace(b"<Manifest>", b"<!DOCTYPE x><Manifest>"), "xml-document-type"),
        (RELEASE.replace(b"Manifest>", b"Manifold>"), "customs-not-a-manifest"),
        (RELEASE.replace(b"YDRELEASE", b"MT1234"), "customs-message-type-unknown"),
    ],
)
def test_a_message_that_cannot_be_understood_holds_all_goods_it_names(raw, why):
    (message,) = ADAPTER.parse(raw).messages
    (hold,) = message.commands
    assert hold.transport_document_references == GOODS.transport_document_references
    assert hold.equipment_references == GOODS.equipment_references
    assert hold.why == why
    assert [finding.code for finding in message.findings] == [why]


def test_bytes_that_name_no_goods_are_kept_under_their_digest():
    found = ADAPTER.parse(b"<a/>")
    assert (found.reference, found.messages) == (hashlib.sha256(b"<a/>").hexdigest(), ())
    assert [finding.code for finding in found.findings] == ["customs-not-a-manifest"]


def test_a_receipt_is_noted_and_not_answered():
    found = ADAPTER.parse((RECORDED / "receipt.xml").read_bytes())
    (message,) = found.messages
    assert (message.kind, message.commands) == ("MT9999", ())
    assert [finding.code for finding in message.findings] == ["customs-receipt"]
    outcome = MessageOutcome(reference="R", document_reference="R", accepted=True, lines=())
    assert ADAPTER.acknowledge(found, [outcome], reference="A", at=AT) is None


def test_a_message_is_answered_with_a_receipt_that_says_which_box_was_refused():
    line = LineOutcome(
        reference="MSKU1234565", applied=False, reasons=(CONTRADICTION(value="MSKU1234565"),)
    )
    outcome = MessageOutcome(
        reference="YDR2611220001", document_reference="", accepted=True, lines=(line,)
    )
    answer = ADAPTER.acknowledge(ADAPTER.parse(RELEASE), [outcome], reference="ACK1", at=AT)
    root = xml.read(answer)
    assert xml.text_at(root, "Head", "MessageType") == "MT9999"
    assert xml.text_at(root, "Head", "ReceiverID") == "CUSTOMS2248"
    assert xml.text_at(root, "Head", "SenderID") == "YIDAN"
    assert xml.text_at(root, "Head", "SendTime") == "20261122120000000"
    assert xml.text_at(root, "Response", "ResponseType", "Code") == "01"
    box = xml.children(xml.children(root, "Response")[0], "TransportEquipment")[0]
    assert xml.text_at(box, "EquipmentIdentification", "ID") == "MSKU1234565"
    assert xml.text_at(box, "ResponseType", "Code") == "02"
    assert xml.text_at(box, "ResponseType", "Text").startswith("MSKU1234565 在同一报文中")


def test_without_a_sender_nobody_is_answered():
    outcome = MessageOutcome(reference="R", document_reference="", accepted=False, lines=())
    assert ADAPTER.acknowledge(ADAPTER.parse(b"x"), [outcome], reference="A", at=AT) is None


def test_it_is_told_of_nothing_but_tally_reports():
    assert ADAPTER.build(None, recipient="X", reference="R", at=AT) is None
