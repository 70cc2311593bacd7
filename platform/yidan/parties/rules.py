"""Who may do what: roles, scopes, verifying, agencies, positions, passwords, throttling. Pure.

The tables here are the documentation. Separation of duties: a verified organisation's people and
keys are its own affair; only the platform's administrator may also enter there.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
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
AGENT_NOT_APPOINTED = reason(
    "agent-not-appointed",
    en="The bill's carrier has not appointed your organisation as its agent, or no longer; ask it.",
    zh="该运单的承运人未委托贵单位为其船代，或委托已终止；请联系承运人。",
    owner=Role.CARRIER,
)
AGENT_NOT_FOR_PORT = reason(
    "agent-not-for-port",
    en="The carrier's agency appointment is for other ports than {ports}; ask the carrier.",
    zh="承运人的船代委托不包括港口 {ports}；请联系承运人。",
    owner=Role.CARRIER,
)
CARRIER_NOT_VERIFIED = reason(
    "agents-carrier-not-verified",
    en="The carrier for which you act is not verified, so that nobody acts for it.",
    zh="贵单位所代理的承运人未通过核验，任何人不得代其操作。",
    owner=Role.ADMINISTRATOR,
)
APPOINTED_ALREADY = reason(
    "agent-appointed-already",
    en="An appointment of this agent for these ports is in force; end that one first.",
    zh="该船代在这些港口的委托仍然有效；请先终止原委托。",
)
APPOINTMENT_ENDED = reason(
    "agency-ended-already", en="This appointment was ended already.", zh="该委托已经终止。"
)
APPOINTMENT_END_PAST = reason(
    "agency-ends-in-the-past",
    en="The appointment would end at {until}, which is past; give a later end or none.",
    zh="委托将于 {until} 终止，已经过期；请填写更晚的时间或留空。",
)
REVOKED_IN_FUTURE = reason(
    "client-revoked-in-the-future",
    en="A key is revoked now or from a past instant on, not from {at_time}; leave the time out.",
    zh="密钥只能即时或自过去某一时刻起吊销，不能自 {at_time} 起；请不要填写时间。",
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
        Role.EBL_PLATFORM: frozenset({"proof:read", "exchange:write", "party:manage"}),
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

APPOINTING: Final = frozenset({Role.CARRIER, Role.RAIL_OPERATOR, Role.HAULIER})
"""Roles that may carry a bill's main leg, and so have an agent act for them (委托船代)."""

SIGN_IN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}")
PASSWORD_LENGTH: Final = (12, 128)
"""Fewest and most characters; length counts, not classes of characters (NIST SP 800-63B 5.1.1)."""

FREE_TRIES: Final[Mapping[str, int]] = MappingProxyType({"account": 5, "address": 20})
"""Failed sign-ins without waiting, by what is counted."""
LOOKED_AT_FOR_S: Final = 60
"""How long a sign-in that is being looked at counts as failed, in seconds, if nobody says more."""
FIRST_WAIT_S: Final = 15
LONGEST_WAIT_S: Final = 900
FORGET_AFTER_S: Final = 3600
"""Failures older than this are forgotten, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Agency:
    """A carrier's appointment of an agent (船代委托)."""

    id: str
    carrier_id: str
    agent_id: str
    un_location_codes: tuple[str, ...]
    """Ports it is for, as UN/LOCODE; empty: every port."""
    valid_until: datetime | None
    """First instant at which it is over; None: until the carrier ends it."""
    appointed_at: datetime
    ended_at: datetime | None
    """When the carrier ended it."""

    def in_force(self, now: datetime) -> bool:
        """Whether it holds: neither ended by the carrier nor run out."""
        return self.ended_at is None and (self.valid_until is None or now < self.valid_until)

    def is_for(self, ports: Collection[str]) -> bool:
        """Whether it is for every port, or for one of these at least."""
        return not self.un_location_codes or not set(self.un_location_codes).isdisjoint(ports)


def acting_findings(
    agencies: Iterable[Agency], *, ports: Collection[str], now: datetime, carrier_verified: bool
) -> list[Reason]:
    """Why an agent may not act for its carrier at one of these ports now.

    To be named on a bill is not enough, since its forwarder names whom it likes: the carrier
    itself must have appointed the agent, and the appointment must hold at this instant.
    """
    found = [] if carrier_verified else [CARRIER_NOT_VERIFIED()]
    standing = [agency for agency in agencies if agency.in_force(now)]
    if not standing:
        return [*found, AGENT_NOT_APPOINTED()]
    if not any(agency.is_for(ports) for agency in standing):
        found.append(AGENT_NOT_FOR_PORT(ports=", ".join(sorted(ports))))
    return found


def appointing_findings(
    agencies: Iterable[Agency],
    *,
    ports: Collection[str],
    valid_until: datetime | None,
    now: datetime,
) -> list[Reason]:
    """Why a carrier may not appoint an agent that it has appointed like this before."""
    found: list[Reason] = []
    if valid_until is not None and valid_until <= now:
        until = valid_until.isoformat()
        found.append(APPOINTMENT_END_PAST(at="/validUntil", until=until))
    standing = [agency for agency in agencies if agency.in_force(now)]
    same = [agency for agency in standing if not ports or agency.is_for(ports)]
    return found + [APPOINTED_ALREADY(since=agency.appointed_at) for agency in same]


def revoking_findings(effective_at: datetime, now: datetime) -> list[Reason]:
    """Why a key may not be revoked from an instant on: it would be shown as revoked too early."""
    if effective_at <= now:
        return []
    return [REVOKED_IN_FUTURE(at="/effectiveAt", at_time=effective_at.isoformat())]


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


def too_many_at_once(counted: str, failures: int, looked_at: int) -> bool:
    """Whether one more sign-in may not be looked at, lest many guesses at once gain anything.

    Beyond the free tries they are looked at one by one.
    """
    return looked_at > 0 and failures + looked_at >= FREE_TRIES[counted]


def wait_s(counted: str, failures: int) -> int:
    """Seconds to wait after so many failures: doubling, up to `LONGEST_WAIT_S`."""
    beyond = failures - FREE_TRIES[counted]
    if beyond < 0:
        return 0
    return int(min(FIRST_WAIT_S * 2 ** min(beyond, 10), LONGEST_WAIT_S))
