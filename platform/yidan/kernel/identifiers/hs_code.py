"""Commodity codes (商品编码, HS): six digits of the Harmonized System, 8 or 10 of a tariff."""

import re
from typing import Final

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"(?!00|77)[0-9]{6}(?:[0-9]{2}){0,2}")
"""6, 8 or 10 digits; chapter 77 is reserved and there is no chapter 00."""

WRONG_FORM = reason(
    "hs-code-form",
    en="{value} is not a commodity code; write 6, 8 or 10 digits without dots.",
    zh="{value} 不是商品编码；请写 6、8 或 10 位数字，不加点。",
)


def findings(code: str, *, at: str = "") -> list[Reason]:
    """Check the form of a commodity code."""
    return form_findings(code, FORM, WRONG_FORM, at=at)
