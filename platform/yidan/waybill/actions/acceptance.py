"""The carrier of the main leg, or its appointed agent, answers a bill (接受, 退回).

Acceptance issues the multimodal waybill as a document, asks every leg of its carrier, and
confirms the legs that the accepting carrier carries itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yidan.documents.actions import issue
from yidan.kernel.errors import NotFoundError
from yidan.kernel.events import Event
from yidan.parties.actions import acting_party
from yidan.parties.involvement import involved, require
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.actions.agents import act_for_carrier
from yidan.waybill.actions.answers import WaybillChanged, existing, locked, subject
from yidan.waybill.actions.progress import follow_up
from yidan.waybill.actions.submission import KIND
from yidan.waybill.events import (
    LegConfirmed,
    LegRequested,
    WaybillAccepted,
    WaybillReturned,
    WaybillSubmitted,
)
from yidan.waybill.rules.states import WAYBILL
from yidan.waybill.tables import Bill


@dataclass(frozen=True, kw_only=True)
class AcceptWaybill:
    """Take a submitted bill on."""

    waybill_id: str


@dataclass(frozen=True, kw_only=True)
class ReturnWaybill:
    """Send a submitted bill back to its forwarder."""

    waybill_id: str
    why: str


def accept_waybill(command: AcceptWaybill, uow: UnitOfWork) -> WaybillChanged:
    """Accept a bill and issue its document.

    Raises:
        NotFoundError: not there, or not yours.
        ForbiddenError: neither the carrier of the main leg nor an agent that it appointed, or not
            verified.
        InvalidTransitionError: it is not waiting for an answer.
    """
    bill = _to_answer(uow, command.waybill_id, WaybillAccepted)
    about = subject(bill.id)
    document = issue(
        uow,
        kind=KIND,
        body=_body(uow, bill.id),
        about=about,
        involved=dict(involved(uow.connection, about)),
    )
    accepted = WaybillAccepted(
        waybill_id=bill.id,
        transport_document_reference=bill.transport_document_reference,
        document_id=document.document_id,
    )
    happened: list[Event] = [accepted]
    for leg in bill.legs:
        happened.append(LegRequested(waybill_id=bill.id, sequence=leg.sequence))
        if leg.carrier_id == bill.carrier_id:
            happened.append(LegConfirmed(waybill_id=bill.id, sequence=leg.sequence))
    event_ids = [uow.record(about, one).event_id for one in happened]
    event_ids += follow_up(uow, bill.id)
    return WaybillChanged(event_ids=tuple(event_ids), bill=existing(uow, bill.id))


def return_waybill(command: ReturnWaybill, uow: UnitOfWork) -> WaybillChanged:
    """Return a bill with the reason; its forwarder may submit it again.

    Raises:
        NotFoundError: not there, or not yours.
        ForbiddenError: neither the carrier of the main leg nor an agent that it appointed, or not
            verified.
        InvalidTransitionError: it is not waiting for an answer.
    """
    bill = _to_answer(uow, command.waybill_id, WaybillReturned)
    returned = WaybillReturned(
        waybill_id=bill.id, transport_document_reference=bill.transport_document_reference
    )
    recorded = uow.record(subject(bill.id), returned, reason=command.why)
    return WaybillChanged(event_ids=(recorded.event_id,), bill=existing(uow, bill.id))


def _to_answer(uow: UnitOfWork, waybill_id: str, answer: type[Event]) -> Bill:
    acting_party(uow)
    require(uow, subject(waybill_id))
    bill = locked(uow, waybill_id)
    act_for_carrier(uow, bill, bill.ports)
    WAYBILL.advance(bill.state, answer)
    return bill


def _body(uow: UnitOfWork, waybill_id: str) -> Mapping[str, Any]:
    for recorded in reversed(uow.history(subject(waybill_id))):
        if isinstance(recorded.event, WaybillSubmitted):
            return recorded.event.body
    raise NotFoundError
