"""What can be done with documents: issue, render once, void, read.

Other rooms issue documents inside their own use cases, in the same unit of work. The rendering is
the job that follows the commit; the digest of the PDF is recorded in a unit of work of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yidan.documents import kinds, rules, schemas, tables
from yidan.documents.events import DocumentIssued, DocumentRendered, DocumentVoided
from yidan.documents.rules import DocumentState
from yidan.documents.tables import Document
from yidan.kernel.errors import InvalidError, NotFoundError
from yidan.kernel.events import SYSTEM
from yidan.kernel.reasons import Role
from yidan.parties.involvement import require
from yidan.ports import Services
from yidan.store import edge
from yidan.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class DocumentView:
    """A document with its body."""

    document: Document
    body: Mapping[str, Any]


def new_number(uow: UnitOfWork, prefix: str) -> str:
    """A new document number for a room to write into a body, e.g. `DO20261122-7F3K9Q2M`."""
    return rules.number(prefix, uow.now, uow.new_id())


def issue(
    uow: UnitOfWork,
    *,
    kind: str,
    body: Mapping[str, Any],
    about: str,
    involved: Mapping[str, Role],
) -> DocumentIssued:
    """Issue a document (签发) of a kind, in its newest version, about a subject.

    Args:
        uow: the caller's unit of work.
        kind: name of the kind, e.g. `delivery_order`.
        body: the document; its number stands in the kind's reference field.
        about: subject the document speaks of.
        involved: who may see it, by party id.

    Raises:
        InvalidError: the body is not valid by the kind's schema; carries all findings.
        NotFoundError: there is no such kind.
    """
    of = kinds.find(kind)
    if found := schemas.findings(of, body):
        raise InvalidError(*found)
    document_id = uow.new_id()
    happened = DocumentIssued(
        document_id=document_id,
        kind=of.name,
        version=of.version,
        number=str(body[of.reference]),
        about=about,
        json_sha256=rules.json_sha256(body),
        involved=dict(involved),
        body=dict(body),
    )
    uow.record(_subject(document_id), happened)
    return happened


def void(uow: UnitOfWork, document_id: str, *, why: str) -> None:
    """Say that a document no longer counts (作废).

    Raises:
        NotFoundError: there is no such document.
        InvalidTransitionError: it was voided before.
    """
    uow.lock(_subject(document_id))
    found = _found(uow, document_id)
    rules.DOCUMENT.advance(found.state, DocumentVoided)
    uow.record(_subject(document_id), DocumentVoided(document_id=document_id), reason=why)


def look_at(document_id: str, uow: UnitOfWork) -> DocumentView:
    """A document and its body, for a party to it.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, _subject(document_id))
    return DocumentView(document=_found(uow, document_id), body=_body(uow, document_id))


def list_documents(
    uow: UnitOfWork, *, before: str = "", about: str = "", limit: int = 50
) -> list[Document]:
    """The acting party's documents, the newest first, behind the one named by `before`."""
    return tables.page(uow.connection, uow.actor.party, before=before, about=about, limit=limit)


def pdf_of(document_id: str, uow: UnitOfWork) -> str:
    """The blob name (SHA-256) of a document's PDF, for a party to it.

    Raises:
        NotFoundError: not there, not yours, or not rendered (yet): the reason says which.
    """
    require(uow, _subject(document_id))
    found = _found(uow, document_id)
    if found.pdf_sha256 is None:
        voided = found.state is DocumentState.VOIDED
        said = rules.NEVER_RENDERED if voided else rules.NOT_RENDERED_YET
        raise NotFoundError(said(number=found.number))
    return found.pdf_sha256


def render_pending(document_id: str, services: Services) -> None:
    """Render a document that has no PDF yet: the job behind `document.issued.v1`.

    Harmless to repeat: only the first rendering is recorded, and bytes stored before a crash are
    merely unused.

    Raises:
        NotFoundError: there is no such document.
    """
    with services.unit_of_work(SYSTEM, reading=True) as uow:
        found = _found(uow, document_id)
        if found.state is not DocumentState.ISSUED:
            return
        body = _body(uow, document_id)
    url = rules.verify_url(services.settings.public_url, document_id)
    pdf = services.renderer.render(found.kind, found.version, body, url)
    stored = services.blobs.put(pdf)
    rendered = DocumentRendered(document_id=document_id, pdf_sha256=stored, size=len(pdf))
    edge.run(services, SYSTEM, lambda uow: _record_first(rendered, uow))


def _record_first(rendered: DocumentRendered, uow: UnitOfWork) -> None:
    subject = _subject(rendered.document_id)
    uow.lock(subject)
    if _found(uow, rendered.document_id).state is DocumentState.ISSUED:
        uow.record(subject, rendered)


def _found(uow: UnitOfWork, document_id: str) -> Document:
    found = tables.find(uow.connection, document_id)
    if found is None:
        raise NotFoundError
    return found


def _body(uow: UnitOfWork, document_id: str) -> Mapping[str, Any]:
    for recorded in uow.history(_subject(document_id)):
        if isinstance(recorded.event, DocumentIssued):
            return recorded.event.body
    raise NotFoundError


def _subject(document_id: str) -> str:
    return f"document:{document_id}"
