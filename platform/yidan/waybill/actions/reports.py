"""Reports on a leg by whoever carries it, and the seals seen on the way (一箱制)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.identifiers import seal_number
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties.actions import acting_party
from yidan.parties.involvement import require
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill import events
from yidan.waybill.actions.agents import act_for_carrier
from yidan.waybill.actions.answers import WaybillChanged, existing, locked, subject
from yidan.waybill.actions.progress import follow_up
from yidan.waybill.events import BoxResealed, BoxSeen, LegEvent, ResealReason, SealDiffered
from yidan.waybill.rules import seals
from yidan.waybill.rules.states import LEG
from yidan.waybill.tables import Bill, LegOnBill, bills_of_box

CLOCK_SKEW: Final = timedelta(minutes=5)
"""So far may a reporter's clock be ahead of ours."""

NOT_ACCEPTED = reason(
    "bill-not-accepted",
    en="The carrier has not accepted bill {bill}; nothing can be reported on it.",
    zh="承运人尚未接受运单 {bill}；不能对其上报。",
    owner=Role.CARRIER,
)
NOT_YOUR_LEG = reason(
    "not-your-leg",
    en="This is reported by {who} of leg {leg}.",
    zh="该项由第 {leg} 段的 {who} 上报。",
)
IN_THE_FUTURE = reason(
    "occurred-in-the-future",
    en="{instant} lies in the future; report what has happened, with its offset.",
    zh="{instant} 在未来；请上报已发生的事项，并带时区偏移。",
)


class LegStep(StrEnum):
    """What can be reported on a leg (SM-C2)."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    LOADED = "loaded"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    UNLOADED = "unloaded"
    HANDED_OVER = "handed_over"
    FAILED = "failed"
    REPLANNED = "replanned"


class Reporter(StrEnum):
    """Who reports a step."""

    FORWARDER = "forwarder"
    CARRIER = "carrier"
    TAKER = "taker"
    """The next leg's carrier; after the last leg, the consignee."""


STEPS: Final = MappingProxyType(
    {
        LegStep.REQUESTED: (events.LegRequested, Reporter.FORWARDER),
        LegStep.CONFIRMED: (events.LegConfirmed, Reporter.CARRIER),
        LegStep.LOADED: (events.LegLoaded, Reporter.CARRIER),
        LegStep.DEPARTED: (events.LegDeparted, Reporter.CARRIER),
        LegStep.ARRIVED: (events.LegArrived, Reporter.CARRIER),
        LegStep.UNLOADED: (events.LegUnloaded, Reporter.CARRIER),
        LegStep.HANDED_OVER: (events.LegHandedOver, Reporter.TAKER),
        LegStep.FAILED: (events.LegFailed, Reporter.CARRIER),
        LegStep.REPLANNED: (events.LegReplanned, Reporter.FORWARDER),
    }
)
"""The event of each step, and who reports it."""

_RESEALERS: Final = (Role.CARRIER, Role.SHIPPING_AGENT, Role.TERMINAL, Role.RAIL_OPERATOR)


@dataclass(frozen=True, kw_only=True)
class ReportLeg:
    """Report one step of one leg."""

    waybill_id: str
    sequence: int
    step: LegStep
    occurred_at: datetime
    boxes: tuple[BoxSeen, ...] = ()
    un_location_code: str = ""
    transport_reference: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class ResealBox:
    """Say that new seals were put on a box, and why."""

    waybill_id: str
    equipment_reference: str
    reseal_reason: ResealReason
    seal_numbers: tuple[str, ...]
    occurred_at: datetime


def report_leg(command: ReportLeg, uow: UnitOfWork) -> WaybillChanged:
    """Record a report on a leg; other seals than expected are recorded beside it, and answered.

    A hand-over with other seals is no hand-over: only the difference is recorded.

    Raises:
        NotFoundError: not there, or not yours.
        ForbiddenError: another party reports this step, or you are not verified.
        InvalidError: a box is not on the bill, or the report is of the future; all findings.
        RefusedError: the bill is not accepted.
        InvalidTransitionError: the leg's state does not allow the step.
    """
    acting = acting_party(uow)
    require(uow, subject(command.waybill_id))
    bill = locked(uow, command.waybill_id)
    leg = _leg(bill, command.sequence)
    happened, reporter = STEPS[command.step]
    who = _reporters(bill, leg)[reporter]
    if acting.id != who:
        raise ForbiddenError(NOT_YOUR_LEG(who=reporter.value, leg=leg.sequence))
    if found := _wrong(command, bill, uow):
        raise InvalidError(*found)
    if not bill.live:
        raise RefusedError(NOT_ACCEPTED(bill=bill.transport_document_reference))
    LEG.advance(leg.state, happened)
    differing = seal_findings(bill, command.boxes)
    event_ids = record_differences(uow, bill, leg, command.boxes, command.occurred_at)
    if not (differing and command.step is LegStep.HANDED_OVER):
        event_ids.append(
            uow.record(
                subject(bill.id),
                _event(happened, command),
                occurred_at=command.occurred_at,
                reason=command.why,
            ).event_id
        )
        event_ids += follow_up(uow, bill.id)
    return WaybillChanged(
        event_ids=tuple(event_ids), bill=existing(uow, bill.id), findings=tuple(differing)
    )


def _event(happened: type[LegEvent], command: ReportLeg) -> LegEvent:
    return happened(
        waybill_id=command.waybill_id,
        sequence=command.sequence,
        boxes=command.boxes,
        un_location_code=command.un_location_code,
        transport_reference=command.transport_reference,
    )


def _leg(bill: Bill, sequence: int) -> LegOnBill:
    for leg in bill.legs:
        if leg.sequence == sequence:
            return leg
    raise NotFoundError


def _reporters(bill: Bill, leg: LegOnBill) -> dict[Reporter, str]:
    following = next((one for one in bill.legs if one.sequence == leg.sequence + 1), None)
    return {
        Reporter.FORWARDER: bill.forwarder_id,
        Reporter.CARRIER: leg.carrier_id,
        Reporter.TAKER: following.carrier_id if following else bill.consignee.party_id,
    }


def _wrong(command: ReportLeg, bill: Bill, uow: UnitOfWork) -> list[Reason]:
    found = future_findings(command.occurred_at, uow)
    for index, box in enumerate(command.boxes):
        if bill.box(box.equipment_reference) is None:
            found.append(
                seals.BOX_NOT_ON_BILL(
                    at=f"/boxes/{index}/equipmentReference",
                    box=box.equipment_reference,
                    bill=bill.transport_document_reference,
                )
            )
    return found


def future_findings(occurred_at: datetime, uow: UnitOfWork) -> list[Reason]:
    """Whether something is reported that has not happened yet."""
    if occurred_at <= uow.now + CLOCK_SKEW:
        return []
    return [IN_THE_FUTURE(at="/occurredAt", instant=occurred_at.isoformat())]


def seal_findings(bill: Bill, seen: tuple[BoxSeen, ...]) -> list[Reason]:
    """Which of the boxes seen have other seals than they should."""
    expected = {box.equipment_reference: box.seal_numbers for box in bill.boxes}
    return seals.findings(bill.transport_document_reference, expected, seen)


def record_differences(
    uow: UnitOfWork,
    bill: Bill,
    leg: LegOnBill,
    seen: tuple[BoxSeen, ...],
    occurred_at: datetime,
) -> list[str]:
    """Record each box first seen here with other seals; answer the event ids."""
    event_ids: list[str] = []
    for one in seen:
        box = bill.box(one.equipment_reference)
        if box is None or box.seal_differs or not seals.differ(box.seal_numbers, one.seal_numbers):
            continue
        differed = SealDiffered(
            waybill_id=bill.id,
            sequence=leg.sequence,
            equipment_reference=one.equipment_reference,
            expected_seal_numbers=box.seal_numbers,
            found_seal_numbers=one.seal_numbers,
        )
        event_ids.append(uow.record(subject(bill.id), differed, occurred_at=occurred_at).event_id)
    return event_ids


def reseal_box(command: ResealBox, uow: UnitOfWork) -> WaybillChanged:
    """Record new seals on a box, with the reason and who put them on.

    Raises:
        NotFoundError: not there, or not yours to seal.
        ForbiddenError: not verified, or an agent that the carrier has not appointed.
        InvalidError: a seal number is malformed, or the report is of the future; all findings.
        RefusedError: the bill is not accepted.
    """
    acting_party(uow)
    roles = require(uow, subject(command.waybill_id), *_RESEALERS)
    bill = locked(uow, command.waybill_id)
    if roles == {Role.SHIPPING_AGENT}:
        act_for_carrier(uow, bill, bill.ports)
    if bill.box(command.equipment_reference) is None:
        raise NotFoundError
    found = future_findings(command.occurred_at, uow)
    for index, seal in enumerate(command.seal_numbers):
        found += seal_number.findings(seal, at=f"/sealNumbers/{index}")
    if found:
        raise InvalidError(*found)
    if not bill.live:
        raise RefusedError(NOT_ACCEPTED(bill=bill.transport_document_reference))
    resealed = BoxResealed(
        waybill_id=bill.id,
        equipment_reference=command.equipment_reference,
        reseal_reason=command.reseal_reason,
        seal_numbers=command.seal_numbers,
    )
    recorded = uow.record(subject(bill.id), resealed, occurred_at=command.occurred_at)
    return WaybillChanged(event_ids=(recorded.event_id,), bill=existing(uow, bill.id))


def note_box_seen(
    uow: UnitOfWork, seen: BoxSeen, *, vessel_imo_number: str, voyage: str, occurred_at: datetime
) -> list[Reason]:
    """Compare the seals on a box that came off a vessel with every live bill that has it on it.

    Other seals are recorded on the bill; the answer says them. For rooms above; checks no role.
    """
    found: list[Reason] = []
    for known in bills_of_box(uow.connection, seen.equipment_reference):
        leg = next(
            (
                leg
                for leg in known.legs
                if (leg.vessel_imo_number, leg.voyage) == (vessel_imo_number, voyage)
            ),
            None,
        )
        if leg is not None:
            bill = locked(uow, known.id)
            record_differences(uow, bill, leg, (seen,), occurred_at)
            found += seal_findings(bill, (seen,))
    return found
