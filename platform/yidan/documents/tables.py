"""The read side of documents: one row each without its body, which stays in the event."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.documents.events import DocumentIssued, DocumentRendered, DocumentVoided
from yidan.documents.rules import DOCUMENT, DocumentState
from yidan.kernel.events import Event, Recorded
from yidan.parties.involvement import involve, visible_to
from yidan.store.columns import Instant
from yidan.store.followers import follows
from yidan.store.projections import changed_one, projects


class DocumentRow(SQLModel, table=True):
    """One document's envelope and state."""

    __tablename__ = "documents_document"
    id: str = Field(primary_key=True)
    kind: str
    version: int
    number: str = Field(index=True)
    about: str = Field(index=True)
    state: str
    json_sha256: str
    issued_at: datetime = Field(sa_type=Instant)
    issued_by: str
    """Party id."""
    pdf_sha256: str | None = Field(default=None, index=True)
    pdf_size: int | None = None
    rendered_at: datetime | None = Field(default=None, sa_type=Instant)
    voided_at: datetime | None = Field(default=None, sa_type=Instant)


follows("render", DocumentIssued)

_ROW = DocumentRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document as it stands now, its body aside."""

    id: str
    kind: str
    version: int
    number: str
    about: str
    state: DocumentState
    json_sha256: str
    issued_at: datetime
    issued_by: str
    pdf_sha256: str | None
    pdf_size: int | None
    rendered_at: datetime | None
    voided_at: datetime | None


def find(connection: Connection, document_id: str) -> Document | None:
    """A document by its id."""
    return next(iter(_read(connection, _ROW.c.id == document_id)), None)


def find_by_pdf(connection: Connection, pdf_sha256: str) -> Document | None:
    """The document whose PDF has this SHA-256, 64 lower-case hex digits."""
    return next(iter(_read(connection, _ROW.c.pdf_sha256 == pdf_sha256)), None)


def about(connection: Connection, subject: str) -> list[Document]:
    """The documents about a subject, the oldest first."""
    return _read(connection, _ROW.c.about == subject)


def page(
    connection: Connection, party_id: str, *, before: str = "", about: str = "", limit: int = 50
) -> list[Document]:
    """Up to `limit` documents a party may see, the newest first (ids sort by time)."""
    where = [_ROW.c.id.in_(visible_to(party_id, "document"))]
    if before:
        where.append(_ROW.c.id < before)
    if about:
        where.append(_ROW.c.about == about)
    return _read(connection, *where, newest_first=True, limit=limit)


def _read(
    connection: Connection,
    *where: ColumnElement[bool],
    newest_first: bool = False,
    limit: int | None = None,
) -> list[Document]:
    order = _ROW.c.id.desc() if newest_first else _ROW.c.id
    statement = select(_ROW).where(*where).order_by(order).limit(limit)
    return [
        Document(**{**row, "state": DocumentState(row["state"])})
        for row in connection.execute(statement).mappings()
    ]


@projects(DocumentIssued)
def _issued(connection: Connection, recorded: Recorded[DocumentIssued]) -> None:
    happened = recorded.event
    connection.execute(
        insert(_ROW).values(
            id=happened.document_id,
            kind=happened.kind,
            version=happened.version,
            number=happened.number,
            about=happened.about,
            state=DOCUMENT.advance(DocumentState.NONE, DocumentIssued).value,
            json_sha256=happened.json_sha256,
            issued_at=recorded.recorded_at,
            issued_by=recorded.actor.party,
        )
    )
    for party_id, role in happened.involved.items():
        involve(connection, recorded.subject, party_id, role)


@projects(DocumentRendered)
def _rendered(connection: Connection, recorded: Recorded[DocumentRendered]) -> None:
    happened = recorded.event
    _change(
        connection,
        happened.document_id,
        DocumentRendered,
        pdf_sha256=happened.pdf_sha256,
        pdf_size=happened.size,
        rendered_at=recorded.recorded_at,
    )


@projects(DocumentVoided)
def _voided(connection: Connection, recorded: Recorded[DocumentVoided]) -> None:
    _change(connection, recorded.event.document_id, DocumentVoided, voided_at=recorded.recorded_at)


def _change(
    connection: Connection, document_id: str, happened: type[Event], **values: object
) -> None:
    found = find(connection, document_id)
    decided_from = found.state if found is not None else DocumentState.NONE
    changed_one(
        connection.execute(
            update(_ROW)
            .where(_ROW.c.id == document_id, _ROW.c.state == decided_from.value)
            .values(state=DOCUMENT.advance(decided_from, happened).value, **values)
        )
    )
