"""`/v1/documents` and `/v1/document-kinds`: documents, their PDFs, and the schemas they obey."""

from typing import Annotated, Any, Final, Self

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from yidan.documents import actions, kinds
from yidan.documents.tables import Document
from yidan.http.auth import anyone, needs
from yidan.http.edge import JSON, Raw, look
from yidan.http.models import Id, IdPath, Instant, PathModel, WireModel
from yidan.http.openapi import answers, raw_answers
from yidan.http.paging import PageQuery, cursor_of, keys_of
from yidan.http.wiring import services

bp = APIBlueprint("documents", __name__)

PDF: Final = "application/pdf"
SCHEMA: Final = "application/schema+json"


class DocumentQuery(PageQuery):
    """Which documents."""

    about: Annotated[str, Field(max_length=100)] = ""
    """Only those about this subject, e.g. `waybill:0190…`."""


class KindPath(PathModel):
    """The path parameter of a document kind."""

    name: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class DocumentSummary(WireModel):
    """A document, its body aside."""

    id: Id
    kind: str
    version: int
    number: str
    about: str
    state: str
    json_sha256: str
    """SHA-256 of the canonical JSON of the body, hex."""
    issued_at: Instant
    issued_by: str
    """Party id."""
    pdf_sha256: str | None
    """SHA-256 of the PDF, hex; null until it is rendered."""
    pdf_size: int | None
    rendered_at: Instant | None
    voided_at: Instant | None

    @classmethod
    def of(cls, document: Document) -> Self:
        """The answer about a document in a list."""
        return cls(**_fields(document))


class DocumentAnswer(DocumentSummary):
    """A document with its body."""

    body: dict[str, Any] = Field(json_schema_extra={"type": "object"})

    @classmethod
    def whole(cls, view: actions.DocumentView) -> Self:
        """The answer about a document."""
        return cls(**_fields(view.document), body=dict(view.body))


class DocumentList(WireModel):
    """A page of documents, the newest first."""

    items: list[DocumentSummary]
    next_cursor: str
    """Empty: this is the last page."""


class DocumentKindAnswer(WireModel):
    """A kind of document in its newest version."""

    name: str
    version: int
    title_zh: str
    title_en: str
    type_code: str
    """UN/CEFACT document name code (UNTDID 1001), or empty."""


class DocumentKindList(WireModel):
    """Every kind of document."""

    items: list[DocumentKindAnswer]


def _fields(document: Document) -> dict[str, Any]:
    values = {name: getattr(document, name) for name in DocumentSummary.model_fields}
    return {**values, "state": document.state.value}


@bp.get("/v1/documents", responses=answers(DocumentList, 200))
@needs("document:read")
def list_documents(query: DocumentQuery) -> Response:
    """List the caller's documents, the newest first."""
    before = keys_of(query.cursor, 1)

    def answer(found: list[Document]) -> DocumentList:
        return DocumentList(
            items=[DocumentSummary.of(document) for document in found],
            next_cursor=cursor_of(found[-1].id) if len(found) == query.limit else "",
        )

    return look(
        lambda uow: actions.list_documents(
            uow, before=before[0] if before else "", about=query.about, limit=query.limit
        ),
        answer,
    )


@bp.get("/v1/documents/<id>", responses=answers(DocumentAnswer, 200))
@needs("document:read")
def see_document(path: IdPath) -> Response:
    """Show a document with its body."""
    return look(lambda uow: actions.look_at(path.id, uow), DocumentAnswer.whole)


@bp.get("/v1/documents/<id>/pdf", responses=raw_answers(PDF))
@needs("document:read")
def see_pdf(path: IdPath) -> Response:
    """Send the PDF of a document; 404 with the reason while it is being made."""
    return look(
        lambda uow: actions.pdf_of(path.id, uow),
        lambda name: Raw(services().blobs.get(name), PDF),
    )


@bp.get("/v1/document-kinds", responses=answers(DocumentKindList, 200))
@anyone("says which kinds of documents there are")
def list_document_kinds() -> Response:
    """List the kinds of documents."""
    found = DocumentKindList(
        items=[
            DocumentKindAnswer(
                name=kind.name,
                version=kind.version,
                title_zh=kind.title_zh,
                title_en=kind.title_en,
                type_code=kind.type_code,
            )
            for kind in kinds.newest()
        ]
    )
    return Response(found.model_dump_json(), content_type=JSON)


@bp.get("/v1/document-kinds/<name>", responses=raw_answers(SCHEMA))
@anyone("a published JSON Schema")
def see_document_kind(path: KindPath) -> Response:
    """Send the JSON Schema of a kind, in its newest version."""
    kind = kinds.find(path.name)
    return Response((kind.folder / kind.schema_file).read_bytes(), content_type=SCHEMA)
