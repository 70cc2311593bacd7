"""Container numbers (箱号) after ISO 6346:2022: owner code, category, serial number, check digit.

A wrong check digit is found, never corrected (DOMAIN 2.0): the box meant may be another one.
"""

import re
from typing import Final

from stdnum import iso6346

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[A-Z]{3}[UJZR][0-9]{7}")
"""Three letters of the owner, U, J, Z or R, six digits and the check digit."""

WRONG_FORM = reason(
    "container-number-form",
    en="{value} is not a container number; write four letters (the last U, J, Z, R), 7 digits.",
    zh="{value} 不是箱号；请写 4 个字母（末位为 U、J、Z 或 R）加 7 位数字。",
)
WRONG_CHECK_DIGIT = reason(
    "container-check-digit",
    en="{value}: the check digit would be {expected}; read the number on the box again.",
    zh="{value}：校验码应为 {expected}；请重新核对箱体上的箱号。",
)


def findings(number: str, *, at: str = "") -> list[Reason]:
    """Check a container number's form and check digit."""
    if wrong := form_findings(number, FORM, WRONG_FORM, at=at):
        return wrong
    expected = check_digit(number[:10])
    if expected == number[10]:
        return []
    return [WRONG_CHECK_DIGIT(at=at, value=number, expected=expected)]


def check_digit(ten: str) -> str:
    """The check digit of four letters and six digits."""
    return iso6346.calc_check_digit(ten)
