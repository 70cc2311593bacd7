"""Reading bills: one, many, and the timeline of one; by parties to them only."""

from yidan.kernel.events import Event, Recorded
from yidan.parties.involvement import require
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill import tables
from yidan.waybill.actions.answers import existing, subject
from yidan.waybill.tables import Bill, BillSummary


def look_at_waybill(waybill_id: str, uow: UnitOfWork) -> Bill:
    """One bill with its legs and boxes.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, subject(waybill_id))
    return existing(uow, waybill_id)


def list_waybills(uow: UnitOfWork, *, before: str = "", limit: int = 50) -> list[BillSummary]:
    """The acting party's bills, the newest first, behind the one named by `before`."""
    return tables.page(uow.connection, uow.actor.party, before=before, limit=limit)


def timeline_of(
    waybill_id: str, uow: UnitOfWork, *, before: int | None = None, limit: int = 50
) -> list[Recorded[Event]]:
    """Events of a bill and of everything about it that the acting party may see, newest first.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, subject(waybill_id))
    number = existing(uow, waybill_id).transport_document_reference
    return tables.timeline(
        uow.connection, waybill_id, number, uow.actor.party, before=before, limit=limit
    )
