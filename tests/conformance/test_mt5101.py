"""Our tally report validates with the customs administration's own schema."""

import re
from datetime import UTC, datetime

import pytest
from lxml import etree

from adapters.single_window.customs_xml import ADAPTER
from yidan.ports import TallyLine, TallyReport

AT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
SEAL_TEXT = """<xs:complexType><xs:simpleContent><xs:extension base="xs:string">
<xs:attribute name="AgencyCode" type="xs:string"/>
</xs:extension></xs:simpleContent></xs:complexType></xs:element>"""


@pytest.fixture(scope="module")
def schema(standards):
    """The published schema, with SealID taking text, as all real traffic writes it."""
    path = standards / "cn-customs" / "xsd" / "Manifest_Tally_Ship_Import_5101_2.xsd"
    text = path.read_text(encoding="utf-8")
    patched, count = re.subn(
        r'(<xs:element name="SealID"[^>]*>).*?</xs:element>',
        lambda found: found[1] + SEAL_TEXT,
        text,
        flags=re.DOTALL,
    )
    assert count == 1
    return etree.XMLSchema(etree.fromstring(patched.encode()))


def line(box, **changes):
    fields = {
        "transport_document_reference": "COSU6412345678",
        "equipment_reference": box,
        "iso_equipment_code": "45G1",
        "seal_numbers": ("CN123456789012", "M/X1"),
        "fullness": "full",
        "damage_codes": ("DT:TP", "BR"),
        "package_quantity": 400,
        "gross_mass_kg": 12000,
    }
    return TallyLine(**{**fields, **changes})


def built(*lines):
    report = TallyReport(
        event_id="E1",
        vessel_imo_number="9319466",
        vessel_name="港口日 & CO",
        voyage="068E",
        un_location_code="CNSHA",
        customs_district="2248",
        tally_organisation="600037341",
        started_at=AT,
        completed_at=AT,
        lines=lines,
    )
    return ADAPTER.build(report, recipient="2248", reference="MT1", at=AT)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (line("CSQU3054383"),),
        (
            line("CSQU3054383"),
            line("MSKU1234565", seal_numbers=(), damage_codes=(), fullness="empty"),
            line("", transport_document_reference="BULK0001", iso_equipment_code=""),
        ),
        (
            line("CSQU3054383"),
            line("MSKU1234565", transport_document_reference="", over=True),
            line("TRHU4588170", short=True),
        ),
        (line("MSKU1234565", transport_document_reference="", over=True),),
    ],
)
def test_our_tally_report_is_valid(schema, lines):
    schema.assertValid(etree.fromstring(built(*lines)))


def test_the_schema_finds_a_wrong_report(schema):
    assert not schema.validate(etree.fromstring(built().replace(b"JourneyID", b"VoyageID")))


def test_our_receipts_have_the_shape_of_the_published_receipt(standards, request):
    path = standards / "cn-customs" / "xsd" / "Manifest_Response.xsd"
    receipt = etree.XMLSchema(etree.parse(path))
    recorded = request.config.rootpath / "tests" / "adapters" / "single_window" / "recorded"
    receipt.assertValid(etree.parse(recorded / "receipt.xml"))
