"""Holds (扣留/冻结): what they hang on, their kinds, who may place and lift them (DOMAIN 2.0).

A hold on a guardian (bill, box, visit, lot, party, vehicle) stops everything under it. Only the
party that placed it, or a named higher role, lifts it. Which role may place what is Chinese port
practice `[K]`, kept in one table here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.events import SYSTEM
from yidan.kernel.reasons import ROLE_WORDS, Reason, Role, reason, worded
from yidan.release.rules import words


class HoldScope(StrEnum):
    """What a hold hangs on."""

    BL = "BL"
    """提单"""
    CONTAINER = "CONTAINER"
    """箱"""
    VISIT = "VISIT"
    """箱的一次到港"""
    LOT = "LOT"
    """散货货位批次"""
    PARTY = "PARTY"
    """企业"""
    EQUIPMENT = "EQUIPMENT"
    """车辆, by its plate"""


class HoldKind(StrEnum):
    """Why goods are held."""

    CUSTOMS = "CUSTOMS"
    """海关"""
    QUARANTINE = "QUARANTINE"
    """检疫"""
    CARRIER = "CARRIER"
    """船公司"""
    TERMINAL = "TERMINAL"
    """码头"""
    PORT_DUES = "PORT_DUES"
    """港口费用"""
    PLEDGE = "PLEDGE"
    """质押"""
    COURT = "COURT"
    """法院"""
    DAMAGE = "DAMAGE"
    """残损"""
    SECURITY = "SECURITY"
    """安全"""
    DG = "DG"
    """危险品"""


GUARDIAN_KINDS: Final[Mapping[HoldScope, str]] = MappingProxyType(
    {
        HoldScope.BL: "bill",
        HoldScope.CONTAINER: "box",
        HoldScope.VISIT: "visit",
        HoldScope.LOT: "lot",
        HoldScope.PARTY: "organisation",
        HoldScope.EQUIPMENT: "vehicle",
    }
)
"""The subject that is locked for a hold of each scope: `bill:<number>`, `box:<number>`, …"""

PLACERS: Final[Mapping[HoldKind, tuple[Role, ...]]] = MappingProxyType(
    {
        HoldKind.CUSTOMS: (Role.CUSTOMS,),
        HoldKind.QUARANTINE: (Role.REGULATOR, Role.CUSTOMS),
        HoldKind.CARRIER: (Role.SHIPPING_AGENT, Role.CARRIER),
        HoldKind.TERMINAL: (Role.TERMINAL,),
        HoldKind.PORT_DUES: (Role.TERMINAL, Role.REGULATOR),
        HoldKind.PLEDGE: (Role.BANK,),
        HoldKind.COURT: (Role.REGULATOR,),
        HoldKind.DAMAGE: (Role.TERMINAL,),
        HoldKind.SECURITY: (Role.TERMINAL, Role.REGULATOR, Role.CUSTOMS),
        HoldKind.DG: (Role.TERMINAL, Role.REGULATOR),
    }
)
"""Roles that may place each kind, lowest first: a later one may lift what an earlier one placed."""

EVERYWHERE: Final = frozenset({Role.CUSTOMS, Role.REGULATOR, Role.TERMINAL})
"""Authorities that may hold any goods; the others only goods of bills they are a party to."""

HELD = reason(
    "hold-active",
    en="{guardian} is under a {kind} hold; who placed it, or a higher authority, must lift it.",
    zh="{guardian} 处于{kind}扣留；须由扣留方或其上级机构解除。",
    guardian=words.guardian,
    kind=worded(words.HOLD_KINDS),
)
NOT_A_PLACER = reason(
    "hold-kind-not-yours",
    en="A {kind} hold is placed by: {roles}.",
    zh="{kind}扣留只能由以下角色设置：{roles}。",
    kind=worded(words.HOLD_KINDS),
    roles=worded(ROLE_WORDS),
)
NOT_A_LIFTER = reason(
    "hold-not-yours-to-lift",
    en="Only the party that placed this {kind} hold, or a higher authority, may lift it.",
    zh="只有设置该{kind}扣留的一方或其上级机构可以解除。",
    kind=worded(words.HOLD_KINDS),
)
LIFTED_ALREADY = reason(
    "hold-lifted-already", en="This hold was lifted already.", zh="该扣留已经解除。"
)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One hold as the guards see it."""

    id: str
    guardian: str
    kind: HoldKind
    placed_by: str
    placed_role: Role
    placed_at: datetime
    lifted_at: datetime | None = None
    why: str = ""


def guardian(scope: HoldScope, key: str) -> str:
    """The subject a hold hangs on and that is locked to place it."""
    return f"{GUARDIAN_KINDS[scope]}:{key}"


def placing_role(kind: HoldKind, roles: frozenset[Role]) -> Role | None:
    """The highest of a party's roles under which it may place this kind; None if it may not."""
    able = [role for role in PLACERS[kind] if role in roles]
    return able[-1] if able else None


def placing_findings(kind: HoldKind, roles: frozenset[Role]) -> list[Reason]:
    """Why a party with these roles may not place this kind."""
    if placing_role(kind, roles):
        return []
    return [NOT_A_PLACER(kind=kind.value, roles=", ".join(role.value for role in PLACERS[kind]))]


def lifting_findings(hold: Hold, party: str, roles: frozenset[Role]) -> list[Reason]:
    """Why a party may not lift a hold."""
    if hold.lifted_at is not None:
        return [LIFTED_ALREADY(since=hold.lifted_at)]
    ranks = PLACERS[hold.kind]
    placed_rank = ranks.index(hold.placed_role) if hold.placed_role in ranks else -1
    # What the platform placed on behalf of an authority, that authority lifts itself.
    lowest = placed_rank if hold.placed_by == SYSTEM.party else placed_rank + 1
    higher = any(role in roles for role in ranks[max(lowest, 0) :])
    if party == hold.placed_by or higher:
        return []
    return [NOT_A_LIFTER(kind=hold.kind.value, owner=hold.placed_role)]


def hold_reasons(holds: tuple[Hold, ...]) -> list[Reason]:
    """One reason an active hold, owed by who placed it, oldest first."""
    return [
        HELD(
            owner=hold.placed_role,
            since=hold.placed_at,
            kind=hold.kind.value,
            guardian=hold.guardian,
        )
        for hold in sorted(holds, key=lambda hold: (hold.placed_at, hold.id))
        if hold.lifted_at is None
    ]
