"""The interchange reader: what real traffic does, what attacks do, and what may escape."""

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codecs import edifact
from adapters.codecs.edifact import EdifactError

WHOLE = (
    b"UNA:+.? 'UNB+UNOC:3+AGENT+YIDAN+261122:0800+REF1'"
    b"UNH+1+COREOR:D:00B:UN:SMDG20'BGM+129+RO1+9'FTX+AAI+++5 ?+ 5 ?: ?' ??'"
    b"EQD+CN+CSQU3054383+22G1:102:5++3+5'UNT+5+1'UNZ+1+REF1'"
)
CHINESE = "放货".encode()


def read_or_reasons(data):
    try:
        return edifact.read(data)
    except EdifactError as refused:
        return refused.reasons


def codes(data, **options):
    found = edifact.read(data, **options)
    return [f.code for f in found.findings] + [f.code for m in found.messages for f in m.findings]


def replaced(old, new, data=WHOLE):
    assert old in data
    return data.replace(old, new)


def test_a_whole_interchange_is_read_without_findings():
    found = edifact.read(WHOLE, strict=True)
    assert (found.sender, found.recipient, found.reference) == ("AGENT", "YIDAN", "REF1")
    assert (found.syntax, found.prepared) == ("UNOC", "261122:0800")
    (message,) = found.messages
    assert (message.reference, message.kind, message.version) == ("1", "COREOR", "D.00B")
    assert message.association == "SMDG20"
    assert not message.broken
    assert not found.broken


def test_release_characters_are_taken_away():
    (message,) = edifact.read(WHOLE).messages
    (ftx,) = message.all("FTX", "AAI")
    assert ftx.get(3) == "5 + 5 : ' ?"
    assert (ftx.at, ftx.get(9), ftx.get(0, 9)) == ("/4/FTX", "", "")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (replaced(b"UNA:+.? '", b""), []),
        (re.sub(rb"(?<!\?)'", b"'\r\n", WHOLE), []),
        (b"\xef\xbb\xbf" + WHOLE, []),
        (replaced(b"REF1'UNH", b"REF1'UNG+COREOR+A+B+261122:0800+G1+UN+D:00B'UNH")
            .replace(b"UNZ", b"UNE+1+G1'UNZ"), []),
        (b"UNA:+.'" + replaced(b"?", b"", WHOLE[9:]).replace(b"5 + 5 : ' '", b"5'"),
            ["edifact-short-una"]),
        (replaced(b"'BGM", b"'''BGM"), ["edifact-empty-segments"]),
        (replaced(b"BGM+129", b"BG\nM+129"), ["edifact-line-break-inside"]),
        (b"UNH+1+COREOR:D:00B:UN'BGM+129+RO1+9'UNT+3+1'", ["edifact-no-unb"]),
        (replaced(b"UNOC", b"UNOA").replace(b"RO1", b"ro1"), ["edifact-repertoire"]),
    ],
    ids=["no UNA", "CRLF", "BOM", "group", "short UNA", "empty", "broken line", "bare", "lower"],
)  # fmt: skip
def test_what_real_traffic_does_is_read_and_found(data, expected):
    assert codes(data) == expected
    found = edifact.read(data)
    assert not found.broken
    assert not found.messages[0].broken
    assert found.messages[0].kind == "COREOR"
    if expected:
        with pytest.raises(EdifactError):
            edifact.read(data, strict=True)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (replaced(b"UNT+5", b"UNT+6"), "edifact-wrong-count"),
        (replaced(b"UNT+5+1", b"UNT+5+2"), "edifact-wrong-reference"),
        (replaced(b"UNT+5", b"UNT+five"), "edifact-wrong-count"),
        (replaced(b"UNZ+1", b"UNZ+2"), "edifact-wrong-count"),
        (replaced(b"UNZ+1+REF1", b"UNZ+1+REF2"), "edifact-wrong-reference"),
        (replaced(b"UNZ+1+REF1'", b""), "edifact-no-unz"),
        (replaced(b"UNT+5+1'", b""), "edifact-no-unt"),
        (replaced(b"+REF1", b""), "edifact-no-reference"),
        (replaced(b"'UNH", b"'FTX+AAI'UNH"), "edifact-stray-segment"),
        (replaced(b"UNZ+1+REF1'", b"UNZ+1+REF"), "edifact-unterminated"),
        (replaced(b"BGM+", b"B1+"), "edifact-bad-tag"),
        (replaced(b"RO1", b"R\x00O1"), "edifact-control-character"),
        (replaced(b"UNOC", b"UNOZ").replace(b"RO1", b"RO1"), "edifact-unknown-character-set"),
        (replaced(b"UNOC", b"UNOA").replace(b"RO1", CHINESE), "edifact-wrong-character-set"),
        (replaced(b"RO1", CHINESE), "edifact-wrong-character-set"),
        (replaced(b"UNOC", b"UNOW").replace(b"RO1", b"R\xe9"), "edifact-wrong-character-set"),
        (replaced(b"'UNH", b"'UNG+COREOR+A+B+261122:0800+G1'UNH"), "edifact-no-une"),
        (replaced(b"UNZ", b"UNE+1+G1'UNZ"), "edifact-stray-segment"),
    ],
)  # fmt: skip
def test_what_may_be_cut_off_or_altered_is_marked_broken(data, expected):
    assert expected in codes(data)
    found = edifact.read(data)
    assert found.broken or found.messages[0].broken


def test_a_second_message_of_the_same_reference_is_broken_and_the_first_is_not():
    inner = WHOLE[WHOLE.index(b"UNH") : WHOLE.index(b"UNZ")]
    found = edifact.read(WHOLE.replace(inner, inner * 2).replace(b"UNZ+1", b"UNZ+2"))
    assert [m.broken for m in found.messages] == [False, True]
    assert [f.code for f in found.messages[1].findings] == ["edifact-duplicate-reference"]


def test_the_number_of_findings_is_bounded():
    found = edifact.read(replaced(b"BGM+", b"B1+'" * 500 + b"BGM+"))
    assert len(found.findings) == 100
    assert found.messages[0].broken


def test_latin_and_unicode_texts_are_read_under_their_own_name():
    latin = edifact.read(replaced(b"RO1", b"R\xe9", WHOLE))
    assert next(iter(latin.messages[0].all("BGM"))).get(1) == "Ré"
    assert latin.findings == []
    unicode = edifact.read(replaced(b"UNOC:3", b"UNOW:4").replace(b"RO1", CHINESE))
    assert next(iter(unicode.messages[0].all("BGM"))).get(1) == "放货"
    assert unicode.findings == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "edifact-not-edifact"),
        (b"ISA*00*", "edifact-not-edifact"),
        (b"UNA:+.? 'UNZ+0+1'", "edifact-bad-una"),
        (b"UNAABCDEFUNB", "edifact-bad-una"),
        (b"UNA+++++'" + WHOLE[9:], "edifact-bad-una"),
        (b"UNA'''''' " + WHOLE[9:], "edifact-bad-una"),
        (b"UNA:+.? N" + WHOLE[9:], "edifact-bad-una"),
        (b"UNB+UNOC:3+A+B+261122:0800+1'UNZ+0+1'" * 2, "edifact-several-interchanges"),
        (WHOLE * 2, "edifact-several-interchanges"),
        (WHOLE.replace(b"RO1", b"R" * 20_000), "edifact-segment-too-long"),
        (WHOLE.replace(b"RO1", b"+" * 300), "edifact-too-many-elements"),
        (WHOLE + b"'" * 1_000_000, "edifact-too-many-segments"),
        (WHOLE + b"UNH+1'" * 20_000, "edifact-too-many-messages"),
        (WHOLE + b"x" * 5_000_000, "edifact-too-large"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_reason(data, expected):
    with pytest.raises(EdifactError) as caught:
        edifact.read(data)
    assert [reason.code for reason in caught.value.reasons] == [expected]


def test_twenty_thousand_mutated_interchanges_raise_nothing_else():
    chance = random.Random(20261122)  # noqa: S311 - a reproducible fuzz, no secret
    signs = b"'+:?. \r\n\x00\xff\xe6UNABHTZ0159"
    read = 0
    for _ in range(20_000):
        data = bytearray(WHOLE)
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[place] = chance.choice(signs)
                case 1:
                    del data[place : place + chance.randrange(1, 20)]
                case 2:
                    data[place:place] = bytes(chance.choices(signs, k=chance.randrange(1, 9)))
                case _:
                    data[place:place] = data[chance.randrange(len(data)) :][:40]
        outcome = read_or_reasons(bytes(data))
        assert outcome
        read += isinstance(outcome, edifact.RawInterchange)
    assert 0 < read < 20_000


@given(st.binary(max_size=300).map(lambda tail: b"UNB+UNOC:3+A+B+261122:0800+1'UNH+1+X" + tail))
def test_any_bytes_after_a_header_are_read_or_refused(data):
    outcome = read_or_reasons(data)
    assert outcome
    assert not isinstance(outcome, edifact.RawInterchange) or outcome.sender == "A"


@pytest.mark.parametrize(
    "body",
    [b"FTX+AAI+++" + b"?+" * 5_000 + b"'", b"EQD+CN+CSQU3054383'", b"A" * 15_000 + b"'", b"''''''"],
    ids=["released", "usual", "long", "empty"],
)
def test_a_megabyte_is_read_or_refused_in_time_that_grows_with_its_size(body):
    data = WHOLE.replace(b"UNT", body * (1_000_000 // len(body)) + b"UNT")
    started = time.process_time()
    assert read_or_reasons(data)
    assert time.process_time() - started < 5
