"""Legal entity identifiers after ISO 17442: 18 characters, two check digits (ISO 7064)."""

import re
from typing import Final

from stdnum import lei

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
"""Eighteen digits or capitals, two digits."""

WRONG_FORM = reason(
    "lei-form",
    en="{value} is not an LEI; write its 20 digits and capitals.",
    zh="{value} 不是法人机构识别编码（LEI）；请写 20 位数字和大写字母。",
)
WRONG_CHECK_DIGITS = reason(
    "lei-check-digits",
    en="{value}: the check digits do not agree; copy the LEI again.",
    zh="{value}：校验码不符；请重新填写 LEI。",
)


def findings(code: str, *, at: str = "") -> list[Reason]:
    """Check an LEI's form and check digits."""
    if wrong := form_findings(code, FORM, WRONG_FORM, at=at):
        return wrong
    return [] if lei.is_valid(code) else [WRONG_CHECK_DIGITS(at=at, value=code)]
