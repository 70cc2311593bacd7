"""MT5101, import tally report of sea traffic (水运进口理货报告), to customs.

After the General Administration of Customs' notice 2010 no. 70 (WCO Data Model names). SenderID is
the 4-digit customs office and the 9-digit organisation code; the ship is `UN` and its IMO number;
the place is `UN/LOCODE/office`. One Consignment a bill with its sums, one TransportEquipment a box.

A box that came and is on no line of the manifest (溢卸) is a TransportEquipment and no Consignment:
a bill's packages and mass are what was declared, and nobody declared it. A box that did not come
(短卸) is neither. Both are named in AdditionalInformation, the message's one place for them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from lxml import etree

from adapters.codecs import xml
from adapters.codecs.edifact_writer import CHINA_TIME
from yidan.ports import TallyLine, TallyReport

NAMESPACE: Final = "urn:Declaration:datamodel:standard:CN:MT5101:1"
"""Namespace of the message."""

_ADD: Final = "2"
_SEA: Final = "1"
_PACKAGE: Final = "PK"
_FULLNESS: Final = {"empty": "4", "full": "5"}
_UNSPECIFIED_AREA: Final = "ZZ"
_MAX_SEALS: Final = 9
_MAX_DAMAGE: Final = 99


def mt5101(report: TallyReport, *, recipient: str, reference: str, at: datetime) -> bytes:
    """Write a tally report.

    Args:
        report: what was tallied; a damage code is `type` or `type:area` (UNTDED 7501, 7503).
        recipient: ReceiverID.
        reference: MessageID.
        at: SendTime.

    Raises:
        XmlError: a text cannot be written.
    """
    root = etree.fromstring(f'<Manifest xmlns="{NAMESPACE}"/>')
    _head(xml.add(root, "Head"), report, recipient, reference, at)
    declaration = xml.add(root, "Declaration")
    xml.add(declaration, "DeclarationOfficeID", report.customs_district)
    _ship(xml.add(declaration, "BorderTransportMeans"), report)
    xml.add(xml.add(declaration, "TallyParty"), "ID", report.tally_organisation)
    came = [line for line in report.lines if not line.short]
    declared = [line for line in came if not line.over]
    for bill in dict.fromkeys(line.transport_document_reference for line in declared):
        _bill(xml.add(declaration, "Consignment"), bill, declared)
    boxes = {line.equipment_reference: line for line in reversed(came) if line.equipment_reference}
    for box in reversed(boxes.values()):
        _box(xml.add(declaration, "TransportEquipment"), box)
    if said := _differences(report.lines):
        xml.add(xml.add(declaration, "AdditionalInformation"), "Content", said)
    return xml.write(root)


def customs_time(at: datetime) -> str:
    """China time as yyyyMMddHHmmssSSS."""
    local = at.astimezone(CHINA_TIME)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}"


def _head(
    head: etree._Element, report: TallyReport, recipient: str, reference: str, at: datetime
) -> None:
    xml.add(head, "MessageID", reference)
    xml.add(head, "FunctionCode", _ADD)
    xml.add(head, "MessageType", "MT5101")
    xml.add(head, "SenderID", report.customs_district + report.tally_organisation)
    xml.add(head, "ReceiverID", recipient)
    xml.add(head, "SendTime", customs_time(at))
    xml.add(head, "Version", "1.0")


def _ship(means: etree._Element, report: TallyReport) -> None:
    xml.add(means, "JourneyID", report.voyage)
    xml.add(means, "TypeCode", _SEA)
    xml.add(means, "ID", f"UN{report.vessel_imo_number}")
    xml.add(means, "Name", report.vessel_name)
    xml.add(means, "ActualDateTime", customs_time(report.started_at))
    xml.add(means, "CompletedDateTime", customs_time(report.completed_at))
    place = f"{report.un_location_code}/{report.customs_district}"
    xml.add(xml.add(means, "UnloadingLocation"), "ID", place)


def _bill(consignment: etree._Element, bill: str, lines: Iterable[TallyLine]) -> None:
    mine = [line for line in lines if line.transport_document_reference == bill]
    xml.add(xml.add(consignment, "TransportContractDocument"), "ID", bill)
    packaging = xml.add(consignment, "ConsignmentPackaging")
    xml.add(packaging, "QuantityQuantity", str(sum(line.package_quantity for line in mine)))
    xml.add(packaging, "TypeCode", _PACKAGE)
    mass = sum(line.gross_mass_kg for line in mine)
    xml.add(consignment, "TotalGrossMassMeasure", str(mass))


def _differences(lines: Iterable[TallyLine]) -> str:
    """What came unlisted and what did not come, by number and bill."""
    lines = list(lines)
    kinds = (
        ("溢卸 OVER", [_named(line) for line in lines if line.over]),
        ("短卸 SHORT", [_named(line) for line in lines if line.short]),
    )
    return "; ".join(f"{kind}: {', '.join(dict.fromkeys(those))}" for kind, those in kinds if those)


def _named(line: TallyLine) -> str:
    named = (line.equipment_reference, line.transport_document_reference)
    return " ".join(filter(None, named))


def _box(equipment: etree._Element, line: TallyLine) -> None:
    xml.add(xml.add(equipment, "EquipmentIdentification"), "ID", line.equipment_reference)
    xml.add(equipment, "CharacteristicCode", line.iso_equipment_code)
    xml.add(equipment, "FullnessCode", _FULLNESS[line.fullness])
    for seal in line.seal_numbers[:_MAX_SEALS]:
        xml.add(equipment, "SealID", seal if "/" in seal else f"M/{seal}")
    for code in line.damage_codes[:_MAX_DAMAGE]:
        kind, _, area = code.partition(":")
        damage = xml.add(equipment, "Damage")
        xml.add(xml.add(damage, "DamageType"), "Code", kind)
        xml.add(xml.add(damage, "DamageArea"), "Code", area or _UNSPECIFIED_AREA)
