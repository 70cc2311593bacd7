"""The goods of a bill: boxes, seals, cargo items, and sums that agree with the totals.

Source: DOMAIN 2(c) SM-C1 (Σ packages and weight by box = header), 2.0 (ISO 6346), ISO 668:2020 (a
box and what is in it weigh at most 36,000 kg). Bulk (散货) has kilograms only: no packages, no
box.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from yidan.kernel.identifiers import container, hs_code, seal_number, size_type
from yidan.kernel.reasons import Reason, Role, reason
from yidan.waybill.rules import reading

MAX_BOX_GROSS_KG: Final = 36_000
"""Largest gross mass of a container, box included, in kilograms (ISO 668:2020)."""

BOX_TWICE = reason(
    "box-named-twice",
    en="{box} is named more than once; name each box once.",
    zh="{box} 重复出现；每个箱只列一次。",
    owner=Role.FORWARDER,
)
BOX_NOT_LISTED = reason(
    "cargo-in-unlisted-box",
    en="{box} is not among the bill's equipment; add it there or mend the number.",
    zh="{box} 不在运单的集装箱清单中；请补列或更正箱号。",
    owner=Role.FORWARDER,
)
CARGO_WITHOUT_BOX = reason(
    "cargo-without-box",
    en="The bill lists boxes; say in which box this cargo is, or mark it as bulk.",
    zh="运单列有集装箱；请注明该货物在哪个箱内，或标记为散货。",
    owner=Role.FORWARDER,
)
FULL_WITHOUT_CARGO = reason(
    "full-box-without-cargo",
    en="{box} is said to be full, but no cargo item is in it.",
    zh="{box} 标为重箱，但没有任何货物装在其中。",
    owner=Role.FORWARDER,
)
EMPTY_WITH_CARGO = reason(
    "empty-box-with-cargo",
    en="{box} is said to be empty, but a cargo item is in it.",
    zh="{box} 标为空箱，但有货物装在其中。",
    owner=Role.FORWARDER,
)
BOX_TOO_HEAVY = reason(
    "box-too-heavy",
    en="{box} would weigh {found} kg with its cargo; a container may weigh {limit} kg at most.",
    zh="{box} 连货共重 {found} 千克；集装箱总重不得超过 {limit} 千克。",
    owner=Role.FORWARDER,
)
SUM_DIFFERS = reason(
    "sum-differs",
    en="The total says {stated}, the sum of the lines is {found}; mend the one or the other.",
    zh="合计为 {stated}，而各行之和为 {found}；请更正其一。",
    owner=Role.FORWARDER,
)


def findings(body: Mapping[str, Any]) -> list[Reason]:
    """Everything wrong with boxes, cargo and sums."""
    return [*_boxes(body), *_cargo(body), *_sums(body)]


def _boxes(body: Mapping[str, Any]) -> list[Reason]:
    found: list[Reason] = []
    seen: Counter[str] = Counter()
    for at, box in reading.objects(body, "equipment"):
        number = reading.text(box, "equipmentReference")
        if number is not None:
            found += container.findings(number, at=f"{at}/equipmentReference")
            seen[number] += 1
            if seen[number] > 1:
                found.append(BOX_TWICE(at=f"{at}/equipmentReference", box=number))
            found += _contents(body, at, box, number)
        if (code := reading.text(box, "isoEquipmentCode")) is not None:
            found += size_type.findings(code, at=f"{at}/isoEquipmentCode")
        for pointer, seal in reading.texts(box, "sealNumbers", at):
            found += seal_number.findings(seal, at=pointer)
    return found


def _contents(
    body: Mapping[str, Any], at: str, box: Mapping[str, Any], number: str
) -> list[Reason]:
    inside = [
        item
        for _, item in reading.objects(body, "cargoItems")
        if item.get("equipmentReference") == number
    ]
    if box.get("fullness") == "FULL" and not inside:
        return [FULL_WITHOUT_CARGO(at=f"{at}/fullness", box=number)]
    if box.get("fullness") == "EMPTY" and inside:
        return [EMPTY_WITH_CARGO(at=f"{at}/fullness", box=number)]
    cargo_kg = sum(reading.integer(item, "grossMassKg") or 0 for item in inside)
    total_kg = cargo_kg + (reading.integer(box, "tareMassKg") or 0)
    if total_kg > MAX_BOX_GROSS_KG:
        return [
            BOX_TOO_HEAVY(
                at=f"{at}/equipmentReference", box=number, found=total_kg, limit=MAX_BOX_GROSS_KG
            )
        ]
    return []


def _cargo(body: Mapping[str, Any]) -> list[Reason]:
    listed = {box.get("equipmentReference") for _, box in reading.objects(body, "equipment")}
    found: list[Reason] = []
    for at, item in reading.objects(body, "cargoItems"):
        if (code := reading.text(item, "hsCode")) is not None:
            found += hs_code.findings(code, at=f"{at}/hsCode")
        number = reading.text(item, "equipmentReference")
        if number is not None and number not in listed:
            found.append(BOX_NOT_LISTED(at=f"{at}/equipmentReference", box=number))
        elif number is None and listed and item.get("bulk") is not True:
            found.append(CARGO_WITHOUT_BOX(at=at))
    return found


def _sums(body: Mapping[str, Any]) -> list[Reason]:
    totals = reading.part(body, "totals")
    cargo = [item for _, item in reading.objects(body, "cargoItems")]
    sums = {
        "grossMassKg": _sum([reading.integer(item, "grossMassKg") for item in cargo]),
        "packageQuantity": _sum([_packages(item) for item in cargo]),
        "equipmentQuantity": sum(1 for _ in reading.objects(body, "equipment")),
    }
    return [
        SUM_DIFFERS(at=f"/totals/{name}", stated=stated, found=found)
        for name, found in sums.items()
        if found is not None
        and (stated := reading.integer(totals, name)) is not None
        and stated != found
    ]


def _packages(item: Mapping[str, Any]) -> int | None:
    """Packages of a cargo item; 0 for bulk, None where the field is unreadable."""
    if item.get("bulk") is True:
        return 0
    return reading.integer(reading.part(item, "packages"), "quantity")


def _sum(values: list[int | None]) -> int | None:
    """The sum, or None if one value cannot be read: the schema speaks of that one."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
