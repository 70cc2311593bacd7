"""Stop releases where log, witnesses and chain disagree (LEDGER 0.8): a reason, and an alarm."""

from typing import Final

import structlog
from sqlalchemy import Engine

from yidan.ports import Services
from yidan.store import ledger_state
from yidan.store.alarms import acknowledge_kind, raise_alarm
from yidan.store.engine import database_now, writing

ALARM: Final = "ledger-stopped"
FROZEN: Final = "the log is frozen at its last size"
"""How the reason begins where the log has ended as it was agreed: what it has is signed on."""

logger = structlog.get_logger()


def stop(services: Services, why: str) -> None:
    """Stop releases until an operator has looked; the first reason stays."""
    logger.error("releases stop", why=why)
    with writing(services.engine) as connection:
        now = database_now(connection)
        ledger_state.stop_releases(connection, why, since=now)
        raise_alarm(connection, ALARM, why, now=now)


def is_frozen(why: str) -> bool:
    """Whether releases stopped because the log has ended, and nothing else is wrong with it."""
    return why.startswith(FROZEN)


def resume(engine: Engine) -> None:
    """End the stop and its alarm together: an operator's decision, after `yidan fsck` passed."""
    with writing(engine) as connection:
        ledger_state.resume_releases(connection)
        acknowledge_kind(connection, ALARM, now=database_now(connection))
