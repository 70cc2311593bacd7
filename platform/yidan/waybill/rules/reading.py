"""Reading a bill's JSON: carefully while it is being checked, plainly once it is known to be valid.

The checks of a bill run beside its schema, not behind it, so that everyone gets all findings at
once; so they must bear any JSON at all. What has the wrong type is left to the schema and not
seen here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


def objects(holder: object, name: str, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects in a list field, each with its JSON pointer; nothing where there is no list."""
    items = holder.get(name) if isinstance(holder, Mapping) else None
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield f"{pointer}/{name}/{index}", item


def part(holder: object, name: str) -> dict[str, Any]:
    """An object field; empty where there is none."""
    found = holder.get(name) if isinstance(holder, Mapping) else None
    return found if isinstance(found, dict) else {}


def text(holder: Mapping[str, Any], name: str) -> str | None:
    """A text field, or None."""
    found = holder.get(name)
    return found if isinstance(found, str) else None


def texts(holder: Mapping[str, Any], name: str, pointer: str) -> Iterator[tuple[str, str]]:
    """The texts in a list field, each with its JSON pointer."""
    items = holder.get(name)
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, str):
            yield f"{pointer}/{name}/{index}", item


def integer(holder: Mapping[str, Any], name: str) -> int | None:
    """An integer field, or None; true and 1.0 are not integers."""
    found = holder.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def instant(holder: Mapping[str, Any], name: str) -> datetime | None:
    """An RFC 3339 instant with its offset, or None."""
    try:
        found = datetime.fromisoformat(text(holder, name) or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One leg of a valid bill."""

    sequence: int
    mode: str
    carrier_identifier: str
    carrier_name: str
    from_location: str
    """UN/LOCODE."""
    to_location: str
    """UN/LOCODE."""
    planned_departure_at: datetime
    planned_arrival_at: datetime
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    train_number: str


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box of a valid bill with what is in it."""

    equipment_reference: str
    iso_equipment_code: str
    seal_numbers: tuple[str, ...]
    fullness: str
    package_quantity: int
    gross_mass_kg: int
    """Cargo and packing, without the box."""


def legs(body: Mapping[str, Any]) -> list[Leg]:
    """The legs of a valid bill."""
    return [_leg(leg) for leg in body["legs"]]


def _leg(leg: Mapping[str, Any]) -> Leg:
    means = leg.get("transportMeans", {})
    return Leg(
        sequence=leg["sequence"],
        mode=leg["mode"],
        carrier_identifier=leg["carrierIdentifier"],
        carrier_name=leg["carrierName"],
        from_location=leg["from"]["unLocationCode"],
        to_location=leg["to"]["unLocationCode"],
        planned_departure_at=datetime.fromisoformat(leg["plannedDepartureAt"]),
        planned_arrival_at=datetime.fromisoformat(leg["plannedArrivalAt"]),
        vessel_imo_number=means.get("vesselImoNumber", ""),
        vessel_name=means.get("vesselName", ""),
        voyage=means.get("voyage", ""),
        train_number=means.get("trainNumber", ""),
    )


def boxes(body: Mapping[str, Any]) -> list[Box]:
    """The boxes of a valid bill, each with the sums of its cargo items."""
    return [
        Box(
            equipment_reference=box["equipmentReference"],
            iso_equipment_code=box["isoEquipmentCode"],
            seal_numbers=tuple(box["sealNumbers"]),
            fullness=box["fullness"],
            package_quantity=sum(item["packages"]["quantity"] for item in items),
            gross_mass_kg=sum(item["grossMassKg"] for item in items),
        )
        for box in body["equipment"]
        for items in [_inside(body, box["equipmentReference"])]
    ]


def _inside(body: Mapping[str, Any], equipment_reference: str) -> list[Mapping[str, Any]]:
    return [i for i in body["cargoItems"] if i.get("equipmentReference") == equipment_reference]
