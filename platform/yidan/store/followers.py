"""Who follows which events: the consumers of the outbox.

Every event is a leaf, so the log follows all of them. A room adds its own consumer beside the code
that does the work: `follows("render", DocumentIssued)`.
"""

from collections.abc import Iterable
from typing import Final

from yidan.kernel.events import Event

LOG: Final = "log"
"""The sequencer's consumer: every event, in order."""

_FOLLOWERS: Final[dict[str, set[str]]] = {}
_OWN_LOOPS: Final = {LOG}


def follows(consumer: str, *happened: type[Event], own_loop: bool = False) -> None:
    """Give a consumer an errand for each event of these types.

    Args:
        consumer: who does the errands.
        happened: the types of events.
        own_loop: the consumer looks by itself; no worker is woken for it.
    """
    for kind in happened:
        _FOLLOWERS.setdefault(kind.TYPE, set()).add(consumer)
    if own_loop:
        _OWN_LOOPS.add(consumer)


def wakes_a_worker(consumer: str) -> bool:
    """Whether the bell is rung for a consumer's errands."""
    return consumer not in _OWN_LOOPS


def consumers_of(event_type: str) -> Iterable[str]:
    """The consumers of an event type, sorted."""
    return sorted({LOG, *_FOLLOWERS.get(event_type, ())})
