"""Who a request is from: a machine's access token, or a person's session.

A session is a signed cookie with the person's id and epoch; setting a password or ending access
raises the epoch, which ends every earlier session. A changing call by session also needs its CSRF
token. A key revoked or an organisation suspended counts from the next request on, whatever life a
token has left.
"""

from datetime import datetime, timedelta
from typing import Final

from flask import Flask, Request, current_app, request, session
from flask_login import (  # type: ignore[import-untyped]  # has no types
    LoginManager,
    UserMixin,
    current_user,
    login_user,
    logout_user,
)
from flask_wtf.csrf import (  # type: ignore[import-untyped]  # has no types
    CSRFProtect,
    generate_csrf,
)
from sqlalchemy import Connection

from yidan.http.auth import Means, Principal
from yidan.http.wiring import services
from yidan.kernel.errors import UnauthenticatedError
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Reason, reason
from yidan.parties import rules, signing_in, tables, tokens
from yidan.parties.rules import OrganisationState
from yidan.parties.tables import Organisation, Person
from yidan.ports import Services
from yidan.store.engine import database_now, reading

PASSWORD_MUST_BE_SET = reason(
    "password-must-be-set",
    en="The one-time password is good for setting your own; do that first.",
    zh="一次性密码仅可用于设置您自己的密码；请先设置。",
)
TOKEN_BAD = reason(
    "token-bad",
    en="The access token is not valid or has expired; ask for a new one.",
    zh="访问令牌无效或已过期；请重新获取。",
)

_SIGNED_IN_AT: Final = "signed_in_at"
_CSRF: Final = "yidan.csrf"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """The signed-in person, as Flask-Login and the pages see them."""

    def __init__(self, person: Person, organisation: Organisation) -> None:
        self.person = person
        self.organisation = organisation

    def get_id(self) -> str:
        """What the session keeps: id and epoch."""
        return f"{self.person.id}:{self.person.epoch}"

    @property
    def principal(self) -> Principal:
        """This person as a caller."""
        person, organisation = self.person, self.organisation
        barred = _standing(organisation)
        if person.must_set_password:
            barred = (PASSWORD_MUST_BE_SET(), *barred)
        return Principal(
            actor=Actor(organisation.id, person.id),
            roles=organisation.roles,
            scopes=rules.scopes_in(person.position, organisation.roles),
            means=Means.SESSION,
            barred=barred,
        )


def install(app: Flask, given: Services) -> None:
    """Give an application its sessions and its protection against forged forms."""
    app.secret_key = given.keys["session"]
    app.permanent_session_lifetime = timedelta(seconds=given.settings.session_ttl_s)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.extensions[_CSRF] = CSRFProtect(app)
    logins = LoginManager(app)
    logins.login_view = "web.sign_in"
    logins.user_loader(_load)
    app.before_request(_refuse_forged)


def _refuse_forged() -> None:
    """Check the CSRF token of every page's form; API calls are checked where a session is used."""
    api = request.path.startswith(("/v1/", "/v3/", "/oauth/"))
    if not api and request.method not in _SAFE and request.endpoint:
        current_app.extensions[_CSRF].protect()


def _load(kept: str) -> SignedIn | None:
    person_id, _, epoch = kept.partition(":")
    with reading(services().engine) as connection:
        person = tables.person(connection, person_id)
        if person is None or person.disabled or str(person.epoch) != epoch:
            return None
        if _too_old(database_now(connection)):
            return None
        organisation = tables.organisation(connection, person.organisation_id)
    return SignedIn(person, organisation) if organisation else None


def _too_old(now: datetime) -> bool:
    signed_in_at = session.get(_SIGNED_IN_AT)
    life = services().settings.session_ttl_s
    return not isinstance(signed_in_at, int) or now.timestamp() > signed_in_at + life


def sign_in(name: str, password: str) -> SignedIn:
    """Sign a person in: check, then begin a new session in this response.

    Raises:
        ThrottledError: too many failures.
        UnauthenticatedError: name or password is wrong.
    """
    person = signing_in.sign_in(services(), name, password, request.remote_addr or "unknown")
    return begin_session(person)


def begin_session(person: Person) -> SignedIn:
    """Begin a new session for a person; whatever the old one held is dropped (ASVS 7.2.4)."""
    with reading(services().engine) as connection:
        organisation = tables.organisation(connection, person.organisation_id)
        now = database_now(connection)
    if organisation is None:
        raise UnauthenticatedError
    session.clear()
    session.permanent = True
    session[_SIGNED_IN_AT] = int(now.timestamp())
    user = SignedIn(person, organisation)
    login_user(user)
    return user


def sign_out() -> None:
    """End this session."""
    logout_user()
    session.clear()


def csrf_token() -> str:
    """The token that a changing call by session sends as `X-CSRFToken`."""
    return str(generate_csrf())


def current_person() -> SignedIn | None:
    """The signed-in person, for pages."""
    return current_user._get_current_object() if current_user.is_authenticated else None  # noqa: SLF001 - Flask-Login's documented way to the object


def authenticate(asked: Request) -> Principal | None:
    """The caller of a request, by token or session; None if it carries neither.

    Raises:
        UnauthenticatedError: the token is not good.
        CSRFError: a changing call by session without its CSRF token.
    """
    if header := asked.headers.get("Authorization"):
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise UnauthenticatedError
        return _by_token(token.strip())
    found = current_person()
    if found is None:
        return None
    if asked.method not in _SAFE:
        current_app.extensions[_CSRF].protect()
    return found.principal


def _by_token(token: str) -> Principal:
    given = services()
    with reading(given.engine) as connection:
        now = database_now(connection)
        issuer = given.settings.public_url
        try:
            access = tokens.read_access(token, given.keys["token"], issuer=issuer, now=now)
        except UnauthenticatedError:
            raise UnauthenticatedError(TOKEN_BAD()) from None
        return _machine(connection, access, now)


def _machine(connection: Connection, access: tokens.Access, now: datetime) -> Principal:
    client = tables.client(connection, access.client_id)
    organisation = tables.organisation(connection, access.party)
    if client is None or organisation is None or not client.works_at(now):
        raise UnauthenticatedError(TOKEN_BAD())
    return Principal(
        actor=Actor(organisation.id, client.id),
        roles=organisation.roles,
        scopes=access.scopes & client.scopes & rules.scopes_of(organisation.roles),
        means=Means.TOKEN,
        barred=_standing(organisation),
    )


def _standing(organisation: Organisation) -> tuple[Reason, ...]:
    if organisation.state is OrganisationState.VERIFIED:
        return ()
    return (rules.PARTY_NOT_VERIFIED(state=organisation.state.value),)
