"""Seal numbers (铅封号): form only, ISO 17712 leaves them to the maker.

Customs writes the kind before the number (`M/` mechanical); that is taken as part of it.
"""

import re
from typing import Final

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[A-Z0-9][A-Z0-9/-]{0,34}")
"""One to 35 of A-Z, 0-9, hyphen and slash, not starting with a sign."""

WRONG_FORM = reason(
    "seal-number-form",
    en="{value} is not a seal number; write 1 to 35 capitals, digits, - or /.",
    zh="{value} 不是铅封号；请写 1 至 35 位大写字母、数字、- 或 /。",
)


def findings(number: str, *, at: str = "") -> list[Reason]:
    """Check the form of a seal number."""
    return form_findings(number, FORM, WRONG_FORM, at=at)
