"""Damage codes of boxes (箱体残损代码), in the two vocabularies that meet at a port.

A gate writes ISO 9897 (CEDEX), `component-location-damage`: `PAA-LB3N-DT`. A tally writes
UNTDED 7501 with the area of 7503 if it was seen, `type` or `type:area`, as customs asks (MT5101).
Form only: the code lists are the reporters' own.
"""

import re
from typing import Final

from yidan.kernel.identifiers.plain import form_findings
from yidan.kernel.reasons import Reason, reason

CEDEX: Final = re.compile(r"([A-Z]{3})-([A-Z][A-Z0-9]{3})-([A-Z]{2})")
"""Component, location, damage (ISO 9897)."""
UNTDED: Final = re.compile(r"([A-Z0-9]{1,3})(?::([A-Z0-9]{1,3}))?")
"""Type (7501) and area (7503)."""

WRONG_FORM = reason(
    "damage-code-form",
    en="{value} is no damage code; write component-location-damage (ISO 9897): PAA-LB3N-DT.",
    zh="{value} 不是残损代码；请按 部件-位置-残损（ISO 9897）填写，例如 PAA-LB3N-DT。",
)


def findings(code: str, *, at: str = "") -> list[Reason]:
    """Check the form of a gate's damage code (CEDEX)."""
    return form_findings(code, CEDEX, WRONG_FORM, at=at)
