"""From event to leaf: every event exactly once, in one line, by one lease holder (LEDGER 5, 6).

One transaction takes a batch of events that have no leaf, gives them the next indices, grows the
tiles and closes their errands; a crash leaves all of it or nothing. An errand that comes twice is
closed, and its event has the one leaf. The fencing check stands
inside that transaction.

A log that was frozen at a size (`ledger.succession`) takes no leaf beyond it: events wait, releases
stop, and holds go on.
"""

from typing import Final

from ledger import merkle
from ledger.commitment import leaf_data
from ledger.succession import Succession
from yidan.ports import Services
from yidan.proof import setup
from yidan.proof.stopping import FROZEN, stop
from yidan.store import leases, ledger_state, log, outbox
from yidan.store.engine import database_now, reading, writing

CONSUMER: Final = "log"
LEASE: Final = "ledger"
BATCH: Final = 500


def sequence(services: Services, holder: str) -> int:
    """Log the next batch of events; answer how many. 0 also when the lease is somebody else's."""
    with writing(services.engine) as connection:
        if leases.held(connection, LEASE, holder) is None:
            return 0
        now = database_now(connection)
        start, end = log.size(connection), _end(services)
        limit = BATCH if end is None else min(BATCH, end.size - start)
        errands = outbox.pending(connection, CONSUMER, now=now, limit=limit) if limit > 0 else []
        if not errands:
            return 0
        logged = log.logged(connection, [errand.event_id for errand in errands])
        event_ids = list(dict.fromkeys(e.event_id for e in errands if e.event_id not in logged))
        commitments = log.commitments_of(connection, event_ids)
        origin = services.settings.log_origin
        hashes = [
            merkle.leaf_hash(leaf_data(origin, event_id, commitments[event_id]))
            for event_id in event_ids
        ]
        log.insert_leaves(connection, start, list(zip(event_ids, hashes, strict=True)), now=now)
        merkle.append(log.DatabaseTiles(connection), start, hashes)
        outbox.done(connection, [errand.id for errand in errands], now=now)
        return len(errands)


def stop_if_frozen(services: Services) -> None:
    """Stop releases once the log has the last size that was agreed for it."""
    end = _end(services)
    if end is None:
        return
    with reading(services.engine) as connection:
        if log.size(connection) < end.size or ledger_state.disagreement(connection):
            return
    stop(services, f"{FROZEN}, {end.size} leaves: {end.successor} goes on")


def _end(services: Services) -> Succession | None:
    """Where this log ends, if that was agreed."""
    if not setup.policy_path(services.settings).exists():
        return None
    return setup.read_trust(services.settings).frozen_at(services.settings.log_origin)
