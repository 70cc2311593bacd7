"""Who may act in release: a verified party in the right role, and a party to the goods.

"Not yours" and "not there" are the same answer; a wrong role is told as such.
"""

from yidan.kernel.errors import ForbiddenError, NotFoundError, RefusedError
from yidan.kernel.reasons import ROLE_WORDS, Role, reason, worded
from yidan.parties.actions import acting_party
from yidan.parties.involvement import require
from yidan.parties.tables import Organisation, find_party, organisation
from yidan.release.rules.readiness import STOPPED
from yidan.release.tables import releases
from yidan.store.ledger_state import releases_stopped
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.actions.agents import act_for_carrier
from yidan.waybill.tables import Bill, find_bill, find_bills

ROLE_NEEDED = reason(
    "release-role-needed",
    en="This is done by an organisation in one of the roles: {roles}.",
    zh="此操作须由具有以下角色之一的企业执行：{roles}。",
    roles=worded(ROLE_WORDS),
)
PARTY_NOT_KNOWN = reason(
    "release-party-not-known",
    en="{party} is no verified party of the platform; invite it to register first.",
    zh="{party} 不是平台已认证企业；请先邀请其注册。",
)
CARRIER_SIDE = (Role.CARRIER, Role.SHIPPING_AGENT)
"""Who releases: the carrier of a bill, or an agent that it appointed."""


def acting(uow: UnitOfWork, *roles: Role) -> Organisation:
    """The acting organisation, verified and in one of these roles.

    Raises:
        ForbiddenError: it is not verified, or has none of the roles.
    """
    found = acting_party(uow)
    if not found.roles & set(roles):
        raise ForbiddenError(ROLE_NEEDED(roles=", ".join(role.value for role in roles)))
    return found


def bill_of_issuer(uow: UnitOfWork, transport_document_reference: str) -> Bill:
    """The live bill of this number, locked, for whose carrier the acting party may release.

    Raises:
        ForbiddenError: the acting party is neither a carrier nor an agent, or not verified, or an
            agent that the carrier has not appointed for the port of release.
        NotFoundError: no such bill, or one of another carrier or agent.
    """
    party = acting(uow, *CARRIER_SIDE)
    uow.lock(f"bill:{transport_document_reference}")
    found = find_bill(uow.connection, transport_document_reference, party.id)
    if found is None:
        raise NotFoundError
    act_for_carrier(uow, found, found.release_ports)
    return found


def for_issuer(uow: UnitOfWork, subject: str, release_id: str, *roles: Role) -> frozenset[Role]:
    """Which of these roles the acting party has, as agent by its appointment; one at least.

    Raises:
        ForbiddenError: it has a role as agent alone, and the carrier has not appointed it.
        NotFoundError: it has none of these roles in the subject, or there is no such release.
    """
    mine = require(uow, subject, *roles)
    release = releases.find(uow.connection, release_id)
    if release is None:
        raise NotFoundError
    if mine != {Role.SHIPPING_AGENT}:
        return mine
    for bill in find_bills(uow.connection, release.transport_document_reference):
        if bill.carrier_id == release.carrier:
            act_for_carrier(uow, bill, bill.release_ports)
            return mine
    raise NotFoundError


def known_party(uow: UnitOfWork, name: str) -> Organisation | None:
    """A verified organisation by id, `scheme:value`, or a bare USCC as messages send it."""
    for text in (name, f"uscc:{name}"):
        found = find_party(uow.connection, text)
        if found is not None and found.state.value == "verified":
            return found
    return None


def role_of(found: Organisation, *preferred: Role) -> Role:
    """The role a party takes part in: the first preferred one it has, else its first."""
    return next((role for role in preferred if role in found.roles), min(found.roles))


def name_of(uow: UnitOfWork, party_id: str) -> str:
    """A party's name; its id where it is not registered."""
    found = organisation(uow.connection, party_id)
    return found.name if found is not None else party_id


def refuse_while_stopped(uow: UnitOfWork) -> None:
    """Let nothing through while ledger and chain disagree (LEDGER 0.8).

    Raises:
        RefusedError: releases are stopped.
    """
    if releases_stopped(uow.connection):
        raise RefusedError(STOPPED())
