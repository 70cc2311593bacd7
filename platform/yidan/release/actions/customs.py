"""What customs decides, and that bills are presented: both stand under the bill's own subject."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from yidan.kernel.errors import InvalidError, NotFoundError
from yidan.kernel.identifiers import bill_number, container
from yidan.kernel.reasons import Reason, Role, reason
from yidan.ports import LineOutcome, ReportCustomsStatus
from yidan.release.actions.access import CARRIER_SIDE, acting
from yidan.release.events import CustomsReported, TitlePresented
from yidan.release.events.bill import Presentation
from yidan.release.rules.lights import CustomsLight
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.actions.agents import act_for_carrier
from yidan.waybill.tables import find_bills, get_bill

EARLIEST: Final = timedelta(minutes=5)
"""How far ahead of our clock a release by customs may be dated."""

STATUS_UNKNOWN = reason(
    "customs-status-unknown",
    en="{status} is no customs status; one of: {known}.",
    zh="{status} 不是海关状态；可用值：{known}。",
    owner=Role.CUSTOMS,
)
NOT_YET = reason(
    "customs-release-in-future",
    en="The release is dated {at_time}, ahead of our clock; check the sender's clock.",
    zh="放行时间 {at_time} 晚于系统时间；请检查发送方时钟。",
    owner=Role.CUSTOMS,
)
AMBIGUOUS = reason(
    "customs-bill-ambiguous",
    en="Several carriers use bill number {bill}; name the boxes.",
    zh="多个承运人使用提单号 {bill}；请列明箱号。",
    owner=Role.CUSTOMS,
)
NOT_ON_BILL = reason(
    "customs-box-not-on-bill",
    en="Box {box} is not on bill {bill}; a stop is kept, a release is not.",
    zh="箱 {box} 不在提单 {bill} 上；扣留类状态予以保留，放行不予采纳。",
    owner=Role.CUSTOMS,
)


@dataclass(frozen=True, kw_only=True)
class CustomsRecorded:
    """What became of customs' message."""

    event_id: str
    """"" where nothing of it could be applied."""
    lines: tuple[LineOutcome, ...]


@dataclass(frozen=True, kw_only=True)
class PresentTitle:
    """The bill came back to the carrier or its agent."""

    waybill_id: str
    presentation: Presentation
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class TitleRecorded:
    """What became of a presentation."""

    event_id: str


def report_customs_status(command: ReportCustomsStatus, uow: UnitOfWork) -> CustomsRecorded:
    """Apply customs' decision in this transaction; of a release, only what fits the bill.

    Anything that stops is applied whatever the bill says; a bill we do not know yet keeps its
    decision until it comes.

    Raises:
        ForbiddenError: the acting party is not customs.
        InvalidError: the status or a number is malformed.
    """
    acting(uow, Role.CUSTOMS)
    status = _status(command)
    uow.lock(f"bill:{command.transport_document_reference}")
    outcomes = _outcomes(command, status, uow)
    applied = tuple(line.reference for line in outcomes if line.applied)
    if not applied:
        return CustomsRecorded(event_id="", lines=outcomes)
    recorded = uow.record(
        f"bill:{command.transport_document_reference}",
        CustomsReported(
            transport_document_reference=command.transport_document_reference,
            equipment_references=tuple(box for box in applied if box),
            status=status,
            released_quantity_kg=command.released_quantity_kg,
            declaration_number=command.declaration_number,
            as_of=min(command.occurred_at, uow.now),
        ),
        occurred_at=min(command.occurred_at, uow.now),
    )
    return CustomsRecorded(event_id=recorded.event_id, lines=outcomes)


def _status(command: ReportCustomsStatus) -> CustomsLight:
    findings = bill_number.findings(
        command.transport_document_reference, at="/transportDocumentReference"
    )
    for index, box in enumerate(command.equipment_references):
        findings += container.findings(box, at=f"/equipmentReferences/{index}")
    known = {light.value for light in CustomsLight}
    if command.status not in known:
        said = ", ".join(light.value for light in CustomsLight)
        findings.append(STATUS_UNKNOWN(at="/status", status=command.status[:40], known=said))
    if findings:
        raise InvalidError(*findings)
    return CustomsLight(command.status)


def _outcomes(
    command: ReportCustomsStatus, status: CustomsLight, uow: UnitOfWork
) -> tuple[LineOutcome, ...]:
    boxes = command.equipment_references or ("",)
    if status is not CustomsLight.RELEASED:
        return tuple(LineOutcome(reference=box, applied=True) for box in boxes)
    return tuple(_released(command, box, uow) for box in boxes)


def _released(command: ReportCustomsStatus, box: str, uow: UnitOfWork) -> LineOutcome:
    number = command.transport_document_reference
    bills = [bill for bill in find_bills(uow.connection, number) if bill.live]
    found: list[Reason] = []
    if command.occurred_at > uow.now + EARLIEST:
        found.append(NOT_YET(at_time=command.occurred_at.isoformat()))
    fitting = [bill for bill in bills if not box or bill.box(box) is not None]
    if len(fitting) > 1:
        found.append(AMBIGUOUS(bill=number))
    if bills and not fitting:
        found.append(NOT_ON_BILL(box=box, bill=number))
    return LineOutcome(reference=box, applied=not found, reasons=tuple(found))


def present_title(command: PresentTitle, uow: UnitOfWork) -> TitleRecorded:
    """Record that a bill was presented (提单交付) to its carrier or agent.

    Raises:
        NotFoundError: no such bill of the acting carrier or agent.
        ForbiddenError: an agent that the carrier has not appointed.
    """
    party = acting(uow, *CARRIER_SIDE)
    bill = get_bill(uow.connection, command.waybill_id)
    if bill is None or not bill.live or party.id not in (bill.carrier_id, bill.agent_id):
        raise NotFoundError
    uow.lock(f"bill:{bill.transport_document_reference}")
    act_for_carrier(uow, bill, bill.ports)
    recorded = uow.record(
        f"bill:{bill.transport_document_reference}",
        TitlePresented(
            waybill_id=bill.id,
            transport_document_reference=bill.transport_document_reference,
            presentation=command.presentation,
            reference=command.reference,
        ),
    )
    return TitleRecorded(event_id=recorded.event_id)
