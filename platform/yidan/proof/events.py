"""What happens to the log itself (账本自身).

Subject: `log:<origin>`. Checkpoints and cosignatures are no events: the log does not feed itself.
That trust was handed over is one, since everything after it is checked by other keys.
"""

from dataclasses import dataclass
from typing import Final

from yidan.kernel.events import Event, event


@event("log.trust_handed_over.v1")
@dataclass(frozen=True, kw_only=True)
class TrustHandedOver(Event):
    """The log and a quorum of its witnesses handed over to another policy (交接)."""

    origin: str
    size: int
    """The last size of the log that the old policy speaks for."""
    successor: str
    """Origin of the log that follows; "" unless this one is frozen at `size`."""
    old_policy: str
    """The policy file that spoke before."""
    new_policy: str
    note: str
    """The signed note (`ledger.succession`)."""


SAMPLES: Final = (
    TrustHandedOver(
        origin="yidan.example/log",
        size=1200,
        successor="",
        old_policy="log …\nwitness …\nquorum …\n",
        new_policy="log …\nwitness …\nquorum …\n",
        note="yidan/succession/v1\nyidan.example/log\n1200\n…",
    ),
)
"""One of each type, for the reference page and the round-trip test."""
