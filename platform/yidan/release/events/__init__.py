"""What happens in release (放货): to visits, bills, releases, release rights and holds.

One module a subject; this one re-exports them, so that the rest of the platform imports from one
place.
"""

from typing import Final

from yidan.release.events import bill, commercial, hold, right, visit
from yidan.release.events.bill import CustomsReported, TitlePresented
from yidan.release.events.commercial import (
    BlockEnded,
    PendingBoxesRefused,
    ReleaseAccomplished,
    ReleaseAcknowledged,
    ReleaseBlocked,
    ReleaseExpired,
    ReleaseGranted,
    ReleaseLinesCancelled,
    ReleaseReplaced,
    ReleaseRevoked,
    ReleaseTurnedDown,
    ReleaseUnblocked,
)
from yidan.release.events.hold import HoldLifted, HoldPlaced
from yidan.release.events.right import (
    BoxLeftBehind,
    OfferExpired,
    OfferRevoked,
    RightAccepted,
    RightArmed,
    RightAssigned,
    RightClaimed,
    RightConsumed,
    RightDeclined,
    RightLocked,
    RightNamed,
    RightOffered,
    RightReset,
    RightResumed,
    RightReturned,
    RightSuspended,
    RightUnassigned,
    RightVoided,
)
from yidan.release.events.visit import BoxDischarged, ChargesSet, TerminalStatusSet, VisitExpected

SAMPLES: Final = (
    *visit.SAMPLES,
    *bill.SAMPLES,
    *commercial.SAMPLES,
    *right.SAMPLES,
    *hold.SAMPLES,
)
"""One instance of every event type of this room."""

__all__ = [
    "SAMPLES",
    "BlockEnded",
    "BoxDischarged",
    "BoxLeftBehind",
    "ChargesSet",
    "CustomsReported",
    "HoldLifted",
    "HoldPlaced",
    "OfferExpired",
    "OfferRevoked",
    "PendingBoxesRefused",
    "ReleaseAccomplished",
    "ReleaseAcknowledged",
    "ReleaseBlocked",
    "ReleaseExpired",
    "ReleaseGranted",
    "ReleaseLinesCancelled",
    "ReleaseReplaced",
    "ReleaseRevoked",
    "ReleaseTurnedDown",
    "ReleaseUnblocked",
    "RightAccepted",
    "RightArmed",
    "RightAssigned",
    "RightClaimed",
    "RightConsumed",
    "RightDeclined",
    "RightLocked",
    "RightNamed",
    "RightOffered",
    "RightReset",
    "RightResumed",
    "RightReturned",
    "RightSuspended",
    "RightUnassigned",
    "RightVoided",
    "TerminalStatusSet",
    "TitlePresented",
    "VisitExpected",
]
