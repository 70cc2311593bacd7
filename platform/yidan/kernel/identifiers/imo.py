"""IMO ship numbers (船舶识别号) after IMO resolution A.1117(30): six digits and a check digit."""

import re
from typing import Final

from stdnum import imo

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[0-9]{7}")
"""Seven digits, without the letters IMO."""
_PREFIXED: Final = re.compile(r"(?:UN|CN|IMO)([0-9]{7})")

WRONG_FORM = reason(
    "imo-number-form",
    en="{value} is not an IMO number; write its seven digits without letters.",
    zh="{value} 不是 IMO 号；请写 7 位数字，不加字母。",
)
WRONG_CHECK_DIGIT = reason(
    "imo-number-check-digit",
    en="{value}: the check digit would be {expected}; copy the ship's IMO number again.",
    zh="{value}：校验码应为 {expected}；请重新核对船舶 IMO 号。",
)


def findings(number: str, *, at: str = "") -> list[Reason]:
    """Check an IMO number's form and check digit."""
    if wrong := form_findings(number, FORM, WRONG_FORM, at=at):
        return wrong
    expected = imo.calc_check_digit(number)
    return (
        [] if number[6] == expected else [WRONG_CHECK_DIGIT(at=at, value=number, expected=expected)]
    )


def bare(number: str) -> str:
    """Strip what customs (`UN`, `CN`) and others (`IMO`) put before the digits; else as given."""
    found = _PREFIXED.fullmatch(number)
    return found[1] if found else number
