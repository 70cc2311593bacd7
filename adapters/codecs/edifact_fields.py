"""What the container messages of D.95B and D.00B share: functions, references, parties, boxes.

COREOR, COPINO and CODECO (SMDG and ITIGG guides) say these things with the same segments and
qualifiers, so they are read in one place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters.codecs.edifact import RawMessage, Segment
from yidan.kernel.identifiers import container, imo, party, size_type, un_location_code
from yidan.kernel.identifiers.plain import shown
from yidan.kernel.reasons import Reason, reason
from yidan.ports import MessageFunction

MISSING = reason(
    "message-lacks",
    en="{what} is missing; give it in {place}.",
    zh="缺少 {what}；请在 {place} 中填写。",
)
UNKNOWN_FUNCTION = reason(
    "message-function",
    en="The message function {value} is not known; use 9 original, 5 replace or 1 cancel.",
    zh="报文功能代码 {value} 未知；请使用 9（原始）、5（替换）或 1（取消）。",
)
FIELD_TOO_LONG = reason(
    "field-too-long",
    en="{value} is longer than {limit} characters; shorten it.",
    zh="{value} 超过 {limit} 个字符；请缩短。",
)
SEVERAL_VALUES = reason(
    "several-values",
    en="There are several values of {what}; send one message for each.",
    zh="{what} 有多个值；请分别发送报文。",
)
WRONG_BOX_COUNT = reason(
    "wrong-box-count",
    en="CNT+16 says {said} boxes, there are {counted}; send the message with all its boxes.",
    zh="CNT+16 写明 {said} 箱，实际 {counted} 箱；请完整发送。",
)
BOX_TWICE = reason(
    "edifact-box-twice",
    en="The box {value} stands twice; the second was left out.",
    zh="箱号 {value} 重复出现；后者已忽略。",
)
NO_SHIP_NUMBER = reason(
    "no-ship-number",
    en="{value} is not an IMO number; give the ship's seven digits in TDT.",
    zh="{value} 不是 IMO 号；请在 TDT 中填写 7 位船舶编号。",
)

FUNCTIONS: Final[Mapping[str, MessageFunction]] = MappingProxyType(
    {
        "9": MessageFunction.ORIGINAL,
        "5": MessageFunction.REPLACE,
        "1": MessageFunction.CANCEL,
    }
)
"""UN/EDIFACT 1225, the codes we act on."""
_CONTAINER: Final = "CN"
MAX_REFERENCE: Final = 35
"""Longest reference taken (1154), in characters."""


@dataclass(frozen=True)
class Box:
    """One EQD segment with the segments that belong to it."""

    equipment_reference: str
    iso_equipment_code: str
    segments: tuple[Segment, ...]
    findings: tuple[Reason, ...]


def header(message: RawMessage) -> list[Segment]:
    """The segments before the first goods item or box."""
    tags = [segment.tag for segment in message.segments]
    ends = [tags.index(tag) for tag in ("EQD", "GID") if tag in tags]
    return message.segments[: min(ends, default=len(tags))]


def function(message: RawMessage) -> tuple[MessageFunction | None, list[Reason]]:
    """The message function of BGM (1225)."""
    bgm = first(message.segments, "BGM")
    code = bgm.get(2) if bgm else ""
    if code in FUNCTIONS:
        return FUNCTIONS[code], []
    return None, [UNKNOWN_FUNCTION(at=bgm.at if bgm else "", value=shown(code))]


def document_reference(message: RawMessage) -> str:
    """The document number of BGM (1004)."""
    bgm = first(message.segments, "BGM")
    return bgm.get(1) if bgm else ""


def reference(
    segments: Sequence[Segment], qualifier: str, what: str, *, needed: bool = True
) -> tuple[str, list[Reason]]:
    """The one reference of a qualifier (RFF 1153); several different ones are a finding."""
    values = dict.fromkeys(
        s.get(0, 1) for s in segments if s.tag == "RFF" and s.get(0) == qualifier and s.get(0, 1)
    )
    if not values:
        return "", [MISSING(what=what, place=f"RFF+{qualifier}")] if needed else []
    if len(values) > 1:
        return "", [SEVERAL_VALUES(what=what)]
    (value,) = values
    if len(value) > MAX_REFERENCE:
        return "", [FIELD_TOO_LONG(value=shown(value), limit=MAX_REFERENCE)]
    return value, []


def boxes(message: RawMessage) -> tuple[list[Box], list[Reason]]:
    """Every box (EQD+CN), a repeated one left out; CNT+16 must agree with the number of EQD."""
    groups = list(_groups(message))
    findings = _count_findings(message, len(groups))
    found: dict[str, Box] = {}
    for eqd, following in groups:
        if eqd.get(0) != _CONTAINER:
            continue
        box = _box(eqd, following)
        if not box.equipment_reference:
            findings.append(MISSING(at=eqd.at, what="box number (箱号)", place="EQD"))
            continue
        if box.equipment_reference in found:
            findings.append(BOX_TWICE(at=eqd.at, value=shown(box.equipment_reference)))
            continue
        found[box.equipment_reference] = box
    return list(found.values()), findings


def party_identifier(segments: Sequence[Segment], *qualifiers: str) -> str:
    """The identification of the first of these parties (NAD), with its scheme if proven."""
    for qualifier in qualifiers:
        nad = first(segments, "NAD", qualifier)
        if nad and (value := nad.get(1)):
            return party.recognise(value) or value
    return ""


def party_code(segments: Sequence[Segment], *qualifiers: str) -> str:
    """The identification (3039) of the first of these parties, as it stands."""
    for qualifier in qualifiers:
        nad = first(segments, "NAD", qualifier)
        if nad and nad.get(1):
            return nad.get(1)
    return ""


def ship_number(tdt: Segment | None) -> tuple[str, list[Reason]]:
    """The IMO number in a main carriage TDT (8213); "" with a finding where it is none."""
    value = tdt.get(7) if tdt else ""
    number = imo.bare(value)
    if not value or not imo.findings(number):
        return number, []
    return "", [NO_SHIP_NUMBER(at=tdt.at if tdt else "", value=shown(value))]


def location(segments: Sequence[Segment], *qualifiers: str) -> tuple[str, list[Reason]]:
    """The UN/LOCODE of the first of these places (LOC 3227)."""
    for qualifier in qualifiers:
        loc = first(segments, "LOC", qualifier)
        if loc and (code := loc.get(1)):
            wrong = un_location_code.findings(code, at=loc.at)
            return ("" if wrong else code), wrong
    return "", []


def first(segments: Sequence[Segment], tag: str, qualifier: str | None = None) -> Segment | None:
    """The first segment of a tag and, if given, of a qualifier."""
    return next(
        (s for s in segments if s.tag == tag and (qualifier is None or s.get(0) == qualifier)), None
    )


def _groups(message: RawMessage) -> Iterator[tuple[Segment, tuple[Segment, ...]]]:
    starts = [n for n, segment in enumerate(message.segments) if segment.tag == "EQD"]
    for start, end in zip(starts, [*starts, len(message.segments)][1:], strict=True):
        yield message.segments[start], tuple(message.segments[start + 1 : end])


def _box(eqd: Segment, following: tuple[Segment, ...]) -> Box:
    number, said = eqd.get(1), eqd.get(2)
    code = size_type.iso_code(said)
    findings = container.findings(number, at=eqd.at)
    if said:
        findings += size_type.findings(said, at=eqd.at)
    return Box(number, code or "", following, tuple(findings))


def _count_findings(message: RawMessage, counted: int) -> list[Reason]:
    cnt = first(message.segments, "CNT", "16")
    if cnt is None or cnt.get(0, 1).lstrip("0") == str(counted).lstrip("0"):
        return []
    return [WRONG_BOX_COUNT(at=cnt.at, said=shown(cnt.get(0, 1)), counted=counted)]
