"""Writing UN/EDIFACT, strictly: right counts and references, a true character set.

ISO 9735 version 3 with UNOC where Latin-1 carries the text, else version 4 with UNOW (UTF-8). What
cannot be written exactly (control characters, fields over their length) is refused, never bent.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final, TypeAlias

from adapters.codecs.edifact_syntax import EdifactError
from yidan.kernel.identifiers.plain import shown
from yidan.kernel.reasons import reason

UNWRITABLE = reason(
    "edifact-unwritable",
    en="{value} cannot be written in {tag}; use at most {limit} printable characters.",
    zh="{value} 无法写入 {tag}；请使用不超过 {limit} 个可打印字符。",
)

Element: TypeAlias = str | tuple[str, ...]
"""A data element: one component, or several."""

CHINA_TIME: Final = timezone(timedelta(hours=8))
"""Zone of the times we write, and of times that come without one (北京时间)."""
MAX_COMPONENT: Final = 512
"""Longest component of any directory we write (4440)."""
MAX_REFERENCE: Final = 14
"""Length of interchange and message references (0020, 0062), in characters."""
MAX_PARTNER: Final = 35
"""Length of sender and recipient identification (0004, 0010), in characters."""

_RELEASED: Final = re.compile(r"([+:'?])")
_PRINTABLE: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*")
_TAG: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class OutMessage:
    """A message to write: its type and the segments between UNH and UNT."""

    kind: str
    directory: str
    """Version, release and agency as in S009, e.g. `D:00B:UN`."""
    association: str
    segments: Sequence[str]


def segment(tag: str, *elements: Element) -> str:
    """Write one segment, empty components and elements at its end left out.

    Raises:
        EdifactError: a component cannot be written.
    """
    if not _TAG.fullmatch(tag):
        raise EdifactError(UNWRITABLE(value=shown(tag), tag="UNS", limit=3))
    written = [_element(tag, element) for element in elements]
    while written and not written[-1]:
        written.pop()
    return "+".join([tag, *written]) + "'"


def interchange(
    messages: Sequence[OutMessage], *, sender: str, recipient: str, reference: str, at: datetime
) -> bytes:
    """Write an interchange.

    Args:
        messages: in order; numbered 1, 2, … as their references.
        sender: our identification, at most 35 characters.
        recipient: the partner's identification, at most 35 characters.
        reference: interchange control reference; longer ones go through `short_reference`.
        at: when it is prepared.

    Raises:
        EdifactError: a field is empty or too long, or a component cannot be written.
    """
    control = short_reference(reference)
    for value, limit in ((sender, MAX_PARTNER), (recipient, MAX_PARTNER), (control, MAX_REFERENCE)):
        if not 0 < len(value) <= limit:
            raise EdifactError(UNWRITABLE(value=shown(value), tag="UNB", limit=limit))
    body = "".join(_message(str(n), message) for n, message in enumerate(messages, start=1))
    trailer = segment("UNZ", str(len(messages)), control)
    syntax = _syntax(sender + recipient + body)
    local = at.astimezone(CHINA_TIME)
    day = local.strftime("%y%m%d" if syntax == ("UNOC", "3") else "%Y%m%d")
    header = segment("UNB", syntax, sender, recipient, (day, local.strftime("%H%M")), control)
    text = "UNA:+.? '" + header + body + trailer
    return text.encode("iso-8859-1" if syntax[0] == "UNOC" else "utf-8")


def short_reference(reference: str) -> str:
    """A reference of at most 14 characters: itself, or 14 of its SHA-256 in base 32."""
    if len(reference) <= MAX_REFERENCE:
        return reference
    digest = hashlib.sha256(reference.encode("utf-8")).digest()
    return base64.b32encode(digest).decode("ascii")[:MAX_REFERENCE]


def when(qualifier: str, at: datetime) -> str:
    """Write a DTM segment to the minute, in China time (format 203)."""
    return segment("DTM", (qualifier, at.astimezone(CHINA_TIME).strftime("%Y%m%d%H%M"), "203"))


def _message(reference: str, message: OutMessage) -> str:
    identifier = (message.kind, *message.directory.split(":"), message.association)
    header = segment("UNH", reference, identifier)
    trailer = segment("UNT", str(len(message.segments) + 2), reference)
    return header + "".join(message.segments) + trailer


def _syntax(text: str) -> tuple[str, str]:
    try:
        text.encode("iso-8859-1")
    except UnicodeEncodeError:
        return "UNOW", "4"
    return "UNOC", "3"


def _element(tag: str, element: Element) -> str:
    parts = [element] if isinstance(element, str) else list(element)
    for part in parts:
        if len(part) > MAX_COMPONENT or not _PRINTABLE.fullmatch(part):
            raise EdifactError(UNWRITABLE(value=shown(part), tag=tag, limit=MAX_COMPONENT))
    while parts and not parts[-1]:
        parts.pop()
    return ":".join(_RELEASED.sub(r"?\1", part) for part in parts)
