"""Customs through the single window (单一窗口): release decisions in, tally reports (MT5101) out.

Counterpart: the port's single-window front end. In: XML shaped after `Manifest_Response`, message
type YDRELEASE, our own profile 1 (docs/reference/customs-profile.md), since none is published; and
receipts MT9999. Out: MT5101 after customs notice 2010 no. 70, and a receipt for each message.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from adapters.codecs import xml
from adapters.messages import Spoken
from adapters.single_window import release
from adapters.single_window.mt5101 import customs_time, mt5101
from yidan.kernel.identifiers.plain import shown
from yidan.kernel.reasons import Reason, Role, reason
from yidan.ports import (
    Command,
    Interchange,
    LineOutcome,
    Message,
    MessageOutcome,
    Notice,
    TallyReport,
)

NOT_A_MANIFEST = reason(
    "customs-not-a-manifest",
    en="The root element is {value}; it should be Manifest.",
    zh="根元素为 {value}；应为 Manifest，请更正。",
    owner=Role.CUSTOMS,
)
UNKNOWN_TYPE = reason(
    "customs-message-type-unknown",
    en="MessageType {value} is not read here; use YDRELEASE or MT9999.",
    zh="此处不接收 MessageType {value}；请使用 YDRELEASE 或 MT9999。",
    owner=Role.CUSTOMS,
)
RECEIPT = reason(
    "customs-receipt",
    en="Customs' receipt has code {value}: {said}.",
    zh="海关回执代码 {value}：{said}。",
)

RELEASE: Final = "YDRELEASE"
"""MessageType of a release decision in our profile."""
_RECEIPT: Final = "MT9999"
_ACCEPTED: Final = "01"
_REFUSED: Final = "02"
_MAX_ID: Final = 64


@dataclass(frozen=True)
class Settings:
    """What an installation may set."""

    identification: str = "YIDAN"
    """Our SenderID where the message does not name it."""


@dataclass(frozen=True)
class CustomsXml:
    """Reads customs' decisions and reports tallies (a `ports.Adapter`)."""

    settings: Settings = Settings()
    name: str = "single_window.customs_xml"
    content_type: str = "application/xml"
    authority: bool = True

    def parse(self, raw: bytes) -> Interchange:
        """Understand one document; never raises. Unreadable bytes hold the goods they name."""
        digest = hashlib.sha256(raw).hexdigest()
        try:
            root = xml.read(raw)
        except xml.XmlError as refused:
            return _held(raw, digest, refused.reasons)
        if xml.name_of(root) != "Manifest":
            return _held(raw, digest, (NOT_A_MANIFEST(value=shown(xml.name_of(root))),))
        reference = xml.text_at(root, "Head", "MessageID")[:_MAX_ID] or digest
        kind = xml.text_at(root, "Head", "MessageType")
        commands, findings = _understood(root, kind, raw)
        message = Message(
            reference=reference,
            kind=kind[:_MAX_ID],
            commands=commands,
            findings=tuple(findings),
            document_reference=reference,
        )
        return Interchange(
            sender=xml.text_at(root, "Head", "SenderID")[:_MAX_ID],
            recipient=xml.text_at(root, "Head", "ReceiverID")[:_MAX_ID],
            reference=reference,
            messages=(message,),
        )

    def acknowledge(
        self,
        received: Interchange,
        outcomes: Sequence[MessageOutcome],
        *,
        reference: str,
        at: datetime,
    ) -> bytes | None:
        """A receipt: 01 accepted, 02 refused, for the message and for each bill or box of it.

        None for a receipt, and where nobody can be answered.
        """
        kinds = {message.kind for message in received.messages}
        if not received.sender or not outcomes or _RECEIPT in kinds:
            return None
        root = etree.Element("Manifest")
        head = xml.add(root, "Head")
        sender = received.recipient or self.settings.identification
        for name, value in (
            ("MessageID", reference), ("FunctionCode", "9"), ("MessageType", _RECEIPT),
            ("SenderID", sender), ("ReceiverID", received.sender),
            ("SendTime", customs_time(at)), ("Version", "1.0"),
        ):  # fmt: skip
            xml.add(head, name, value)
        response = xml.add(root, "Response")
        xml.add(xml.add(response, "BorderTransportMeans"), "JourneyID")
        (outcome, *_) = outcomes
        lines = [line for line in outcome.lines if line.reference]
        for line in lines:
            _line(response, line)
        _response_type(response, applied=outcome.accepted, reasons=outcome.findings)
        return xml.write(root)

    def build(
        self, notice: Notice, *, recipient: str, reference: str, at: datetime
    ) -> bytes | None:
        """MT5101 for a tally report; None for anything else.

        Raises:
            XmlError: a text cannot be written.
        """
        if not isinstance(notice, TallyReport):
            return None
        return mt5101(notice, recipient=recipient, reference=reference, at=at)


def _understood(
    root: etree._Element, kind: str, raw: bytes
) -> tuple[tuple[Command, ...], list[Reason]]:
    if kind == RELEASE:
        return release.read(root)
    if kind == _RECEIPT:
        code = xml.text_at(root, "Response", "ResponseType", "Code")
        said = xml.text_at(root, "Response", "ResponseType", "Text")
        return (), [RECEIPT(value=shown(code), said=shown(said))]
    why = UNKNOWN_TYPE(value=shown(kind))
    hold = release.salvage(raw, why)
    return ((hold,) if hold else ()), [why]


def _held(raw: bytes, digest: str, reasons: tuple[Reason, ...]) -> Interchange:
    """What cannot be read at all, with a hold on the goods its bytes name."""
    hold = release.salvage(raw, reasons[0])
    messages: tuple[Message, ...] = ()
    if hold is not None:
        messages = (Message(reference=digest, kind="", commands=(hold,), findings=reasons),)
    return Interchange(
        sender="", recipient="", reference=digest, messages=messages, findings=reasons
    )


def _line(response: etree._Element, line: LineOutcome) -> None:
    equipment = xml.add(response, "TransportEquipment")
    xml.add(xml.add(equipment, "EquipmentIdentification"), "ID", line.reference)
    _response_type(equipment, applied=line.applied, reasons=line.reasons)


def _response_type(parent: etree._Element, *, applied: bool, reasons: tuple[Reason, ...]) -> None:
    kind = xml.add(parent, "ResponseType")
    xml.add(kind, "Code", _ACCEPTED if applied else _REFUSED)
    xml.add(kind, "Text", "；".join(found.text("zh") for found in reasons))


MESSAGES: Final = (
    Spoken("in", "YDRELEASE", "1 (own profile)", "docs/reference/customs-profile.md", "HTTP, file"),
    Spoken("in", "MT9999", "1.0", "customs notice 2010 no. 70", "HTTP, file"),
    Spoken("out", "MT9999", "1.0", "customs notice 2010 no. 70", "HTTP answer"),
    Spoken("out", "MT5101", "1.0", "customs notice 2010 no. 70", "HTTP"),
)
"""What is spoken with customs."""

ADAPTER: Final = CustomsXml()
