"""What holders do with a release right: offer, accept, decline, return, name truck and driver.

One holder at any time (SM-A2). Passing a right changes no charge, no light and no hold.
"""

from dataclasses import dataclass
from datetime import datetime

from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.events import SYSTEM, Event
from yidan.kernel.identifiers import plate as plates
from yidan.kernel.reasons import Role
from yidan.parties.actions import acting_party
from yidan.parties.involvement import require
from yidan.ports import LineOutcome, MessageFunction, PreNotifyPickup
from yidan.release.actions.access import (
    CARRIER_SIDE,
    PARTY_NOT_KNOWN,
    acting,
    for_issuer,
    known_party,
    refuse_while_stopped,
    role_of,
)
from yidan.release.events import (
    OfferExpired,
    OfferRevoked,
    RightAccepted,
    RightAssigned,
    RightDeclined,
    RightNamed,
    RightOffered,
    RightReturned,
    RightUnassigned,
)
from yidan.release.rules import right as rules
from yidan.release.rules.commercial import CommercialState, effective
from yidan.release.rules.right import RightFacts, refuse
from yidan.release.tables import releases, rights
from yidan.release.tables.rights import Right
from yidan.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class NameHolder:
    """The carrier names the first holder."""

    right_id: str
    holder: str
    """Party id or `scheme:value`."""


@dataclass(frozen=True, kw_only=True)
class OfferRight:
    """The holder offers the right to another party."""

    right_id: str
    offered_to: str
    """Party id or `scheme:value`."""
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class AssignRight:
    """The holder names truck, driver and time."""

    right_id: str
    plate: str
    driver_id: str
    planned_at: datetime


@dataclass(frozen=True, kw_only=True)
class RightChanged:
    """What became of a right."""

    event_id: str
    right: Right


def name_holder(command: NameHolder, uow: UnitOfWork) -> RightChanged:
    """Name the first holder of a right that nobody holds yet, by the carrier or agent.

    Raises:
        NotFoundError: no such right of the acting carrier or agent.
        ForbiddenError: an agent that the carrier has not appointed.
        InvalidError: the party is not a verified one.
        RefusedError: somebody holds it, or releases are stopped.
    """
    acting(uow, *CARRIER_SIDE)
    right = rights.find(uow.connection, command.right_id)
    release_id = right.release_id if right else ""
    for_issuer(uow, f"right:{command.right_id}", release_id, *CARRIER_SIDE)
    holder = known_party(uow, command.holder)
    if holder is None:
        raise InvalidError(PARTY_NOT_KNOWN(at="/holder", party=command.holder))
    _, facts = _open(uow, command.right_id)
    refuse(rules.step_findings(facts, RightNamed))
    role = role_of(holder, Role.CONSIGNEE, Role.FORWARDER, Role.HAULIER)
    return _record(
        uow, command.right_id, RightNamed(right_id=command.right_id, holder=holder.id, role=role)
    )


def offer_right(command: OfferRight, uow: UnitOfWork) -> RightChanged:
    """Offer a right to another party (转让), which has it once it accepts.

    Raises:
        NotFoundError: no such right, or not the acting party's to see.
        InvalidError: the other party is not a verified one.
        RefusedError: the rules say no; every reason.
    """
    _, facts = _mine(uow, command.right_id)
    to = known_party(uow, command.offered_to)
    if to is None:
        raise InvalidError(PARTY_NOT_KNOWN(at="/offeredTo", party=command.offered_to))
    refuse(rules.offer_findings(facts, to.id, command.expires_at))
    _end_expired_offer(uow, command.right_id, facts)
    role = role_of(to, Role.HAULIER, Role.FORWARDER, Role.RAIL_OPERATOR, Role.CONSIGNEE)
    offered = RightOffered(
        right_id=command.right_id, offered_to=to.id, role=role, expires_at=command.expires_at
    )
    return _record(uow, command.right_id, offered)


def accept_right(right_id: str, uow: UnitOfWork) -> RightChanged:
    """Accept an offered right: the acting party is the one holder from now on (接受).

    Raises:
        NotFoundError: no such right, or not the acting party's to see.
        RefusedError: it is not offered to it (any more); every reason.
    """
    _, facts = _mine(uow, right_id)
    refuse(rules.answer_findings(facts, RightAccepted))
    return _record(uow, right_id, RightAccepted(right_id=right_id, holder=uow.actor.party))


def decline_right(right_id: str, why: str, uow: UnitOfWork) -> RightChanged:
    """Decline an offered right; its holder keeps it (拒绝).

    Raises:
        NotFoundError: no such right, or not the acting party's to see.
        RefusedError: it is not offered to the acting party (any more).
    """
    _, facts = _mine(uow, right_id, stoppable=False)
    refuse(rules.answer_findings(facts, RightDeclined))
    return _record(uow, right_id, RightDeclined(right_id=right_id), why)


def revoke_offer(right_id: str, why: str, uow: UnitOfWork) -> RightChanged:
    """Take an offer back before it is accepted (撤回).

    Raises:
        NotFoundError: no such right, or not the acting party's to see.
        RefusedError: the acting party does not hold it, or it is not offered.
    """
    _, facts = _mine(uow, right_id, stoppable=False)
    found = [] if facts.caller == facts.holder else [rules.NOT_HOLDER()]
    happened = OfferExpired if facts.offer_over else OfferRevoked
    if facts.offer_over:
        refuse(found)
    else:
        refuse(found + rules.step_findings(facts, OfferRevoked))
    return _record(uow, right_id, happened(right_id=right_id), why)


def return_right(right_id: str, why: str, uow: UnitOfWork) -> RightChanged:
    """Give a right back to whom it came from (退回).

    Raises:
        NotFoundError: no such right, or not the acting party's to see.
        RefusedError: the rules say no; every reason.
    """
    right, facts = _mine(uow, right_id)
    refuse(rules.return_findings(facts))
    _end_expired_offer(uow, right_id, facts)
    returned = RightReturned(right_id=right_id, holder=right.chain[-2])
    return _record(uow, right_id, returned, why)


def assign_right(command: AssignRight, uow: UnitOfWork) -> RightChanged:
    """Name truck, driver and time, or others instead (派车、改派), before gate-in.

    Raises:
        NotFoundError: no such right, or not the acting party's to see.
        InvalidError: the plate is malformed.
        RefusedError: the rules say no; every reason.
    """
    if findings := plates.findings(command.plate, at="/plate"):
        raise InvalidError(*findings)
    _, facts = _mine(uow, command.right_id)
    refuse(rules.holder_findings(facts, RightAssigned))
    _end_expired_offer(uow, command.right_id, facts)
    assigned = RightAssigned(
        right_id=command.right_id,
        plate=command.plate,
        driver_id=command.driver_id,
        planned_at=command.planned_at,
    )
    return _record(uow, command.right_id, assigned)


def unassign_right(right_id: str, why: str, uow: UnitOfWork) -> RightChanged:
    """Take truck and driver off a right before gate-in (取消派车).

    Raises:
        NotFoundError: no such right, or not the acting party's to see.
        RefusedError: the rules say no; every reason.
    """
    _, facts = _mine(uow, right_id)
    found = [] if facts.caller == facts.holder else [rules.NOT_HOLDER()]
    refuse(found + rules.step_findings(facts, RightUnassigned))
    return _record(uow, right_id, RightUnassigned(right_id=right_id), why)


def pre_notify_pickup(command: PreNotifyPickup, uow: UnitOfWork) -> LineOutcome:
    """Assign or unassign by a haulier's message that names bill and box (COPINO, 提箱预约).

    Raises:
        RefusedError: the acting party holds no right for the box, or the rules say no.
        InvalidError: the plate is malformed.
    """
    acting_party(uow)
    bill, box = command.transport_document_reference, command.equipment_reference
    found = [
        right
        for right in rights.of_box(uow.connection, bill, box)
        if right.holder == uow.actor.party
    ]
    if len(found) != 1:
        raise RefusedError(rules.NO_RIGHT_FOR_BOX(bill=bill[:40], box=box[:20]))
    if command.function is MessageFunction.CANCEL:
        unassign_right(found[0].id, "pre-notification cancelled", uow)
    else:
        assign_right(
            AssignRight(
                right_id=found[0].id,
                plate=command.plate,
                driver_id=command.driver_id,
                planned_at=command.planned_at,
            ),
            uow,
        )
    return LineOutcome(reference=box, applied=True)


def _mine(uow: UnitOfWork, right_id: str, *, stoppable: bool = True) -> tuple[Right, RightFacts]:
    """A right the acting party is a party to, locked, with the facts its acts are judged by."""
    acting_party(uow)
    require(uow, f"right:{right_id}")
    return _open(uow, right_id, stoppable=stoppable)


def _open(uow: UnitOfWork, right_id: str, *, stoppable: bool = True) -> tuple[Right, RightFacts]:
    uow.lock(f"right:{right_id}")
    right = rights.find(uow.connection, right_id)
    release = releases.find(uow.connection, right.release_id) if right else None
    if right is None or release is None:
        raise NotFoundError
    if stoppable:
        refuse_while_stopped(uow)
    state = effective(release.state, release.valid_until, uow.now)
    facts = RightFacts(
        state=right.state,
        suspended=right.suspended or state is CommercialState.EXPIRED,
        blocks=releases.blocks_of(uow.connection, release.id),
        holder=right.holder,
        offered_to=right.offered_to,
        offer_expires_at=right.offer_expires_at,
        chain=right.chain,
        caller=uow.actor.party,
        now=uow.now,
    )
    return right, facts


def _end_expired_offer(uow: UnitOfWork, right_id: str, facts: RightFacts) -> None:
    if facts.offer_over:
        expired = OfferExpired(right_id=right_id)
        at = facts.offer_expires_at
        uow.record(f"right:{right_id}", expired, occurred_at=at, actor=SYSTEM)


def _record(uow: UnitOfWork, right_id: str, happened: Event, why: str = "") -> RightChanged:
    recorded = uow.record(f"right:{right_id}", happened, reason=why)
    found = rights.find(uow.connection, right_id)
    if found is None:
        raise NotFoundError
    return RightChanged(event_id=recorded.event_id, right=found)
