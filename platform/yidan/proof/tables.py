"""Which events the chain is told of. The proof's rows lie in the store (`store.ledger_tables`)."""

from typing import Final

from yidan.release.events import RightConsumed
from yidan.store.followers import follows

CHAIN: Final = "chain"
"""Consumer of events that become instructions to the contract."""

follows(CHAIN, RightConsumed, own_loop=True)
