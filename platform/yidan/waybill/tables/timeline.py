"""What is about a bill: the subjects whose events make up its timeline.

Rooms above know their subjects, this room does not; so their projectors say it with `relate`,
under the bill's number, which may be spoken of before the bill itself is here.
"""

from sqlalchemy import CompoundSelect, Connection, Select, literal, select, union
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Event, Recorded
from yidan.parties.involvement import Involvement
from yidan.store import events


class About(SQLModel, table=True):
    """That a subject is about a bill."""

    __tablename__ = "waybill_about"
    transport_document_reference: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)


_ABOUT = About.__table__  # type: ignore[attr-defined]  # set by SQLModel
_INVOLVED = Involvement.__table__  # type: ignore[attr-defined]  # set by SQLModel


def relate(connection: Connection, transport_document_reference: str, subject: str) -> None:
    """Say that a subject is about a bill, e.g. `release:…`, `visit:…` (projectors only)."""
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    connection.execute(
        make(_ABOUT)
        .values(transport_document_reference=transport_document_reference, subject=subject)
        .on_conflict_do_nothing()
    )


def timeline(
    connection: Connection,
    waybill_id: str,
    transport_document_reference: str,
    party_id: str,
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[Recorded[Event]]:
    """Events of a bill and of what is about it that a party may see, the newest first.

    Args:
        connection: to the database.
        waybill_id: the bill.
        transport_document_reference: its number.
        party_id: who asks; must be a party to the bill, and to what else is shown.
        before: only events with a smaller number; None for the newest.
        limit: so many at most.
    """
    related: Select[tuple[str]] = (
        select(_ABOUT.c.subject)
        .join(_INVOLVED, _INVOLVED.c.subject == _ABOUT.c.subject)
        .where(
            _ABOUT.c.transport_document_reference == transport_document_reference,
            _INVOLVED.c.party_id == party_id,
        )
    )
    subjects: CompoundSelect[tuple[str]] = union(
        select(literal(f"waybill:{waybill_id}").label("subject")), related
    )
    return events.latest(connection, select(subjects.subquery().c.subject), before, limit)
