"""Lanes in a test: a kiosk in, a kiosk out, and what they see of a truck."""

from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.port import BOX, DRIVER, PLATE, Port
from yidan.gate.actions import barriers, captures
from yidan.gate.actions.captures import RecordCapture, Site
from yidan.gate.events import Direction
from yidan.kernel.events import Actor

SITE = Site(zone=ZoneInfo("Asia/Shanghai"), decision_ttl_s=20)
SURE = {"plate": 990, "driverId": 1000, "equipmentReference": 980, "sealNumbers": 970}


@dataclass
class Lanes:
    """Kiosks of the terminal, by name; each its own device and lane."""

    port: Port
    site: Site = SITE
    sent: int = 0

    def device(self, name):
        return Actor(party=self.port.ids["terminal"], user=f"kiosk {name}")

    def do(self, kiosk, work):
        with self.port.workshop.open(self.device(kiosk)) as uow:
            answer = work(uow)
            uow.commit()
            return answer

    def seen(self, direction, kiosk="A", **changes):
        """What a kiosk sees when all is well."""
        self.sent += 1
        usual = {
            "device_transaction_id": f"{kiosk}-{self.sent}",
            "direction": direction,
            "lane": f"{direction.value.upper()}-{kiosk}",
            "plate": PLATE,
            "driver_id": DRIVER,
            "equipment_reference": BOX if direction is Direction.OUT else "",
            "seal_numbers": ("EO7781203",) if direction is Direction.OUT else (),
            "gross_mass_kg": 25_300 if direction is Direction.OUT else None,
            "damage_codes": (),
            "confidences": SURE,
            "captured_at": self.port.now(),
        }
        return RecordCapture(**{**usual, **changes})

    def capture(self, direction, kiosk="A", **changes):
        command = self.seen(direction, kiosk, **changes)
        return self.send(command, kiosk)

    def send(self, command, kiosk="A"):
        return self.do(
            kiosk, lambda uow: captures.record_capture(command, self.site, uow)
        ).transaction

    def comes_in(self, kiosk="A", **changes):
        return self.capture(Direction.IN, kiosk, **changes)

    def goes_out(self, kiosk="A", **changes):
        return self.capture(Direction.OUT, kiosk, **changes)

    def opens(self, transaction, kiosk="A", lane=None):
        command = barriers.OpenBarrier(
            decision_id=transaction.decision_id, lane=lane or transaction.lane
        )
        return self.do(kiosk, lambda uow: barriers.open_barrier(command, self.site, uow))

    def inside(self):
        """A truck that came in for the box, its entry barrier opened."""
        transaction = self.comes_in()
        self.opens(transaction)
        return transaction

    def quick(self):
        """The same lanes with decisions of a moment."""
        return replace(self, site=replace(self.site, decision_ttl_s=0))


def codes(given):
    """Codes of a transaction's reasons, or of a raised error's."""
    reasons = given.value.reasons if hasattr(given, "value") else given.reasons
    return [reason.code for reason in reasons]


SKEW = timedelta(minutes=10)
