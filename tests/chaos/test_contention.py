"""A1: many kiosks, one right, one instant (QUALITY G1): one wins, in 50,000 attempts."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.contention import PROCESSES, Target, contend
from tests.lanes import SITE, Lanes
from tests.port import Port, box_number
from yidan.release.actions import rights
from yidan.release.tables import rights as rows
from yidan.store.engine import reading
from yidan.store.events import read
from yidan.store.tables import EventRow

ATTEMPTS = 50_000
RIGHTS = 250
EACH = ATTEMPTS // (RIGHTS * PROCESSES)
DAY_S = 24 * 3600


@pytest.fixture
def port(workshop):
    return Port(workshop)


def trucks_inside(port) -> list[Target]:
    """Boxes ready to go, each on a truck of its own that came in by the gate."""
    boxes = tuple(box_number(serial) for serial in range(100_000, 100_000 + RIGHTS))
    port.people().bill(boxes=boxes)
    visit_ids = port.listed(boxes).visit_ids
    release_id = port.granted(boxes, release_to=port.ids["haulier"]).release_id
    port.green(*visit_ids)
    plates = {box: f"苏G{serial:05d}" for serial, box in enumerate(boxes)}
    held = port.look("system", lambda uow: rows.of_release(uow.connection, release_id))

    def assign(uow):
        for right in held:
            plate = plates[right.equipment_reference]
            rights.assign_right(
                rights.AssignRight(
                    right_id=right.id, plate=plate, driver_id=plate, planned_at=uow.now
                ),
                uow,
            )

    port.do("haulier", assign)
    lanes = Lanes(port, site=replace(SITE, decision_ttl_s=DAY_S))
    return [_at_the_barrier(lanes, right, plates[right.equipment_reference]) for right in held]


def _at_the_barrier(lanes, right, plate) -> Target:
    lanes.opens(lanes.comes_in(plate=plate, driver_id=plate))
    out = lanes.goes_out(
        plate=plate, driver_id=plate, equipment_reference=right.equipment_reference
    )
    return Target(right.id, plate, right.equipment_reference, out.decision_id)


def test_the_attempts_are_as_many_as_the_goal_says():
    assert RIGHTS * EACH * PROCESSES == ATTEMPTS


@pytest.mark.integration
@pytest.mark.timeout(1800)
def test_a1_s1_of_all_kiosks_at_one_right_exactly_one_lets_the_box_out(port):
    targets = trucks_inside(port)
    url = port.workshop.engine.url.render_as_string(hide_password=False)
    port.workshop.engine.dispose()
    heard = contend(url, port.ids["terminal"], targets, EACH - 1)

    assert sum(told.attempts for told in heard) == ATTEMPTS
    won = Counter(right_id for told in heard for right_id in told.won)
    assert won == {target.right_id: 1 for target in targets}
    answers = sum((Counter(told.answers) for told in heard), Counter())
    assert set(answers) <= {
        "opened",
        "gate-decision-used",
        "gate-right-claimed",
        "gate-truck-not-inside",
        "release-used-up",
        "right-consumed",
        "conflict",
    }
    consumed, gone = history_of(port)
    assert consumed == {f"right:{target.right_id}": 1 for target in targets}
    assert gone == dict.fromkeys((target.right_id for target in targets), 1)


def history_of(port):
    """How often each right was consumed, and left by the gate, whatever the kiosks heard."""
    with reading(port.workshop.engine) as connection:
        consumed = [
            stored.subject
            for stored in read(connection, EventRow.type == "release.right_consumed.v1")
        ]
        gone = [
            stored.recorded.event.right_id
            for stored in read(connection, EventRow.type == "gate.gated_out.v1")
        ]
        rows = connection.execute(text("SELECT right_id FROM release_consumption")).scalars()
        assert Counter(rows) == Counter(gone)
    return Counter(consumed), Counter(gone)
