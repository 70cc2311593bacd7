"""Numbers of transport documents (提单号, 运单号): form only, as their issuers number them.

UN/EDIFACT 1154 gives 35 characters and DCSA 20; we take the longer, without blanks.
"""

import re
from typing import Final

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

FORM: Final = re.compile(r"[A-Z0-9][A-Z0-9/-]{2,34}")
"""Three to 35 of A-Z, 0-9, hyphen and slash, not starting with a sign."""

WRONG_FORM = reason(
    "bill-number-form",
    en="{value} is not a bill number; write 3 to 35 capitals, digits, - or /.",
    zh="{value} 不是提单号；请写 3 至 35 位大写字母、数字、- 或 /。",
)


def findings(number: str, *, at: str = "") -> list[Reason]:
    """Check the form of a transport document's number."""
    return form_findings(number, FORM, WRONG_FORM, at=at)
