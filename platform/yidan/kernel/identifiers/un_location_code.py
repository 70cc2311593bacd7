"""UN/LOCODE (UNECE Recommendation 16): two letters of the country, three of the place.

The form is checked, not the list: it has over 100,000 entries and changes twice a year. `NAMES`
knows the places of the examples, so that people read names.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
"""ISO 3166-1 alpha-2, then three of A-Z and 2-9."""

WRONG_FORM = reason(
    "un-location-code-form",
    en="{value} is not a UN/LOCODE; write five characters such as CNSHA.",
    zh="{value} 不是 UN/LOCODE；请写 5 个字符，例如 CNSHA。",
)

NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "CNCGO": ("Zhengzhou", "郑州"),
        "CNCKG": ("Chongqing", "重庆"),
        "CNDLC": ("Dalian", "大连"),
        "CNNGB": ("Ningbo", "宁波"),
        "CNQZH": ("Qinzhou", "钦州"),
        "CNSHA": ("Shanghai", "上海"),
        "CNSIA": ("Xi'an", "西安"),
        "CNTAO": ("Qingdao", "青岛"),
        "CNXAM": ("Xiamen", "厦门"),
        "CNYTN": ("Yantian", "盐田"),
        "DEHAM": ("Hamburg", "汉堡"),
        "NLRTM": ("Rotterdam", "鹿特丹"),
        "SGSIN": ("Singapore", "新加坡"),
        "USLAX": ("Los Angeles", "洛杉矶"),
    }
)
"""Names of some places in English and Chinese."""


def findings(code: str, *, at: str = "") -> list[Reason]:
    """Check the form of a UN/LOCODE."""
    return form_findings(code, FORM, WRONG_FORM, at=at)


def name(code: str, language: str) -> str:
    """The place's name in "zh" or else English; the code itself where no name is known."""
    en, zh = NAMES.get(code, (code, code))
    return zh if language.startswith("zh") else en
