"""What happens to a commercial release (提货单); the subject is `release:<id>` (SM-A1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from yidan.kernel.events import Event, event
from yidan.kernel.reasons import Role


@event("release.granted.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseGranted(Event):
    """The carrier or its agent released boxes of a bill (放货), for the first time or again."""

    release_id: str
    delivery_order_reference: str
    """提货单号"""
    transport_document_reference: str
    carrier: str
    """Party id of the carrier, or "" if it is not on the platform."""
    agent: str
    """Party id of the agent, or ""."""
    consignee: str
    """Party id of the consignee, or ""."""
    release_to: str
    """Identifier or name of the first party that gets the right, as sent; "" if not named yet."""
    first_holder: str
    """Party id behind `release_to`, or "" if it is not known to the platform."""
    first_holder_role: Role | None
    carrier_code: str
    vessel_imo_number: str
    voyage: str
    terminal_location: str
    valid_from: datetime
    valid_until: datetime
    equipment_references: tuple[str, ...]
    letter_of_indemnity: bool
    """Granted without the bill (保函); stays until the bill is presented."""
    involved: Mapping[str, Role]
    """Who may see it, by party id."""


@event("release.acknowledged.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseAcknowledged(Event):
    """The terminal knows every box of the release, or of its replacement (码头确认)."""

    release_id: str
    terminal: str
    """Party id of the terminal."""


@event("release.turned_down.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseTurnedDown(Event):
    """The terminal does not take the release (码头拒绝); the carrier has to look again."""

    release_id: str


@event("release.blocked.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseBlocked(Event):
    """A party blocked the release (冻结), beside any other's block.

    It alone ends its own; the carrier also ends its agents'.
    """

    release_id: str
    role: Role
    """The role under which the acting party blocked it."""


@event("release.unblocked.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseUnblocked(Event):
    """The last block ended (解冻)."""

    release_id: str
    blocked_by: str = ""
    """Party id of the agent whose block the carrier ended; "" for the acting party's own."""


@event("release.block_ended.v1")
@dataclass(frozen=True, kw_only=True)
class BlockEnded(Event):
    """A block ended; another stands, or the release is no more (解除本方冻结)."""

    release_id: str
    blocked_by: str = ""
    """Party id of the agent whose block the carrier ended; "" for the acting party's own."""


@event("release.replaced.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseReplaced(Event):
    """The carrier sent the release anew (更改).

    Dates, the first party and removals are its own word and act at once; boxes the terminal does
    not know yet wait for its acknowledgement (two-phase update, DOMAIN U5).
    """

    release_id: str
    version: int
    """Counted from 1, the first grant."""
    release_to: str
    first_holder: str
    first_holder_role: Role | None
    valid_from: datetime
    valid_until: datetime
    added: tuple[str, ...]
    """Boxes that were not on it."""
    pending_update: bool
    """True while the terminal does not know all of `added`."""


@event("release.pending_boxes_refused.v1")
@dataclass(frozen=True, kw_only=True)
class PendingBoxesRefused(Event):
    """The terminal refused the boxes of an update that it does not know; the old version stays."""

    release_id: str


@event("release.lines_cancelled.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseLinesCancelled(Event):
    """Boxes were taken off the release (部分撤销); locked and consumed ones never are."""

    release_id: str
    equipment_references: tuple[str, ...]


@event("release.revoked.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseRevoked(Event):
    """The whole release was revoked (撤销放货)."""

    release_id: str


@event("release.expired.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseExpired(Event):
    """The release ran out (过期): it counted as expired from `valid_until` on."""

    release_id: str


@event("release.accomplished.v1")
@dataclass(frozen=True, kw_only=True)
class ReleaseAccomplished(Event):
    """Every box of the release has left (全部提离)."""

    release_id: str


_ID: Final = "01935300-0000-7000-8000-000000000201"
_AGENT: Final = "01935300-0000-7000-8000-00000000000b"
_CONSIGNEE: Final = "01935300-0000-7000-8000-00000000000a"

SAMPLES: Final = (
    ReleaseGranted(
        release_id=_ID,
        delivery_order_reference="DO26112200017",
        transport_document_reference="MAEU261122001",
        carrier="",
        agent=_AGENT,
        consignee=_CONSIGNEE,
        release_to="91320700MA1MB3UK5T",
        first_holder=_CONSIGNEE,
        first_holder_role=Role.CONSIGNEE,
        carrier_code="MSK",
        vessel_imo_number="9632064",
        voyage="441W",
        terminal_location="CNLYG",
        valid_from=datetime(2026, 11, 22, 0, 0, tzinfo=UTC),
        valid_until=datetime(2026, 11, 29, 15, 59, tzinfo=UTC),
        equipment_references=("MSKU9070323",),
        letter_of_indemnity=False,
        involved=MappingProxyType({_AGENT: Role.SHIPPING_AGENT, _CONSIGNEE: Role.CONSIGNEE}),
    ),
    ReleaseAcknowledged(release_id=_ID, terminal="01935300-0000-7000-8000-00000000000c"),
    ReleaseTurnedDown(release_id=_ID),
    ReleaseBlocked(release_id=_ID, role=Role.SHIPPING_AGENT),
    BlockEnded(release_id=_ID),
    ReleaseUnblocked(release_id=_ID),
    ReleaseReplaced(
        release_id=_ID,
        version=2,
        release_to="91320700MA1MB3UK5T",
        first_holder=_CONSIGNEE,
        first_holder_role=Role.CONSIGNEE,
        valid_from=datetime(2026, 11, 22, 0, 0, tzinfo=UTC),
        valid_until=datetime(2026, 12, 2, 15, 59, tzinfo=UTC),
        added=("TCLU4265578",),
        pending_update=True,
    ),
    PendingBoxesRefused(release_id=_ID),
    ReleaseLinesCancelled(release_id=_ID, equipment_references=("TCLU4265578",)),
    ReleaseRevoked(release_id=_ID),
    ReleaseExpired(release_id=_ID),
    ReleaseAccomplished(release_id=_ID),
)
