"""What customs decides, and that bills are presented: both stand under the bill's own subject."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.identifiers import bill_number, container
from yidan.kernel.reasons import Reason, Role, reason, worded
from yidan.ports import LineOutcome, ReportCustomsStatus
from yidan.release.actions.access import CARRIER_SIDE, acting
from yidan.release.actions.holds import PlaceHold, place_hold
from yidan.release.events import CustomsReported, TitlePresented
from yidan.release.events.bill import Presentation
from yidan.release.rules import words
from yidan.release.rules.customs import Decision, Effect, effect
from yidan.release.rules.holds import HoldKind, HoldScope, guardian
from yidan.release.rules.lights import CustomsLight
from yidan.release.tables.bills import BillKey, Customs, customs_rows
from yidan.release.tables.holds import active_on
from yidan.release.titles.goods import on_chain
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

ON_CHAIN = reason(
    "title-on-chain",
    en="Bill {bill} has a title on the chain: it is presented by its surrender there alone.",
    zh="提单 {bill} 已有链上单证：只能通过链上交单提交。",
    owner=Role.CONSIGNEE,
)
LATE_STOP_HELD = reason(
    "customs-late-stop-held",
    en="This stop came after a release dated {at_time} ({status}) that does not name its"
    " declaration: a customs hold was placed. Lift it if the release was meant to cover it.",
    zh="该扣留类回执晚于 {at_time} 的决定（{status}）到达，而后者未注明同一报关单：已设置海关扣留。"
    "如放行确已包含，请解除扣留。",
    status=worded(words.CUSTOMS),
    owner=Role.CUSTOMS,
)
LATE_STOP_COVERED = reason(
    "customs-late-stop-covered",
    en="Nothing was stopped: customs decided on the same declaration later, at {at_time}:"
    " {status}. Send a new stop to stop the goods.",
    zh="未予扣留：海关已于 {at_time} 对同一报关单作出更晚的决定：{status}。如需扣留请重新发送。",
    status=worded(words.CUSTOMS),
    owner=Role.CUSTOMS,
)
LATER_STOP_STANDS = reason(
    "customs-later-stop-stands",
    en="Nothing was released: a later decision of customs stands, of {at_time}: {status}.",
    zh="未予放行：海关在 {at_time} 的更晚决定仍然有效：{status}。",
    status=worded(words.CUSTOMS),
    owner=Role.CUSTOMS,
)
LATE_STOP: Final = "Late customs stop of {at}, declaration {number} 迟到的海关扣留回执"
"""Why a hold stands that a late stop placed."""


@dataclass(frozen=True, kw_only=True)
class CustomsRecorded:
    """What became of customs' message."""

    event_id: str
    """"" where nothing of it could be taken."""
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
    """Take customs' decision in this transaction; of a release, only what fits the bill.

    Whatever stops is taken whatever the bill says, also when it comes late: behind a later release
    that does not name the stop's own declaration it becomes a CUSTOMS hold, which customs lifts
    once it has looked. Each line says what it did: `applied` is false where the goods are as they
    were. A bill we do not know yet keeps its decision until it comes.

    Raises:
        ForbiddenError: the acting party is not customs.
        InvalidError: the status or a number is malformed.
    """
    acting(uow, Role.CUSTOMS)
    status = _status(command)
    number, boxes = command.transport_document_reference, command.equipment_references or ("",)
    uow.lock(f"bill:{number}", *(f"box:{box}" for box in boxes if box))
    carrier, refused = "", dict[str, list[Reason]]()
    if status is CustomsLight.RELEASED:
        carrier, refused = _fitting(command, boxes, uow)
    taken = tuple(box for box in boxes if not refused.get(box))
    standing = [row for row in customs_rows(uow.connection, number) if _about(row, carrier, status)]
    decided = {
        box: effect(_decision(command, status, box, uow), _of(standing, box)) for box in taken
    }
    event_id = _record(command, status, carrier, taken, uow) if taken else ""
    lines = tuple(
        LineOutcome(reference=box, applied=False, reasons=tuple(refused[box]))
        if refused.get(box)
        else _line(command, box, decided[box], uow)
        for box in boxes
    )
    return CustomsRecorded(event_id=event_id, lines=lines)


def _record(
    command: ReportCustomsStatus,
    status: CustomsLight,
    carrier: str,
    taken: tuple[str, ...],
    uow: UnitOfWork,
) -> str:
    as_of = min(command.occurred_at, uow.now)
    happened = CustomsReported(
        carrier=carrier,
        transport_document_reference=command.transport_document_reference,
        equipment_references=tuple(box for box in taken if box),
        status=status,
        released_quantity_kg=command.released_quantity_kg,
        declaration_number=command.declaration_number,
        as_of=as_of,
    )
    subject = f"bill:{command.transport_document_reference}"
    return uow.record(subject, happened, occurred_at=as_of).event_id


def _decision(
    command: ReportCustomsStatus, status: CustomsLight, box: str, uow: UnitOfWork
) -> Decision:
    return Decision(
        status=status,
        as_of=min(command.occurred_at, uow.now),
        declaration_number=command.declaration_number,
        equipment_reference=box,
    )


def _about(row: Customs, carrier: str, status: CustomsLight) -> bool:
    """A stop meets what stands for any carrier; a release what stands for the bill it fits."""
    return status is not CustomsLight.RELEASED or row.carrier in ("", carrier)


def _of(standing: list[Customs], box: str) -> list[Decision]:
    return [
        Decision(
            status=row.status,
            as_of=row.as_of,
            declaration_number=row.declaration_number,
            equipment_reference=row.equipment_reference,
        )
        for row in standing
        if not box or row.equipment_reference in ("", box)
    ]


def _line(
    command: ReportCustomsStatus, box: str, decided: tuple[Effect, Decision], uow: UnitOfWork
) -> LineOutcome:
    did, other = decided
    if did is Effect.COUNTS:
        return LineOutcome(reference=box, applied=True)
    if did is Effect.HELD:
        _hold(command, box, uow)
    said = _SAID[did](status=other.status.value, at_time=other.as_of.isoformat())
    return LineOutcome(reference=box, applied=did is Effect.HELD, reasons=(said,))


_SAID: Final = {
    Effect.HELD: LATE_STOP_HELD,
    Effect.COVERED: LATE_STOP_COVERED,
    Effect.STOPPED: LATER_STOP_STANDS,
}


def _hold(command: ReportCustomsStatus, box: str, uow: UnitOfWork) -> None:
    """Hold the goods for customs; the same late stop again places no second hold."""
    scope = HoldScope.CONTAINER if box else HoldScope.BL
    key = box or command.transport_document_reference
    why = LATE_STOP.format(at=command.occurred_at.isoformat(), number=command.declaration_number)
    standing = active_on(uow.connection, [guardian(scope, key)])
    if not any(hold.placed_by == uow.actor.party and hold.why == why for hold in standing):
        place_hold(PlaceHold(scope=scope, key=key, kind=HoldKind.CUSTOMS, why=why), uow)


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


def _fitting(
    command: ReportCustomsStatus, boxes: tuple[str, ...], uow: UnitOfWork
) -> tuple[str, dict[str, list[Reason]]]:
    """Whose bill a release is of, "" before any is known; and by box why it cannot be taken."""
    number = command.transport_document_reference
    bills = [bill for bill in find_bills(uow.connection, number) if bill.live]
    fitting = {
        box: {bill.carrier_id for bill in bills if not box or bill.box(box) is not None}
        for box in boxes
    }
    carriers = {carrier for found in fitting.values() for carrier in found}
    refused: dict[str, list[Reason]] = {box: [] for box in boxes}
    for box, found in refused.items():
        if command.occurred_at > uow.now + EARLIEST:
            found.append(NOT_YET(at_time=command.occurred_at.isoformat()))
        if bills and not fitting[box]:
            found.append(NOT_ON_BILL(box=box, bill=number))
        elif len(carriers) > 1:
            found.append(AMBIGUOUS(bill=number))
    return (carriers.pop() if len(carriers) == 1 else ""), refused


def present_title(command: PresentTitle, uow: UnitOfWork) -> TitleRecorded:
    """Record that a bill was presented (提单交付) to its carrier or agent.

    Raises:
        NotFoundError: no such bill of the acting carrier or agent.
        ForbiddenError: an agent that the carrier has not appointed.
        RefusedError: the bill has a title on the chain, which alone clears it.
    """
    party = acting(uow, *CARRIER_SIDE)
    bill = get_bill(uow.connection, command.waybill_id)
    if bill is not None:
        uow.lock(f"bill:{bill.transport_document_reference}")
        bill = get_bill(uow.connection, command.waybill_id)
    if bill is None or not bill.live or party.id not in (bill.carrier_id, bill.agent_id):
        raise NotFoundError
    act_for_carrier(uow, bill, bill.ports)
    key = BillKey(bill.carrier_id, bill.transport_document_reference)
    if on_chain(uow.connection, key).governs:
        raise RefusedError(ON_CHAIN(bill=key.number))
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
