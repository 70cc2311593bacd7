"""Boxes, cargo and sums: agreement by box and over all, for every split of the cargo."""

from hypothesis import given
from hypothesis import strategies as st

from yidan.waybill.rules import goods


def codes(body):
    return [(reason.code, reason.at) for reason in goods.findings(body)]


def test_the_right_goods_have_no_findings(bill, bulk_bill):
    assert codes(bill) == []
    assert codes(bulk_bill) == []


def test_every_total_that_differs_is_found_with_both_numbers(bill):
    bill["totals"] = {"grossMassKg": 52735, "packageQuantity": 371, "equipmentQuantity": 4}
    found = goods.findings(bill)
    assert [(f.at, f.params["stated"], f.params["found"]) for f in found] == [
        ("/totals/grossMassKg", "52735", "52734"),
        ("/totals/packageQuantity", "371", "372"),
        ("/totals/equipmentQuantity", "4", "3"),
    ]


def test_cargo_in_a_box_that_is_not_listed_leaves_that_box_empty(bill):
    bill["cargoItems"][0]["equipmentReference"] = "MSCU6639870"
    assert codes(bill) == [
        ("full-box-without-cargo", "/equipment/0/fullness"),
        ("cargo-in-unlisted-box", "/cargoItems/0/equipmentReference"),
    ]


def test_cargo_outside_any_box_is_found_where_boxes_are_listed(bill):
    del bill["cargoItems"][2]["equipmentReference"]
    bill["equipment"][2]["fullness"] = "EMPTY"
    assert codes(bill) == [("cargo-without-box", "/cargoItems/2")]


def test_an_empty_box_holds_nothing(bill):
    bill["equipment"][1]["fullness"] = "EMPTY"
    assert codes(bill) == [("empty-box-with-cargo", "/equipment/1/fullness")]


def test_check_digit_size_type_and_seals_are_checked(bill):
    bill["equipment"][0].update(isoEquipmentCode="40HQ", sealNumbers=["EO7781203", "é"])
    bill["equipment"][0]["equipmentReference"] = "CSQU3054384"
    bill["cargoItems"][0].update(equipmentReference="CSQU3054384", hsCode="0058")
    assert codes(bill) == [
        ("container-check-digit", "/equipment/0/equipmentReference"),
        ("size-type-not-iso", "/equipment/0/isoEquipmentCode"),
        ("seal-number-form", "/equipment/0/sealNumbers/1"),
        ("hs-code-form", "/cargoItems/0/hsCode"),
    ]


def test_a_box_named_twice_is_found_at_its_second_place(bill):
    bill["equipment"].append(bill["equipment"][0])
    bill["totals"]["equipmentQuantity"] = 4
    assert codes(bill) == [("box-named-twice", "/equipment/3/equipmentReference")]


def test_a_box_may_weigh_36_tonnes_with_its_cargo_and_not_a_kilogram_more(bill):
    bill["cargoItems"][0]["grossMassKg"] = 36_000 - 3_880
    bill["totals"]["grossMassKg"] = 36_000 - 3_880 + 18_904 + 12_480
    assert codes(bill) == []
    bill["cargoItems"][0]["grossMassKg"] += 1
    bill["totals"]["grossMassKg"] += 1
    assert codes(bill) == [("box-too-heavy", "/equipment/0/equipmentReference")]


def test_an_unreadable_line_keeps_its_sum_from_being_judged(bill):
    bill["cargoItems"][0]["grossMassKg"] = True
    bill["cargoItems"][1]["packages"] = "eight"
    assert codes(bill) == []


@given(
    lines=st.lists(
        st.tuples(st.integers(1, 9_000), st.integers(1, 500), st.integers(0, 2)),
        min_size=1,
        max_size=9,
    ),
    off_by=st.integers(-5, 5),
)
def test_the_sums_agree_exactly_when_the_totals_are_the_sums(lines, off_by):
    boxes = ["CSQU3054383", "COSU6123451", "TRHU4588170"]
    body = {
        "equipment": [{"equipmentReference": box, "isoEquipmentCode": "45G1"} for box in boxes],
        "cargoItems": [
            {
                "hsCode": "84581100",
                "grossMassKg": mass_kg,
                "packages": {"quantity": quantity, "typeCode": "CT"},
                "equipmentReference": boxes[box],
            }
            for mass_kg, quantity, box in lines
        ],
        "totals": {
            "grossMassKg": sum(mass_kg for mass_kg, _, _ in lines) + off_by,
            "packageQuantity": sum(quantity for _, quantity, _ in lines),
            "equipmentQuantity": 3,
        },
    }
    sums = [reason for reason in goods.findings(body) if reason.code == "sum-differs"]
    assert [reason.at for reason in sums] == ([] if off_by == 0 else ["/totals/grossMassKg"])


def test_missing_fields_are_the_schemas_business(bill):
    for item in bill["cargoItems"]:
        item.pop("hsCode", None)
    for box in bill["equipment"]:
        box.pop("isoEquipmentCode", None)
    assert codes(bill) == []


def test_a_box_without_a_number_is_the_schemas_business():
    found = codes({"equipment": [{}], "cargoItems": []})
    assert [at for _, at in found if at.startswith("/equipment/")] == []
