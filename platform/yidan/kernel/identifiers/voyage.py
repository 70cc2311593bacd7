"""Voyage numbers (航次): form only, UN/EDIFACT 8028 (at most 17 characters)."""

import re
from typing import Final

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[A-Z0-9][A-Z0-9/-]{0,16}")
"""One to 17 of A-Z, 0-9, hyphen and slash, not starting with a sign."""

WRONG_FORM = reason(
    "voyage-form",
    en="{value} is not a voyage number; write 1 to 17 capitals, digits, - or /.",
    zh="{value} 不是航次；请写 1 至 17 位大写字母、数字、- 或 /。",
)


def findings(number: str, *, at: str = "") -> list[Reason]:
    """Check the form of a voyage number."""
    return form_findings(number, FORM, WRONG_FORM, at=at)
