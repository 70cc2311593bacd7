"""Enter, verify and suspend organisations; who acts, and for whom one manages.

Organisations do not enter themselves: a terminal's, agent's or the platform's administrator does,
who knows them. So there is no anonymous way to write anything, and no queue of strangers.
"""

from dataclasses import dataclass

from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from yidan.kernel.identifiers import party as party_identifiers
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties import events, rules, tables
from yidan.parties.rules import ORGANISATION, OrganisationState
from yidan.parties.tables import Organisation
from yidan.store.unit_of_work import UnitOfWork

IDENTIFIER_TAKEN = reason(
    "party-identifier-taken",
    en="{value} belongs to an organisation that is entered already.",
    zh="{value} 已被登记的单位使用。",
)


@dataclass(frozen=True, kw_only=True)
class RegisterOrganisation:
    """Enter an organisation."""

    name: str
    roles: tuple[Role, ...]
    identifiers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OrganisationChanged:
    """What became of an organisation."""

    event_id: str
    organisation: Organisation


@dataclass(frozen=True, kw_only=True)
class OrganisationPage:
    """A page of organisations."""

    items: tuple[Organisation, ...]
    last: str
    """Id after which the next page begins; "" if there is none."""


def acting_party(uow: UnitOfWork) -> Organisation:
    """The organisation that acts, which must be verified.

    Raises:
        ForbiddenError: it is not known or not verified.
    """
    found = tables.organisation(uow.connection, uow.actor.party)
    if found is None or found.state is not OrganisationState.VERIFIED:
        state = found.state.value if found else OrganisationState.NONE.value
        raise ForbiddenError(rules.PARTY_NOT_VERIFIED(state=state))
    return found


def manageable(uow: UnitOfWork, organisation_id: str) -> Organisation:
    """An organisation whose people and keys the acting party manages.

    Its own; any, for the platform's administrator; and one that it entered itself, until it is
    verified: else a stranger's key would lie in it by then.

    Raises:
        NotFoundError: it is none of these.
    """
    acting = acting_party(uow)
    if organisation_id == acting.id:
        return acting
    found = _existing(uow, organisation_id)
    waiting = found.state is OrganisationState.REGISTERED and found.registered_by == uow.actor.party
    if rules.may_administer(acting.roles, found.roles) or not (
        waiting or Role.ADMINISTRATOR in acting.roles
    ):
        raise NotFoundError
    return found


def register_organisation(command: RegisterOrganisation, uow: UnitOfWork) -> OrganisationChanged:
    """Enter an organisation; it waits to be verified.

    Raises:
        ForbiddenError: the acting party may not enter one in these roles.
        InvalidError: an identifier is wrong or taken; with all findings.
    """
    refuse(rules.may_administer(acting_party(uow).roles, command.roles))
    uow.lock(*(f"identifier:{text}" for text in command.identifiers))
    if findings := _identifier_findings(command.identifiers, uow):
        raise InvalidError(*findings)
    return found_organisation(command, uow)


def found_organisation(command: RegisterOrganisation, uow: UnitOfWork) -> OrganisationChanged:
    """Record a new organisation, whoever acts."""
    organisation_id = uow.new_id()
    recorded = uow.record(
        f"organisation:{organisation_id}",
        events.OrganisationRegistered(
            organisation_id=organisation_id,
            name=command.name,
            roles=tuple(sorted(set(command.roles))),
            identifiers=tuple(sorted(set(command.identifiers))),
        ),
    )
    return OrganisationChanged(
        event_id=recorded.event_id, organisation=_existing(uow, organisation_id)
    )


def _identifier_findings(identifiers: tuple[str, ...], uow: UnitOfWork) -> list[Reason]:
    taken = tables.taken_identifiers(uow.connection, identifiers)
    findings: list[Reason] = []
    for index, text in enumerate(identifiers):
        at = f"/identifiers/{index}"
        findings += party_identifiers.findings(text, at=at)
        if text in taken:
            findings += [IDENTIFIER_TAKEN(at=at, value=text)]
    return findings


def verify_organisation(organisation_id: str, why: str, uow: UnitOfWork) -> OrganisationChanged:
    """Say that an organisation is who it says, and why one is sure; it may act from now on.

    Raises:
        NotFoundError: no such organisation.
        ForbiddenError: the acting party may not verify one in these roles, or another one
            suspended it.
        InvalidTransitionError: it is verified already.
    """
    return _change(
        organisation_id, events.OrganisationVerified(organisation_id=organisation_id), why, uow
    )


def suspend_organisation(organisation_id: str, why: str, uow: UnitOfWork) -> OrganisationChanged:
    """Stop an organisation from acting.

    Raises:
        NotFoundError: no such organisation.
        ForbiddenError: the acting party may not suspend one in these roles.
        InvalidTransitionError: it is suspended already.
    """
    return _change(
        organisation_id, events.OrganisationSuspended(organisation_id=organisation_id), why, uow
    )


def _change(
    organisation_id: str,
    happened: events.OrganisationVerified | events.OrganisationSuspended,
    why: str,
    uow: UnitOfWork,
) -> OrganisationChanged:
    subject = f"organisation:{organisation_id}"
    found = _existing(uow, organisation_id)
    uow.lock(subject)
    found = _existing(uow, organisation_id)
    acting = acting_party(uow)
    refuse(rules.may_administer(acting.roles, found.roles))
    ORGANISATION.advance(found.state, type(happened))
    if found.state is OrganisationState.SUSPENDED:
        refuse(rules.may_end_suspension(acting.id, acting.roles, _suspended_by(uow, subject)))
    recorded = uow.record(subject, happened, reason=why)
    return OrganisationChanged(
        event_id=recorded.event_id, organisation=_existing(uow, organisation_id)
    )


def _suspended_by(uow: UnitOfWork, subject: str) -> str:
    return next(
        recorded.actor.party
        for recorded in reversed(uow.history(subject))
        if isinstance(recorded.event, events.OrganisationSuspended)
    )


def see_organisation(organisation_id: str, uow: UnitOfWork) -> Organisation:
    """An organisation: one's own, or one that one may administer.

    Raises:
        NotFoundError: it is not there, or not to be seen.
    """
    found = _existing(uow, organisation_id)
    if found.id != uow.actor.party and rules.may_administer(acting_party(uow).roles, found.roles):
        raise NotFoundError
    return found


def list_organisations(uow: UnitOfWork, *, after: str | None, limit: int) -> OrganisationPage:
    """Organisations that one may administer, newest first; a page may hold fewer than `limit`."""
    may = acting_party(uow).roles
    found = tables.organisations(uow.connection, after=after, limit=limit)
    items = tuple(
        organisation
        for organisation in found
        if organisation.id == uow.actor.party or not rules.may_administer(may, organisation.roles)
    )
    return OrganisationPage(items=items, last=found[-1].id if len(found) == limit else "")


def refuse(reasons: list[Reason]) -> None:
    """Raise the reasons, if there are any.

    Raises:
        ForbiddenError: there are.
    """
    if reasons:
        raise ForbiddenError(*reasons)


def _existing(uow: UnitOfWork, organisation_id: str) -> Organisation:
    found = tables.organisation(uow.connection, organisation_id)
    if found is None:
        raise NotFoundError
    return found
