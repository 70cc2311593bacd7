"""Number plates (车牌号) of the Chinese mainland after GA 36-2018, written without the middle dot.

I and O are never used. The province's sign is an exact Chinese character; nothing is guessed from a
look-alike.
"""

import re
from enum import StrEnum
from typing import Final

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason


class PlateKind(StrEnum):
    """Kinds of plates a gate meets."""

    FUEL = "fuel"
    """燃油车 7 位"""
    NEW_ENERGY_SMALL = "new_energy_small"
    """小型新能源车 8 位"""
    NEW_ENERGY_LARGE = "new_energy_large"
    """大型新能源车 8 位"""
    TRAILER = "trailer"
    """挂车"""
    HONG_KONG = "hong_kong"
    """粤Z…港"""
    MACAO = "macao"
    """粤Z…澳"""
    POLICE = "police"
    """警"""
    CONSULATE = "consulate"
    """领"""
    EMBASSY = "embassy"
    """使"""
    LEARNER = "learner"
    """学"""


_PROVINCE: Final = "[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新]"
_AREA: Final = _PROVINCE + "[A-HJ-NP-Z]"
_SERIAL: Final = "[0-9A-HJ-NP-Z]"
_ENERGY: Final = "[A-HJK]"
_KINDS: Final = {
    PlateKind.FUEL: re.compile(f"{_AREA}{_SERIAL}{{5}}"),
    PlateKind.NEW_ENERGY_SMALL: re.compile(f"{_AREA}{_ENERGY}{_SERIAL}[0-9]{{4}}"),
    PlateKind.NEW_ENERGY_LARGE: re.compile(f"{_AREA}[0-9]{{5}}{_ENERGY}"),
    PlateKind.TRAILER: re.compile(f"{_AREA}{_SERIAL}{{4}}挂"),
    PlateKind.HONG_KONG: re.compile(f"粤Z{_SERIAL}{{4}}港"),
    PlateKind.MACAO: re.compile(f"粤Z{_SERIAL}{{4}}澳"),
    PlateKind.POLICE: re.compile(f"{_AREA}{_SERIAL}{{4}}警"),
    PlateKind.CONSULATE: re.compile(f"{_AREA}[0-9]{{4}}领"),
    PlateKind.EMBASSY: re.compile("使[0-9]{6}"),
    PlateKind.LEARNER: re.compile(f"{_AREA}{_SERIAL}{{4}}学"),
}
FORM: Final = re.compile("|".join(f"(?:{kind.pattern})" for kind in _KINDS.values()))
"""Any of the kinds."""

WRONG_FORM = reason(
    "plate-form",
    en="{value} is not a number plate; write it as on the vehicle, without the dot.",
    zh="{value} 不是车牌号；请按车辆号牌填写，不加圆点。",
)


def findings(plate: str, *, at: str = "") -> list[Reason]:
    """Check a number plate's form."""
    return form_findings(plate, FORM, WRONG_FORM, at=at)


def kind_of(plate: str) -> PlateKind | None:
    """Say which kind of plate this is; None if it is none."""
    return next((kind for kind, form in _KINDS.items() if form.fullmatch(plate)), None)
