"""UN/EDIFACT interchanges (ISO 9735-1:2002): UNB, UNG, UNH, their trailers, counts, references.

`read` is liberal: every deviation is a finding, and a message or interchange whose content may be
cut off or altered is marked `broken`, so that nothing of it is acted on. `strict=True` raises on
any finding. Only `EdifactError` is ever raised, whatever the bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.codecs.edifact_syntax import (
    BAD_TAG,
    CONTROL_CHARACTER,
    MAX_FINDINGS,
    NO_TAG,
    NOT_EDIFACT,
    UNKNOWN_CHARACTER_SET,
    UNTERMINATED,
    WRONG_CHARACTER_SET,
    EdifactError,
    Segment,
    ServiceCharacters,
    cut,
)
from yidan.kernel.reasons import Reason, ReasonCode, reason

__all__ = ["EdifactError", "RawInterchange", "RawMessage", "Segment", "read"]

NO_UNB = reason(
    "edifact-no-unb",
    en="The messages stand without UNB; put them in an interchange.",
    zh="报文没有 UNB；请放入交换信封。",
)
NO_UNZ = reason(
    "edifact-no-unz",
    en="The interchange has no UNZ; it may be cut off. Send it whole.",
    zh="交换文件没有 UNZ，可能被截断；请完整发送。",
)
NO_UNT = reason(
    "edifact-no-unt",
    en="Message {reference} has no UNT; it may be cut off. Send it whole.",
    zh="报文 {reference} 没有 UNT，可能被截断；请完整发送。",
)
NO_UNE = reason(
    "edifact-no-une",
    en="Group {reference} has no UNE; it may be cut off. Send it whole.",
    zh="功能组 {reference} 没有 UNE，可能被截断；请完整发送。",
)
WRONG_COUNT = reason(
    "edifact-wrong-count",
    en="{tag} says {said}, there are {counted}; send it whole, with the right count.",
    zh="{tag} 写明 {said}，实际为 {counted}；请以正确数目完整发送。",
)
WRONG_REFERENCE = reason(
    "edifact-wrong-reference",
    en="{tag} refers to {said}, it should be {expected}; repeat the reference exactly.",
    zh="{tag} 的参考号为 {said}，应为 {expected}；请写一致的参考号。",
)
DUPLICATE_REFERENCE = reason(
    "edifact-duplicate-reference",
    en="Message reference {reference} stands twice; number the messages differently.",
    zh="报文参考号 {reference} 重复；请使用不同的参考号。",
)
NO_REFERENCE = reason(
    "edifact-no-reference",
    en="{tag} has no reference; give it one.",
    zh="{tag} 没有参考号；请补充。",
)
STRAY_SEGMENT = reason(
    "edifact-stray-segment",
    en="{tag} stands outside any message; put it between UNH and UNT.",
    zh="{tag} 不在任何报文之内；请放在 UNH 与 UNT 之间。",
)
SEVERAL_INTERCHANGES = reason(
    "edifact-several-interchanges",
    en="There is a second UNB; send each interchange on its own.",
    zh="存在第二个 UNB；请将每个交换文件单独发送。",
)

TOO_MANY_MESSAGES = reason(
    "edifact-too-many-messages",
    en="There are more than {limit} messages; send them in several interchanges.",
    zh="报文数超过 {limit}；请分多个交换文件发送。",
)

MAX_MESSAGES: Final = 10_000
"""Most messages of one interchange."""
BREAKING: Final = frozenset(
    declared.code
    for declared in (
        BAD_TAG, CONTROL_CHARACTER, UNKNOWN_CHARACTER_SET, UNTERMINATED, WRONG_CHARACTER_SET,
        NO_UNZ, NO_UNT, NO_UNE, WRONG_COUNT, WRONG_REFERENCE, DUPLICATE_REFERENCE, NO_REFERENCE,
        STRAY_SEGMENT,
    )
)  # fmt: skip
"""Findings that say the content may be cut off or altered: nothing may be acted on."""

_SHOWN: Final = 40


@dataclass
class RawMessage:
    """One message: what UNH says, and the segments between UNH and UNT."""

    reference: str
    kind: str
    """Message type (0065), e.g. COREOR."""
    version: str
    """Version and release, e.g. D.00B."""
    association: str
    """Association assigned code (0057), e.g. SMDG20."""
    group_sender: str = ""
    segments: list[Segment] = field(default_factory=list)
    findings: list[Reason] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        """Whether its content may be cut off or altered."""
        return any(f.code in BREAKING for f in self.findings) or any(
            segment.tag == NO_TAG for segment in self.segments
        )

    def all(self, tag: str, qualifier: str | None = None) -> Iterable[Segment]:
        """Its segments of a tag and, if given, of a qualifier (first component)."""
        return (
            s
            for s in self.segments
            if s.tag == tag and (qualifier is None or s.get(0) == qualifier)
        )


@dataclass
class RawInterchange:
    """One interchange: what UNB says, its messages, and what was found outside them."""

    syntax: str = ""
    sender: str = ""
    recipient: str = ""
    reference: str = ""
    """Interchange control reference (0020); "" without UNB."""
    prepared: str = ""
    """Date and time as they stand in S004, joined by a colon."""
    characters: ServiceCharacters = field(default_factory=ServiceCharacters)
    messages: list[RawMessage] = field(default_factory=list)
    findings: list[Reason] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        """Whether any message may be missing or altered."""
        return any(finding.code in BREAKING for finding in self.findings)


def read(data: bytes, *, strict: bool = False) -> RawInterchange:
    """Read one interchange, or bare messages without UNB.

    Raises:
        EdifactError: it is unreadable, or with `strict` anything at all was found.
    """
    text = cut(data)
    reader = _Reader(text.characters)
    for segment in text.segments:
        reader.take(segment)
    found = reader.finish()
    found.findings[:0] = text.findings
    del found.findings[MAX_FINDINGS:]
    everything = [*found.findings, *(f for m in found.messages for f in m.findings)]
    if strict and everything:
        raise EdifactError(*everything[:MAX_FINDINGS])
    return found


class _Reader:
    """Takes segments in order and checks envelopes against what they hold."""

    def __init__(self, characters: ServiceCharacters) -> None:
        self._found = RawInterchange(characters=characters)
        self._message: RawMessage | None = None
        self._group: Segment | None = None
        self._groups = self._in_group = 0
        self._unb: Segment | None = None
        self._unz: Segment | None = None
        self._references: set[str] = set()

    def take(self, segment: Segment) -> None:
        match segment.tag:
            case "UNB":
                self._open_interchange(segment)
            case "UNG":
                self._open_group(segment)
            case "UNH":
                self._open_message(segment)
            case "UNT":
                self._close_message(segment)
            case "UNE":
                self._close_group(segment)
            case "UNZ":
                self._close_interchange(segment)
            case _ if self._message is not None:
                self._message.segments.append(segment)
            case _:
                self._note(STRAY_SEGMENT, segment, tag=segment.tag)

    def finish(self) -> RawInterchange:
        self._end_message()
        self._end_group()
        if self._unb is None:
            if not self._found.messages:
                raise EdifactError(NOT_EDIFACT())
            self._found.findings.append(NO_UNB())
        elif self._unz is None:
            self._found.findings.append(NO_UNZ())
        return self._found

    def _open_interchange(self, unb: Segment) -> None:
        if self._unb is not None or self._found.messages or self._message is not None:
            raise EdifactError(SEVERAL_INTERCHANGES(at=unb.at))
        self._unb = unb
        found = self._found
        found.syntax, found.sender, found.recipient = unb.get(0), unb.get(1), unb.get(2)
        found.prepared, found.reference = f"{unb.get(3)}:{unb.get(3, 1)}", unb.get(4)
        if not found.reference:
            self._note(NO_REFERENCE, unb, tag="UNB")

    def _open_group(self, ung: Segment) -> None:
        self._end_message()
        self._end_group()
        self._group, self._in_group = ung, 0
        self._groups += 1

    def _open_message(self, unh: Segment) -> None:
        self._end_message()
        if self._unz is not None:
            self._note(STRAY_SEGMENT, unh, tag="UNH")
        self._message = RawMessage(
            reference=unh.get(0),
            kind=unh.get(1, 0)[:_SHOWN],
            version=f"{unh.get(1, 1)}.{unh.get(1, 2)}",
            association=unh.get(1, 4),
            group_sender=self._group.get(1) if self._group else "",
        )
        self._found.messages.append(self._message)
        if len(self._found.messages) > MAX_MESSAGES:
            raise EdifactError(TOO_MANY_MESSAGES(at=unh.at, limit=MAX_MESSAGES))
        self._in_group += 1
        if not self._message.reference:
            self._note(NO_REFERENCE, unh, tag="UNH")
        elif self._message.reference in self._references:
            self._note(DUPLICATE_REFERENCE, unh, reference=self._message.reference[:_SHOWN])
        self._references.add(self._message.reference)

    def _close_message(self, unt: Segment) -> None:
        if self._message is None:
            self._note(STRAY_SEGMENT, unt, tag="UNT")
            return
        self._compare_count(unt, len(self._message.segments) + 2)
        self._compare_reference(unt, self._message.reference)
        self._message = None

    def _close_group(self, une: Segment) -> None:
        self._end_message()
        if self._group is None:
            self._note(STRAY_SEGMENT, une, tag="UNE")
            return
        self._compare_count(une, self._in_group)
        self._compare_reference(une, self._group.get(4))
        self._group = None

    def _close_interchange(self, unz: Segment) -> None:
        self._end_message()
        self._end_group()
        if self._unz is not None or self._unb is None:
            self._note(STRAY_SEGMENT, unz, tag="UNZ")
            return
        self._unz = unz
        # ISO 9735 UNZ 0036: the number of groups where there are any, else of messages.
        self._compare_count(unz, self._groups or len(self._found.messages))
        self._compare_reference(unz, self._found.reference)

    def _end_message(self) -> None:
        if self._message is not None:
            self._message.findings.append(NO_UNT(reference=self._message.reference[:_SHOWN]))
            self._message = None

    def _end_group(self) -> None:
        if self._group is not None:
            self._found.findings.append(NO_UNE(reference=self._group.get(4)[:_SHOWN]))
            self._group = None

    def _compare_count(self, segment: Segment, counted: int) -> None:
        said = segment.get(0)
        if said.lstrip("0") != str(counted):
            said = said[:_SHOWN] or "–"
            self._note(WRONG_COUNT, segment, tag=segment.tag, said=said, counted=counted)

    def _compare_reference(self, segment: Segment, expected: str) -> None:
        said = segment.get(1)
        if said != expected:
            shown = {"said": said[:_SHOWN] or "–", "expected": expected[:_SHOWN] or "–"}
            self._note(WRONG_REFERENCE, segment, tag=segment.tag, **shown)

    def _note(self, why: ReasonCode, segment: Segment, **params: Any) -> None:
        findings = self._found.findings if self._message is None else self._message.findings
        if len(findings) < MAX_FINDINGS:
            findings.append(why(at=segment.at, **params))
