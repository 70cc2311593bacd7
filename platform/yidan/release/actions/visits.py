"""What the terminal says: which boxes a vessel brings, that one is ashore, let go, paid for."""

from dataclasses import dataclass
from datetime import date, datetime

from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.identifiers import container, imo
from yidan.kernel.quantities import mass_findings
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties.involvement import require
from yidan.release.actions import acknowledgements
from yidan.release.actions.access import acting
from yidan.release.events import BoxDischarged, ChargesSet, TerminalStatusSet, VisitExpected
from yidan.release.rules.lights import ChargesLight, DischargeLight, TerminalLight
from yidan.release.rules.right import RightState
from yidan.release.tables import releases, rights, visits
from yidan.release.tables.visits import Visit
from yidan.store.unit_of_work import UnitOfWork

LISTED_BY_OTHER = reason(
    "visit-listed-by-other-terminal",
    en="Box {box} is on another terminal's list of this voyage.",
    zh="箱 {box} 已在另一码头的该航次清单中。",
    owner=Role.TERMINAL,
)
LISTED_TWICE = reason(
    "visit-listed-twice", en="Box {box} stands twice in the list.", zh="箱 {box} 在清单中重复。"
)
DISCHARGED_ALREADY = reason(
    "box-discharged-already",
    en="Box {box} is reported as discharged already.",
    zh="箱 {box} 已报告卸船。",
)
BOX_LEFT = reason(
    "visit-over", en="Box {box} has left; this visit is over.", zh="箱 {box} 已提离，本次到港结束。"
)
STATUS_NOT_SAYABLE = reason(
    "status-not-sayable",
    en="A terminal says of a box that it is released or blocked, and of its charges that they are"
    " due, paid or on account.",
    zh="码头状态只能为“已放行”或“已拦截”；费用状态只能为“未付”“已付”或“记账”。",
)


@dataclass(frozen=True, kw_only=True)
class ListedBox:
    """One line of the terminal's list (舱单/卸船清单)."""

    equipment_reference: str
    iso_equipment_code: str
    transport_document_reference: str = ""
    further_bills: tuple[str, ...] = ()
    """The other bills under which the list has it."""
    seal_numbers: tuple[str, ...] = ()
    gross_mass_kg: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExpectVisits:
    """The boxes a vessel brings on a voyage, as the terminal's manifest list has them."""

    vessel_imo_number: str
    voyage: str
    un_location_code: str
    boxes: tuple[ListedBox, ...]


@dataclass(frozen=True, kw_only=True)
class VisitsExpected:
    """What became of a list."""

    event_ids: tuple[str, ...]
    visit_ids: tuple[str, ...]
    """In the order of the list."""
    acknowledged_release_ids: tuple[str, ...]
    """Releases that waited for these boxes and are granted now."""


@dataclass(frozen=True, kw_only=True)
class ReportDischarge:
    """A box is ashore."""

    visit_id: str
    seal_numbers: tuple[str, ...] = ()
    damage_codes: tuple[str, ...] = ()
    occurred_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SetTerminalStatus:
    """The terminal lets go of a box, or blocks it."""

    visit_id: str
    status: TerminalLight
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class SetCharges:
    """What stands of the terminal's charges for a box."""

    visit_id: str
    status: ChargesLight
    paid_through_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class VisitChanged:
    """What became of a visit."""

    event_id: str
    visit: Visit


def expect_visits(command: ExpectVisits, uow: UnitOfWork) -> VisitsExpected:
    """Take the terminal's list of a voyage, first or corrected; grant what waited for it.

    Raises:
        ForbiddenError: the acting party is no terminal.
        InvalidError: a number or mass is wrong; with all findings.
        RefusedError: another terminal listed a box, or a box has left.
    """
    terminal = acting(uow, Role.TERMINAL).id
    if findings := _list_findings(command):
        raise InvalidError(*findings)
    boxes = [box.equipment_reference for box in command.boxes]
    voyage = (command.vessel_imo_number, command.voyage)
    waiting = releases.waiting_on(uow.connection, boxes, *voyage)
    known = visits.on_voyage(uow.connection, boxes, *voyage)
    uow.lock(*(f"visit:{visit.id}" for visit in known.values()))
    _refuse_foreign(uow, known, terminal)
    event_ids: list[str] = []
    visit_ids: list[str] = []
    for box in command.boxes:
        before = known.get(box.equipment_reference)
        happened = _listed(command, box, before.id if before else uow.new_id(), terminal)
        visit_ids.append(happened.visit_id)
        if before is None or _differs(before, happened):
            event_ids.append(uow.record(f"visit:{happened.visit_id}", happened).event_id)
    granted = [
        release_id for release_id in waiting if acknowledgements.acknowledge_known(uow, release_id)
    ]
    return VisitsExpected(
        event_ids=tuple(event_ids),
        visit_ids=tuple(visit_ids),
        acknowledged_release_ids=tuple(granted),
    )


def _list_findings(command: ExpectVisits) -> list[Reason]:
    found = imo.findings(command.vessel_imo_number, at="/vesselImoNumber")
    seen: set[str] = set()
    for index, box in enumerate(command.boxes):
        at = f"/boxes/{index}"
        found += container.findings(box.equipment_reference, at=f"{at}/equipmentReference")
        if box.gross_mass_kg is not None:
            found += mass_findings(box.gross_mass_kg, at=f"{at}/grossMassKg")
        if box.equipment_reference in seen:
            found.append(LISTED_TWICE(at=at, box=box.equipment_reference))
        seen.add(box.equipment_reference)
    return found


def _refuse_foreign(uow: UnitOfWork, known: dict[str, Visit], terminal: str) -> None:
    held = rights.of_visits(uow.connection, [visit.id for visit in known.values()])
    found: list[Reason] = []
    for box, visit in known.items():
        if visit.terminal != terminal:
            found.append(LISTED_BY_OTHER(box=box))
        right = held.get(visit.id)
        if right is not None and right.state is RightState.CONSUMED:
            found.append(BOX_LEFT(box=box, since=right.state_since))
    if found:
        raise RefusedError(*found)


def _listed(command: ExpectVisits, box: ListedBox, visit_id: str, terminal: str) -> VisitExpected:
    return VisitExpected(
        visit_id=visit_id,
        terminal=terminal,
        equipment_reference=box.equipment_reference,
        iso_equipment_code=box.iso_equipment_code,
        vessel_imo_number=command.vessel_imo_number,
        voyage=command.voyage,
        un_location_code=command.un_location_code,
        transport_document_reference=box.transport_document_reference,
        further_bills=box.further_bills,
        seal_numbers=box.seal_numbers,
        gross_mass_kg=box.gross_mass_kg,
    )


def _differs(before: Visit, listed: VisitExpected) -> bool:
    return any(
        getattr(before, name) != getattr(listed, name)
        for name in (
            "iso_equipment_code",
            "un_location_code",
            "transport_document_reference",
            "further_bills",
            "seal_numbers",
            "gross_mass_kg",
        )
    )


def report_discharge(command: ReportDischarge, uow: UnitOfWork) -> VisitChanged:
    """Say that a box is ashore, with the seals and damages seen.

    Raises:
        NotFoundError: no such visit of the acting terminal.
        RefusedError: it is ashore already, or has left.
    """
    visit = _own(uow, command.visit_id)
    if visit.discharge is DischargeLight.DISCHARGED:
        box = visit.equipment_reference
        raise RefusedError(DISCHARGED_ALREADY(box=box, since=visit.discharged_at))
    occurred_at = min(command.occurred_at or uow.now, uow.now)
    happened = BoxDischarged(
        visit_id=visit.id,
        seal_numbers=command.seal_numbers,
        damage_codes=command.damage_codes,
    )
    recorded = uow.record(f"visit:{visit.id}", happened, occurred_at=occurred_at)
    return _changed(uow, recorded.event_id, visit.id)


def set_terminal_status(command: SetTerminalStatus, uow: UnitOfWork) -> VisitChanged:
    """Let go of a box, or block it; a block acts at once.

    Raises:
        InvalidError: the status is not one that is said.
        NotFoundError: no such visit of the acting terminal.
        RefusedError: the box has left.
    """
    if command.status is TerminalLight.UNKNOWN:
        raise InvalidError(STATUS_NOT_SAYABLE(at="/status"))
    visit = _own(uow, command.visit_id)
    happened = TerminalStatusSet(visit_id=visit.id, status=command.status)
    recorded = uow.record(f"visit:{visit.id}", happened, reason=command.why)
    return _changed(uow, recorded.event_id, visit.id)


def set_charges(command: SetCharges, uow: UnitOfWork) -> VisitChanged:
    """Say that charges are due, paid up to a day, or on account.

    Raises:
        InvalidError: the status is not one that is said.
        NotFoundError: no such visit of the acting terminal.
        RefusedError: the box has left.
    """
    if command.status is ChargesLight.UNKNOWN:
        raise InvalidError(STATUS_NOT_SAYABLE(at="/status"))
    visit = _own(uow, command.visit_id)
    happened = ChargesSet(
        visit_id=visit.id, status=command.status, paid_through_on=command.paid_through_on
    )
    return _changed(uow, uow.record(f"visit:{visit.id}", happened).event_id, visit.id)


def visit_id_of(
    equipment_reference: str, vessel_imo_number: str, voyage: str, uow: UnitOfWork
) -> str:
    """The id of a box's visit on a voyage, for its terminal, which may not have kept the id.

    Raises:
        NotFoundError: the acting terminal listed no such box on the voyage.
    """
    found = visits.find_by_key(uow.connection, equipment_reference, vessel_imo_number, voyage)
    if found is None or found.terminal != uow.actor.party:
        raise NotFoundError
    return found.id


def look_at_visit(visit_id: str, uow: UnitOfWork) -> Visit:
    """A visit, for a party to it.

    Raises:
        NotFoundError: not there, or not yours.
    """
    require(uow, f"visit:{visit_id}")
    found = visits.find(uow.connection, visit_id)
    if found is None:
        raise NotFoundError
    return found


def list_visits(uow: UnitOfWork, *, before: str = "", limit: int = 50) -> list[Visit]:
    """The acting party's visits the newest first, behind `before`."""
    return visits.page(uow.connection, uow.actor.party, before=before, limit=limit)


def _own(uow: UnitOfWork, visit_id: str) -> Visit:
    """The locked visit of the acting terminal, still here."""
    acting(uow, Role.TERMINAL)
    require(uow, f"visit:{visit_id}", Role.TERMINAL)
    uow.lock(f"visit:{visit_id}")
    found = visits.find(uow.connection, visit_id)
    if found is None or found.terminal != uow.actor.party:
        raise NotFoundError
    right = rights.of_visits(uow.connection, [visit_id]).get(visit_id)
    if right is not None and right.state is RightState.CONSUMED:
        raise RefusedError(BOX_LEFT(box=found.equipment_reference, since=right.state_since))
    return found


def _changed(uow: UnitOfWork, event_id: str, visit_id: str) -> VisitChanged:
    found = visits.find(uow.connection, visit_id)
    if found is None:
        raise NotFoundError
    return VisitChanged(event_id=event_id, visit=found)
