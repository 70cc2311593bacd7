"""A train's arrival list (到达车列清单): which bills arrive with it, and what on it nobody expects.

A list is never refused for what stands on it: what is known is applied, the rest is kept,
answered line by line, and shown.
"""

from dataclasses import dataclass
from datetime import UTC
from typing import Final

from yidan.kernel.errors import ForbiddenError, InvalidError
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties.actions import acting_party
from yidan.ports import LineOutcome, ReportTrainArrival
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill import tables
from yidan.waybill.actions.answers import existing, guardian, subject
from yidan.waybill.actions.progress import follow_up
from yidan.waybill.actions.reports import future_findings, record_differences, seal_findings
from yidan.waybill.events import BoxSeen, LegArrived, TrainArrived
from yidan.waybill.rules.states import LEG
from yidan.waybill.tables import Bill, LegOnBill

NOT_A_RAIL_OPERATOR = reason(
    "not-a-rail-operator",
    en="Train lists come from rail operators; your organisation is not registered as one.",
    zh="列车清单由铁路经营人报送；贵单位未登记为铁路经营人。",
    owner=Role.ADMINISTRATOR,
)
BOX_UNKNOWN = reason(
    "box-on-no-bill",
    en="No accepted bill has {box} on a rail leg of yours to {place}; check the number, or have the"
    " bill submitted.",
    zh="没有已接受的运单在贵方至 {place} 的铁路段上列有 {box}；请核对箱号，或请货代提交运单。",
    owner=Role.FORWARDER,
)
ALREADY_ARRIVED = reason(
    "box-already-arrived",
    en="{box} was reported to arrive in {place} before; nothing was changed.",
    zh="{box} 已上报到达 {place}；未作更改。",
)
LEG_IS_OVER = reason(
    "leg-is-over",
    en="Leg {leg} of bill {bill} is {state}; an arrival is not possible any more.",
    zh="运单 {bill} 第 {leg} 段状态为 {state}；不能再上报到达。",
    owner=Role.RAIL_OPERATOR,
)

_LIMIT: Final = 35


@dataclass(frozen=True, kw_only=True)
class TrainArrivalOutcome:
    """What became of a list, box by box."""

    event_id: str
    """Of the list itself."""
    lines: tuple[LineOutcome, ...]
    """In the order of the list; a box that differs in its seals is applied, with the reason."""


def report_train_arrival(command: ReportTrainArrival, uow: UnitOfWork) -> TrainArrivalOutcome:
    """Record a train's arrival: its list as it came, and the arrival on every bill it concerns.

    Raises:
        ForbiddenError: not verified, or not a rail operator.
        InvalidError: the arrival lies in the future.
    """
    acting = acting_party(uow)
    if Role.RAIL_OPERATOR not in acting.roles:
        raise ForbiddenError(NOT_A_RAIL_OPERATOR())
    if found := future_findings(command.arrived_at, uow):
        raise InvalidError(*found)
    seen = _boxes(command)
    arriving = _arriving(command, seen, uow)
    said: dict[str, list[Reason]] = {}
    for bill, leg in arriving:
        here = tuple(box for box in seen if bill.box(box.equipment_reference) is not None)
        for box, reasons in _arrive(command, bill, leg, here, uow).items():
            said.setdefault(box, []).extend(reasons)
    unknown = tuple(b.equipment_reference for b in seen if b.equipment_reference not in said)
    recorded = uow.record(
        train_subject(command),
        TrainArrived(
            train_number=command.train_number,
            un_location_code=command.un_location_code,
            boxes=seen,
            unknown=unknown,
        ),
        occurred_at=command.arrived_at,
    )
    lines = tuple(_line(command, box.equipment_reference, said) for box in seen)
    return TrainArrivalOutcome(event_id=recorded.event_id, lines=lines)


def train_subject(command: ReportTrainArrival) -> str:
    """One train, one place, one day (UTC)."""
    day = command.arrived_at.astimezone(UTC).strftime("%Y%m%d")
    return f"train:{command.train_number}-{command.un_location_code}-{day}"


def _boxes(command: ReportTrainArrival) -> tuple[BoxSeen, ...]:
    """The list's boxes, each once, in its order."""
    by_number = {
        load.equipment_reference: BoxSeen(
            equipment_reference=load.equipment_reference, seal_numbers=load.seal_numbers
        )
        for load in command.loads
    }
    return tuple(by_number.values())


def _arriving(
    command: ReportTrainArrival, seen: tuple[BoxSeen, ...], uow: UnitOfWork
) -> list[tuple[Bill, LegOnBill]]:
    """The bills with a box on this train and a rail leg of the operator to this place, locked."""
    numbers = [box.equipment_reference for box in seen]
    found = tables.boxes_of_train(uow.connection, numbers, uow.actor.party)
    uow.lock(
        train_subject(command),
        *(subject(bill.id) for bill in found),
        *(guardian(bill.transport_document_reference) for bill in found),
    )
    return [
        (bill, leg)
        for bill in (existing(uow, bill.id) for bill in found)
        if bill.live and (leg := _rail_leg(command, bill, uow)) is not None
    ]


def _rail_leg(command: ReportTrainArrival, bill: Bill, uow: UnitOfWork) -> LegOnBill | None:
    return next(
        (
            leg
            for leg in bill.legs
            if leg.mode == "RAIL"
            and leg.carrier_id == uow.actor.party
            and leg.to_location == command.un_location_code
        ),
        None,
    )


def _arrive(
    command: ReportTrainArrival,
    bill: Bill,
    leg: LegOnBill,
    here: tuple[BoxSeen, ...],
    uow: UnitOfWork,
) -> dict[str, list[Reason]]:
    """Record the arrival of a bill's boxes; answer what there is to say of each."""
    arrived = {b.equipment_reference for b in bill.boxes if b.arrived_leg >= leg.sequence}
    fresh = tuple(box for box in here if box.equipment_reference not in arrived)
    said: dict[str, list[Reason]] = {
        box.equipment_reference: [
            ALREADY_ARRIVED(box=box.equipment_reference, place=command.un_location_code)
        ]
        for box in here
        if box not in fresh
    }
    if not LEG.allows(leg.state, LegArrived):
        over = LEG_IS_OVER(
            leg=leg.sequence, bill=bill.transport_document_reference, state=leg.state.value
        )
        return said | {box.equipment_reference: [over] for box in fresh}
    if not fresh:
        return said
    happened = LegArrived(
        waybill_id=bill.id,
        sequence=leg.sequence,
        boxes=fresh,
        un_location_code=command.un_location_code,
        transport_reference=command.train_number,
    )
    uow.record(subject(bill.id), happened, occurred_at=command.arrived_at)
    record_differences(uow, bill, leg, fresh, command.arrived_at)
    follow_up(uow, bill.id)
    return said | {box.equipment_reference: seal_findings(bill, (box,)) for box in fresh}


def _line(command: ReportTrainArrival, box: str, said: dict[str, list[Reason]]) -> LineOutcome:
    if box not in said:
        unknown = BOX_UNKNOWN(box=box[:_LIMIT], place=command.un_location_code)
        return LineOutcome(reference=box, applied=False, reasons=(unknown,))
    refused = any(one.code == LEG_IS_OVER.code for one in said[box])
    return LineOutcome(reference=box, applied=not refused, reasons=tuple(said[box]))
