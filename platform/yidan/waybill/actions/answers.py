"""What the actions on a bill share: its subject, how it is found, and what they answer."""

from dataclasses import dataclass

from yidan.kernel.errors import NotFoundError
from yidan.kernel.reasons import Reason
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill import tables
from yidan.waybill.tables import Bill


@dataclass(frozen=True, kw_only=True)
class WaybillChanged:
    """What became of a bill."""

    event_ids: tuple[str, ...]
    bill: Bill
    findings: tuple[Reason, ...] = ()
    """What was noticed and recorded without refusing the report, such as other seals."""


def subject(waybill_id: str) -> str:
    """Under which all events of a bill stand."""
    return f"waybill:{waybill_id}"


def guardian(transport_document_reference: str) -> str:
    """What is locked so that holds on the bill and the bill's own changes follow each other."""
    return f"bill:{transport_document_reference}"


def existing(uow: UnitOfWork, waybill_id: str) -> Bill:
    """The bill as it stands now.

    Raises:
        NotFoundError: there is no such bill.
    """
    found = tables.get_bill(uow.connection, waybill_id)
    if found is None:
        raise NotFoundError
    return found


def locked(uow: UnitOfWork, waybill_id: str) -> Bill:
    """The bill, locked with its guardian, as it stands under the lock.

    Raises:
        NotFoundError: there is no such bill.
    """
    number = existing(uow, waybill_id).transport_document_reference
    uow.lock(subject(waybill_id), guardian(number))
    return existing(uow, waybill_id)
