"""Who may see a title 可见范围: the same answer for looking at it and for asking anything of it.

Whom it concerns (holder, owner, taker, pledgee, issuer), the carrier and the agent that its bill
names, authorities that keep an office of holds, gate keepers where it needs their gate, and
terminals at which the contract has an order of it. An
office that was handed over on the contract shows nothing any more to who kept it before.
"""

from dataclasses import dataclass

from yidan.kernel.errors import NotFoundError
from yidan.parties.involvement import roles_in
from yidan.release.titles import tables
from yidan.release.titles.orders.tables import orders_of_title
from yidan.release.titles.rules import offices
from yidan.release.titles.tables import Title
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import Bill, get_bill


def seen_title(uow: UnitOfWork, title_id: str, party_id: str) -> Title:
    """A title, if the party may see it.

    Raises:
        NotFoundError: there is none that it may see.
    """
    title = tables.find_title(uow.connection, title_id)
    if title is None:
        raise NotFoundError
    concerned = roles_in(uow.connection, f"title:{title.id}", party_id)
    if concerned or bill_of(uow, title, party_id) or _watches(uow, title, party_id):
        return title
    raise NotFoundError


def bill_of(uow: UnitOfWork, title: Title, party_id: str) -> Bill | None:
    """The title's bill, if the party is its carrier or the agent that it names."""
    bill = get_bill(uow.connection, title.waybill_id) if title.waybill_id else None
    if bill is None or party_id not in (bill.carrier_id, bill.agent_id):
        return None
    return bill


def may_see(uow: UnitOfWork, title: Title) -> bool:
    """Whether the acting party may see a title."""
    try:
        seen_title(uow, title.id, uow.actor.party)
    except NotFoundError:
        return False
    return True


def _watches(uow: UnitOfWork, title: Title, party_id: str) -> bool:
    """Whether the party keeps an office to which every such title is open."""
    watch = watch_of(uow, party_id)
    if watch.all or title.gates_required & watch.gates:
        return True
    placed = orders_of_title(uow.connection, title.id) if watch.terminals else []
    return any(order.read.terminal in watch.terminals for order in placed)


@dataclass(frozen=True)
class Watch:
    """Which titles an office opens to its keeper."""

    all: bool
    """Every one: an authority's."""
    gates: int
    """Those that require one of these gates, one bit each."""
    terminals: frozenset[int]
    """Those with an order on the contract at one of these terminals."""


def watch_of(uow: UnitOfWork, party_id: str) -> Watch:
    """What the offices that a party keeps, or is being given, open to it."""
    mine = tables.party_of(uow.connection, party_id)
    kept = [
        one.office
        for one in tables.offices(uow.connection)
        if mine is not None and mine.key
        if one.party_id == party_id and one.key in ("", mine.key)
    ]
    return Watch(
        all=any(offices.AUTHORITIES <= office < offices.GATEKEEPERS for office in kept),
        gates=sum(
            1 << office - offices.GATEKEEPERS for office in kept if office >= offices.GATEKEEPERS
        ),
        terminals=frozenset(
            office - offices.TERMINALS
            for office in kept
            if offices.TERMINALS <= office < offices.AUTHORITIES
        ),
    )
