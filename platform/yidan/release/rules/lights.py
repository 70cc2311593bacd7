"""Lights (放行状态灯) and their total (DOMAIN 2.0).

The values are those of Secure Container Release and Certified Pick up.

Only GREEN leaves. A light says what one authority last said; it is never computed from another
light.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class CommercialLight(StrEnum):
    """The carrier's release (商务放货)."""

    UNKNOWN = "unknown"
    OK = "ok"
    NOK = "nok"
    BLOCKED = "blocked"
    EXPIRED = "expired"


class DischargeLight(StrEnum):
    """Whether the box is ashore (卸船)."""

    UNKNOWN = "unknown"
    DISCHARGED = "discharged"


class TerminalLight(StrEnum):
    """The terminal's own word (码头放行)."""

    UNKNOWN = "unknown"
    RELEASED = "released"
    BLOCKED = "blocked"


class CustomsLight(StrEnum):
    """What customs last said (海关放行状态)."""

    NOT_RELEASED = "notreleased"
    """未放行, also after a release was cancelled 撤销放行"""
    SELECTED_FOR_SCAN = "selectedforscan"
    """机检查验"""
    DOCUMENTARY_CONTROL = "documentarycontrol"
    """单证审核"""
    QUARANTINE = "quarantine"
    """检疫"""
    PORT_EQUALISATION = "portequalisation"
    """转场"""
    TRANSHIPMENT = "transhipment"
    """转运"""
    RELEASED = "released"
    """放行"""


class CustomsProgress(StrEnum):
    """How much of a bill customs has cleared (放行进度)."""

    UNKNOWN = "unknown"
    PARTIALLY_CLEARED = "partiallycleared"
    CLEARED = "cleared"


class ChargesLight(StrEnum):
    """The terminal's charges (码头费用)."""

    UNKNOWN = "unknown"
    DUE = "due"
    PAID = "paid"
    CREDIT = "credit"


class GateLight(StrEnum):
    """Whether the box has left (出场)."""

    UNKNOWN = "unknown"
    GATE_OUT_RECEIVED = "gateoutreceived"


class Total(StrEnum):
    """All lights in one; only GREEN leaves."""

    GREEN = "GREEN"
    YELLOW = "YELLOW"
    RED = "RED"


YELLOW_CUSTOMS: Final = frozenset(
    {
        CustomsLight.SELECTED_FOR_SCAN,
        CustomsLight.DOCUMENTARY_CONTROL,
        CustomsLight.QUARANTINE,
        CustomsLight.PORT_EQUALISATION,
    }
)
"""Customs is at work on it: everything else may be right already."""

SETTLED_CHARGES: Final = frozenset({ChargesLight.PAID, ChargesLight.CREDIT})
"""The terminal lets go: paid, or on account."""


@dataclass(frozen=True, kw_only=True)
class Lights:
    """The lights of one box visit."""

    commercial: CommercialLight = CommercialLight.UNKNOWN
    discharge: DischargeLight = DischargeLight.UNKNOWN
    terminal: TerminalLight = TerminalLight.UNKNOWN
    customs: CustomsLight = CustomsLight.NOT_RELEASED
    charges: ChargesLight = ChargesLight.UNKNOWN
    gate: GateLight = GateLight.UNKNOWN


def total(lights: Lights, *, charges_enforced: bool = True) -> Total:
    """All lights in one (DOMAIN 2.0, TOTAL); charges count where the port enforces them."""
    others = (
        lights.commercial is CommercialLight.OK
        and lights.discharge is DischargeLight.DISCHARGED
        and lights.terminal is TerminalLight.RELEASED
        and (not charges_enforced or lights.charges in SETTLED_CHARGES)
    )
    if others and lights.customs is CustomsLight.RELEASED:
        return Total.GREEN
    if others and lights.customs in YELLOW_CUSTOMS:
        return Total.YELLOW
    return Total.RED


def progress(boxes: tuple[CustomsLight, ...]) -> CustomsProgress:
    """How much of a bill is cleared, from the customs lights of its boxes."""
    released = sum(light is CustomsLight.RELEASED for light in boxes)
    if released == 0:
        return CustomsProgress.UNKNOWN
    return CustomsProgress.CLEARED if released == len(boxes) else CustomsProgress.PARTIALLY_CLEARED


def counts_over(
    new: CustomsLight, new_as_of: datetime, old: CustomsLight, old_as_of: datetime
) -> bool:
    """Whether one customs decision counts over another, whichever came first to us.

    The later decision counts; of two of the same instant the one further from released, so that
    every order of arrival ends in the same light.
    """
    order = list(CustomsLight)
    return (new_as_of, -order.index(new)) > (old_as_of, -order.index(old))
