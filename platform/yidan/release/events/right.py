"""What happens to a release right (提货权); the subject is `right:<id>` (SM-A2)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from yidan.kernel.events import Event, event
from yidan.kernel.reasons import Role


@event("release.right_armed.v1")
@dataclass(frozen=True, kw_only=True)
class RightArmed(Event):
    """A granted release gave a box visit its right (生成提货权); nobody holds it yet."""

    right_id: str
    serial_number: int
    """From 1 up, never used twice; its place in the chain's nullifier bitmap."""
    release_id: str
    visit_id: str
    equipment_reference: str
    transport_document_reference: str


@event("release.right_named.v1")
@dataclass(frozen=True, kw_only=True)
class RightNamed(Event):
    """The carrier named the first holder (指定首个持有人)."""

    right_id: str
    holder: str
    """Party id."""
    role: Role


@event("release.right_offered.v1")
@dataclass(frozen=True, kw_only=True)
class RightOffered(Event):
    """The holder offered the right to another party (转让)."""

    right_id: str
    offered_to: str
    role: Role
    """The role the other party would act in."""
    expires_at: datetime


@event("release.right_accepted.v1")
@dataclass(frozen=True, kw_only=True)
class RightAccepted(Event):
    """The other party took it and is the one holder now (接受)."""

    right_id: str
    holder: str


@event("release.right_declined.v1")
@dataclass(frozen=True, kw_only=True)
class RightDeclined(Event):
    """The other party did not take it (拒绝)."""

    right_id: str


@event("release.offer_expired.v1")
@dataclass(frozen=True, kw_only=True)
class OfferExpired(Event):
    """Nobody answered the offer in time (转让逾期)."""

    right_id: str


@event("release.offer_revoked.v1")
@dataclass(frozen=True, kw_only=True)
class OfferRevoked(Event):
    """The giver took the offer back before it was accepted (撤回转让)."""

    right_id: str


@event("release.right_returned.v1")
@dataclass(frozen=True, kw_only=True)
class RightReturned(Event):
    """The holder gave the right back to whom it came from (退回)."""

    right_id: str
    holder: str
    """Party id of the holder now: the giver."""


@event("release.right_assigned.v1")
@dataclass(frozen=True, kw_only=True)
class RightAssigned(Event):
    """The holder named truck, driver and time (派车)."""

    right_id: str
    plate: str
    driver_id: str
    """The holder's id of the driver (司机编号), as the gate will read it."""
    planned_at: datetime


@event("release.right_unassigned.v1")
@dataclass(frozen=True, kw_only=True)
class RightUnassigned(Event):
    """The holder took truck and driver off again (取消派车)."""

    right_id: str


@event("release.right_locked.v1")
@dataclass(frozen=True, kw_only=True)
class RightLocked(Event):
    """The truck came in for the box (进闸锁定): the right belongs to this truck visit alone."""

    right_id: str
    truck_visit_id: str


@event("release.right_claimed.v1")
@dataclass(frozen=True, kw_only=True)
class RightClaimed(Event):
    """A gate-out decision took the right for some seconds (出闸预占); no other can until then."""

    right_id: str
    decision_id: str
    claimed_until: datetime


@event("release.box_left_behind.v1")
@dataclass(frozen=True, kw_only=True)
class BoxLeftBehind(Event):
    """The truck leaves without the box (空车离场); the right goes back to its assignment."""

    right_id: str
    truck_visit_id: str


@event("release.right_consumed.v1")
@dataclass(frozen=True, kw_only=True)
class RightConsumed(Event):
    """The box has left under this right (提离): once a visit, for ever."""

    right_id: str
    release_id: str
    visit_id: str
    equipment_reference: str
    truck_visit_id: str
    decision_id: str


@event("release.right_suspended.v1")
@dataclass(frozen=True, kw_only=True)
class RightSuspended(Event):
    """The release no longer carries the right (中止); who held it is remembered."""

    right_id: str


@event("release.right_resumed.v1")
@dataclass(frozen=True, kw_only=True)
class RightResumed(Event):
    """The box was released again: the right is as it was before (恢复)."""

    right_id: str
    release_id: str


@event("release.right_reset.v1")
@dataclass(frozen=True, kw_only=True)
class RightReset(Event):
    """The carrier starts the right anew (重置): nobody holds it until it names a party."""

    right_id: str


@event("release.right_voided.v1")
@dataclass(frozen=True, kw_only=True)
class RightVoided(Event):
    """The right ended without a box leaving (作废)."""

    right_id: str


_ID: Final = "01935300-0000-7000-8000-000000000301"
_VISIT: Final = "01935300-0000-7000-8000-000000000101"
_TRUCK: Final = "01935300-0000-7000-8000-000000000501"
_CONSIGNEE: Final = "01935300-0000-7000-8000-00000000000a"
_HAULIER: Final = "01935300-0000-7000-8000-00000000000d"

SAMPLES: Final = (
    RightArmed(
        right_id=_ID,
        serial_number=37,
        release_id="01935300-0000-7000-8000-000000000201",
        visit_id=_VISIT,
        equipment_reference="MSKU9070323",
        transport_document_reference="MAEU261122001",
    ),
    RightNamed(right_id=_ID, holder=_CONSIGNEE, role=Role.CONSIGNEE),
    RightOffered(
        right_id=_ID,
        offered_to=_HAULIER,
        role=Role.HAULIER,
        expires_at=datetime(2026, 11, 23, 4, 0, tzinfo=UTC),
    ),
    RightAccepted(right_id=_ID, holder=_HAULIER),
    RightDeclined(right_id=_ID),
    OfferExpired(right_id=_ID),
    OfferRevoked(right_id=_ID),
    RightReturned(right_id=_ID, holder=_CONSIGNEE),
    RightAssigned(
        right_id=_ID,
        plate="苏GA1234",
        driver_id="LYG-D-0417",
        planned_at=datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
    ),
    RightUnassigned(right_id=_ID),
    RightLocked(right_id=_ID, truck_visit_id=_TRUCK),
    RightClaimed(
        right_id=_ID,
        decision_id="8f3b0c44298fc1c149afbf4c8996fb92",
        claimed_until=datetime(2026, 11, 22, 6, 30, 20, tzinfo=UTC),
    ),
    BoxLeftBehind(right_id=_ID, truck_visit_id=_TRUCK),
    RightConsumed(
        right_id=_ID,
        release_id="01935300-0000-7000-8000-000000000201",
        visit_id=_VISIT,
        equipment_reference="MSKU9070323",
        truck_visit_id=_TRUCK,
        decision_id="8f3b0c44298fc1c149afbf4c8996fb92",
    ),
    RightSuspended(right_id=_ID),
    RightResumed(right_id=_ID, release_id="01935300-0000-7000-8000-000000000201"),
    RightReset(right_id=_ID),
    RightVoided(right_id=_ID),
)
