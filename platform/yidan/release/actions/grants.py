"""The carrier grants and replaces a release of a bill (SM-A1)."""

from collections.abc import Mapping
from datetime import datetime

from yidan.kernel.errors import InvalidError, RefusedError
from yidan.kernel.identifiers import container, imo
from yidan.kernel.reasons import Reason, Role, reason
from yidan.ports import GrantRelease, LineOutcome, MessageFunction
from yidan.release.actions import acknowledgements
from yidan.release.actions.access import (
    CARRIER_SIDE,
    bill_of_issuer,
    known_party,
    refuse_while_stopped,
    role_of,
)
from yidan.release.actions.acknowledgements import lock_visits, name_first
from yidan.release.actions.cancellations import ReleaseOutcome, expire, locked, take_off
from yidan.release.events import ReleaseGranted, ReleaseReplaced, RightReset
from yidan.release.events.bill import Presentation
from yidan.release.rules import commercial
from yidan.release.rules.commercial import (
    COMMERCIAL,
    CommercialState,
    GrantFacts,
    LineState,
    effective,
    grant_findings,
)
from yidan.release.rules.right import RIGHT, RightState, refuse
from yidan.release.tables import bills, releases, rights, visits
from yidan.release.tables import holds as hold_rows
from yidan.release.tables.bills import BillKey
from yidan.release.tables.releases import Release
from yidan.release.tables.rights import Right
from yidan.release.titles.goods import on_chain
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import Bill, find_bills

NO_END = reason(
    "release-without-end",
    en="A release says until when it is valid.",
    zh="放货指令须给出有效期截止时间。",
)
NOT_TO_CANCEL = reason(
    "release-not-found-to-cancel",
    en="There is no order {order} of bill {bill}.",
    zh="提单 {bill} 没有放货指令 {order}。",
)


def grant_release(command: GrantRelease, uow: UnitOfWork) -> ReleaseOutcome:
    """Grant, replace or cancel a release by the carrier or agent of the bill (放货指令).

    Raises:
        ForbiddenError: the acting party is neither carrier nor agent, or not verified, or the
            carrier has not appointed it.
        NotFoundError: no such bill of the acting carrier or agent.
        InvalidError: the order is malformed; with all findings.
        RefusedError: the order cannot be applied at all; every reason.
    """
    bill = bill_of_issuer(uow, command.transport_document_reference)
    key = _key(bill)
    found = releases.find_order(uow.connection, key, command.delivery_order_reference)
    if command.function is MessageFunction.CANCEL:
        if found is None:
            order = command.delivery_order_reference
            raise RefusedError(NOT_TO_CANCEL(bill=key.number, order=order))
        boxes = tuple(line.equipment_reference for line in command.lines)
        return take_off(uow, found.id, boxes)
    _check_form(command)
    refuse_while_stopped(uow)
    if command.function is MessageFunction.REPLACE and _replaceable(found, uow.now):
        assert found is not None  # noqa: S101 - _replaceable says so
        return _replace(command, bill, found.id, uow)
    return _grant(command, bill, found.id if found else uow.new_id(), uow)


def _key(bill: Bill) -> BillKey:
    return BillKey(bill.carrier_id, bill.transport_document_reference)


def _replaceable(found: Release | None, now: datetime) -> bool:
    """An expired or revoked order is granted again instead."""
    return found is not None and COMMERCIAL.allows(
        effective(found.state, found.valid_until, now), ReleaseReplaced
    )


def _check_form(command: GrantRelease) -> None:
    found = imo.findings(command.vessel_imo_number, at="/vesselImoNumber")
    for index, line in enumerate(command.lines):
        found += container.findings(
            line.equipment_reference, at=f"/lines/{index}/equipmentReference"
        )
    if command.valid_until is None:
        found.append(NO_END(at="/validUntil"))
    if found:
        raise InvalidError(*found)


def _facts(command: GrantRelease, bill: Bill, release_id: str, uow: UnitOfWork) -> GrantFacts:
    number = bill.transport_document_reference
    consignee = bill.parties.get(Role.CONSIGNEE, "")
    live = [other for other in find_bills(uow.connection, number) if other.live]
    boxes = tuple(line.equipment_reference for line in command.lines)
    first = known_party(uow, command.release_to) if command.release_to else None
    chain = on_chain(uow.connection, _key(bill), first=first.id if first else "")
    return GrantFacts(
        now=uow.now,
        transport_document_reference=number,
        negotiable=bill.negotiable,
        presented=bills.title_of(uow.connection, bill.id) is not None,
        consignee_known=bool(consignee) and known_party(uow, consignee) is not None,
        number_unique=len(live) == 1,
        bill_boxes=frozenset(box.equipment_reference for box in bill.boxes),
        boxes=boxes,
        valid_from=command.valid_from or uow.now,
        valid_until=command.valid_until or uow.now,
        blocks=releases.blocks_against(uow.connection, release_id, _key(bill), boxes),
        bill_holds=hold_rows.active_on(uow.connection, [f"bill:{number}"]),
        on_chain=chain.governs,
        titles=chain.reasons,
    )


def _grant(command: GrantRelease, bill: Bill, release_id: str, uow: UnitOfWork) -> ReleaseOutcome:
    boxes = [line.equipment_reference for line in command.lines]
    voyage = (command.vessel_imo_number, command.voyage)
    known = visits.on_voyage(uow.connection, boxes, *voyage)
    lock_visits(uow, release_id, known)
    before = releases.find(uow.connection, release_id)
    state = before.state if before else CommercialState.NONE
    if before and effective(state, before.valid_until, uow.now) is not state:
        expire(uow, before)
        state = CommercialState.EXPIRED
    held = rights.of_visits(uow.connection, [visit.id for visit in known.values()])
    event = _granted(command, bill, release_id, uow)
    refuse(
        [
            *grant_findings(_facts(command, bill, release_id, uow)),
            *_machine_findings(state),
            *(r for right in held.values() for r in _taken(right, release_id)),
            *_gone(command, bill, uow),
            *_inside(before, event, held),
        ]
    )
    recorded = uow.record(f"release:{release_id}", event)
    acknowledged = acknowledgements.acknowledge_known(uow, release_id)
    return ReleaseOutcome(
        event_ids=tuple(filter(None, (recorded.event_id, acknowledged))),
        release_id=release_id,
        lines=tuple(LineOutcome(reference=box, applied=True) for box in boxes),
    )


def _machine_findings(state: CommercialState) -> list[Reason]:
    if COMMERCIAL.allows(state, ReleaseGranted):
        return []
    return [commercial.GRANTED_ALREADY(state=state.value)]


def _taken(right: Right, release_id: str) -> list[Reason]:
    """Why a box that has a right already may not be released by this order."""
    box = right.equipment_reference
    if right.state is RightState.CONSUMED:
        return [commercial.GATE_OUT_DONE(box=box, since=right.state_since)]
    if right.release_id != release_id and not right.suspended:
        return [commercial.RELEASED_ELSEWHERE(box=box, since=right.state_since)]
    return []


def _gone(
    command: GrantRelease, bill: Bill, uow: UnitOfWork, kept: frozenset[str] = frozenset()
) -> list[Reason]:
    """A box leaves once under a bill, whatever order or voyage is named the second time."""
    boxes = [line.equipment_reference for line in command.lines]
    gone = releases.consumed_of(uow.connection, _key(bill), boxes)
    return [commercial.GATE_OUT_DONE(box=box) for box in gone if box not in kept]


def _inside(
    before: Release | None, terms: ReleaseGranted, held: Mapping[str, Right]
) -> list[Reason]:
    """Another first party is not named under a truck that came in for the one before."""
    if before is None or before.first_holder == terms.first_holder:
        return []
    return [
        commercial.LOCKED_AT_GATE(box=right.equipment_reference, since=right.state_since)
        for right in held.values()
        if right.state is RightState.LOCKED_AT_GATE
    ]


def _granted(command: GrantRelease, bill: Bill, release_id: str, uow: UnitOfWork) -> ReleaseGranted:
    first = known_party(uow, command.release_to) if command.release_to else None
    first_role = role_of(first, Role.CONSIGNEE, Role.FORWARDER, Role.HAULIER) if first else None
    title = bills.title_of(uow.connection, bill.id)
    involved = {
        party: role
        for role, party in bill.parties.items()
        if role in {*CARRIER_SIDE, Role.CONSIGNEE, Role.FORWARDER, Role.BANK}
    }
    if first is not None and first_role is not None:
        involved.setdefault(first.id, first_role)
    return ReleaseGranted(
        release_id=release_id,
        delivery_order_reference=command.delivery_order_reference,
        transport_document_reference=bill.transport_document_reference,
        carrier=bill.carrier_id,
        agent=bill.agent_id,
        consignee=bill.parties.get(Role.CONSIGNEE, ""),
        release_to=command.release_to,
        first_holder=first.id if first else "",
        first_holder_role=first_role,
        carrier_code=command.carrier_code,
        vessel_imo_number=command.vessel_imo_number,
        voyage=command.voyage,
        terminal_location=command.terminal_location,
        valid_from=command.valid_from or uow.now,
        valid_until=command.valid_until or uow.now,
        equipment_references=tuple(line.equipment_reference for line in command.lines),
        letter_of_indemnity=title is not None and title.presentation is Presentation.LOI,
        involved=involved,
    )


def _replace(command: GrantRelease, bill: Bill, release_id: str, uow: UnitOfWork) -> ReleaseOutcome:
    before, lines = locked(uow, release_id)
    active = {box for box, s in lines.items() if s is not LineState.CANCELLED}
    boxes = {line.equipment_reference for line in command.lines}
    added = tuple(sorted(boxes - active))
    known = visits.on_voyage(uow.connection, added, before.vessel_imo_number, before.voyage)
    lock_visits(uow, release_id, known)
    held = rights.of_visits(uow.connection, [visit.id for visit in known.values()])
    terms = _granted(command, bill, release_id, uow)
    own = {right.visit_id: right for right in rights.of_release(uow.connection, release_id)}
    refuse(
        [
            *grant_findings(_facts(command, bill, release_id, uow)),
            *(r for right in held.values() for r in _taken(right, release_id)),
            *_gone(command, bill, uow, kept=frozenset(active)),
            *_inside(before, terms, own),
        ]
    )
    recorded = uow.record(
        f"release:{release_id}",
        ReleaseReplaced(
            release_id=release_id,
            version=before.version + 1,
            release_to=terms.release_to,
            first_holder=terms.first_holder,
            first_holder_role=terms.first_holder_role,
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
            added=added,
            pending_update=bool(added),
        ),
    )
    if terms.first_holder != before.first_holder:
        _start_anew(uow, release_id)
    taken_off = tuple(sorted(active - boxes))
    cancelled = take_off(uow, release_id, taken_off) if taken_off else None
    acknowledged = acknowledgements.acknowledge_known(uow, release_id) if added else ""
    return ReleaseOutcome(
        event_ids=(
            recorded.event_id,
            *(cancelled.event_ids if cancelled else ()),
            *filter(None, (acknowledged,)),
        ),
        release_id=release_id,
        lines=(
            *(LineOutcome(reference=box, applied=True) for box in sorted(boxes)),
            *(cancelled.lines if cancelled else ()),
        ),
    )


def _start_anew(uow: UnitOfWork, release_id: str) -> None:
    """The carrier named another first party: rights not at the gate begin with it."""
    release = releases.find(uow.connection, release_id)
    for right in rights.of_release(uow.connection, release_id):
        if release is not None and RIGHT.allows(right.state, RightReset) and not right.suspended:
            uow.record(f"right:{right.id}", RightReset(right_id=right.id))
            name_first(uow, right.id, release)
