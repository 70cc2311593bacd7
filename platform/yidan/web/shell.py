"""The frame around every page: looks, languages, menu; problems shown to people as pages.

Bootstrap comes from its wheel, never from a CDN; scripts and styles are files of our own, since
the content security policy (http/guard) lets nothing inline through.
"""

from typing import Any, Final

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    render_template,
    request,
    url_for,
)
from flask_babel import Babel
from flask_bootstrap import Bootstrap5

from yidan.config import Settings
from yidan.http import languages, problems
from yidan.http.languages import language
from yidan.http.page import led_to
from yidan.http.wiring import services
from yidan.kernel.reasons import Role
from yidan.parties import authentication
from yidan.web import words
from yidan.web.menu import menu_for

assets: Final = Blueprint(
    "assets",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/assets",
)
_UNAUTHENTICATED: Final = 401


def install(app: Flask, settings: Settings) -> None:
    """Give an application the console's frame."""
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    app.static_url_path = "/static"  # Bootstrap-Flask builds its own address from it
    Bootstrap5(app)
    Babel(app, locale_selector=language, timezone_selector=lambda: settings.site_timezone)
    app.register_blueprint(assets)
    words.install(app)
    app.context_processor(_frame)
    app.after_request(languages.remember)
    app.after_request(_for_people)


def _frame() -> dict[str, Any]:
    """What every template knows."""
    person = authentication.current_person()
    return {
        "me": person,
        "menu": menu_for(person.principal if person else None),
        "other_language": _other_language,
        "known_pages": current_app.view_functions,
        "known_roles": frozenset(Role),
        "zone": services().settings.site_timezone,
    }


def _other_language() -> str:
    """This page in the other language; a form's answer leads back to where the form is."""
    wanted = "en" if language() == "zh" else "zh"
    if request.endpoint is None or request.method != "GET":
        return url_for("web.home", lang=wanted)
    asked = {name: value for name, value in request.args.items() if name != "lang"}
    return url_for(request.endpoint, **{**(request.view_args or {}), **asked, "lang": wanted})


def _for_people(response: Response) -> Response:
    """Show a problem as a page, or lead to where it is mended, when a browser asked for one."""
    if response.mimetype != problems.MEDIA_TYPE or languages.is_api() or not _by_browser():
        return response
    if response.status_code == _UNAUTHENTICATED:
        return _led_on("web.sign_in")
    person = authentication.current_person()
    if person is not None and person.person.must_set_password:
        return _led_on("web.password")
    return _problem_page(response)


def _by_browser() -> bool:
    offered = [problems.MEDIA_TYPE, "text/html"]
    return request.accept_mimetypes.best_match(offered) == "text/html"


def _led_on(endpoint: str) -> Response:
    """Lead to a page that afterwards leads back to this one."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return led_to(endpoint, next=back)


def _problem_page(response: Response) -> Response:
    problem = response.get_json()
    page = Response(render_template("web/problem.html", problem=problem), response.status_code)
    for name in ("Retry-After", "Allow", "Content-Language", "X-Problem-Id"):
        if name in response.headers:
            page.headers[name] = response.headers[name]
    page.headers["Cache-Control"] = "no-store"
    return page
