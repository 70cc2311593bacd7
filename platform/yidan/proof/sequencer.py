"""From event to leaf: every event exactly once, in one line, by one lease holder (LEDGER 5, 6).

One transaction takes a batch of events that have no leaf, gives them the next indices, grows the
tiles and closes their errands; a crash leaves all of it or nothing. The fencing check stands
inside that transaction.
"""

from typing import Final

from ledger import merkle
from ledger.commitment import leaf_data
from yidan.ports import Services
from yidan.store import leases, log, outbox
from yidan.store.engine import database_now, writing

CONSUMER: Final = "log"
LEASE: Final = "ledger"
BATCH: Final = 500


def sequence(services: Services, holder: str) -> int:
    """Log the next batch of events; answer how many. 0 also when the lease is somebody else's."""
    with writing(services.engine) as connection:
        if leases.held(connection, LEASE, holder) is None:
            return 0
        now = database_now(connection)
        errands = outbox.pending(connection, CONSUMER, now=now, limit=BATCH)
        if not errands:
            return 0
        event_ids = [errand.event_id for errand in errands]
        commitments = log.commitments_of(connection, event_ids)
        origin = services.settings.log_origin
        hashes = [
            merkle.leaf_hash(leaf_data(origin, event_id, commitments[event_id]))
            for event_id in event_ids
        ]
        start = log.size(connection)
        log.insert_leaves(connection, start, list(zip(event_ids, hashes, strict=True)), now=now)
        merkle.append(log.DatabaseTiles(connection), start, hashes)
        outbox.done(connection, [errand.id for errand in errands], now=now)
        return len(errands)
