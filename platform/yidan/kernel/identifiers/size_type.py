"""Container sizes and types (箱型尺寸) after ISO 6346, and the trade's own words for them.

The table holds what ports handle every day, not all of the standard; a code outside it that has
the form is accepted where `known` is not asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from yidan.kernel.identifiers.plain import form_findings, shown
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[1-4A-HK-NP][0-9CDEFLMNP][A-HK-PR-VZ][0-9A-Z]")
"""Length, height and width, type, subtype or characteristic."""

WRONG_FORM = reason(
    "size-type-form",
    en="{value} is not an ISO size-type; write four characters such as 22G1 or 45R1.",
    zh="{value} 不是 ISO 箱型代码；请写 4 个字符，例如 22G1 或 45R1。",
)
NOT_ISO = reason(
    "size-type-not-iso",
    en="{value} is the trade's word; write the ISO code {better}.",
    zh="{value} 是行业俗称；请写 ISO 代码 {better}。",
)


@dataclass(frozen=True)
class SizeType:
    """One size-type: its ISO code, its names, and its length in feet."""

    code: str
    en: str
    zh: str
    length_ft: int


_ROWS: Final = (
    ("22G0", "20' general purpose", "20英尺普通箱", 20),
    ("22G1", "20' general purpose", "20英尺普通箱", 20),
    ("22R1", "20' refrigerated", "20英尺冷藏箱", 20),
    ("22T1", "20' tank", "20英尺罐箱", 20),
    ("22T6", "20' tank", "20英尺罐箱", 20),
    ("22U1", "20' open top", "20英尺开顶箱", 20),
    ("22P1", "20' flat rack", "20英尺框架箱", 20),
    ("22P3", "20' flat rack, collapsible", "20英尺折叠框架箱", 20),
    ("25G1", "20' high cube", "20英尺高箱", 20),
    ("42G0", "40' general purpose", "40英尺普通箱", 40),
    ("42G1", "40' general purpose", "40英尺普通箱", 40),
    ("42R1", "40' refrigerated", "40英尺冷藏箱", 40),
    ("42T1", "40' tank", "40英尺罐箱", 40),
    ("42U1", "40' open top", "40英尺开顶箱", 40),
    ("42P1", "40' flat rack", "40英尺框架箱", 40),
    ("42P3", "40' flat rack, collapsible", "40英尺折叠框架箱", 40),
    ("45G0", "40' high cube", "40英尺高箱", 40),
    ("45G1", "40' high cube", "40英尺高箱", 40),
    ("45R1", "40' high cube refrigerated", "40英尺冷藏高箱", 40),
    ("45U1", "40' high cube open top", "40英尺开顶高箱", 40),
    ("45P3", "40' high cube flat rack, collapsible", "40英尺折叠框架高箱", 40),
    ("L5G1", "45' high cube", "45英尺高箱", 45),
    ("L5R1", "45' high cube refrigerated", "45英尺冷藏高箱", 45),
)
TABLE: Final[Mapping[str, SizeType]] = MappingProxyType({row[0]: SizeType(*row) for row in _ROWS})
"""What ports handle every day, by ISO code."""

SLANG: Final[Mapping[str, str]] = MappingProxyType(
    {
        "20GP": "22G1", "20DC": "22G1", "20DV": "22G1", "20HC": "25G1", "20HQ": "25G1",
        "20RF": "22R1", "20TK": "22T1", "20OT": "22U1", "20FR": "22P1",
        "40GP": "42G1", "40DC": "42G1", "40DV": "42G1", "40RF": "42R1", "40TK": "42T1",
        "40OT": "42U1", "40FR": "42P1", "40HC": "45G1", "40HQ": "45G1", "40RH": "45R1",
        "40RQ": "45R1", "45HC": "L5G1", "45HQ": "L5G1", "45RH": "L5R1",
    }
)  # fmt: skip
"""The words of Chinese trade (箱型俗称) and the ISO code each stands for."""


def findings(code: str, *, at: str = "", known: bool = False) -> list[Reason]:
    """Check an ISO size-type; a trade word is answered with the code it stands for.

    Args:
        code: as sent.
        at: JSON pointer of the field.
        known: demand that the code is in our table.
    """
    if code in SLANG:
        return [NOT_ISO(at=at, value=code, better=SLANG[code])]
    wrong = form_findings(code, FORM, WRONG_FORM, at=at)
    if not wrong and known and code not in TABLE:
        return [WRONG_FORM(at=at, value=shown(code))]
    return wrong


def iso_code(word: str) -> str | None:
    """The ISO code of an ISO code or trade word; None if it is neither."""
    code = SLANG.get(word, word)
    return code if FORM.fullmatch(code) else None
