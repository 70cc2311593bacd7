"""One container all the way: what differs is said, what only stands in another order is not."""

from yidan.waybill.events import BoxSeen
from yidan.waybill.rules import seals

EXPECTED = {"CSQU3054383": ("EO1", "CC2"), "TRHU4588170": ()}


def seen(box, *numbers):
    return BoxSeen(equipment_reference=box, seal_numbers=numbers)


def test_the_same_seals_in_another_order_are_the_same_seals():
    assert seals.findings("B1", EXPECTED, [seen("CSQU3054383", "CC2", "EO1")]) == []
    assert seals.findings("B1", EXPECTED, [seen("TRHU4588170")]) == []


def test_other_missing_and_added_seals_are_findings():
    for numbers in (("EO1",), ("EO1", "CC2", "XX3"), ("EO1", "XX3"), ()):
        (found,) = seals.findings("B1", EXPECTED, [seen("CSQU3054383", *numbers)])
        assert found.code == "seal-differs"
        assert found.params["expected"] == "CC2, EO1"
        assert found.params["found"] == (", ".join(sorted(numbers)) or "-")


def test_a_box_of_another_bill_is_said_to_be_one():
    (found,) = seals.findings("B1", EXPECTED, [seen("MSCU6639870", "EO1")])
    assert (found.code, found.params["bill"]) == ("box-not-on-bill", "B1")
