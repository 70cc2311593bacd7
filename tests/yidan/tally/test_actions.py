"""A discharge on both databases: listed, seen, held, reported; in one transaction with release."""

from datetime import UTC, datetime

import pytest

from ledger.commitment import commit
from tests.yidan.tally.conftest import LINES, line
from yidan.kernel.errors import (
    ForbiddenError,
    InvalidError,
    InvalidTransitionError,
    NotFoundError,
    RefusedError,
)
from yidan.release.actions.holds import lift_hold
from yidan.release.rules.lights import DischargeLight
from yidan.release.tables import holds as hold_rows
from yidan.release.tables import visits as release_visits
from yidan.store import rebuild
from yidan.tally import actions, tables
from yidan.tally.actions import SeenBulk
from yidan.tally.events import Difference, ReportCompleted
from yidan.tally.rules import SeenBox

AT = datetime(2026, 1, 19, 2, tzinfo=UTC)
LATER = datetime(2026, 1, 19, 9, tzinfo=UTC)


def box(number, *seals, **values):
    return SeenBox(equipment_reference=number, seal_numbers=seals, **({"occurred_at": AT} | values))


def discharge(quay, visit_id, *boxes, bulk=(), name="terminal"):
    command = actions.ReportDischarges(vessel_visit_id=visit_id, boxes=boxes, bulk=tuple(bulk))
    return quay.do(name, actions.report_discharges, command)


def complete(quay, visit_id, *, end=LATER, name="terminal"):
    command = actions.CompleteReport(
        vessel_visit_id=visit_id, completed_at=end, tally_clerk="李", ships_officer="Müller"
    )
    return quay.do(name, actions.complete_report, command)


def release_visit(quay, visit_id):
    return quay.see("terminal", lambda uow: release_visits.find(uow.connection, visit_id))


def test_a_list_makes_a_visit_in_release_for_each_box(quay):
    view = quay.list()
    assert view.visit.state.value == "planned"
    assert [item.state.value for item in view.items] == ["expected"] * 5
    visits = {item.listed.equipment_reference: item.listed.visit_id for item in view.items}
    assert visits[""] == ""
    found = release_visit(quay, visits["TRHU4588170"])
    assert (found.gross_mass_kg, found.voyage) == (22_000, "062E")
    assert found.discharge is DischargeLight.UNKNOWN


def test_a_second_list_replaces_the_first_until_a_box_comes(quay):
    first = quay.list()
    second = quay.list(LINES[:1])
    assert second.visit.id == first.visit.id
    assert len(second.items) == 1
    assert second.items[0].listed.visit_id == next(
        item.listed.visit_id
        for item in first.items
        if item.listed.equipment_reference == "CSQU3054383"
    )
    discharge(quay, first.visit.id, box("CSQU3054383", "S1"))
    with pytest.raises(InvalidTransitionError):
        quay.list()


def test_a_wrong_list_leaves_nothing_behind(quay):
    with pytest.raises(InvalidError) as refused:
        quay.list([line("CSQU3054384"), line("COSU6123451", "x!")])
    assert [r.at for r in refused.value.reasons] == [
        "/lines/0/equipmentReference",
        "/lines/1/transportDocumentReference",
    ]
    assert quay.see("terminal", actions.list_vessel_visits) == []


def test_boxes_are_matched_differ_come_over_and_come_twice(quay):
    view = quay.list()
    taken = discharge(
        quay,
        view.visit.id,
        box("CSQU3054383", "S1", crane="QC03"),
        box("COSU6123451", "S9", damage_codes=("1:2",)),
        box("MSCU6639870", iso_equipment_code="22G1"),
    )
    assert taken.visit.state.value == "open"
    assert [(one.outcome.value, [d.value for d in one.differences]) for one in taken.lines] == [
        ("matched", []),
        ("matched", ["SEAL", "DMG"]),
        ("over", ["OVER"]),
    ]
    for one in taken.lines:
        assert release_visit(quay, one.visit_id).discharge is DischargeLight.DISCHARGED
    again = discharge(quay, view.visit.id, box("CSQU3054383", "S1"), box("MSCU6639870", "S"))
    assert [one.outcome.value for one in again.lines] == ["already", "already"]


def test_a_box_under_two_bills_comes_once_for_both(quay):
    view = quay.list()
    discharge(quay, view.visit.id, box("TRHU4588170"))
    items = quay.see("terminal", lambda uow: tables.items(uow.connection, view.visit.id))
    both = [item.state.value for item in items if item.listed.equipment_reference == "TRHU4588170"]
    assert both == ["matched", "matched"]


def test_an_over_box_is_held_for_customs_and_customs_alone_lifts_it(quay):
    view = quay.list()
    (over,) = discharge(quay, view.visit.id, box("MSCU6639870", iso_equipment_code="22G1")).lines
    hold = quay.see("customs", lambda uow: hold_rows.find(uow.connection, over.hold_id))
    assert (hold.guardian, hold.kind.value) == (f"visit:{over.visit_id}", "CUSTOMS")
    for name in ("terminal", "carrier"):
        with pytest.raises((RefusedError, NotFoundError)):
            quay.do(name, lambda hold_id, uow: lift_hold(hold_id, "mine", uow), over.hold_id)
    lifted = quay.do("customs", lambda hold_id, uow: lift_hold(hold_id, "ok", uow), over.hold_id)
    assert lifted.hold.lifted_at is not None


def test_an_over_box_without_its_type_is_found_before_anything_happens(quay):
    view = quay.list()
    with pytest.raises(InvalidError) as refused:
        discharge(quay, view.visit.id, box("CSQU3054383", "S1"), box("MSCU6639870"))
    assert [(r.code, r.at) for r in refused.value.reasons] == [
        ("tally-over-needs-type", "/boxes/1/isoEquipmentCode")
    ]
    look = quay.see("terminal", lambda uow: actions.look_at_vessel_visit(view.visit.id, uow))
    assert look.visit.state.value == "planned"


def test_bulk_adds_up_to_the_outturn_of_its_bill(quay):
    view = quay.list()
    lifts = [
        SeenBulk(transport_document_reference="ORE001", gross_mass_kg=kg, occurred_at=AT)
        for kg in (40_000_000, 34_900_500)
    ]
    discharge(quay, view.visit.id, bulk=lifts)
    outturn = quay.see("terminal", lambda uow: tables.outturn_kg(uow.connection, "ORE001"))
    assert outturn == 74_900_500
    wrong = SeenBulk(transport_document_reference="EOC001", gross_mass_kg=0, occurred_at=AT)
    with pytest.raises(InvalidError) as refused:
        discharge(quay, view.visit.id, bulk=[wrong])
    assert [(r.code, r.at) for r in refused.value.reasons] == [
        ("quantity-out-of-range", "/bulk/0/grossMassKg"),
        ("tally-bulk-not-listed", "/bulk/0/transportDocumentReference"),
    ]


def test_the_report_has_every_figure_and_ends_the_tally(quay):
    view = quay.list()
    bulk = SeenBulk(transport_document_reference="ORE001", gross_mass_kg=74_800_000, occurred_at=AT)
    discharge(
        quay,
        view.visit.id,
        box("CSQU3054383", "S9"),
        box("TRHU4588170"),
        box("MSCU6639870", "X1", iso_equipment_code="22G1"),
        bulk=[bulk],
    )
    report = complete(quay, view.visit.id).report
    assert (report.planned, report.matched, report.short, report.over) == (3, 2, 1, 1)
    assert (report.started_at, report.completed_at) == (AT, LATER)
    lines = {
        (one.transport_document_reference, one.equipment_reference): one for one in report.lines
    }
    assert lines["EOC001", "CSQU3054383"].differences == (Difference.SEAL,)
    assert lines["EOC001", "CSQU3054383"].seal_numbers == ("S9",)
    short = lines["EOC001", "COSU6123451"]
    assert (short.differences, short.discharged) == ((Difference.SHORT,), False)
    assert short.seal_numbers == ("S2", "S3")
    assert lines["EOC003", "TRHU4588170"].package_quantity == 1
    assert lines["ORE001", ""].gross_mass_kg == 74_800_000
    assert lines["ORE001", ""].listed_mass_kg == 74_850_000
    assert lines["", "MSCU6639870"].listed_mass_kg == 0
    history = quay.see("terminal", lambda uow: uow.history(f"vessel-visit:{view.visit.id}"))
    assert isinstance(history[-1].event, ReportCompleted)
    for after in (lambda: complete(quay, view.visit.id), lambda: discharge(quay, view.visit.id)):
        with pytest.raises(InvalidTransitionError):
            after()


def test_an_untouched_vessel_has_no_report(quay):
    with pytest.raises(InvalidTransitionError):
        complete(quay, quay.list().visit.id)


def test_only_terminals_tally_and_each_its_own_vessels(quay):
    with pytest.raises(ForbiddenError):
        quay.list(name="carrier")
    visit_id = quay.list().visit.id
    for attempt in (
        lambda: discharge(quay, visit_id, name="other terminal"),
        lambda: complete(quay, visit_id, name="other terminal"),
        lambda: quay.see("other terminal", lambda uow: actions.look_at_vessel_visit(visit_id, uow)),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert quay.see("other terminal", actions.list_vessel_visits) == []


def test_every_row_of_the_room_follows_from_its_events(quay):
    view = quay.list(LINES[:2])
    quay.list()
    bulk = SeenBulk(transport_document_reference="ORE001", gross_mass_kg=5, occurred_at=AT)
    boxes = (box("CSQU3054383", "S9"), box("MSCU6639870", iso_equipment_code="22G1"))
    discharge(quay, view.visit.id, *boxes, bulk=[bulk])
    complete(quay, view.visit.id)
    with quay.services.unit_of_work(None, reading=True) as uow:
        engine = uow.connection.engine
    assert rebuild.check(engine, commit).findings == ()
