"""Where one box stands: its right, release, visit, customs, holds, read together.

`read` gathers the facts that readiness judges by; `lock` locks everything whose change could turn
the answer, so that what is read afterwards stays true until the commit.
"""

from dataclasses import dataclass, replace
from datetime import tzinfo

from yidan.kernel.errors import NotFoundError
from yidan.kernel.reasons import Reason
from yidan.parties.rules import OrganisationState
from yidan.parties.tables import organisation
from yidan.release.rules.commercial import LineState
from yidan.release.rules.lights import Lights, Total, total
from yidan.release.rules.readiness import Facts, Stage, lights_of, reasons
from yidan.release.tables import bills, holds, releases, rights, visits
from yidan.release.tables.releases import Release
from yidan.release.tables.rights import Right
from yidan.release.tables.visits import Visit
from yidan.release.titles.goods import on_chain
from yidan.store.ledger_state import releases_stopped
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import bills_of_box


@dataclass(frozen=True, kw_only=True)
class Asking:
    """At which truck, if any, a position is looked at."""

    plate: str = ""
    truck_visit_id: str = ""
    locking: bool = False
    """Lock every guardian before its holds are read."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """One box of a release with everything that decides about it."""

    equipment_reference: str
    release: Release
    line: LineState
    visit: Visit | None
    right: Right | None
    facts: Facts

    @property
    def held_right(self) -> Right:
        """Its right.

        Raises:
            NotFoundError: it has none.
        """
        if self.right is None:
            raise NotFoundError
        return self.right

    @property
    def lights(self) -> Lights:
        """Its lights."""
        return lights_of(self.facts)

    @property
    def total(self) -> Total:
        """Its lights in one."""
        return total(self.lights)

    def reasons(self, stage: Stage = Stage.READINESS) -> list[Reason]:
        """Every reason against its leaving at a stage."""
        return reasons(self.facts, stage)


def guardians(
    release: Release, box: str, visit_id: str, chain: tuple[str, ...], plate: str = ""
) -> list[str]:
    """Every subject that a hold on this box could hang on."""
    parties = dict.fromkeys(filter(None, (release.consignee, *chain)))
    return [
        f"bill:{release.transport_document_reference}",
        f"box:{box}",
        *([f"visit:{visit_id}"] if visit_id else []),
        *(f"organisation:{party}" for party in parties),
        *([f"vehicle:{plate}"] if plate else []),
    ]


def locked(uow: UnitOfWork, right: Right, zone: tzinfo, asking: Asking, *also: str) -> Position:
    """Lock a right with its release and all its guardians, then read its position.

    A consumed or void right is read as it is: nothing leads out of these states.

    Args:
        uow: the caller's unit of work.
        right: as read before the lock; read again under it.
        zone: of local-day rules.
        asking: the truck that asks.
        also: more subjects to lock with them, in the one order of all locks.

    Raises:
        NotFoundError: its release is gone.
    """
    if right.final:
        return read(uow, right.id, zone, asking)
    release = _release(uow, right.release_id)
    box, visit_id = right.equipment_reference, right.visit_id
    uow.lock(
        f"right:{right.id}",
        f"release:{release.id}",
        *guardians(release, box, visit_id, right.chain, asking.plate),
        *also,
    )
    return read(uow, right.id, zone, replace(asking, locking=True))


def read(uow: UnitOfWork, right_id: str, zone: tzinfo, asking: Asking | None = None) -> Position:
    """Read a right's position; true until the commit where it was locked before.

    Raises:
        NotFoundError: there is no such right.
    """
    right = rights.find(uow.connection, right_id)
    if right is None:
        raise NotFoundError
    if asking is not None and asking.locking:
        # Its release may be another one than before the lock was had.
        uow.lock(f"release:{right.release_id}")
    release = _release(uow, right.release_id)
    box = right.equipment_reference
    line = releases.line_of(uow.connection, release.id, box) or LineState.CANCELLED
    visit = visits.find(uow.connection, right.visit_id)
    here = _Here(box=box, release=release, line=line, visit=visit, right=right)
    return _position(uow, here, zone, asking or Asking())


def of_release(uow: UnitOfWork, release: Release, zone: tzinfo) -> list[Position]:
    """The positions of all boxes of a release."""
    lines = releases.lines_of(uow.connection, release.id)
    voyage = (release.vessel_imo_number, release.voyage)
    known = visits.on_voyage(uow.connection, list(lines), *voyage)
    held = rights.of_visits(uow.connection, [visit.id for visit in known.values()])
    found: list[Position] = []
    for box, line in lines.items():
        visit = known.get(box)
        right = held.get(visit.id) if visit else None
        mine = right if right is not None and right.release_id == release.id else None
        here = _Here(box=box, release=release, line=line, visit=visit, right=mine)
        found.append(_position(uow, here, zone, Asking()))
    return found


@dataclass(frozen=True, kw_only=True)
class _Here:
    """The rows of one position."""

    box: str
    release: Release
    line: LineState
    visit: Visit | None
    right: Right | None


def _position(uow: UnitOfWork, here: _Here, zone: tzinfo, asking: Asking) -> Position:
    facts = _with_right(_with_visit(uow, _facts(uow, here, zone, asking), here), here.right)
    return Position(
        equipment_reference=here.box,
        release=here.release,
        line=here.line,
        visit=here.visit,
        right=here.right,
        facts=facts,
    )


def _facts(uow: UnitOfWork, here: _Here, zone: tzinfo, asking: Asking) -> Facts:
    release = here.release
    chain = here.right.chain if here.right else ()
    first = chain[0] if chain else release.first_holder
    visit_id = here.visit.id if here.visit else ""
    hanging = guardians(release, here.box, visit_id, chain, asking.plate)
    if asking.locking:
        uow.lock(*hanging)
    customs = bills.customs_of(uow.connection, release.bill, here.box)
    return Facts(
        now=uow.now,
        today=uow.now.astimezone(zone).date(),
        stopped=releases_stopped(uow.connection) is not None,
        customs=customs.status if customs else None,
        customs_since=customs.as_of if customs else None,
        release=release.state,
        release_since=release.state_since,
        blocks=releases.blocks_of(uow.connection, release.id),
        valid_from=release.valid_from,
        valid_until=release.valid_until,
        line=here.line,
        asking_truck_visit_id=asking.truck_visit_id,
        gone_box=here.box if releases.consumed_of(uow.connection, release.bill, [here.box]) else "",
        holder_barred=here.right is not None and _barred(uow, here.right.holder),
        holds=holds.active_on(uow.connection, hanging),
        titles=on_chain(uow.connection, release.bill, first=first).reasons,
    )


def _barred(uow: UnitOfWork, holder: str) -> bool:
    """Whether a right's holder may not act; suspending it locks what a gate-out locks too."""
    found = organisation(uow.connection, holder) if holder else None
    return found is not None and found.state is not OrganisationState.VERIFIED


def _with_visit(uow: UnitOfWork, facts: Facts, here: _Here) -> Facts:
    visit = here.visit
    if visit is None:
        return facts
    return replace(
        facts,
        other_bills=_other_bills(uow, here.release, visit),
        visit_since=visit.expected_at,
        discharge=visit.discharge,
        terminal=visit.terminal_status,
        terminal_since=visit.terminal_since,
        charges=visit.charges,
        charges_since=visit.charges_since,
        paid_through_on=visit.paid_through_on,
    )


def _other_bills(uow: UnitOfWork, release: Release, visit: Visit) -> tuple[str, ...]:
    """Every bill but the release's own that has the box on this voyage, as far as it is unclear.

    Each listing of the terminal counts. Where its list names no bill, or one number that several
    carriers use, their own bills say what else the box is on.
    """
    number = release.transport_document_reference
    listed = {*visit.further_bills, visit.transport_document_reference} - {""}
    here = (visit.vessel_imo_number, visit.voyage)
    others = {
        bill.transport_document_reference
        for bill in bills_of_box(uow.connection, visit.equipment_reference)
        if (bill.vessel_imo_number, bill.voyage) == here
        and (bill.carrier_id, bill.transport_document_reference) != release.bill
        and (not listed or bill.transport_document_reference == number)
    }
    return tuple(sorted((listed - {number}) | others))


def _with_right(facts: Facts, right: Right | None) -> Facts:
    if right is None:
        return facts
    return replace(
        facts,
        right=right.state,
        right_since=right.state_since,
        suspended=right.suspended,
        truck_visit_id=right.truck_visit_id,
    )


def _release(uow: UnitOfWork, release_id: str) -> Release:
    found = releases.find(uow.connection, release_id)
    if found is None:
        raise NotFoundError
    return found
