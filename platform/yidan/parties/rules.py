"""Who may do what: roles and scopes, who verifies whom, positions, passwords, throttling. Pure.

The tables here are the documentation. Separation of duties: a verified organisation's people and
keys are its own affair; only the platform's administrator may also enter there.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.machine import Machine
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties import events
from yidan.parties.events import Position

PARTY_NOT_VERIFIED = reason(
    "party-not-verified",
    en="Your organisation is {state}; an administrator has to verify it before it may act.",
    zh="贵单位当前状态为 {state}；须经管理员核验后方可操作。",
    owner=Role.ADMINISTRATOR,
)
MAY_NOT_VERIFY = reason(
    "party-may-not-verify",
    en="An organisation with the role {role} is verified by the platform's administrator.",
    zh="角色为 {role} 的单位须由平台管理员核验。",
    owner=Role.ADMINISTRATOR,
)
SUSPENDED_BY_OTHER = reason(
    "party-suspended-by-other",
    en="Who suspended it, or the platform's administrator, verifies it again.",
    zh="须由停用方或平台管理员重新核验。",
    owner=Role.ADMINISTRATOR,
)
SCOPE_NOT_OF_ROLE = reason(
    "scope-not-of-role",
    en="The scope {scope} does not go with the organisation's roles; leave it out.",
    zh="权限 {scope} 与该单位的角色不符；请去掉。",
)
PASSWORD_WEAK = reason(
    "password-weak",
    en="A password has {low} to {high} characters and does not hold the sign-in name.",
    zh="密码须为 {low} 至 {high} 个字符，且不得包含登录名。",
)
PERSON_STILL_ACTIVE = reason(
    "person-still-active",
    en="End the person's access first; then the name may be erased.",
    zh="请先终止该人员的访问权限，再删除其个人信息。",
    owner=Role.ADMINISTRATOR,
)
SIGN_IN_NAME_FORM = reason(
    "sign-in-name-form",
    en="A sign-in name has 3 to 64 of a-z, 0-9, dot, hyphen, underscore or @.",
    zh="登录名须为 3 至 64 位，限 a-z、0-9、点、连字符、下划线或 @。",
)


class OrganisationState(StrEnum):
    """Where an organisation stands."""

    NONE = "none"
    REGISTERED = "registered"
    """已登记"""
    VERIFIED = "verified"
    """已核验: may act"""
    SUSPENDED = "suspended"
    """已停用"""


ORGANISATION: Final = Machine(
    "organisation",
    OrganisationState.NONE,
    MappingProxyType(
        {
            (
                OrganisationState.NONE,
                events.OrganisationRegistered,
            ): OrganisationState.REGISTERED,
            (
                OrganisationState.REGISTERED,
                events.OrganisationVerified,
            ): OrganisationState.VERIFIED,
            (
                OrganisationState.REGISTERED,
                events.OrganisationSuspended,
            ): OrganisationState.SUSPENDED,
            (
                OrganisationState.VERIFIED,
                events.OrganisationSuspended,
            ): OrganisationState.SUSPENDED,
            (
                OrganisationState.SUSPENDED,
                events.OrganisationVerified,
            ): OrganisationState.VERIFIED,
        }
    ),
)

_EVERY: Final = frozenset(
    {"waybill:read", "release:read", "lot:read", "document:read", "proof:read"}
)
_PARTNER: Final = _EVERY | {"exchange:write", "party:manage"}

SCOPES_OF: Final[Mapping[Role, frozenset[str]]] = MappingProxyType(
    {
        Role.FORWARDER: _PARTNER | {"waybill:write", "release:write", "lot:write"},
        Role.CONSIGNEE: _PARTNER | {"release:write", "lot:write"},
        Role.CARRIER: _PARTNER | {"waybill:write", "release:write", "lot:write"},
        Role.SHIPPING_AGENT: _PARTNER
        | {"waybill:write", "release:write", "lot:write", "party:admin"},
        Role.TERMINAL: _PARTNER
        | {"release:write", "gate:write", "tally:write", "lot:write", "party:admin"},
        Role.RAIL_OPERATOR: _PARTNER | {"waybill:write", "release:write"},
        Role.HAULIER: _PARTNER | {"release:write", "lot:write"},
        Role.CUSTOMS: _PARTNER | {"release:write"},
        Role.BANK: _PARTNER | {"release:write", "lot:write"},
        Role.REGULATOR: _EVERY | {"party:manage", "release:write"},
        Role.ADMINISTRATOR: frozenset({"proof:read", "party:manage", "party:admin"}),
    }
)
"""The most that an organisation's credentials may be given, by its roles."""

DEVICE_SCOPES: Final = frozenset({"gate:write"})
"""What a kiosk's key is good for, and nothing else."""

VERIFIABLE: Final[Mapping[Role, frozenset[Role]]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: frozenset(Role),
        Role.TERMINAL: frozenset({Role.FORWARDER, Role.CONSIGNEE, Role.HAULIER}),
        Role.SHIPPING_AGENT: frozenset({Role.FORWARDER, Role.CONSIGNEE, Role.HAULIER}),
    }
)
"""Whom an administrator of an organisation in this role may register, verify and suspend."""

SIGN_IN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}")
PASSWORD_LENGTH: Final = (12, 128)
"""Fewest and most characters; length counts, not classes of characters (NIST SP 800-63B 5.1.1)."""

FREE_TRIES: Final[Mapping[str, int]] = MappingProxyType({"account": 5, "address": 20})
"""Failed sign-ins without waiting, by what is counted."""
FIRST_WAIT_S: Final = 15
LONGEST_WAIT_S: Final = 900
FORGET_AFTER_S: Final = 3600
"""Failures older than this are forgotten, in seconds."""


def scopes_of(roles: Iterable[Role]) -> frozenset[str]:
    """Every scope that goes with any of these roles."""
    return frozenset().union(*(SCOPES_OF[role] for role in roles))


def scopes_in(position: Position, roles: Iterable[Role]) -> frozenset[str]:
    """The scopes of a person: the organisation's, cut to the position."""
    whole = scopes_of(roles)
    if position is Position.ADMIN:
        return whole
    if position is Position.CLERK:
        return frozenset(scope for scope in whole if not scope.startswith("party:"))
    return frozenset(scope for scope in whole if scope.endswith(":read"))


def may_administer(actors: Iterable[Role], roles: Iterable[Role]) -> list[Reason]:
    """Why one in the roles `actors` may not register, verify or suspend one in `roles`."""
    may = frozenset().union(*(VERIFIABLE.get(role, frozenset()) for role in actors))
    return [MAY_NOT_VERIFY(role=role.value) for role in sorted(set(roles) - may)]


def may_end_suspension(actor: str, actors: Iterable[Role], suspended_by: str) -> list[Reason]:
    """Why one may not verify again what another one suspended."""
    mine = actor == suspended_by or Role.ADMINISTRATOR in set(actors)
    return [] if mine else [SUSPENDED_BY_OTHER()]


def scope_findings(asked: Iterable[str], allowed: frozenset[str], *, at: str) -> list[Reason]:
    """Scopes asked for that are not allowed."""
    return [SCOPE_NOT_OF_ROLE(at=at, scope=scope) for scope in sorted(set(asked) - allowed)]


def sign_in_name_findings(name: str, *, at: str) -> list[Reason]:
    """Check a sign-in name's form."""
    return [] if SIGN_IN_NAME.fullmatch(name) else [SIGN_IN_NAME_FORM(at=at)]


def password_findings(password: str, sign_in_name: str, *, at: str) -> list[Reason]:
    """Check a new password."""
    low, high = PASSWORD_LENGTH
    if low <= len(password) <= high and sign_in_name.lower() not in password.lower():
        return []
    return [PASSWORD_WEAK(at=at, low=low, high=high)]


def wait_s(counted: str, failures: int) -> int:
    """Seconds to wait after so many failures: doubling, up to `LONGEST_WAIT_S`."""
    beyond = failures - FREE_TRIES[counted]
    if beyond < 0:
        return 0
    return int(min(FIRST_WAIT_S * 2 ** min(beyond, 10), LONGEST_WAIT_S))
