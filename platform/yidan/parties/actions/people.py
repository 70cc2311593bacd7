"""Let people sign in, set their passwords, end their access."""

from dataclasses import dataclass

from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import reason
from yidan.parties import events, passwords, rules, tables
from yidan.parties.actions.organisations import manageable
from yidan.parties.events import Position
from yidan.parties.tables import Person, operational
from yidan.store.unit_of_work import UnitOfWork

SIGN_IN_NAME_TAKEN = reason(
    "sign-in-name-taken", en="This sign-in name is taken; choose another.", zh="登录名已被使用。"
)
PERSON_DISABLED = reason(
    "person-disabled", en="This person's access was ended.", zh="该人员的访问权限已终止。"
)


@dataclass(frozen=True, kw_only=True)
class AddPerson:
    """Let a person sign in, first with a one-time password."""

    organisation_id: str
    sign_in_name: str
    name: str
    position: Position
    one_time_password: str


@dataclass(frozen=True, kw_only=True)
class PersonChanged:
    """What became of a person."""

    event_id: str
    person: Person


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


def _person(uow: UnitOfWork, person_id: str) -> Person:
    found = tables.person(uow.connection, person_id)
    if found is None:
        raise NotFoundError
    return found
