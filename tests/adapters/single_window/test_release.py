"""Customs' decisions: each code, and what is not understood holds exactly the goods it names."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.single_window.customs_xml import ADAPTER
from adapters.single_window.release import LIGHTS
from yidan.ports import PlaceSafetyHold, ReportCustomsStatus

RECORDED = Path(__file__).parent / "recorded"
RELEASE = (RECORDED / "release.xml").read_text(encoding="utf-8")
BILL = "COSU6412345678"


def only(text):
    (message,) = ADAPTER.parse(text.encode()).messages
    return message.commands, [finding.code for finding in message.findings]


def changed(*pairs):
    text = RELEASE
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def hold(why, *, bills=(), boxes=()):
    return PlaceSafetyHold(transport_document_references=bills, equipment_references=boxes, why=why)


BILL_RELEASED = ReportCustomsStatus(
    transport_document_reference=BILL,
    equipment_references=(),
    status="released",
    released_quantity_kg=None,
    declaration_number="224820261000012345",
    occurred_at=datetime(2026, 11, 22, 2, 15, tzinfo=UTC),
)
BOX_SELECTED = ReportCustomsStatus(
    transport_document_reference=BILL,
    equipment_references=("MSKU1234565",),
    status="selectedforscan",
    released_quantity_kg=None,
    declaration_number="",
    occurred_at=datetime(2026, 11, 22, 2, 20, tzinfo=UTC),
)


def test_a_bill_is_released_and_a_box_of_it_selected_for_scan():
    assert only(RELEASE) == ((BILL_RELEASED, BOX_SELECTED), [])


def test_a_bulk_release_names_its_quantity():
    text = (RECORDED / "release_bulk.xml").read_text(encoding="utf-8")
    ((command,), codes) = only(text)
    assert codes == []
    assert (command.released_quantity_kg, command.status) == (100_000_000, "released")


@pytest.mark.parametrize(("code", "light"), LIGHTS.items())
def test_every_code_of_the_table_sets_its_light(code, light):
    (bill, _), codes = only(changed(("<Code>REL", f"<Code>{code}")))
    assert (bill.status, codes) == (light, [])


def test_a_withdrawal_takes_every_decision_back():
    (bill, box), codes = only(changed(("<FunctionCode>9", "<FunctionCode>3")))
    assert (bill.status, box.status, codes) == ("notreleased", "notreleased", [])


def test_a_withdrawal_of_a_bulk_release_leaves_nothing_released():
    text = (RECORDED / "release_bulk.xml").read_text(encoding="utf-8")
    ((command,), _) = only(text.replace("<FunctionCode>9", "<FunctionCode>3"))
    assert (command.status, command.released_quantity_kg) == ("notreleased", 0)


def test_decisions_on_the_boxes_alone_say_nothing_of_the_bill():
    assert only(changed(("<Code>REL", "<Code>BOX"))) == ((BOX_SELECTED,), [])


@pytest.mark.parametrize(
    ("changes", "commands", "codes"),
    [
        ([("<Code>REL", "<Code>XYZ")],
            (hold("customs-code-unknown", bills=(BILL,)), BOX_SELECTED), ["customs-code-unknown"]),
        ([("<Code>CHK", "<Code></Code><Code>CHK")],
            (BILL_RELEASED, hold("customs-code-unknown", boxes=("MSKU1234565",))),
            ["customs-code-unknown"]),
        ([("<Code>CHK", "<Code>BOX")],
            (BILL_RELEASED, hold("customs-code-unknown", boxes=("MSKU1234565",))),
            ["customs-code-unknown"]),
        ([("MSKU1234565", "MSKU123456")],
            (BILL_RELEASED, hold("container-number-form", bills=(BILL,))),
            ["container-number-form"]),
        ([("MSKU1234565", "")],
            (BILL_RELEASED, hold("container-number-form", bills=(BILL,))),
            ["container-number-form"]),
        ([(f"<ID>{BILL}</ID>", "<ID/>")],
            (hold("customs-no-bill", boxes=("MSKU1234565",)),),
            ["customs-no-bill", "customs-no-bill"]),
        ([("<DeclarationID>", ("<ReleasedGrossMassMeasure>1.5</ReleasedGrossMassMeasure>"
                              "<DeclarationID>"))],
            (hold("customs-bad-value", bills=(BILL,)), BOX_SELECTED), ["customs-bad-value"]),
        ([("20261122101500000", "yesterday")],
            (hold("customs-bad-value", bills=(BILL,)), BOX_SELECTED), ["customs-bad-value"]),
        ([("20261122101500000", "20261322101500000")],
            (hold("customs-bad-value", bills=(BILL,)), BOX_SELECTED), ["customs-bad-value"]),
    ],
)  # fmt: skip
def test_a_decision_not_understood_holds_its_goods_and_the_others_are_read(
    changes, commands, codes
):
    assert only(changed(*changes)) == (commands, codes)


def test_an_unknown_function_holds_everything_named():
    commands, codes = only(changed(("<FunctionCode>9", "<FunctionCode>7")))
    assert commands == (
        hold("customs-function-unknown", bills=(BILL,)),
        hold("customs-function-unknown", boxes=("MSKU1234565",)),
    )
    assert codes == ["customs-function-unknown"] * 2


def test_two_decisions_on_one_bill_hold_it():
    start, end = RELEASE.index("<Consignment>"), RELEASE.index("</Consignment>") + 14
    twice = RELEASE[:end] + RELEASE[start:end].replace("REL", "NRL") + RELEASE[end:]
    commands, codes = only(twice)
    assert commands[0] == hold("customs-contradiction", bills=(BILL,))
    assert "customs-contradiction" in codes


def test_a_box_under_several_bills_must_name_its_own():
    start, end = RELEASE.index("<Consignment>"), RELEASE.index("</Consignment>") + 14
    other = RELEASE[start:end].replace(BILL, "OTHER123")
    text = RELEASE[:end] + other + RELEASE[end:]
    assert only(text)[0][2] == hold("customs-no-bill", boxes=("MSKU1234565",))
    named = text.replace(
        "<EquipmentIdentification>",
        "<TransportContractDocument><ID>OTHER123</ID></TransportContractDocument>"
        "<EquipmentIdentification>",
    )
    assert only(named)[0][2].transport_document_reference == "OTHER123"


def test_an_unknown_element_is_reported_and_changes_nothing():
    commands, codes = only(changed(("<DeclarationID>", "<Extra>1</Extra><DeclarationID>")))
    assert commands == (BILL_RELEASED, BOX_SELECTED)
    assert codes == ["customs-unknown-element"]
