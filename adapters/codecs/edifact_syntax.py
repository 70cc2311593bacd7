"""The lower half of ISO 9735: service characters, character sets, and text cut into segments.

Liberal in what real traffic does (short UNA, line breaks, empty segments, a wrong character set),
each deviation recorded; closed against what attacks do (letters as separators, huge segments). One
pass, linear in the size of the input.
"""

import codecs
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from yidan.kernel.errors import InvalidError
from yidan.kernel.reasons import Reason, reason

MAX_BYTES: Final = 4 * 1024 * 1024
"""Largest interchange read, in bytes."""
MAX_SEGMENT: Final = 16_384
"""Longest segment read, in characters."""
MAX_SEGMENTS: Final = 200_000
"""Most segments of one interchange, empty ones counted."""
MAX_ELEMENTS: Final = 255
"""Most data elements of one segment; the directories need fewer than 40."""
MAX_FINDINGS: Final = 100
"""So many findings of one interchange are told at most."""
NO_TAG: Final = "???"
"""Stands for a tag that is none."""

TOO_LARGE = reason(
    "edifact-too-large",
    en="The interchange has {size} bytes; send at most {limit}.",
    zh="交换文件为 {size} 字节；最多允许 {limit} 字节。",
)
NOT_EDIFACT = reason(
    "edifact-not-edifact",
    en="The text does not start with UNA, UNB or UNH; send a UN/EDIFACT interchange.",
    zh="内容不以 UNA、UNB 或 UNH 开头；请发送 UN/EDIFACT 交换文件。",
)
BAD_UNA = reason(
    "edifact-bad-una",
    en="UNA {una}: the separators must be four different signs, no letters; mend the UNA.",
    zh="UNA {una}：分隔符须为互不相同的符号，不能是字母；请更正 UNA。",
)
SEGMENT_TOO_LONG = reason(
    "edifact-segment-too-long",
    en="Segment {number} is longer than {limit} characters; check the segment terminators.",
    zh="第 {number} 个段超过 {limit} 个字符；请检查段终止符。",
)
TOO_MANY_SEGMENTS = reason(
    "edifact-too-many-segments",
    en="There are more than {limit} segments; send the messages in several interchanges.",
    zh="段数超过 {limit}；请分多个交换文件发送。",
)
TOO_MANY_ELEMENTS = reason(
    "edifact-too-many-elements",
    en="Segment {number} has more than {limit} data elements; check the separators.",
    zh="第 {number} 个段的数据元超过 {limit} 个；请检查分隔符。",
)
SHORT_UNA = reason(
    "edifact-short-una",
    en="UNA has {length} service characters instead of 6; write all six.",
    zh="UNA 只有 {length} 个服务字符，应为 6 个；请写全。",
)
UNKNOWN_CHARACTER_SET = reason(
    "edifact-unknown-character-set",
    en="The syntax identifier {syntax} is not known; use UNOA to UNOK, UNOW or UNOY.",
    zh="语法标识 {syntax} 未知；请使用 UNOA 至 UNOK、UNOW 或 UNOY。",
)
WRONG_CHARACTER_SET = reason(
    "edifact-wrong-character-set",
    en="The text is not what {syntax} allows (first at byte {offset}); name the real one.",
    zh="内容不符合 {syntax} 字符集（首次出现在第 {offset} 字节）；请注明真实字符集。",
)
REPERTOIRE = reason(
    "edifact-repertoire",
    en="{syntax} does not allow the character {character}; use UNOC or capitals.",
    zh="{syntax} 不允许字符 {character}；请使用 UNOC 或大写字母。",
)
CONTROL_CHARACTER = reason(
    "edifact-control-character",
    en="There is a control character (U+{code}) in the data; leave it out.",
    zh="数据中含有控制字符（U+{code}）；请去掉。",
)
LINE_BREAK_INSIDE = reason(
    "edifact-line-break-inside",
    en="A segment is broken over several lines; break lines only after the terminator.",
    zh="段被换行拆开；只能在段终止符之后换行。",
)
EMPTY_SEGMENTS = reason(
    "edifact-empty-segments",
    en="There are {count} empty segments; leave them out.",
    zh="有 {count} 个空段；请去掉。",
)
UNTERMINATED = reason(
    "edifact-unterminated",
    en="The last segment has no terminator; the text may be cut off. Send it whole.",
    zh="最后一个段没有终止符，内容可能被截断；请完整发送。",
)
BAD_TAG = reason(
    "edifact-bad-tag",
    en="Segment {number} starts with {tag}, which is not a segment tag of three capitals.",
    zh="第 {number} 个段以 {tag} 开头，不是 3 个大写字母的段标签；请更正。",
)


class EdifactError(InvalidError):
    """The bytes cannot be read as, or the values not be written in, UN/EDIFACT."""


@dataclass(frozen=True)
class ServiceCharacters:
    """What UNA says: separators, decimal mark, release character ("" where there is none)."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    terminator: str = "'"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its tag and its data elements, each a tuple of components."""

    tag: str
    elements: tuple[tuple[str, ...], ...]
    number: int
    """Place in the interchange, counted from 1, UNA and empty segments left out."""

    def get(self, element: int, component: int = 0) -> str:
        """A component without surrounding blanks; "" where there is none. Both counted from 0."""
        try:
            return self.elements[element][component].strip()
        except IndexError:
            return ""

    @property
    def at(self) -> str:
        """Where it stands, for findings: `/<number>/<tag>`."""
        return f"/{self.number}/{self.tag}"


@dataclass(frozen=True)
class Text:
    """An interchange cut into segments."""

    characters: ServiceCharacters
    segments: tuple[Segment, ...]
    findings: tuple[Reason, ...]


_LATIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "UNOC": "iso-8859-1", "UNOD": "iso-8859-2", "UNOE": "iso-8859-5", "UNOF": "iso-8859-7",
        "UNOG": "iso-8859-3", "UNOH": "iso-8859-4", "UNOI": "iso-8859-6", "UNOJ": "iso-8859-8",
        "UNOK": "iso-8859-9",
    }
)  # fmt: skip
_UNICODE: Final = frozenset({"UNOW", "UNOY"})
_LEVEL_A: Final = frozenset(string.ascii_uppercase + string.digits + " .,-()/='+:?!\"%&*;<>\r\n")
_LEVEL_B: Final = frozenset(chr(code) for code in range(0x20, 0x7F)) | frozenset("\r\n")
_CONTROLS: Final = {c: "\ufffd" for c in [*range(0x20), *range(0x7F, 0xA0)] if c not in b"\r\n"}
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")
_TAG: Final = re.compile(r"[A-Z]{3}")
_START: Final = re.compile(rb"\s{0,99}(?:UNA(.{3,8}?)\s{0,9}(?=UN[BGH]))?UN[BGH]", re.DOTALL)
_SYNTAX: Final = re.compile(rb"UNB.([A-Z0-9]{4})", re.DOTALL)
_EMPTY: Final = ("",)
_SHORTEST_UNA: Final = 4
_FULL_UNA: Final = 6
_SHOWN: Final = 12


def cut(data: bytes) -> Text:
    """Cut an interchange into segments.

    Raises:
        EdifactError: it is none, its UNA is unusable, or a bound is exceeded.
    """
    if len(data) > MAX_BYTES:
        raise EdifactError(TOO_LARGE(size=len(data), limit=MAX_BYTES))
    data = data.removeprefix(codecs.BOM_UTF8)
    start = _START.match(data)
    if start is None:
        if data.lstrip()[:3] == b"UNA":
            raise EdifactError(BAD_UNA(una=ascii(data.lstrip()[3:_SHOWN])))
        raise EdifactError(NOT_EDIFACT())
    findings: list[Reason] = []
    characters = _service_characters(start[1], findings)
    body = data[start.end() - 3 :]
    text = _decoded(body, findings)
    segments = tuple(_segments(text, characters, findings))
    return Text(characters, segments, tuple(findings))


def _service_characters(una: bytes | None, findings: list[Reason]) -> ServiceCharacters:
    if una is None:
        return ServiceCharacters()
    text = una.decode("latin-1")
    if not _SHORTEST_UNA <= len(text) <= _FULL_UNA:
        raise EdifactError(BAD_UNA(una=ascii(text)))
    if len(text) < _FULL_UNA:
        findings.append(SHORT_UNA(at="/0/UNA", length=len(text)))
    release = text[3] if len(text) > _SHORTEST_UNA else ""
    found = ServiceCharacters(text[0], text[1], text[2], release.strip(), text[-1])
    signs = [found.component, found.element, found.release, found.terminator]
    used = [sign for sign in signs if sign]
    if len(set(used)) != len(used) or not all(sign in string.punctuation for sign in used):
        raise EdifactError(BAD_UNA(una=ascii(text)))
    return found


def _decoded(body: bytes, findings: list[Reason]) -> str:
    named = _SYNTAX.match(body)
    syntax = named[1].decode("ascii") if named else ""
    text = _decoded_as(syntax, body, findings)
    allowed = {"UNOA": _LEVEL_A, "UNOB": _LEVEL_B}.get(syntax)
    if allowed is not None and body.isascii() and (odd := sorted(set(text) - allowed)):
        findings.append(REPERTOIRE(syntax=syntax, character=ascii(odd[0])))
    if bad := _CONTROL.search(text):
        findings.append(CONTROL_CHARACTER(code=f"{ord(bad[0]):04X}"))
        text = text.translate(_CONTROLS)
    return text


def _decoded_as(syntax: str, body: bytes, findings: list[Reason]) -> str:
    """Decode under the named character set; a text that is in truth another is read and found."""
    if body.isascii():
        if syntax not in {"", "UNOA", "UNOB", *_LATIN, *_UNICODE}:
            findings.append(UNKNOWN_CHARACTER_SET(syntax=syntax))
        return body.decode("ascii")
    utf8 = _utf8_or_none(body)
    if syntax in _LATIN and utf8 is None:
        return body.decode(_LATIN[syntax], "replace")
    if utf8 is None or syntax not in _UNICODE:
        first = _NOT_ASCII.search(body)
        offset = first.start() if first else 0
        findings.append(WRONG_CHARACTER_SET(syntax=syntax or "UNOA", offset=offset))
    return body.decode("latin-1") if utf8 is None else utf8


def _utf8_or_none(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _segments(
    text: str, characters: ServiceCharacters, findings: list[Reason]
) -> Iterator[Segment]:
    count = empty = broken = 0
    for raw, ended in _raw_segments(text, characters):
        trimmed = raw.strip("\r\n \t")
        if not trimmed:
            empty += ended
            continue
        count += 1
        if "\n" in trimmed or "\r" in trimmed:
            broken += 1
            trimmed = trimmed.replace("\r", "").replace("\n", "")
        if not ended:
            findings.append(UNTERMINATED())
        yield _segment(trimmed, characters, count, findings)
    if empty:
        findings.append(EMPTY_SEGMENTS(count=empty))
    if broken:
        findings.append(LINE_BREAK_INSIDE())


def _raw_segments(text: str, characters: ServiceCharacters) -> Iterator[tuple[str, bool]]:
    """Cut at unreleased terminators; the flag says whether the piece had one."""
    escape, end = re.escape(characters.release), re.escape(characters.terminator)
    inner = rf"(?:[^{end}{escape}]++|{escape}.)*+{escape}?" if escape else rf"[^{end}]*+"
    piece = re.compile(rf"({inner})({end}|\Z)", re.DOTALL)
    position = number = 0
    while position < len(text):
        found = piece.match(text, position)
        assert found is not None  # noqa: S101 - the pattern matches at every position
        position, number = found.end(), number + 1
        if number > MAX_SEGMENTS:
            raise EdifactError(TOO_MANY_SEGMENTS(limit=MAX_SEGMENTS))
        if len(found[1]) > MAX_SEGMENT:
            raise EdifactError(SEGMENT_TOO_LONG(number=number, limit=MAX_SEGMENT))
        yield found[1], bool(found[2])


def _segment(
    raw: str, characters: ServiceCharacters, number: int, findings: list[Reason]
) -> Segment:
    elements = _split(raw, characters.element, characters.release)
    if len(elements) > MAX_ELEMENTS:
        raise EdifactError(TOO_MANY_ELEMENTS(number=number, limit=MAX_ELEMENTS))
    # A tag may carry explicit nesting indications after it (ISO 9735 9.2): EQD:1.
    tag = elements[0].partition(characters.component)[0]
    if not _TAG.fullmatch(tag):
        if len(findings) < MAX_FINDINGS:
            findings.append(BAD_TAG(at=f"/{number}", number=number, tag=ascii(tag[:_SHOWN])))
        tag = NO_TAG
    return Segment(tag, tuple(_components(item, characters) for item in elements[1:]), number)


def _components(element: str, characters: ServiceCharacters) -> tuple[str, ...]:
    if not element:
        return _EMPTY
    release = characters.release
    parts = _split(element, characters.component, release)
    if not release or release not in element:
        return tuple(parts)
    return tuple(_released(part, release) for part in parts)


def _split(text: str, separator: str, release: str) -> list[str]:
    if not release or release not in text:
        return text.split(separator)
    pieces, start, position = [], 0, 0
    while position < len(text):
        if text[position] == release:
            position += 1
        elif text[position] == separator:
            pieces.append(text[start:position])
            start = position + 1
        position += 1
    return [*pieces, text[start:]]


def _released(part: str, release: str) -> str:
    """Take release characters away: `?+` means `+`, `??` means `?`; one at the end is dropped."""
    if release not in part:
        return part
    out, position = [], 0
    while position < len(part):
        if part[position] == release:
            position += 1
        out.append(part[position : position + 1])
        position += 1
    return "".join(out)
