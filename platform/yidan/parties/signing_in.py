"""People signing in: failures are counted, and guessing in parallel gains nothing.

Only failures count, by name and by address. What is being looked at counts as failed until it is
known, so that many guesses at once are no more than few; a process that dies meanwhile leaves such
a mark for a minute. Counters are in the database and hold for every process. The slow hash runs
outside any transaction, so that nobody's sign-in holds up a writer.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
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


@dataclass(frozen=True)
class _Attempt:
    """A sign-in that is being looked at, and under what it counts if it fails."""

    id: str
    account: str
    address: str
    person: Person | None
    password_hash: str | None


def sign_in(services: Services, name: str, password: str, address: str) -> Person:
    """The person with this name and password.

    Raises:
        ThrottledError: too many failures of this account or from this address.
        UnauthenticatedError: name or password is wrong, or the person's access ended.
    """
    attempt = edge.run(services, SYSTEM, lambda uow: _begin(uow, name, address))
    person = attempt.person
    right = passwords.matches(password, attempt.password_hash)
    if not right or person is None or person.disabled:
        edge.run(services, SYSTEM, lambda uow: _failed(uow, attempt))
        raise UnauthenticatedError(SIGN_IN_FAILED())
    edge.run(services, SYSTEM, lambda uow: _succeeded(uow, attempt))
    return person


def _begin(uow: UnitOfWork, name: str, address: str) -> _Attempt:
    """Say that an attempt is looked at, unless it has to wait; then whose it would be."""
    account, from_where = f"account:{name[:100]}", f"address:{address}"
    _wait(uow, "account", account)
    _wait(uow, "address", from_where)
    looking = uow.new_id()
    operational.keep_looked_at(
        uow.connection, looking, account=account, address=from_where, now=uow.now
    )
    person = tables.person_by_name(uow.connection, name)
    found_hash = operational.password_hash(uow.connection, person.id) if person else None
    return _Attempt(looking, account, from_where, person, found_hash)


def _wait(uow: UnitOfWork, kind: str, what: str) -> None:
    found = operational.failures(uow.connection, what, now=uow.now)
    count = found.count if found.last_at > _long_ago(uow) else 0
    wait = timedelta(seconds=rules.wait_s(kind, count))
    if wait and (left := found.last_at + wait - uow.now) > timedelta(0):
        raise ThrottledError(int(left.total_seconds()) + 1)
    since = uow.now - timedelta(seconds=rules.LOOKED_AT_FOR_S)
    most = rules.FREE_TRIES[kind]
    at_once = operational.looked_at(uow.connection, what, since=since, most=most)
    if rules.too_many_at_once(kind, count, at_once):
        raise ThrottledError(1)


def _failed(uow: UnitOfWork, attempt: _Attempt) -> None:
    """Count a failure under its name and its address."""
    for what in (attempt.account, attempt.address):
        found = operational.failures(uow.connection, what, now=uow.now)
        count = found.count if found.last_at > _long_ago(uow) else 0
        operational.keep_failures(uow.connection, what, count + 1, now=uow.now)
    operational.forget_failures(uow.connection, older_than=_long_ago(uow))
    _looked_at(uow, attempt)


def _succeeded(uow: UnitOfWork, attempt: _Attempt) -> None:
    """Forget the account's failures; the address keeps its own, lest one good account hide many."""
    operational.forget_failures(uow.connection, attempt.account)
    _looked_at(uow, attempt)


def _looked_at(uow: UnitOfWork, attempt: _Attempt) -> None:
    since = uow.now - timedelta(seconds=rules.LOOKED_AT_FOR_S)
    operational.forget_looked_at(uow.connection, attempt.id, older_than=since)


def _long_ago(uow: UnitOfWork) -> datetime:
    return uow.now - timedelta(seconds=rules.FORGET_AFTER_S)


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
