"""What was recorded before a field was added is read with its usual value."""

import pytest

from yidan.kernel.events import event_from
from yidan.kernel.reasons import Role
from yidan.release import events
from yidan.release.rules.holds import HoldKind, HoldScope


@pytest.mark.parametrize("kind", [events.ReleaseUnblocked, events.BlockEnded])
def test_a_block_that_ended_without_a_name_was_the_acting_partys_own(kind):
    assert event_from(kind.TYPE, {"release_id": "1"}) == kind(release_id="1", blocked_by="")


def test_a_hold_without_carriers_was_placed_in_no_carriers_name():
    content = {
        "hold_id": "1",
        "scope": "BL",
        "key": "MAEU261122001",
        "kind": "CUSTOMS",
        "placed_role": "customs",
    }
    assert event_from("release.hold_placed.v1", content) == events.HoldPlaced(
        hold_id="1",
        scope=HoldScope.BL,
        key="MAEU261122001",
        kind=HoldKind.CUSTOMS,
        placed_role=Role.CUSTOMS,
        carriers=(),
    )
