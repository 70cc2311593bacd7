"""How far the proof is behind the business: what people and alarms watch."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from yidan.ports import Services
from yidan.proof.sequencer import CONSUMER
from yidan.store import chain, events, ledger_state, log, outbox
from yidan.store.alarms import raise_alarm
from yidan.store.engine import database_now, reading, writing


@dataclass(frozen=True, kw_only=True)
class Lag:
    """The state of log and chain."""

    leaves: int
    events_not_logged: int
    """Counted up to 10,000."""
    checkpoint_size: int
    cosigned_size: int
    anchored_size: int
    instructions_open: int
    oldest_unanchored_at: datetime | None
    oldest_unanchored_age_s: int
    stopped: str
    """Why releases are stopped, or ""."""


def measure(connection: Connection, now: datetime) -> Lag:
    """Read the state of log and chain."""
    latest = log.latest_checkpoint(connection)
    cosigned = log.latest_checkpoint(connection, cosigned=True)
    anchored = anchored_size(connection)
    oldest = _oldest(connection, anchored, now)
    return Lag(
        leaves=log.size(connection),
        events_not_logged=outbox.backlog(connection, CONSUMER),
        checkpoint_size=latest.size if latest else 0,
        cosigned_size=cosigned.size if cosigned else 0,
        anchored_size=anchored,
        instructions_open=chain.count_open(connection),
        oldest_unanchored_at=oldest,
        oldest_unanchored_age_s=int((now - oldest).total_seconds()) if oldest else 0,
        stopped=ledger_state.releases_stopped(connection) or "",
    )


def _oldest(connection: Connection, anchored: int, now: datetime) -> datetime | None:
    """Since when something waits for an anchor: a leaf, or an event that is no leaf yet."""
    leaf = log.oldest_leaf_at(connection, anchored)
    waiting = outbox.pending(connection, CONSUMER, now=now, limit=1)
    event = events.one(connection, waiting[0].event_id) if waiting else None
    found = [leaf] if leaf else []
    found += [event.recorded_at] if event else []
    return min(found, default=None)


def anchored_size(connection: Connection) -> int:
    """Leaves covered by the newest confirmed anchor."""
    last = chain.newest(connection, "anchor", state="confirmed")
    return int(last.key.removeprefix("anchor:")) if last else 0


def watch(services: Services) -> None:
    """Raise the age alarm when the oldest unanchored leaf, or event without a leaf, is too old."""
    with reading(services.engine) as connection:
        found = measure(connection, database_now(connection))
    limit = services.settings.anchor_alarm_s
    if found.oldest_unanchored_at and found.oldest_unanchored_age_s >= limit:
        alarm(services, "anchor-age", f"leaves are not anchored for more than {limit} s")


def alarm(services: Services, kind: str, what: str) -> None:
    """Raise an alarm in a transaction of its own."""
    with writing(services.engine) as connection:
        raise_alarm(connection, kind, what, now=database_now(connection))
