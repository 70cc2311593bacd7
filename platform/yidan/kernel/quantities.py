"""Quantities are integers with the unit in the name: kilograms, minor units of money, counts."""

from typing import Final

from yidan.kernel.reasons import Reason, reason

MAX_KG: Final = 10**12
"""Largest mass the platform accepts, in kilograms: a thousand million tonnes."""

OUT_OF_RANGE = reason(
    "quantity-out-of-range",
    en="{value} is not within {low} to {high}; give a whole number in the unit named by the field.",
    zh="{value} 不在 {low} 至 {high} 之间；请按字段名所示单位填写整数。",
)


def mass_findings(value_kg: int, *, at: str, low: int = 1, high: int = MAX_KG) -> list[Reason]:
    """Check a mass in integer kilograms against a range, both ends included."""
    if low <= value_kg <= high:
        return []
    return [OUT_OF_RANGE(at=at, value=value_kg, low=low, high=high)]
