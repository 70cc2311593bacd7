"""The tally report to customs, element by element; the schema's verdict is in tests/conformance."""

from datetime import UTC, datetime

import pytest

from adapters.codecs import xml
from adapters.codecs.xml import XmlError
from adapters.single_window.customs_xml import ADAPTER
from yidan.ports import TallyLine, TallyReport


def line(**changes):
    fields = {
        "transport_document_reference": "COSU6412345678",
        "equipment_reference": "CSQU3054383",
        "iso_equipment_code": "45G1",
        "seal_numbers": ("CN123456789012",),
        "fullness": "full",
        "damage_codes": (),
        "package_quantity": 400,
        "gross_mass_kg": 12000,
    }
    return TallyLine(**{**fields, **changes})


def report(*lines, **changes):
    fields = {
        "event_id": "E1",
        "vessel_imo_number": "9319466",
        "vessel_name": "PORT DAY",
        "voyage": "068E",
        "un_location_code": "CNSHA",
        "customs_district": "2248",
        "tally_organisation": "600037341",
        "started_at": datetime(2026, 11, 22, 0, 0, tzinfo=UTC),
        "completed_at": datetime(2026, 11, 22, 3, 30, 0, 123000, tzinfo=UTC),
        "lines": lines,
    }
    return TallyReport(**{**fields, **changes})


def built(notice):
    at = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    return ADAPTER.build(notice, recipient="2248", reference="MT1", at=at)


def test_a_tally_report_names_ship_place_sums_and_boxes():
    second = line(
        equipment_reference="MSKU1234565",
        seal_numbers=("M/A1", "B2"),
        damage_codes=("DT:TP", "BR"),
        package_quantity=100,
        gross_mass_kg=8000,
    )
    empty = line(
        transport_document_reference="COSU6400000001",
        equipment_reference="HLXU8438530",
        seal_numbers=(),
        fullness="empty",
        package_quantity=0,
        gross_mass_kg=3900,
    )
    root = xml.read(built(report(line(), second, empty)))
    head, declaration = xml.elements(root)
    assert [(xml.name_of(e), e.text) for e in xml.elements(head)] == [
        ("MessageID", "MT1"),
        ("FunctionCode", "2"),
        ("MessageType", "MT5101"),
        ("SenderID", "2248600037341"),
        ("ReceiverID", "2248"),
        ("SendTime", "20261122120000000"),
        ("Version", "1.0"),
    ]
    ship = xml.children(declaration, "BorderTransportMeans")[0]
    assert [(xml.name_of(e), (e.text or "").strip()) for e in xml.elements(ship)] == [
        ("JourneyID", "068E"),
        ("TypeCode", "1"),
        ("ID", "UN9319466"),
        ("Name", "PORT DAY"),
        ("ActualDateTime", "20261122080000000"),
        ("CompletedDateTime", "20261122113000123"),
        ("UnloadingLocation", ""),
    ]
    assert xml.text_at(ship, "UnloadingLocation", "ID") == "CNSHA/2248"
    assert xml.text_at(declaration, "TallyParty", "ID") == "600037341"
    assert [
        (
            xml.text_at(bill, "TransportContractDocument", "ID"),
            xml.text_at(bill, "ConsignmentPackaging", "QuantityQuantity"),
            xml.text_at(bill, "TotalGrossMassMeasure"),
        )
        for bill in xml.children(declaration, "Consignment")
    ] == [("COSU6412345678", "500", "20000"), ("COSU6400000001", "0", "3900")]
    boxes = xml.children(declaration, "TransportEquipment")
    assert [xml.text_at(box, "FullnessCode") for box in boxes] == ["5", "5", "4"]
    assert [[seal.text for seal in xml.children(box, "SealID")] for box in boxes] == [
        ["M/CN123456789012"],
        ["M/A1", "M/B2"],
        [],
    ]
    assert [
        (xml.text_at(damage, "DamageType", "Code"), xml.text_at(damage, "DamageArea", "Code"))
        for damage in xml.children(boxes[1], "Damage")
    ] == [("DT", "TP"), ("BR", "ZZ")]


def test_bulk_goods_are_a_bill_without_a_box():
    root = xml.read(built(report(line(equipment_reference="", gross_mass_kg=9_000_000))))
    declaration = xml.children(root, "Declaration")[0]
    assert xml.children(declaration, "TransportEquipment") == []
    (bill,) = xml.children(declaration, "Consignment")
    assert xml.text_at(bill, "TotalGrossMassMeasure") == "9000000"


def test_markup_in_a_name_stays_text():
    root = xml.read(built(report(vessel_name="<A> & B")))
    ship = xml.children(xml.children(root, "Declaration")[0], "BorderTransportMeans")[0]
    assert xml.text_at(ship, "Name") == "<A> & B"


def test_a_control_character_is_refused():
    with pytest.raises(XmlError):
        built(report(vessel_name="A\x01B"))


def declared(*lines):
    """Bills, boxes and remarks of the message."""
    _, declaration = xml.elements(xml.read(built(report(*lines))))
    bills = {
        xml.text_at(bill, "TransportContractDocument", "ID"): (
            xml.text_at(bill, "ConsignmentPackaging", "QuantityQuantity"),
            xml.text_at(bill, "TotalGrossMassMeasure"),
        )
        for bill in xml.children(declaration, "Consignment")
    }
    boxes = [
        xml.text_at(box, "EquipmentIdentification", "ID")
        for box in xml.children(declaration, "TransportEquipment")
    ]
    return bills, boxes, xml.text_at(declaration, "AdditionalInformation", "Content")


@pytest.mark.parametrize("bill", ["", "COSU6412345678"])
def test_an_over_box_is_a_box_and_a_remark_and_no_bill(bill):
    over = line(
        equipment_reference="MSKU1234565",
        transport_document_reference=bill,
        package_quantity=0,
        gross_mass_kg=0,
        over=True,
    )
    assert declared(over, line()) == (
        {"COSU6412345678": ("400", "12000")},
        ["MSKU1234565", "CSQU3054383"],
        f"溢卸 OVER: MSKU1234565 {bill}".strip(),
    )
    assert declared(over)[0] == {}


def test_a_short_box_is_a_remark_alone():
    short = line(equipment_reference="TRHU4588170", short=True)
    assert declared(line(), short) == (
        {"COSU6412345678": ("400", "12000")},
        ["CSQU3054383"],
        "短卸 SHORT: TRHU4588170 COSU6412345678",
    )


def test_a_box_under_two_bills_is_one_box_and_two_bills():
    bills, boxes, remark = declared(line(), line(transport_document_reference="COSU2"))
    assert list(bills) == ["COSU6412345678", "COSU2"]
    assert (boxes, remark) == (["CSQU3054383"], "")
