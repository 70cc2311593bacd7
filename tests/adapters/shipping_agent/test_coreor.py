"""COREOR in: original, replacement, cancellation, and everything that must not become a command."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.shipping_agent.edifact import ADAPTER
from yidan.ports import GrantRelease, MessageFunction, ReleaseLine

RECORDED = Path(__file__).parent / "recorded"
ORIGINAL = (RECORDED / "coreor_original.edi").read_bytes()


def only(raw):
    (message,) = ADAPTER.parse(raw).messages
    return message, [finding.code for finding in message.findings]


def changed(*pairs, raw=ORIGINAL):
    """The original with texts replaced and the segment count made right again."""
    for old, new in pairs:
        assert old in raw, old
        raw = raw.replace(old, new)
    count = raw[raw.index(b"UNH") : raw.index(b"UNZ")].count(b"'")
    return raw.replace(b"UNT+18", b"UNT+%d" % count)


def test_an_original_is_a_grant_of_the_release():
    interchange = ADAPTER.parse(ORIGINAL)
    assert (interchange.sender, interchange.recipient) == ("NEWBAYSA", "YIDAN")
    assert (interchange.reference, interchange.claimed_senders) == ("REL0001", ("NEWBAYSA",))
    assert interchange.findings == ()
    message, codes = only(ORIGINAL)
    assert codes == []
    assert (message.reference, message.kind) == ("1", "COREOR")
    assert message.document_reference == "RO261122011"
    assert message.commands == (
        GrantRelease(
            function=MessageFunction.ORIGINAL,
            delivery_order_reference="DO2611220001",
            transport_document_reference="COSU6412345678",
            valid_from=datetime(2026, 11, 21, 16, tzinfo=UTC),
            valid_until=datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC),
            carrier_code="COS",
            vessel_imo_number="9319466",
            voyage="068E",
            release_to="uscc:91110000600037341L",
            terminal_location="CNSHA",
            lines=(
                ReleaseLine(equipment_reference="CSQU3054383", iso_equipment_code="45G1"),
                ReleaseLine(equipment_reference="MSKU1234565", iso_equipment_code="45G1"),
            ),
        ),
    )


def test_a_replacement_and_a_cancellation_say_so():
    (replace,) = only((RECORDED / "coreor_replace.edi").read_bytes())[0].commands
    assert (replace.function, len(replace.lines)) == (MessageFunction.REPLACE, 1)
    (cancel,) = only((RECORDED / "coreor_cancel.edi").read_bytes())[0].commands
    assert (cancel.function, cancel.lines) == (MessageFunction.CANCEL, ())


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ((b"45G1:102", b"40HC:102"), "size-type-not-iso"),
        ((b"MSKU1234565", b"MSKU1234567"), "container-check-digit"),
        ((b"MSKU1234565", b"CSQU3054383"), "edifact-box-twice"),
        ((b"BGM+129", b"BGM+126"), "coreor-other-document"),
        ((b"9319466:146", b"BQRS:103"), "no-ship-number"),
        ((b"CNSHA:139", b"CN:139"), "un-location-code-form"),
    ],
)
def test_a_tolerable_deviation_is_found_and_the_command_still_given(change, finding):
    message, codes = only(changed(change))
    assert codes.count(finding) == (2 if finding.startswith("size") else 1)
    (command,) = message.commands
    assert command.lines[0] == ReleaseLine(
        equipment_reference="CSQU3054383", iso_equipment_code="45G1"
    )


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ((b"RFF+RE:DO2611220001'\n", b""), "message-lacks"),
        ((b"RFF+BM:COSU6412345678'\n", b""), "message-lacks"),
        ((b"RFF+SQ:1", b"RFF+BM:OTHER123"), "several-values"),
        ((b"DO2611220001", b"D" * 36), "field-too-long"),
        ((b"PORT DAY", b"P" * 600), "field-too-long"),
        ((b"+9'\nDTM+137", b"+4'\nDTM+137"), "message-function"),
        ((b"DTM+36:20261130:102", b"DTM+36:20261330:102"), "edifact-bad-time"),
        ((b"DTM+36:20261130:102", b"DTM+36:20251130:102"), "release-ends-before-it-starts"),
        ((b"CNT+16:2", b"CNT+16:3"), "wrong-box-count"),
        ((b"EQD+CN+MSKU1234565", b"EQD+CN+"), "message-lacks"),
        ((b"EQD+CN", b"EQD+CH"), "message-lacks"),
    ],
)
def test_what_is_missing_or_unclear_gives_no_command_and_says_why(change, finding):
    message, codes = only(changed(change))
    assert message.commands == ()
    assert finding in codes
    assert codes[-1] == "message-not-applied"


@pytest.mark.parametrize(
    "raw",
    [
        (RECORDED / "coreor_wrong_count.edi").read_bytes(),
        ORIGINAL.replace(b"UNZ+1", b"UNZ+2"),
        ORIGINAL.replace(b"UNZ+1+REL0001'", b""),
        ORIGINAL.replace(b"PORT DAY", "港口日".encode()),
    ],
    ids=["UNT", "UNZ", "cut off", "charset"],
)
def test_what_may_be_cut_off_or_altered_gives_no_command(raw):
    message, codes = only(raw)
    assert message.commands == ()
    assert codes[-1] == "message-not-applied"
