"""Who calls, and what the call may do: scopes on every route, kept before anything is read.

A view says `@needs("release:write")`, `@known` or `@anyone("why")`; an application with an API
route that says neither does not start (fail closed). Who the caller is comes from an authenticator
that `app.py` hands in, since parties lies above this package.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar, cast

from flask import Flask, Request, current_app, g, request

from yidan.kernel.errors import ForbiddenError, UnauthenticatedError
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Reason, Role, reason

View = TypeVar("View", bound=Callable[..., Any])
_MARK: Final = "yidan_access"
_EXTENSION: Final = "yidan.authenticator"

SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "waybill:read": "See the waybills one is a party to (查看运单)",
        "waybill:write": "Submit waybills (提交运单)",
        "release:read": "See releases, rights and readiness (查看放货)",
        "release:write": "Grant releases, pass rights, place holds (放货操作)",
        "gate:write": "Report gate captures, open barriers (闸口)",
        "tally:write": "Report discharges (理货)",
        "lot:read": "See bulk lots and balances (查看散货)",
        "lot:write": "Open lots, orders and weighings (散货操作)",
        "document:read": "Fetch documents and PDFs (查看单证)",
        "exchange:write": "Send messages of outside systems (报文交换)",
        "proof:read": "Fetch proofs and the log's state (查看证明)",
        "party:manage": "Manage the own organisation's people, keys and devices (管理本单位)",
        "party:admin": "Register, verify and suspend organisations (管理参与方)",
    }
)
"""Every scope with what it allows."""

SCOPE_MISSING = reason(
    "scope-missing",
    en="This needs the scope {scope}, which your credential does not have.",
    zh="此操作需要权限 {scope}，您的凭证没有该权限。",
)


class Means(StrEnum):
    """How the caller proved who they are."""

    TOKEN = "token"  # noqa: S105 - a name, not a secret
    SESSION = "session"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The authenticated caller of this request."""

    actor: Actor
    roles: frozenset[Role]
    """Roles of the caller's organisation."""
    scopes: frozenset[str]
    means: Means
    barred: tuple[Reason, ...] = ()
    """Why the caller may do nothing for now, though known; empty: nothing stands in the way."""


Authenticator: TypeAlias = Callable[[Request], Principal | None]
"""Reads the caller's credential: None if there is none; UnauthenticatedError if it is bad."""


@dataclass(frozen=True)
class Access:
    """What a route demands: a scope, only to be known, or nothing for a stated reason."""

    scope: str | None
    why: str = ""

    @property
    def closed(self) -> bool:
        """Whether the caller must be known."""
        return not self.why


def needs(scope: str) -> Callable[[View], View]:
    """Mark a view: the caller must have this scope.

    Raises:
        ValueError: there is no such scope.
    """
    if scope not in SCOPES:
        raise ValueError(f"{scope!r} is no scope")
    return lambda view: _marked(view, Access(scope))


def known(view: View) -> View:
    """Mark a view: the caller must be known; scope and standing do not matter."""
    return _marked(view, Access(None))


def anyone(why: str) -> Callable[[View], View]:
    """Mark a view as open to everybody, with the reason why."""
    return lambda view: _marked(view, Access(None, why))


def _marked(view: View, access: Access) -> View:
    setattr(view, _MARK, access)
    return view


def access_of(view: object) -> Access | None:
    """What a view function demands; None if it does not say."""
    return cast("Access | None", getattr(view, _MARK, None))


def install(app: Flask, authenticator: Authenticator) -> None:
    """Check every request of the application before its body is read.

    Raises:
        ValueError: an API route does not say what it demands.
    """
    for rule in app.url_map.iter_rules():
        if (
            rule.rule.startswith(("/v1/", "/v3/"))
            and access_of(app.view_functions[rule.endpoint]) is None
        ):
            raise ValueError(f"{rule.rule} does not say what it demands")
    app.extensions[_EXTENSION] = authenticator
    app.before_request(_check)


def _check() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    access = access_of(view)
    if access is None or not access.closed:
        return
    g.principal = caller = authenticated()
    if access.scope is None:
        return
    if caller.barred:
        raise ForbiddenError(*caller.barred)
    if access.scope not in caller.scopes:
        raise ForbiddenError(SCOPE_MISSING(scope=access.scope))


def authenticated() -> Principal:
    """The caller, whatever the scope.

    Raises:
        UnauthenticatedError: no or no good credential.
    """
    authenticator = cast("Authenticator", current_app.extensions[_EXTENSION])
    caller = authenticator(request)
    if caller is None:
        raise UnauthenticatedError
    return caller


def principal() -> Principal:
    """The caller of a view marked `@needs` or `@known`."""
    return cast("Principal", g.principal)


def actor() -> Actor:
    """Who acts, for a view marked `@needs` or `@known`."""
    return principal().actor
