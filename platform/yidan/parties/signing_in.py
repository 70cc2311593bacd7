"""People signing in: counted before the password is looked at; guessing in parallel gains nothing.

Counters are in the database and hold for every process. The slow hash runs outside any transaction,
so that nobody's sign-in holds up a writer.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from yidan.kernel.errors import ThrottledError, UnauthenticatedError
from yidan.kernel.events import SYSTEM
from yidan.kernel.reasons import Role, reason
from yidan.parties import actions, events, passwords, rules, tables
from yidan.parties.events import Position
from yidan.parties.tables import Person, operational
from yidan.ports import Services
from yidan.store import edge
from yidan.store.unit_of_work import UnitOfWork

FIRST_NAME: Final = "admin"
"""Sign-in name of the first administrator."""

SIGN_IN_FAILED = reason(
    "sign-in-failed", en="Sign-in name or password is wrong.", zh="登录名或密码错误。"
)


@dataclass(frozen=True)
class OneTime:
    """A sign-in that is good for setting a password only; printed once."""

    sign_in_name: str
    password: str


def sign_in(services: Services, name: str, password: str, address: str) -> Person:
    """The person with this name and password.

    Raises:
        ThrottledError: too many failures of this account or from this address.
        UnauthenticatedError: name or password is wrong, or the person's access ended.
    """
    counted = {"account": f"account:{name[:100]}", "address": f"address:{address}"}
    person, password_hash = edge.run(services, SYSTEM, lambda uow: _begin(uow, name, counted))
    if not passwords.matches(password, password_hash) or person is None or person.disabled:
        raise UnauthenticatedError(SIGN_IN_FAILED())
    edge.run(services, SYSTEM, lambda uow: _succeeded(uow, counted["account"]))
    return person


def _begin(uow: UnitOfWork, name: str, counted: dict[str, str]) -> tuple[Person | None, str | None]:
    """Count the attempt as failed, then say whose it would be."""
    long_ago = uow.now - timedelta(seconds=rules.FORGET_AFTER_S)
    for kind, what in counted.items():
        found = operational.failures(uow.connection, what, now=uow.now)
        count = found.count if found.last_at > long_ago else 0
        wait = timedelta(seconds=rules.wait_s(kind, count))
        if wait and (left := found.last_at + wait - uow.now) > timedelta(0):
            raise ThrottledError(int(left.total_seconds()) + 1)
        operational.keep_failures(uow.connection, what, count + 1, now=uow.now)
    operational.forget_failures(uow.connection, older_than=long_ago)
    person = tables.person_by_name(uow.connection, name)
    found_hash = operational.password_hash(uow.connection, person.id) if person else None
    return person, found_hash


def _succeeded(uow: UnitOfWork, account: str) -> None:
    """Forget the account's failures; the address keeps its own, lest one good account hide many."""
    operational.forget_failures(uow.connection, account)


def first_start(services: Services) -> OneTime | None:
    """Found the platform's administration with its first person; None if that was done before."""
    one_time = OneTime(FIRST_NAME, secrets.token_urlsafe(18))
    return edge.run(services, SYSTEM, lambda uow: _found(one_time, uow))


def _found(one_time: OneTime, uow: UnitOfWork) -> OneTime | None:
    uow.lock("platform:administration")
    if tables.has_administrator(uow.connection):
        return None
    made = actions.found_organisation(
        actions.RegisterOrganisation(
            name="平台管理 Platform administration", roles=(Role.ADMINISTRATOR,), identifiers=()
        ),
        uow,
    ).organisation
    verified = events.OrganisationVerified(organisation_id=made.id)
    uow.record(f"organisation:{made.id}", verified, reason="first start")
    actions.enter_person(
        actions.AddPerson(
            organisation_id=made.id,
            sign_in_name=one_time.sign_in_name,
            name="Administrator",
            position=Position.ADMIN,
            one_time_password=one_time.password,
        ),
        uow,
    )
    return one_time
