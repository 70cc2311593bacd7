"""What pages call states, lights and kinds of hold, in both languages, and how each looks.

Looks: `yes` lets goods go, `look` waits for somebody, `no` stops them, `plain` says nothing of it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from yidan.http.languages import Words
from yidan.release.rules.commercial import CommercialState
from yidan.release.rules.holds import HoldKind
from yidan.release.rules.lights import (
    ChargesLight,
    CommercialLight,
    CustomsLight,
    DischargeLight,
    GateLight,
    Lights,
    TerminalLight,
)
from yidan.release.rules.right import RightState

Shown = tuple[Words, str]
"""Words and look."""

RELEASE_STATES: Final[Mapping[CommercialState, Shown]] = MappingProxyType(
    {
        CommercialState.NONE: (("not granted", "未放货"), "plain"),
        CommercialState.UNDER_REVIEW: (("under review", "审核中"), "look"),
        CommercialState.PENDING_TERMINAL_ACK: (("waiting for the terminal", "待码头确认"), "look"),
        CommercialState.GRANTED: (("granted", "已放货"), "yes"),
        CommercialState.BLOCKED: (("blocked", "已冻结"), "no"),
        CommercialState.REVOKED: (("revoked", "已撤销"), "no"),
        CommercialState.EXPIRED: (("expired", "已过期"), "no"),
        CommercialState.ACCOMPLISHED: (("all boxes have left", "全部提离"), "plain"),
    }
)
RIGHT_STATES: Final[Mapping[RightState, Shown]] = MappingProxyType(
    {
        RightState.NONE: (("no right", "无提货权"), "no"),
        RightState.UNASSIGNED: (("no holder", "未指定持有人"), "look"),
        RightState.HELD: (("held", "持有"), "yes"),
        RightState.OFFERED: (("offered", "转让中"), "look"),
        RightState.ASSIGNED: (("truck named", "已派车"), "yes"),
        RightState.LOCKED_AT_GATE: (("truck inside", "车辆已进场"), "yes"),
        RightState.CONSUMED: (("box has left", "已提离"), "plain"),
        RightState.VOID: (("void", "已作废"), "no"),
    }
)
LIGHT_NAMES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "commercial": ("carrier", "船公司"),
        "discharge": ("discharge", "卸船"),
        "terminal": ("terminal", "码头"),
        "customs": ("customs", "海关"),
        "charges": ("charges", "费用"),
        "gate": ("gate", "闸口"),
    }
)
LIGHTS: Final[Mapping[tuple[str, str], Shown]] = MappingProxyType(
    {
        ("commercial", CommercialLight.UNKNOWN): (("no release", "未放货"), "no"),
        ("commercial", CommercialLight.OK): (("released", "已放货"), "yes"),
        ("commercial", CommercialLight.NOK): (("not released", "未放货"), "no"),
        ("commercial", CommercialLight.BLOCKED): (("blocked", "冻结"), "no"),
        ("commercial", CommercialLight.EXPIRED): (("expired", "已过期"), "no"),
        ("discharge", DischargeLight.UNKNOWN): (("not ashore", "未卸船"), "no"),
        ("discharge", DischargeLight.DISCHARGED): (("ashore", "已卸船"), "yes"),
        ("terminal", TerminalLight.UNKNOWN): (("not said", "未知"), "no"),
        ("terminal", TerminalLight.RELEASED): (("released", "已放行"), "yes"),
        ("terminal", TerminalLight.BLOCKED): (("blocked", "已拦截"), "no"),
        ("customs", CustomsLight.NOT_RELEASED): (("not released", "未放行"), "no"),
        ("customs", CustomsLight.SELECTED_FOR_SCAN): (("selected for scan", "机检查验"), "look"),
        ("customs", CustomsLight.DOCUMENTARY_CONTROL): (("papers controlled", "单证审核"), "look"),
        ("customs", CustomsLight.QUARANTINE): (("quarantine", "检疫"), "look"),
        ("customs", CustomsLight.PORT_EQUALISATION): (("to another port", "转场"), "look"),
        ("customs", CustomsLight.TRANSHIPMENT): (("transhipment", "转运"), "no"),
        ("customs", CustomsLight.RELEASED): (("released", "已放行"), "yes"),
        ("charges", ChargesLight.UNKNOWN): (("not said", "未知"), "no"),
        ("charges", ChargesLight.DUE): (("due", "未付"), "no"),
        ("charges", ChargesLight.PAID): (("paid", "已付"), "yes"),
        ("charges", ChargesLight.CREDIT): (("on account", "记账"), "yes"),
        ("gate", GateLight.UNKNOWN): (("still here", "在场"), "plain"),
        ("gate", GateLight.GATE_OUT_RECEIVED): (("has left", "已出场"), "plain"),
    }
)
"""By the light's name and its value: values of different lights may read alike."""
HOLD_KINDS: Final[Mapping[HoldKind, Words]] = MappingProxyType(
    {
        HoldKind.CUSTOMS: ("customs", "海关"),
        HoldKind.QUARANTINE: ("quarantine", "检疫"),
        HoldKind.CARRIER: ("carrier", "船公司"),
        HoldKind.TERMINAL: ("terminal", "码头"),
        HoldKind.PORT_DUES: ("port dues", "港口费用"),
        HoldKind.PLEDGE: ("pledge", "质押"),
        HoldKind.COURT: ("court", "法院"),
        HoldKind.DAMAGE: ("damage", "残损"),
        HoldKind.SECURITY: ("security", "安全"),
        HoldKind.DG: ("dangerous goods", "危险品"),
    }
)
GUARDIANS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "bill": ("bill", "提单"),
        "box": ("box", "箱"),
        "visit": ("box visit", "箱到港"),
        "lot": ("lot", "货垛"),
        "organisation": ("party", "企业"),
        "vehicle": ("truck", "车辆"),
    }
)


def shown_lights(lights: Lights) -> list[tuple[Words, Words, str]]:
    """Each light with its name, its words and its look."""
    return [
        (name, *LIGHTS[light, getattr(lights, light).value]) for light, name in LIGHT_NAMES.items()
    ]
