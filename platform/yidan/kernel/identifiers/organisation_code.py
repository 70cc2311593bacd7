"""Organisation codes (组织机构代码) after GB 11714-1997: nine characters, still used by customs."""

import re
from typing import Final

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[0-9A-Z]{8}[0-9X]")
"""Eight digits or capitals and a check character."""

_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)

WRONG_FORM = reason(
    "organisation-code-form",
    en="{value} is not an organisation code; write its nine characters without the hyphen.",
    zh="{value} 不是组织机构代码；请写 9 位字符，不加连字符。",
)
WRONG_CHECK_CHARACTER = reason(
    "organisation-code-check-character",
    en="{value}: the check character would be {expected}; copy the code again.",
    zh="{value}：校验码应为 {expected}；请重新填写。",
)


def findings(code: str, *, at: str = "") -> list[Reason]:
    """Check an organisation code's form and check character."""
    if wrong := form_findings(code, FORM, WRONG_FORM, at=at):
        return wrong
    expected = check_character(code[:8])
    if expected == code[8]:
        return []
    return [WRONG_CHECK_CHARACTER(at=at, value=code, expected=expected)]


def check_character(eight: str) -> str:
    """The check character of the first eight (GB 11714 5: 11 minus the weighted sum modulo 11)."""
    total = sum(int(c, 36) * weight for c, weight in zip(eight, _WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]
