"""The pages of documents: my documents, one document, and its PDF."""

from typing import Any, Final

from flask import Blueprint, Response, request, url_for

from yidan.documents import actions, kinds
from yidan.documents.rules import DocumentState, verify_url
from yidan.http import auth
from yidan.http.auth import needs
from yidan.http.languages import Words
from yidan.http.page import show
from yidan.http.wiring import services
from yidan.parties import tables as parties
from yidan.parties.involvement import roles_among
from yidan.store import standing
from yidan.store.unit_of_work import UnitOfWork

bp = Blueprint("document_pages", __name__, template_folder="templates", url_prefix="/documents")

PAGE: Final = 50
"""Rows on a page."""

STATES: Final[dict[DocumentState, tuple[Words, str]]] = {
    DocumentState.NONE: (("not issued", "未签发"), "plain"),
    DocumentState.ISSUED: (("issued, PDF being made", "已签发，PDF 生成中"), "look"),
    DocumentState.RENDERED: (("issued", "已签发"), "yes"),
    DocumentState.VOIDED: (("void", "已作废"), "no"),
}


@bp.get("")
@needs("document:read")
def documents() -> Response:
    """My documents, the newest first."""
    before = request.args.get("before", "")[:36]
    return show("documents/list.html", lambda uow: _list(uow, before))


@bp.get("/<document_id>")
@needs("document:read")
def document(document_id: str) -> Response:
    """One document: its fields, its proof, its PDF."""
    return show("documents/one.html", lambda uow: _one(uow, document_id))


@bp.get("/<document_id>/pdf")
@needs("document:read")
def pdf(document_id: str) -> Response:
    """The PDF of a document, exactly as it was rendered once."""
    given = services()
    with given.unit_of_work(auth.actor(), reading=True) as uow:
        name = actions.pdf_of(document_id, uow)
        number = actions.look_at(document_id, uow).document.number
    response = Response(given.blobs.get(name), content_type="application/pdf")
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in number)
    response.headers["Content-Disposition"] = f'inline; filename="{safe}.pdf"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _list(uow: UnitOfWork, before: str) -> dict[str, Any]:
    found = actions.list_documents(uow, before=before, limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    subjects = [f"document:{one.id}" for one in shown]
    return {
        "documents": shown,
        "mine": roles_among(uow.connection, subjects, uow.actor.party),
        "states": STATES,
        "titles": _titles(),
        "older": url_for(".documents", before=shown[-1].id) if more else None,
    }


def _one(uow: UnitOfWork, document_id: str) -> dict[str, Any]:
    seen = actions.look_at(document_id, uow)
    history = uow.history(f"document:{document_id}")
    issuer = seen.document.issued_by
    return {
        "document": seen.document,
        "body": seen.body,
        "history": history,
        "issuer": parties.names(uow.connection, [issuer]).get(issuer, issuer),
        "proofs": standing.of_events(uow.connection, [one.event_id for one in history]),
        "states": STATES,
        "titles": _titles(),
        "verify_at": verify_url(services().settings.public_url, document_id),
    }


def _titles() -> dict[str, Words]:
    return {kind.name: (kind.title_en, kind.title_zh) for kind in kinds.newest()}
