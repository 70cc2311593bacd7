"""What administrators do: enter, verify and suspend organisations, add people, enrol keys.

Organisations do not enter themselves: a terminal's, agent's or the platform's administrator does,
who knows them. So there is no anonymous way to write anything, and nobody waits in a queue of
strangers.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from joserfc.jwk import OKPKey

from yidan.kernel.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RefusedError,
)
from yidan.kernel.identifiers import party as party_identifiers
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties import events, passwords, rules, tables
from yidan.parties.events import ClientKind, Position
from yidan.parties.rules import ORGANISATION, OrganisationState
from yidan.parties.tables import Client, Organisation, Person, operational
from yidan.store.unit_of_work import UnitOfWork

IDENTIFIER_TAKEN = reason(
    "party-identifier-taken",
    en="{value} belongs to an organisation that is entered already.",
    zh="{value} 已被登记的单位使用。",
)
SIGN_IN_NAME_TAKEN = reason(
    "sign-in-name-taken", en="This sign-in name is taken; choose another.", zh="登录名已被使用。"
)
KEY_WRONG = reason(
    "client-key-wrong",
    en="Send the public half of an Ed25519 key as a JWK: kty OKP, crv Ed25519, x.",
    zh="请以 JWK 格式发送 Ed25519 公钥：kty 为 OKP，crv 为 Ed25519，x 为公钥。",
)
KEY_TAKEN = reason(
    "client-key-taken",
    en="This key was enrolled before; make a new key for each machine.",
    zh="该密钥已登记过；请为每台设备生成新的密钥。",
)
ALREADY_REVOKED = reason(
    "client-already-revoked", en="This key was revoked already.", zh="该密钥已被吊销。"
)
PERSON_DISABLED = reason(
    "person-disabled", en="This person's access was ended.", zh="该人员的访问权限已终止。"
)

_KEY_LENGTH: Final = 43
"""Characters of a 32-byte key in base64url without padding."""


@dataclass(frozen=True, kw_only=True)
class RegisterOrganisation:
    """Enter an organisation."""

    name: str
    roles: tuple[Role, ...]
    identifiers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AddPerson:
    """Let a person sign in, first with a one-time password."""

    organisation_id: str
    sign_in_name: str
    name: str
    position: Position
    one_time_password: str


@dataclass(frozen=True, kw_only=True)
class EnrolClient:
    """Let a machine or device ask for tokens with its key."""

    organisation_id: str
    kind: ClientKind
    name: str
    public_key: str
    """JWK `x`: Ed25519 public key, base64url without padding."""
    scopes: tuple[str, ...]
    """Empty: all that go with the roles, except administration."""


@dataclass(frozen=True, kw_only=True)
class OrganisationChanged:
    """What became of an organisation."""

    event_id: str
    organisation: Organisation


@dataclass(frozen=True, kw_only=True)
class PersonChanged:
    """What became of a person."""

    event_id: str
    person: Person


@dataclass(frozen=True, kw_only=True)
class ClientChanged:
    """What became of a key."""

    event_id: str
    client: Client


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


def add_person(command: AddPerson, uow: UnitOfWork) -> PersonChanged:
    """Let a person sign in; the one-time password is good for setting another only.

    Raises:
        NotFoundError: the acting party does not manage this organisation.
        InvalidError: name or password is not acceptable; with all findings.
    """
    manageable(uow, command.organisation_id)
    uow.lock(f"sign-in-name:{command.sign_in_name}")
    findings = [
        *rules.sign_in_name_findings(command.sign_in_name, at="/signInName"),
        *rules.password_findings(
            command.one_time_password, command.sign_in_name, at="/oneTimePassword"
        ),
    ]
    if tables.person_by_name(uow.connection, command.sign_in_name):
        findings += [SIGN_IN_NAME_TAKEN(at="/signInName")]
    if findings:
        raise InvalidError(*findings)
    return enter_person(command, uow)


def enter_person(command: AddPerson, uow: UnitOfWork) -> PersonChanged:
    """Record a new person with a one-time password, whoever acts."""
    person_id = uow.new_id()
    subject = f"person:{person_id}"
    recorded = uow.record(
        subject,
        events.PersonAdded(
            person_id=person_id,
            organisation_id=command.organisation_id,
            sign_in_name=command.sign_in_name,
            name=command.name,
            position=command.position,
        ),
    )
    operational.keep_password(
        uow.connection, person_id, passwords.hashed(command.one_time_password)
    )
    uow.record(subject, events.PasswordSet(person_id=person_id, one_time=True))
    return PersonChanged(event_id=recorded.event_id, person=_person(uow, person_id))


def set_password(person_id: str, password: str, uow: UnitOfWork) -> PersonChanged:
    """Set one's own password; earlier sessions end.

    Raises:
        InvalidError: the password is not acceptable.
    """
    uow.lock(f"person:{person_id}")
    found = _person(uow, person_id)
    if findings := rules.password_findings(password, found.sign_in_name, at="/newPassword"):
        raise InvalidError(*findings)
    operational.keep_password(uow.connection, person_id, passwords.hashed(password))
    happened = events.PasswordSet(person_id=person_id, one_time=False)
    recorded = uow.record(f"person:{person_id}", happened)
    return PersonChanged(event_id=recorded.event_id, person=_person(uow, person_id))


def disable_person(person_id: str, why: str, uow: UnitOfWork) -> PersonChanged:
    """End a person's access.

    Raises:
        NotFoundError: no such person in an organisation one manages.
        RefusedError: it ended before.
    """
    uow.lock(f"person:{person_id}")
    found = _person(uow, person_id)
    manageable(uow, found.organisation_id)
    if found.disabled:
        raise RefusedError(PERSON_DISABLED())
    happened = events.PersonDisabled(person_id=person_id)
    recorded = uow.record(f"person:{person_id}", happened, reason=why)
    return PersonChanged(event_id=recorded.event_id, person=_person(uow, person_id))


def enrol_client(command: EnrolClient, uow: UnitOfWork) -> ClientChanged:
    """Let a machine or device ask for tokens with its key.

    Raises:
        NotFoundError: the acting party does not manage this organisation.
        InvalidError: key or scopes are not acceptable; with all findings.
    """
    organisation = manageable(uow, command.organisation_id)
    allowed = rules.scopes_of(organisation.roles)
    if command.kind is ClientKind.DEVICE:
        allowed &= rules.DEVICE_SCOPES
    key_id = thumbprint(command.public_key)
    uow.lock(f"key:{key_id}")
    findings = rules.scope_findings(command.scopes, allowed, at="/scopes")
    if not key_id:
        findings += [KEY_WRONG(at="/publicKey")]
    elif tables.client_by_key(uow.connection, key_id):
        findings += [KEY_TAKEN(at="/publicKey")]
    if command.kind is ClientKind.DEVICE and not allowed:
        findings += [rules.SCOPE_NOT_OF_ROLE(at="/organisationId", scope="gate:write")]
    if findings:
        raise InvalidError(*findings)
    usual = frozenset(scope for scope in allowed if not scope.startswith("party:"))
    return enrolled(command, key_id, frozenset(command.scopes) or usual, uow)


def enrolled(
    command: EnrolClient, key_id: str, scopes: frozenset[str], uow: UnitOfWork
) -> ClientChanged:
    """Record a new key with these scopes, whoever acts."""
    client_id = uow.new_id()
    recorded = uow.record(
        f"client:{client_id}",
        events.ClientRegistered(
            client_id=client_id,
            organisation_id=command.organisation_id,
            kind=command.kind,
            name=command.name,
            public_key=command.public_key,
            key_id=key_id,
            scopes=tuple(sorted(scopes)),
        ),
    )
    return ClientChanged(event_id=recorded.event_id, client=_client(uow, client_id))


def revoke_client(
    client_id: str, effective_at: datetime | None, why: str, uow: UnitOfWork
) -> ClientChanged:
    """Revoke a key from an instant on, which may lie in the past: a key is lost before one knows.

    Raises:
        NotFoundError: no such key in an organisation one manages.
        RefusedError: it is revoked already.
    """
    uow.lock(f"client:{client_id}")
    found = _client(uow, client_id)
    manageable(uow, found.organisation_id)
    if found.revoked_at is not None:
        raise RefusedError(ALREADY_REVOKED(since=found.revoked_at))
    happened = events.ClientRevoked(client_id=client_id, effective_at=effective_at or uow.now)
    recorded = uow.record(f"client:{client_id}", happened, reason=why)
    return ClientChanged(event_id=recorded.event_id, client=_client(uow, client_id))


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


def thumbprint(public_key: str) -> str:
    """The RFC 7638 thumbprint of an Ed25519 key given as JWK `x`; "" if it is none."""
    if len(public_key) != _KEY_LENGTH:
        return ""
    try:
        key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public_key})
        return str(key.thumbprint())
    except (ValueError, TypeError):
        return ""


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


def _person(uow: UnitOfWork, person_id: str) -> Person:
    found = tables.person(uow.connection, person_id)
    if found is None:
        raise NotFoundError
    return found


def _client(uow: UnitOfWork, client_id: str) -> Client:
    found = tables.client(uow.connection, client_id)
    if found is None:
        raise NotFoundError
    return found
