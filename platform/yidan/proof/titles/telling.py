"""Tell the contract of bulk orders 提货上链, title by title, in the ledger's loop.

Each title in a transaction of its own: what was asked for stands with the locks under which it was
found, and a kill between two titles loses nothing, as the next round finds the same. A title that
cannot be told of is an alarm; the others are.
"""

from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from yidan.kernel.events import SYSTEM
from yidan.ports import Services
from yidan.proof import lag
from yidan.release.titles.orders.actions import tell
from yidan.release.titles.orders.tables import bulk_titles
from yidan.store import ledger_state
from yidan.store.engine import reading

log = structlog.get_logger()

STUCK: Final = "title-order"


def tell_orders(services: Services) -> None:
    """Ask for what the contract does not know yet; nothing while releases are stopped."""
    with reading(services.engine) as connection:
        if ledger_state.releases_stopped(connection) is not None:
            return
        titles = bulk_titles(connection)
    for title in titles:
        for order_id in _told(title, services):
            why = "a key, an office, its term or a pledgee's notice"
            what = f"the contract cannot be told of order {order_id}: {why}"
            lag.alarm(services, STUCK, what)


def _told(title: str, services: Services) -> list[str]:
    try:
        with services.unit_of_work(SYSTEM) as uow:
            stuck = tell(title, uow)
            uow.commit()
    except (OSError, SQLAlchemyError):
        raise
    except Exception as error:
        log.exception("the contract cannot be told of a title's orders", title=title)
        lag.alarm(services, STUCK, f"orders of title {title}: {type(error).__name__}: {error}")
        return []
    return stuck
