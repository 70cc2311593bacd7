"""What the exchange itself decides: where a party's messages go."""

from dataclasses import dataclass
from typing import Final

from yidan.kernel.events import Event, event


@event("exchange.endpoint_set.v1")
@dataclass(frozen=True, kw_only=True)
class EndpointSet(Event):
    """A party said where it receives the messages of an adapter."""

    party_id: str
    adapter: str
    url: str


SAMPLES: Final = (
    EndpointSet(
        party_id="agent-1", adapter="shipping_agent.edifact", url="https://agent.example/inbox"
    ),
)
