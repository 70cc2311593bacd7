"""Holds (扣留): placed and lifted in the transaction that receives them, never through a queue.

A hold is placed under the lock of what it hangs on. A gate-out locks the same, so either the hold
is committed first and seen, or the goods had left first (JOINTS: one lock, one order).
"""

from dataclasses import dataclass

from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from yidan.kernel.events import SYSTEM
from yidan.kernel.identifiers import bill_number, container, plate
from yidan.kernel.reasons import Reason, Role
from yidan.parties.actions import acting_party
from yidan.parties.involvement import involved, require, roles_in
from yidan.parties.tables import Organisation
from yidan.ports import PlaceSafetyHold
from yidan.release.events import HoldLifted, HoldPlaced
from yidan.release.rules import holds
from yidan.release.rules.holds import EVERYWHERE, Hold, HoldKind, HoldScope
from yidan.release.rules.right import refuse
from yidan.release.tables import holds as rows
from yidan.release.tables import visits
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.actions.agents import NOT_THE_CARRIER, act_for_carrier
from yidan.waybill.tables import Bill, bills_of_box, find_bills


@dataclass(frozen=True, kw_only=True)
class PlaceHold:
    """Hold a bill, box, visit, lot, party or vehicle."""

    scope: HoldScope
    key: str
    kind: HoldKind
    why: str


@dataclass(frozen=True, kw_only=True)
class HoldChanged:
    """What became of a hold."""

    event_id: str
    hold: Hold


def place_hold(command: PlaceHold, uow: UnitOfWork) -> HoldChanged:
    """Hold goods at once, whether we know them or not: an authority may speak first.

    Raises:
        ForbiddenError: the acting party's roles do not place this kind.
        InvalidError: the number held is malformed.
        NotFoundError: the acting party is no authority and no party to the goods.
    """
    party = acting_party(uow)
    role = holds.placing_role(command.kind, party.roles)
    if role is None:
        raise ForbiddenError(*holds.placing_findings(command.kind, party.roles))
    if findings := _key_findings(command):
        raise InvalidError(*findings)
    if role not in EVERYWHERE:
        _require_party_to(uow, command, party)
    carriers: frozenset[str] = frozenset()
    if command.kind is HoldKind.CARRIER:
        role, carriers = _for_carriers(uow, command, party)
    uow.lock(holds.guardian(command.scope, command.key))
    hold_id = uow.new_id()
    recorded = uow.record(
        f"hold:{hold_id}",
        HoldPlaced(
            hold_id=hold_id,
            scope=command.scope,
            key=command.key,
            kind=command.kind,
            placed_role=role,
            carriers=tuple(sorted(carriers)),
        ),
        reason=command.why,
    )
    return _changed(uow, recorded.event_id, hold_id)


def place_safety_hold(command: PlaceSafetyHold, uow: UnitOfWork) -> tuple[HoldChanged, ...]:
    """Hold as SECURITY everything an authority named in a message nobody could understand.

    Raises:
        ForbiddenError: the acting party is no such authority.
    """
    named = [(HoldScope.BL, key) for key in command.transport_document_references]
    named += [(HoldScope.CONTAINER, key) for key in command.equipment_references]
    uow.lock(*(holds.guardian(scope, key) for scope, key in named))
    return tuple(
        place_hold(PlaceHold(scope=scope, key=key, kind=HoldKind.SECURITY, why=command.why), uow)
        for scope, key in named
        if not _key_findings(
            PlaceHold(scope=scope, key=key, kind=HoldKind.SECURITY, why=command.why)
        )
    )


def hold_for(
    uow: UnitOfWork, *, authority: Role, scope: HoldScope, key: str, kind: HoldKind, why: str
) -> HoldChanged:
    """Hold goods on behalf of an authority that has to look at them first, and may lift it then."""
    uow.lock(holds.guardian(scope, key))
    hold_id = uow.new_id()
    happened = HoldPlaced(hold_id=hold_id, scope=scope, key=key, kind=kind, placed_role=authority)
    recorded = uow.record(f"hold:{hold_id}", happened, reason=why, actor=SYSTEM)
    return _changed(uow, recorded.event_id, hold_id)


def lift_hold(hold_id: str, why: str, uow: UnitOfWork) -> HoldChanged:
    """Lift a hold, by who placed it or a higher role.

    What an agent held for the carrier of the goods it lifts by that carrier's appointment only,
    and the carrier itself at any time.

    Raises:
        ForbiddenError: an agent that the carrier has not appointed.
        NotFoundError: no such hold that the acting party may see.
        RefusedError: it is not the acting party's to lift, or was lifted.
    """
    party = acting_party(uow)
    found = rows.find(uow.connection, hold_id)
    if found is None or not _may_see(uow, found, party):
        raise NotFoundError
    uow.lock(f"hold:{hold_id}", found.guardian)
    found = rows.find(uow.connection, hold_id) or found
    if found.kind is HoldKind.CARRIER:
        _refuse_lifting_for_carrier(uow, found, party)
    else:
        refuse(holds.lifting_findings(found, party.id, party.roles))
    recorded = uow.record(f"hold:{hold_id}", HoldLifted(hold_id=hold_id), reason=why)
    return _changed(uow, recorded.event_id, hold_id)


def list_holds(uow: UnitOfWork, *, before: str = "", limit: int = 50) -> list[Hold]:
    """The holds the acting party placed, or its agents for it, newest first, behind `before`."""
    return rows.page(uow.connection, uow.actor.party, before=before, limit=limit)


def _may_see(uow: UnitOfWork, hold: Hold, party: Organisation) -> bool:
    mine = roles_in(uow.connection, f"hold:{hold.id}", party.id)
    return bool(mine) or bool(party.roles & EVERYWHERE)


def _key_findings(command: PlaceHold) -> list[Reason]:
    match command.scope:
        case HoldScope.BL:
            return bill_number.findings(command.key, at="/key")
        case HoldScope.CONTAINER:
            return container.findings(command.key, at="/key")
        case HoldScope.EQUIPMENT:
            return plate.findings(command.key, at="/key")
        case HoldScope.VISIT | HoldScope.LOT | HoldScope.PARTY:
            return []


def _require_party_to(uow: UnitOfWork, command: PlaceHold, party: Organisation) -> None:
    """Carriers, agents and banks hold only what they are a party to."""
    connection, key = uow.connection, command.key
    match command.scope:
        case HoldScope.BL:
            mine = any(party.id in bill.parties.values() for bill in find_bills(connection, key))
        case HoldScope.CONTAINER:
            mine = any(party.id in bill.parties.values() for bill in bills_of_box(connection, key))
        case HoldScope.VISIT | HoldScope.LOT:
            require(uow, f"{holds.GUARDIAN_KINDS[command.scope]}:{key}", *_OWN)
            mine = True
        case HoldScope.PARTY | HoldScope.EQUIPMENT:
            mine = False
    if not mine:
        raise NotFoundError


_OWN = (Role.CARRIER, Role.SHIPPING_AGENT, Role.BANK)


def _for_carriers(
    uow: UnitOfWork, command: PlaceHold, party: Organisation
) -> tuple[Role, frozenset[str]]:
    """The role in which a party holds goods as carrier, and as agent for which carriers.

    Placing needs no appointment, so that goods are stopped in time; lifting does.

    Raises:
        NotFoundError: the party is neither carrier nor agent of the goods.
    """
    guardian = holds.guardian(command.scope, command.key)
    bills = _bills_under(uow, guardian)
    if any(bill.carrier_id == party.id for bill in bills):
        return Role.CARRIER, frozenset()
    named = {bill.carrier_id for bill in bills if bill.agent_id == party.id}
    # A visit remembers for whom it was released after the bill has closed.
    known = {one for one, role in involved(uow.connection, guardian) if role is Role.CARRIER}
    carriers = frozenset(named or known) - {party.id}
    if not carriers or Role.SHIPPING_AGENT not in party.roles:
        raise NotFoundError
    return Role.SHIPPING_AGENT, carriers


def _refuse_lifting_for_carrier(uow: UnitOfWork, hold: Hold, party: Organisation) -> None:
    """Let the carrier of the goods lift, and an agent that all carriers it held for appointed."""
    subject = f"hold:{hold.id}"
    # Some other carrier is no higher authority here.
    mine = roles_in(uow.connection, subject, party.id)
    refuse(holds.lifting_findings(hold, party.id, mine))
    if Role.CARRIER in mine:
        return
    carriers = {one for one, role in involved(uow.connection, subject) if role is Role.CARRIER}
    bills = [bill for bill in _bills_under(uow, hold.guardian) if bill.agent_id == party.id]
    if carriers - {bill.carrier_id for bill in bills}:
        raise ForbiddenError(NOT_THE_CARRIER())
    for bill in bills:
        if bill.carrier_id in carriers:
            act_for_carrier(uow, bill, bill.release_ports)


def _bills_under(uow: UnitOfWork, guardian: str) -> list[Bill]:
    """The bills of what a hold hangs on."""
    kind, _, key = guardian.partition(":")
    if kind == "bill":
        return find_bills(uow.connection, key)
    visit = visits.find(uow.connection, key) if kind == "visit" else None
    return bills_of_box(uow.connection, visit.equipment_reference if visit else key)


def _changed(uow: UnitOfWork, event_id: str, hold_id: str) -> HoldChanged:
    found = rows.find(uow.connection, hold_id)
    if found is None:
        raise NotFoundError
    return HoldChanged(event_id=event_id, hold=found)
