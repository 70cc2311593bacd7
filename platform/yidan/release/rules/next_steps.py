"""Whose turn it is (DOMAIN U1): every list row says what happens next, and who has to do it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import ReasonCode, Role, reason
from yidan.release.rules.commercial import CommercialState
from yidan.release.rules.right import RightState

ACKNOWLEDGE = reason(
    "next-acknowledge",
    en="The terminal acknowledges the release once its list has all boxes.",
    zh="码头在其清单包含全部箱后确认放货。",
    owner=Role.TERMINAL,
)
COLLECT = reason(
    "next-collect",
    en="The holders of the rights collect the boxes.",
    zh="由提货权持有人提箱。",
    owner=Role.HAULIER,
)
UNBLOCK = reason(
    "next-unblock",
    en="Who blocked the release unblocks it.",
    zh="由冻结方解冻。",
    owner=Role.CARRIER,
)
GRANT_AGAIN = reason(
    "next-grant-again",
    en="The carrier or its agent grants the release again.",
    zh="由承运人或其代理重新放货。",
    owner=Role.SHIPPING_AGENT,
)
NAME_HOLDER = reason(
    "next-name-holder",
    en="The carrier names the first holder of the right.",
    zh="由承运人指定首个提货权持有人。",
    owner=Role.SHIPPING_AGENT,
)
PASS_OR_ASSIGN = reason(
    "next-pass-or-assign",
    en="The holder passes the right on, or names truck and driver.",
    zh="由持有人转让提货权或派车。",
    owner=Role.CONSIGNEE,
)
ANSWER_OFFER = reason(
    "next-answer-offer",
    en="Accept or decline the offered right.",
    zh="接受或拒绝转让的提货权。",
    owner=Role.HAULIER,
)
COME_IN = reason(
    "next-come-in",
    en="The assigned truck comes to the gate.",
    zh="指派车辆前往闸口。",
    owner=Role.HAULIER,
)
LOAD = reason(
    "next-load",
    en="The terminal loads the box on the truck.",
    zh="由码头装车。",
    owner=Role.TERMINAL,
)
NOTHING = reason("next-nothing", en="Nothing more to do.", zh="无后续操作。")

OF_RELEASE: Final[Mapping[CommercialState, ReasonCode]] = MappingProxyType(
    {
        CommercialState.NONE: GRANT_AGAIN,
        CommercialState.UNDER_REVIEW: GRANT_AGAIN,
        CommercialState.PENDING_TERMINAL_ACK: ACKNOWLEDGE,
        CommercialState.GRANTED: COLLECT,
        CommercialState.BLOCKED: UNBLOCK,
        CommercialState.REVOKED: GRANT_AGAIN,
        CommercialState.EXPIRED: GRANT_AGAIN,
        CommercialState.ACCOMPLISHED: NOTHING,
    }
)
"""What comes next for a release, by its effective state."""

OF_RIGHT: Final[Mapping[RightState, ReasonCode]] = MappingProxyType(
    {
        RightState.NONE: NOTHING,
        RightState.UNASSIGNED: NAME_HOLDER,
        RightState.HELD: PASS_OR_ASSIGN,
        RightState.OFFERED: ANSWER_OFFER,
        RightState.ASSIGNED: COME_IN,
        RightState.LOCKED_AT_GATE: LOAD,
        RightState.CONSUMED: NOTHING,
        RightState.VOID: NOTHING,
    }
)
"""What comes next for a right, by its state."""
