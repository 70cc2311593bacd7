"""The two machines of one bill: the waybill (SM-C1) and its legs (SM-C2).

Source: DOMAIN 2(c). A physical report (loaded, departed, arrived, unloaded) is never refused
because an earlier one was not recorded: the goods are where they are; so such a report leads on
from every state before it. What a refusal would protect (the issue of the document, the release)
has guards of its own. Settlement and closing are not here yet.
"""

from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from yidan.kernel.events import Event
from yidan.kernel.machine import Machine
from yidan.waybill import events


class WaybillState(StrEnum):
    """Where a bill is in its life (SM-C1)."""

    DRAFT = "draft"
    """草稿"""
    SUBMITTED = "submitted"
    """已提交"""
    RETURNED = "returned"
    """已退回"""
    ACCEPTED = "accepted"
    """已接受"""
    BOOKED = "booked"
    """全程已确认"""
    IN_EXECUTION = "in_execution"
    """执行中"""
    DELIVERED = "delivered"
    """已交付"""


LIVE: Final = frozenset(
    {
        WaybillState.ACCEPTED,
        WaybillState.BOOKED,
        WaybillState.IN_EXECUTION,
        WaybillState.DELIVERED,
    }
)
"""States in which the carrier answers for the bill."""

WAYBILL: Final = Machine(
    name="waybill",
    initial=WaybillState.DRAFT,
    transitions=MappingProxyType(
        {
            (WaybillState.DRAFT, events.WaybillSubmitted): WaybillState.SUBMITTED,
            (WaybillState.SUBMITTED, events.WaybillAccepted): WaybillState.ACCEPTED,
            (WaybillState.SUBMITTED, events.WaybillReturned): WaybillState.RETURNED,
            (WaybillState.RETURNED, events.WaybillSubmitted): WaybillState.SUBMITTED,
            (WaybillState.ACCEPTED, events.WaybillBooked): WaybillState.BOOKED,
            (WaybillState.ACCEPTED, events.ExecutionStarted): WaybillState.IN_EXECUTION,
            (WaybillState.BOOKED, events.ExecutionStarted): WaybillState.IN_EXECUTION,
            (WaybillState.IN_EXECUTION, events.WaybillDelivered): WaybillState.DELIVERED,
        }
    ),
)


class LegState(StrEnum):
    """Where a leg is in its life (SM-C2)."""

    PLANNED = "planned"
    """计划"""
    REQUESTED = "requested"
    """已委托"""
    CONFIRMED = "confirmed"
    """已确认"""
    LOADED = "loaded"
    """已装载"""
    DEPARTED = "departed"
    """已发出"""
    ARRIVED = "arrived"
    """已到达"""
    UNLOADED = "unloaded"
    """已卸载"""
    HANDED_OVER = "handed_over"
    """已交接"""
    FAILED = "failed"
    """失败"""
    REPLANNED = "replanned"
    """已改派"""


_BEFORE_LOADING: Final = (LegState.REQUESTED, LegState.CONFIRMED)
_PHYSICAL: Final[tuple[tuple[type[Event], LegState], ...]] = (
    (events.LegLoaded, LegState.LOADED),
    (events.LegDeparted, LegState.DEPARTED),
    (events.LegArrived, LegState.ARRIVED),
    (events.LegUnloaded, LegState.UNLOADED),
)
"""What can be seen happening, in its order: each leads on from every state before it, and from its
own, since the boxes of one leg may come in several lots."""

LEG: Final = Machine(
    name="leg",
    initial=LegState.PLANNED,
    transitions=MappingProxyType(
        {
            (LegState.PLANNED, events.LegRequested): LegState.REQUESTED,
            (LegState.REPLANNED, events.LegRequested): LegState.REQUESTED,
            (LegState.REQUESTED, events.LegConfirmed): LegState.CONFIRMED,
            **{
                (before, happened): after
                for place, (happened, after) in enumerate(_PHYSICAL)
                for before in (*_BEFORE_LOADING, *(state for _, state in _PHYSICAL[: place + 1]))
            },
            (LegState.UNLOADED, events.LegHandedOver): LegState.HANDED_OVER,
            **{
                (before, events.LegFailed): LegState.FAILED
                for before in (*_BEFORE_LOADING, LegState.LOADED, LegState.DEPARTED)
            },
            (LegState.FAILED, events.LegReplanned): LegState.REPLANNED,
        }
    ),
)

MOVING: Final = frozenset(
    {LegState.LOADED, LegState.DEPARTED, LegState.ARRIVED, LegState.UNLOADED, LegState.HANDED_OVER}
)
"""States that show the goods have begun to move."""

_AGREED: Final = frozenset({LegState.CONFIRMED}) | MOVING
"""States of a leg that its carrier has confirmed, in words or in deeds."""

Following: TypeAlias = type[
    events.WaybillBooked | events.ExecutionStarted | events.WaybillDelivered
]


def following(state: WaybillState, legs: Sequence[LegState]) -> Following | None:
    """What follows for a bill in `state` from the states of its legs, in the order of travel."""
    moving = any(leg in MOVING for leg in legs)
    if state is WaybillState.ACCEPTED and legs and not moving and _AGREED.issuperset(legs):
        return events.WaybillBooked
    if state in (WaybillState.ACCEPTED, WaybillState.BOOKED) and moving:
        return events.ExecutionStarted
    if state is WaybillState.IN_EXECUTION and legs and legs[-1] is LegState.HANDED_OVER:
        return events.WaybillDelivered
    return None
