"""COPINO in: a pre-notification a box, or the reasons why not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.road.copino import ADAPTER
from yidan.ports import MessageFunction, PreNotifyPickup

RECORDED = (Path(__file__).parent / "recorded" / "copino.edi").read_bytes()
AT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


def only(raw):
    count = raw[raw.index(b"UNH") : raw.index(b"UNZ")].count(b"'")
    (message,) = ADAPTER.parse(raw.replace(b"UNT+11", b"UNT+%d" % count)).messages
    return message.commands, [finding.code for finding in message.findings]


def test_a_pre_notification_names_box_truck_driver_and_time():
    commands, codes = only(RECORDED)
    assert codes == []
    assert commands == (
        PreNotifyPickup(
            function=MessageFunction.ORIGINAL,
            transport_document_reference="COSU6412345678",
            equipment_reference="CSQU3054383",
            plate="沪A12345",
            driver_id="D-00017",
            planned_at=datetime(2026, 11, 22, 6, 30, tzinfo=UTC),
        ),
    )
    assert ADAPTER.parse(RECORDED).claimed_senders == ("HAULIER1",)


def test_two_boxes_of_two_bills_are_two_pre_notifications():
    second = b"EQD+CN+MSKU1234565+22G1:102:5'\nRFF+BM:COSU6400000001'\nCNT+16:2'"
    commands, codes = only(RECORDED.replace(b"CNT+16:1'", second))
    assert codes == []
    assert [(c.equipment_reference, c.transport_document_reference) for c in commands] == [
        ("CSQU3054383", "COSU6412345678"),
        ("MSKU1234565", "COSU6400000001"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("沪A12345", "沪A1234", "plate-form"),
        ("沪A12345", "沪a12345", "identifier-not-plain"),
        ("沪A12345", "", "message-lacks"),
        (":D-00017", "", "message-lacks"),
        ("DTM+132:202611221430:203'\n", "", "message-lacks"),
        ("202611221430", "202611222530", "edifact-bad-time"),
        ("RFF+BM:COSU6412345678'\n", "", "message-lacks"),
        ("EQD+CN+CSQU3054383+45G1:102:5++3+5'\nRFF+SQ:1'\n", "", "wrong-box-count"),
        ("PN26112201+9", "PN26112201+31", "message-function"),
    ],
)
def test_what_is_missing_or_wrong_gives_no_command_and_says_why(old, new, finding):
    commands, codes = only(RECORDED.replace(old.encode(), new.encode()))
    assert commands == ()
    assert finding in codes
    assert codes[-1] == "message-not-applied"


def test_it_is_told_of_nothing():
    assert ADAPTER.build(None, recipient="X", reference="R", at=AT) is None
