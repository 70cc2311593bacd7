"""The one event of the store itself: the content of another event was erased (`erasing`)."""

from dataclasses import dataclass
from typing import Final

from yidan.kernel.events import Event, event


@event("event.content_erased.v1")
@dataclass(frozen=True, kw_only=True)
class ContentErased(Event):
    """The content and the salt of an earlier event were deleted; why is the envelope's reason."""

    erased_event_id: str
    erased_type: str
    kept: str
    """The content without its personal fields, as JSON: what a replay goes by."""


SAMPLES: Final = (
    ContentErased(
        erased_event_id="019ab000-0000-7000-8000-000000000009",
        erased_type="party.person_added.v1",
        kept='{"name": "", "organisation_id": "…", "person_id": "…", "position": "clerk"}',
    ),
)
"""One of each type, for the reference page and the round-trip test."""
