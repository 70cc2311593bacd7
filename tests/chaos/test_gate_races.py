"""A5 and A6 as races: what stops goods against the barrier, in whichever order they come."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from tests.lanes import Lanes
from tests.port import Port, box_number
from yidan.kernel.errors import ConflictError, RefusedError
from yidan.release.actions import cancellations, holds, rights
from yidan.release.rules.holds import HoldKind, HoldScope
from yidan.release.tables import rights as rows
from yidan.store.engine import reading
from yidan.store.tables import EventRow

BOXES = tuple(box_number(serial) for serial in range(200_000, 200_012))
STOPS = {"release.hold_placed.v1", "release.blocked.v1", "release.customs_reported.v1"}


@pytest.fixture
def port(workshop):
    return Port(workshop)


@pytest.fixture
def at_the_barrier(port):
    """A decision for each box, each under a bill and release of its own."""
    port.people()
    lanes = Lanes(port)
    return lanes, [_ready(port, lanes, number, box) for number, box in enumerate(BOXES)]


def _ready(port, lanes, number, box):
    bill, plate = f"RACE{number}", f"苏G{number:05d}"
    port.bill(number=bill, boxes=(box,))
    (visit_id,) = port.listed((box,), number=bill).visit_ids
    release_id = port.granted(
        (box,),
        transport_document_reference=bill,
        delivery_order_reference=f"DO-{number}",
        release_to=port.ids["haulier"],
    ).release_id
    port.green(visit_id, number=bill)
    (right,) = port.look("system", lambda uow: rows.of_release(uow.connection, release_id))
    assigned = rights.AssignRight(
        right_id=right.id, plate=plate, driver_id=plate, planned_at=port.now()
    )
    port.do("haulier", lambda uow: rights.assign_right(assigned, uow))
    lanes.opens(lanes.comes_in(plate=plate, driver_id=plate))
    out = lanes.goes_out(plate=plate, driver_id=plate, equipment_reference=box)
    return bill, box, release_id, out


def hold(port, bill, _box, _release_id):
    command = holds.PlaceHold(scope=HoldScope.BL, key=bill, kind=HoldKind.CUSTOMS, why="race")
    port.do("customs", lambda uow: holds.place_hold(command, uow))


def hold_the_box(port, _bill, box, _release_id):
    command = holds.PlaceHold(
        scope=HoldScope.CONTAINER, key=box, kind=HoldKind.SECURITY, why="race"
    )
    port.do("terminal", lambda uow: holds.place_hold(command, uow))


def block(port, _bill, _box, release_id):
    port.do("agent", lambda uow: cancellations.block_release(release_id, "race", uow))


def take_back(port, bill, _box, _release_id):
    port.customs("notreleased", number=bill)


@pytest.mark.integration
@pytest.mark.parametrize("stop", [hold, hold_the_box, block, take_back])
def test_a5_a6_what_stops_goods_and_was_committed_first_always_wins(port, at_the_barrier, stop):
    lanes, waiting = at_the_barrier
    line = Barrier(2)

    def opening(transaction):
        line.wait()
        try:
            lanes.opens(transaction)
        except (RefusedError, ConflictError):
            return "refused"
        return "opened"

    def stopping(bill, box, release_id):
        line.wait()
        try:
            stop(port, bill, box, release_id)
        except (RefusedError, ConflictError):
            return "refused"
        return "stopped"

    with ThreadPoolExecutor(2) as pool:
        for bill, box, release_id, out in waiting:
            opened = pool.submit(opening, out)
            stopped = pool.submit(stopping, bill, box, release_id)
            assert (opened.result(), stopped.result()) != ("refused", "refused")
            if (opened.result(), stopped.result()) == ("opened", "stopped"):
                assert_gone_before_the_stop(port, out)


def assert_gone_before_the_stop(port, out):
    """Numbers are given in the order of the locks: a box that left, left before the stop."""
    statement = select(EventRow.number, EventRow.type, EventRow.subject)
    with reading(port.workshop.engine) as connection:
        latest = connection.execute(statement.order_by(EventRow.number.desc()).limit(8)).all()
    (gone, *_) = [row.number for row in latest if row.subject == f"gate:{out.id}"]
    (stop, *_) = [row.number for row in latest if row.type in STOPS]
    assert gone < stop
