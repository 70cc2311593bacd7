"""SM-D1 and SM-D2, as far as they are here: truck visits and gate transactions (DOMAIN 2(d)).

Yard moves, trouble at several stages and export are not here yet.
"""

from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.gate import events
from yidan.kernel.machine import Machine


class TransactionState(StrEnum):
    """Where a gate transaction stands."""

    NONE = "none"
    REFERRED = "referred"
    """转人工"""
    APPROVED = "approved"
    """同意放行, while its decision lives"""
    REJECTED = "rejected"
    """拒绝"""
    COMPLETE = "complete"
    """已通过闸口"""


class TruckState(StrEnum):
    """Where a truck visit stands."""

    NONE = "none"
    IN_YARD = "in_yard"
    """在场"""
    OUT = "out"
    """已提箱离场"""
    LEFT = "left"
    """空车离场"""


_T = TransactionState

TRANSACTION: Final = Machine(
    "gate transaction",
    _T.NONE,
    MappingProxyType(
        {
            (_T.NONE, events.Approved): _T.APPROVED,
            (_T.NONE, events.Referred): _T.REFERRED,
            (_T.NONE, events.Rejected): _T.REJECTED,
            (_T.REFERRED, events.Approved): _T.APPROVED,
            (_T.REFERRED, events.Rejected): _T.REJECTED,
            (_T.APPROVED, events.GatedIn): _T.COMPLETE,
            (_T.APPROVED, events.GatedOut): _T.COMPLETE,
        }
    ),
)
"""SM-D2. A verdict is given once; only a referred transaction is decided again, by a clerk."""

TRUCK: Final = Machine(
    "truck visit",
    TruckState.NONE,
    MappingProxyType(
        {
            (TruckState.NONE, events.Approved): TruckState.IN_YARD,
            (TruckState.IN_YARD, events.GatedOut): TruckState.OUT,
            (TruckState.IN_YARD, events.LeftWithoutBox): TruckState.LEFT,
        }
    ),
)
"""SM-D1: opened by the approved gate-in, closed with the box or without it."""


def decision_over(expires_at: datetime, now: datetime) -> bool:
    """Whether a decision's seconds have passed, by the transaction's time."""
    return now > expires_at
