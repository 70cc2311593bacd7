"""The edge of every page: one reading unit of work, one template, nothing kept by the browser.

A page's view marks itself with `@needs`, `@known` or `@anyone` (http/auth) as an endpoint does; a
changing form runs its action by `do`, in one transaction, and redirects.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Response, make_response, redirect, render_template, url_for

from yidan.http import auth
from yidan.http.wiring import services
from yidan.store import edge
from yidan.store.unit_of_work import UnitOfWork

A = TypeVar("A")


def show(template: str, work: Callable[[UnitOfWork], Mapping[str, Any]]) -> Response:
    """Answer with a page made from one consistent state.

    Args:
        template: its name, e.g. `waybill/list.html`.
        work: what the page shows, by name.

    Raises:
        NotFoundError: not there, or not the caller's.
    """
    with services().unit_of_work(auth.actor(), reading=True) as uow:
        context = work(uow)
    return rendered(template, **context)


def rendered(template: str, status: int = 200, **context: Any) -> Response:
    """Answer with a page; what is in it must not stay on a shared machine."""
    response = make_response(render_template(template, **context), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def led_to(endpoint: str, **values: Any) -> Response:
    """Lead the browser to another page, by its endpoint."""
    return make_response(redirect(url_for(endpoint, **values)))


def do(work: Callable[[UnitOfWork], A]) -> A:
    """Run one action of a form in one transaction, as the caller."""
    return edge.run(services(), auth.actor(), work)
