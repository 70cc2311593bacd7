"""What one may ask a proof of, by the name that it bears (证明对象).

Most are subjects of events: `release`, `right`, `document` (an EIR among them), `lot`, `order`,
`task` (a weighbridge ticket, 磅单) … A pledge (质押) has an id of its own inside its lot's history:
whoever it binds proves that part and no more.
"""

from collections.abc import Collection
from typing import Final

from yidan.kernel.errors import NotFoundError
from yidan.parties.involvement import require
from yidan.release.bulk import tables
from yidan.release.bulk.events import LotPledged, PledgeDischarged
from yidan.store import events
from yidan.store.events import Stored
from yidan.store.unit_of_work import UnitOfWork

PLEDGE: Final = "pledge"


def history(
    uow: UnitOfWork, kind: str, identifier: str, types: Collection[str] = ()
) -> list[Stored]:
    """The events that prove a thing, or those of some types, if the acting party is a party to it.

    Raises:
        NotFoundError: there is no such thing, or it is none of the party's business.
    """
    if kind == PLEDGE:
        found = _of_pledge(uow, identifier)
    else:
        subject = f"{kind}:{identifier}"
        require(uow, subject)
        found = events.of_subject(uow.connection, subject)
    return [stored for stored in found if not types or stored.type in types]


def _of_pledge(uow: UnitOfWork, pledge_id: str) -> list[Stored]:
    pledge = tables.find_pledge(uow.connection, pledge_id)
    lot = tables.find_lot(uow.connection, pledge.lot_id) if pledge else None
    if pledge is None or lot is None:
        raise NotFoundError
    if uow.actor.party not in {lot.owner, lot.terminal, pledge.bank}:
        raise NotFoundError
    found = events.of_subject(uow.connection, f"lot:{lot.id}")
    return [stored for stored in found if _is_of(stored, pledge_id)]


def _is_of(stored: Stored, pledge_id: str) -> bool:
    match stored.recorded.event if stored.recorded else None:
        case LotPledged(pledge_id=found) | PledgeDischarged(pledge_id=found):
            return found == pledge_id
        case _:
            return False
