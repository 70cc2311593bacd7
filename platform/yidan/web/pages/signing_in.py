"""The front door: overview, signing in and out, setting one's password."""

from typing import Final

from flask import Blueprint, Response, make_response, redirect, request, url_for

from yidan.http.auth import anyone, known
from yidan.http.page import do, led_to, rendered
from yidan.http.problems import kind_of
from yidan.kernel.errors import InvalidError, ThrottledError, UnauthenticatedError
from yidan.kernel.reasons import Reason, reason
from yidan.parties import actions, authentication

bp = Blueprint("web", __name__)

PASSWORDS_DIFFER = reason(
    "passwords-differ",
    en="The two new passwords are not the same; enter both again.",
    zh="两次输入的新密码不一致；请重新输入。",
)
_LONGEST: Final = 200
"""Characters of a name or password that are looked at; more is cut and cannot be right."""


@bp.get("/")
@anyone("shows what there is; the rest needs a sign-in")
def home() -> Response:
    """The overview: what this person can do here."""
    return rendered("web/home.html")


@bp.get("/sign-in")
@anyone("it is where one says who one is")
def sign_in() -> Response:
    """The sign-in form."""
    if authentication.current_person() is not None:
        return _onward()
    return rendered("web/sign_in.html", name="", reasons=(), next=_next())


@bp.post("/sign-in")
@anyone("name and password inside say who it is")
def begin() -> Response:
    """Sign in; a one-time password leads to setting one's own."""
    name = request.form.get("name", "")[:_LONGEST].strip().lower()
    try:
        user = authentication.sign_in(name, request.form.get("password", "")[:_LONGEST])
    except (UnauthenticatedError, ThrottledError) as error:
        status = kind_of(error).status
        return rendered("web/sign_in.html", status, name=name, reasons=error.reasons, next=_next())
    if user.person.must_set_password:
        return led_to("web.password", next=_next())
    return _onward()


@bp.post("/sign-out")
@known
def end() -> Response:
    """Sign out."""
    authentication.sign_out()
    return led_to("web.home")


@bp.get("/password")
@known
def password() -> Response:
    """The form to set one's own password."""
    return _password_form(())


@bp.post("/password")
@known
def set_password() -> Response:
    """Set one's own password; every earlier session ends and a new one begins."""
    wanted = request.form.get("new_password", "")
    if wanted != request.form.get("again", ""):
        return _password_form((PASSWORDS_DIFFER(),), 422)
    user = authentication.current_person()
    if user is None:
        raise UnauthenticatedError
    try:
        _check_present(user)
        done = do(lambda uow: actions.set_password(user.person.id, wanted, uow))
    except (InvalidError, UnauthenticatedError, ThrottledError) as error:
        return _password_form(error.reasons, kind_of(error).status)
    authentication.begin_session(done.person)
    return _onward()


def _check_present(user: authentication.SignedIn) -> None:
    """Ask for the present password, unless it is the one-time one just used to come in here."""
    if not user.person.must_set_password:
        present = request.form.get("password", "")[:_LONGEST]
        authentication.sign_in(user.person.sign_in_name, present)


def _password_form(reasons: tuple[Reason, ...], status: int = 200) -> Response:
    return rendered("web/password.html", status, reasons=reasons, next=_next())


def _onward() -> Response:
    return make_response(redirect(_next() or url_for("web.home")))


def _next() -> str:
    """Where the person was going: a path of this site, else ""."""
    asked = request.values.get("next", "")
    local = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if local and asked.isprintable() else ""
