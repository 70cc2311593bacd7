"""What follows for the whole bill from what became of its legs: booked, under way, delivered."""

from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.actions.answers import existing, subject
from yidan.waybill.rules.states import following


def follow_up(uow: UnitOfWork, waybill_id: str) -> list[str]:
    """Record what follows for the bill, in this unit of work; answer the event ids."""
    event_ids: list[str] = []
    while True:
        bill = existing(uow, waybill_id)
        happened = following(bill.state, [leg.state for leg in bill.legs])
        if happened is None:
            return event_ids
        event_ids.append(uow.record(subject(waybill_id), happened(waybill_id=waybill_id)).event_id)
