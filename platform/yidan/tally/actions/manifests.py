"""The terminal lists what a vessel should bring (舱单); release expects each box as a visit."""

from dataclasses import dataclass, replace

from yidan.kernel.errors import InvalidError
from yidan.kernel.reasons import Role
from yidan.release.actions.access import acting
from yidan.release.actions.visits import (
    ExpectVisits,
    ListedBox,
    expect_visits,
)
from yidan.store.unit_of_work import UnitOfWork
from yidan.tally import rules, tables
from yidan.tally.actions.sharing import VesselVisitView, existing, subject, view
from yidan.tally.events import (
    ManifestLine,
    ManifestListed,
)
from yidan.tally.rules import TALLY
from yidan.tally.tables import VesselVisit


@dataclass(frozen=True, kw_only=True)
class ListManifest:
    """What a vessel should bring; a second list before the first box replaces the first."""

    vessel_imo_number: str
    vessel_name: str
    voyage: str
    un_location_code: str
    lines: tuple[ManifestLine, ...]


def list_manifest(command: ListManifest, uow: UnitOfWork) -> VesselVisitView:
    """Take a vessel's list; its boxes are expected from now on.

    Raises:
        ForbiddenError: the acting party is no verified terminal.
        InvalidError: the list is wrong; carries all findings.
        InvalidTransitionError: boxes of the visit were tallied already.
        RefusedError: another terminal listed a box, or a box has left.
    """
    terminal = acting(uow, Role.TERMINAL)
    known = tables.find_by_voyage(
        uow.connection, terminal.id, command.vessel_imo_number, command.voyage
    )
    happened = ManifestListed(
        vessel_visit_id=known.id if known else uow.new_id(),
        vessel_imo_number=command.vessel_imo_number,
        vessel_name=command.vessel_name,
        voyage=command.voyage,
        un_location_code=command.un_location_code,
        lines=command.lines,
    )
    if found := rules.list_findings(happened):
        raise InvalidError(*found)
    about = subject(happened.vessel_visit_id)
    uow.lock(about)
    if known is not None:
        TALLY.advance(existing(uow, known.id).state, ManifestListed)
    visit_ids, event_ids = _expect(happened, uow)
    lines = tuple(
        replace(line, visit_id=visit_ids.get(line.equipment_reference, ""))
        for line in happened.lines
    )
    recorded = uow.record(about, replace(happened, lines=lines))
    return view(uow, happened.vessel_visit_id, (*event_ids, recorded.event_id))


def _expect(happened: ManifestListed, uow: UnitOfWork) -> tuple[dict[str, str], tuple[str, ...]]:
    """Tell release which boxes come; answer their visits by box, and the event ids."""
    by_box: dict[str, list[ManifestLine]] = {}
    for line in happened.lines:
        if line.equipment_reference:
            by_box.setdefault(line.equipment_reference, []).append(line)
    if not by_box:
        return {}, ()
    boxes = tuple(
        ListedBox(
            equipment_reference=box,
            iso_equipment_code=lines[0].iso_equipment_code,
            transport_document_reference=_bills(lines)[0],
            further_bills=_bills(lines)[1:],
            seal_numbers=lines[0].seal_numbers,
            gross_mass_kg=sum(line.gross_mass_kg for line in lines) or None,
        )
        for box, lines in by_box.items()
    )
    expected = expect_boxes(happened, boxes, uow)
    return dict(zip(by_box, expected[0], strict=True)), expected[1]


def _bills(lines: list[ManifestLine]) -> tuple[str, ...]:
    """The bills of a box: several where they share it (拼箱)."""
    return tuple(dict.fromkeys(line.transport_document_reference for line in lines))


def expect_boxes(
    voyage: ManifestListed | VesselVisit, boxes: tuple[ListedBox, ...], uow: UnitOfWork
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell release that these boxes come on a voyage; answer their visits and the event ids."""
    expected = expect_visits(
        ExpectVisits(
            vessel_imo_number=voyage.vessel_imo_number,
            voyage=voyage.voyage,
            un_location_code=voyage.un_location_code,
            boxes=boxes,
        ),
        uow,
    )
    return expected.visit_ids, expected.event_ids
