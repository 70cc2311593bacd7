"""Unified social credit codes (统一社会信用代码) after GB 32100-2015."""

import re
from typing import Final

from stdnum.cn import uscc

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[0-9]{8}[0-9A-HJ-NPQRTUWXY]{10}")
"""Eight digits, nine of the organisation code, a check character; no I, O, S, V, Z."""

WRONG_FORM = reason(
    "uscc-form",
    en="{value} is not a unified social credit code; write its 18 digits and capitals.",
    zh="{value} 不是统一社会信用代码；请写 18 位数字和大写字母。",
)
WRONG_CHECK_CHARACTER = reason(
    "uscc-check-character",
    en="{value}: the last character does not agree; copy the code from the business licence again.",
    zh="{value}：校验码不符；请按营业执照重新填写。",
)


def findings(code: str, *, at: str = "") -> list[Reason]:
    """Check a unified social credit code's form and check character."""
    if wrong := form_findings(code, FORM, WRONG_FORM, at=at):
        return wrong
    return [] if uscc.is_valid(code) else [WRONG_CHECK_CHARACTER(at=at, value=code)]


def organisation_code(code: str) -> str:
    """The nine characters of the organisation code (组织机构代码) inside a valid code."""
    return code[8:17]
