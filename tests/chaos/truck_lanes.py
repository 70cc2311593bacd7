"""Several boxes in the terminal, each on its truck with a decision to leave, at a real platform."""

from dataclasses import dataclass, replace

from tests.lanes import SITE, Lanes
from tests.port import DRIVER, box_number
from yidan.gate.rules.states import TransactionState
from yidan.kernel.events import Actor


@dataclass
class KioskLanes(Lanes):
    """Lanes whose device is the machine that will call over HTTP."""

    kiosk: object = None

    def device(self, _name):
        return Actor(party=self.port.ids["terminal"], user=self.kiosk.client_id)


def ready_to_leave(port, kiosk, count):
    """Decision id and lane by box: every box of one bill has its truck at the way out.

    The port has its people already.
    """
    boxes = tuple(box_number(300_000 + serial) for serial in range(count))
    port.bill(boxes=boxes)
    visits = port.listed(boxes).visit_ids
    port.granted(boxes)
    port.green(*visits)
    lanes = KioskLanes(port, site=replace(SITE, decision_ttl_s=3600), kiosk=kiosk)
    return {box: _at_the_way_out(port, lanes, box, n) for n, box in enumerate(boxes)}


def _at_the_way_out(port, lanes, box, serial):
    right, plate = port.right_of(box), f"苏GB{serial:04d}"
    port.passed_to_haulier(right.id)
    port.assigned(right.id, plate=plate, driver=f"{DRIVER}-{serial}")
    who = {"plate": plate, "driver_id": f"{DRIVER}-{serial}"}
    lanes.opens(lanes.comes_in(**who))
    out = lanes.goes_out(equipment_reference=box, **who)
    assert out.state is TransactionState.APPROVED, out.reasons
    return out.decision_id, out.lane
