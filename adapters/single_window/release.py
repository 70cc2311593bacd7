"""Customs' decisions in our own profile of `Manifest_Response` (docs/reference/customs-profile.md).

No public interface of a cargo release was found (STANDARDS 9.2), so the receipt's shape is used
with a code table of our own. What names goods and is not understood becomes a safety hold on just
those goods.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from typing import Final

from lxml import etree

from adapters.codecs import xml
from adapters.codecs.edifact_writer import CHINA_TIME
from yidan.kernel.identifiers import container
from yidan.kernel.identifiers.plain import shown
from yidan.kernel.reasons import Reason, Role, reason
from yidan.ports import Command, PlaceSafetyHold, ReportCustomsStatus

UNKNOWN_CODE = reason(
    "customs-code-unknown",
    en="Customs' code {value} is not known; the goods are held until it is understood.",
    zh="海关状态代码 {value} 未知；在弄清之前货物暂不放行。",
    owner=Role.CUSTOMS,
)
UNKNOWN_FUNCTION = reason(
    "customs-function-unknown",
    en="FunctionCode {value} is not known; use 9 (new), 5 (changed) or 3 (withdrawn).",
    zh="FunctionCode {value} 未知；请使用 9（新增）、5（修改）或 3（撤销）。",
    owner=Role.CUSTOMS,
)
NO_BILL = reason(
    "customs-no-bill",
    en="A decision names no bill, or not which of several; name it in TransportContractDocument.",
    zh="决定未注明提单，或未注明是哪一提单；请在 TransportContractDocument 中注明。",
    owner=Role.CUSTOMS,
)
CONTRADICTION = reason(
    "customs-contradiction",
    en="{value} is decided twice in one message; send one decision.",
    zh="{value} 在同一报文中出现两个决定；请只发送一个。",
    owner=Role.CUSTOMS,
)
BAD_VALUE = reason(
    "customs-bad-value",
    en="{name} is {value}, which cannot be read; mend it.",
    zh="{name} 的值 {value} 无法识别；请更正。",
    owner=Role.CUSTOMS,
)
UNKNOWN_ELEMENT = reason(
    "customs-unknown-element",
    en="{path} is not part of the profile; it was kept and not used.",
    zh="{path} 不属于本规范；已保留但未使用。",
)

ON_THE_BOXES: Final = "BOX"
"""Code of a bill whose boxes carry the decisions."""
LIGHTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "REL": "released",
        "NRL": "notreleased",
        "CHK": "selectedforscan",
        "DOC": "documentarycontrol",
        "QUA": "quarantine",
        "PEQ": "portequalisation",
        "TRS": "transhipment",
    }
)
"""ResponseType/Code and the value of the customs light (DOMAIN 2.0) it stands for."""

KNOWN: Final = frozenset(
    {
        "Manifest", "Head", "MessageID", "FunctionCode", "MessageType", "SenderID", "ReceiverID",
        "SendTime", "Version", "Response", "BorderTransportMeans", "JourneyID", "ID", "Consignment",
        "TransportContractDocument", "AssociatedTransportDocument", "ResponseType", "Code", "Text",
        "TransportEquipment", "EquipmentIdentification", "DeclarationID", "EffectiveDateTime",
        "ReleasedGrossMassMeasure",
    }
)  # fmt: skip
"""Names of the profile's elements."""

_WITHDRAWN: Final = "3"
_FUNCTIONS: Final = frozenset({"9", "5", _WITHDRAWN})
_TIME: Final = re.compile(r"20[0-9]{12}(?:[0-9]{3})?")
_MASS: Final = re.compile(r"([0-9]{1,12})(?:\.0{1,3})?")
_BILL: Final = re.compile(r"[A-Z0-9][A-Z0-9/-]{2,34}")
_NAMED: Final = re.compile(rb"<(?:[A-Za-z]{1,20}:)?ID>\s{0,20}([A-Z0-9/-]{3,35})\s{0,20}</")
_SHIP: Final = re.compile(r"(?:UN|CN)[0-9]{7}")
_MAX_NAMED: Final = 1000
_MAX_UNKNOWN: Final = 20
_MAX_FINDINGS: Final = 100


@dataclass(frozen=True)
class _Decision:
    """One decision as it stands: on a bill, or on a box of it."""

    bill: str
    box: str
    code: str
    declaration: str
    mass: str
    effective: str


def read(root: etree._Element) -> tuple[tuple[Command, ...], list[Reason]]:
    """Read all decisions of a message; one not understood becomes a hold on the goods it names."""
    unknown = islice(dict.fromkeys(xml.unknown(root, KNOWN)), _MAX_UNKNOWN)
    findings = [UNKNOWN_ELEMENT(path=path) for path in unknown]
    function = xml.text_at(root, "Head", "FunctionCode")
    sent = xml.text_at(root, "Head", "SendTime")
    decisions = list(_decisions(root))
    commands: list[Command] = []
    subjects = Counter((d.bill, d.box) for d in decisions)
    for decision in decisions:
        command, wrong = _command(decision, function, sent)
        if subjects[decision.bill, decision.box] > 1:
            value = shown(decision.box or decision.bill)
            wrong, command = [*wrong, CONTRADICTION(value=value)], None
        findings += wrong
        if command is not None:
            commands.append(command)
        elif wrong and (hold := _hold(decision, wrong)):
            commands.append(hold)
    return tuple(dict.fromkeys(commands)), findings[:_MAX_FINDINGS]


def salvage(raw: bytes, why: Reason) -> PlaceSafetyHold | None:
    """A hold on every bill and box that unreadable bytes name; None if they name none."""
    named = [found[1].decode("ascii") for found in _NAMED.finditer(raw)][:_MAX_NAMED]
    boxes = tuple(dict.fromkeys(n for n in named if container.FORM.fullmatch(n)))
    others = (n for n in named if n not in boxes and not _SHIP.fullmatch(n))
    bills = tuple(dict.fromkeys(n for n in others if _BILL.fullmatch(n)))
    if not boxes and not bills:
        return None
    return PlaceSafetyHold(
        transport_document_references=bills, equipment_references=boxes, why=why.code
    )


def _decisions(root: etree._Element) -> Iterator[_Decision]:
    for response in xml.children(root, "Response"):
        bills = xml.children(response, "Consignment")
        for bill in bills:
            yield _decision(bill, xml.text_at(bill, "TransportContractDocument", "ID"), "")
        only = xml.text_at(bills[0], "TransportContractDocument", "ID") if len(bills) == 1 else ""
        for box in xml.children(response, "TransportEquipment"):
            bill_of_box = xml.text_at(box, "TransportContractDocument", "ID") or only
            yield _decision(box, bill_of_box, xml.text_at(box, "EquipmentIdentification", "ID"))


def _decision(element: etree._Element, bill: str, box: str) -> _Decision:
    return _Decision(
        bill=bill,
        box=box if box or xml.name_of(element) == "Consignment" else "?",
        code=xml.text_at(element, "ResponseType", "Code"),
        declaration=xml.text_at(element, "DeclarationID"),
        mass=xml.text_at(element, "ReleasedGrossMassMeasure"),
        effective=xml.text_at(element, "EffectiveDateTime"),
    )


def _command(
    decision: _Decision, function: str, sent: str
) -> tuple[ReportCustomsStatus | None, list[Reason]]:
    if decision.code == ON_THE_BOXES and not decision.box:
        return None, []
    wrong = _findings(decision, function)
    occurred, mass = _time(decision.effective or sent), _mass(decision.mass)
    if occurred is None:
        value = shown(decision.effective or sent)
        wrong.append(BAD_VALUE(name="EffectiveDateTime/SendTime", value=value))
    if mass is None and decision.mass:
        wrong.append(BAD_VALUE(name="ReleasedGrossMassMeasure", value=shown(decision.mass)))
    if wrong or occurred is None:
        return None, wrong
    withdrawn = function == _WITHDRAWN
    return ReportCustomsStatus(
        transport_document_reference=decision.bill,
        equipment_references=(decision.box,) if decision.box else (),
        status="notreleased" if withdrawn else LIGHTS[decision.code],
        released_quantity_kg=0 if withdrawn and mass is not None else mass,
        declaration_number=decision.declaration[:35],
        occurred_at=occurred,
    ), []


def _findings(decision: _Decision, function: str) -> list[Reason]:
    wrong = []
    if not _BILL.fullmatch(decision.bill):
        wrong.append(NO_BILL())
    if decision.box and not container.FORM.fullmatch(decision.box):
        wrong += container.findings(decision.box)
    if decision.code not in LIGHTS:
        wrong.append(UNKNOWN_CODE(value=shown(decision.code)))
    if function not in _FUNCTIONS:
        wrong.append(UNKNOWN_FUNCTION(value=shown(function)))
    return wrong


def _hold(decision: _Decision, wrong: list[Reason]) -> PlaceSafetyHold | None:
    boxes = (decision.box,) if container.FORM.fullmatch(decision.box) else ()
    # A box that is named is held itself; its bill only where the box cannot be told.
    bills = () if boxes or not _BILL.fullmatch(decision.bill) else (decision.bill,)
    if not boxes and not bills:
        return None
    return PlaceSafetyHold(
        transport_document_references=bills, equipment_references=boxes, why=wrong[0].code
    )


def _time(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        found = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=CHINA_TIME)
    except ValueError:
        return None
    return found.astimezone(UTC)


def _mass(text: str) -> int | None:
    found = _MASS.fullmatch(text)
    return int(found[1]) if found else None
