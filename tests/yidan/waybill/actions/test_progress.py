"""What follows for a bill is recorded once, or nothing; and history rebuilds every row."""

from datetime import UTC, datetime

from ledger.commitment import commit
from yidan.kernel.reasons import Role
from yidan.store import rebuild
from yidan.waybill import actions
from yidan.waybill.actions import LegStep
from yidan.waybill.actions.progress import follow_up
from yidan.waybill.events import BoxSeen

THEN = datetime(2026, 1, 2, tzinfo=UTC)


def report(house, name, waybill_id, sequence, step, *boxes):
    command = actions.ReportLeg(
        waybill_id=waybill_id, sequence=sequence, step=step, occurred_at=THEN, boxes=boxes
    )
    return house.do(name, actions.report_leg, command)


def test_nothing_follows_twice(house, bill):
    accepted = house.accept(bill)
    report(house, "rail", accepted.id, 3, LegStep.DEPARTED)
    assert house.run("rail", lambda uow: follow_up(uow, accepted.id)) == []


def test_every_row_of_the_room_follows_from_its_events(house, bill):
    first = house.submit(bill)
    returned = actions.ReturnWaybill(waybill_id=first.id, why="once more")
    house.do("carrier", actions.return_waybill, returned)
    accepted = house.accept(bill)
    house.register("consignee", Role.CONSIGNEE, ["uscc:91610131MA6X2TRN8X"])
    other_seals = BoxSeen(equipment_reference="COSU6123451", seal_numbers=("XX1",))
    report(house, "rail", accepted.id, 3, LegStep.ARRIVED, other_seals)
    with house.services.unit_of_work(None, reading=True) as uow:
        engine = uow.connection.engine
    checked = rebuild.check(engine, commit)
    assert checked.findings == ()
    assert checked.events > 10
