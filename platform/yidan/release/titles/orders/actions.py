"""Tell the contract of bulk orders and collections 散货放货上链: the platform's own instructions.

The ledger's loop calls `tell` for each title in turn, under the locks of its bill, so that orders,
trucks and outcomes stand still meanwhile. What it asks for goes the way of every instruction:
signed by the issuer's or the terminal's key, tried, sent once, confirmed at depth k. Only a bill
with one title of its own that counts kilograms is told of; other goods go by the platform alone.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection

from yidan.kernel.reasons import Reason
from yidan.release.bulk.rules import OrderState
from yidan.release.bulk.tables import (
    LotRow,
    OrderRow,
    bill_quantities,
    last_ticket,
    lots_of_bill,
    orders_of,
)
from yidan.release.tables.bills import BillKey
from yidan.release.titles import events, tables, word
from yidan.release.titles.actions.standing import is_verified
from yidan.release.titles.events import Act
from yidan.release.titles.goods import titles_over
from yidan.release.titles.orders import rules
from yidan.release.titles.orders.rules import Here, Step
from yidan.release.titles.orders.tables import order_on_chain
from yidan.release.titles.orders.word import OrderWord
from yidan.release.titles.recording import lock_titles
from yidan.release.titles.rules import ISSUERS, MOST, SEQUENCED, SERIALS, TERMINALS
from yidan.release.titles.tables import Party, Title
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import get_bill

TERM: Final = timedelta(days=1)
AGAIN: Final = timedelta(minutes=10)
"""How long after a refusal the same step is asked for again."""


@dataclass(frozen=True)
class _Order:
    """An order of the platform and what the contract has of it."""

    order: OrderRow
    lot: LotRow
    here: Here
    there: OrderWord | None


def kilogram_title(connection: Connection, bill: BillKey) -> Title | None:
    """The one title of a bulk bill, which counts its kilograms; None where orders are not told."""
    known = titles_over(connection, bill)
    if len(known) != 1 or known[0].parents or known[0].bill != bill or not known[0].waybill_id:
        return None
    found = get_bill(connection, known[0].waybill_id)
    return known[0] if found is not None and not found.boxes else None


def placing_findings(connection: Connection, lot: LotRow, more_kg: int) -> list[Reason]:
    """Why the title of a lot's bill is against one more order; the bill is locked."""
    title = kilogram_title(connection, lot.bill)
    if title is None:
        return []
    ordered = bill_quantities(connection, lot.bill).ordered_kg + more_kg
    found = []
    if ordered > title.quantity:
        number, most = lot.transport_document_reference, title.quantity
        found.append(rules.BEYOND_TITLE(bill=number, ordered=ordered, quantity=most))
    if _issuer(connection, title) is None or _terminal(connection, lot.terminal) is None:
        found.append(rules.NO_OFFICE(bill=lot.transport_document_reference))
    return found


def leaving_findings(connection: Connection, order: OrderRow) -> list[Reason]:
    """Why no goods leave on an order, by what others did on the contract; the bill is locked."""
    there = order_on_chain(connection, order.id)
    return rules.departure_reasons(_here(order), there.read if there else None)


def closing_findings(connection: Connection, title: Title) -> list[Reason]:
    """Why a title cannot be closed with a shortage; its bill is locked."""
    known = [(one.here, one.there) for one in _orders(connection, title)]
    return rules.closing_reasons(word.read(title.word), known)


def tell(title_id: str, uow: UnitOfWork) -> list[str]:
    """Instruct what the contract does not know yet of a title's orders.

    Returns:
        Ids of orders whose next step nobody can sign for now, or came too late for the contract.
    """
    lock_titles(uow, [title_id])
    title = tables.find_title(uow.connection, title_id)
    if title is None or kilogram_title(uow.connection, title.bill) != title:
        return []
    stuck = []
    for one in _orders(uow.connection, title):
        more = _has_more(one, title, uow)
        step = rules.next_step(one.here, one.there, more=more, ends=title.foreclosing)
        if step is None or not rules.is_possible(step, word.read(title.word)):
            continue
        signer = _signer(uow, title, one, step)
        if signer is None or _is_over(one, step, uow):
            stuck.append(one.order.id)
        elif not _waits(uow, title, one, step):
            _instruct(uow, title, one, step, signer)
    return stuck


def _orders(connection: Connection, title: Title) -> list[_Order]:
    found = []
    for lot in lots_of_bill(connection, title.bill):
        for order in orders_of(connection, lot.id):
            there = order_on_chain(connection, order.id)
            found.append(_Order(order, lot, _here(order), there.read if there else None))
    return found


def _here(order: OrderRow) -> Here:
    facts = order.facts
    return Here(
        ordered_kg=facts.ordered_kg,
        delivered_kg=facts.delivered_kg,
        cancelled=facts.state is OrderState.CANCELLED,
    )


def _has_more(one: _Order, title: Title, uow: UnitOfWork) -> bool:
    """Whether goods may still leave on an order: its term runs, and its owner has the title."""
    mine = not title.passed_on or title.holder_party == one.lot.owner
    return mine and uow.now <= one.order.facts.valid_until


def _signer(uow: UnitOfWork, title: Title, one: _Order, step: Step) -> Party | None:
    """The issuer of an order, the terminal of a collection; None: it has no key or office now."""
    if step.act is Act.COLLECT:
        found = _terminal(uow.connection, one.lot.terminal)
    else:
        found = _issuer(uow.connection, title)
    return found if found is not None and is_verified(uow, found.party_id) else None


def _issuer(connection: Connection, title: Title) -> Party | None:
    return _keeper(connection, ISSUERS + title.issuer)


def _terminal(connection: Connection, party_id: str) -> Party | None:
    return _keeper(connection, terminal_office(connection, party_id))


def terminal_office(connection: Connection, party_id: str) -> int:
    """The office of a terminal; the class itself where it has none."""
    kept = (
        one.office
        for one in tables.offices(connection)
        if one.party_id == party_id and SERIALS < one.office < TERMINALS + MOST
    )
    return next(kept, TERMINALS)


def _keeper(connection: Connection, number: int) -> Party | None:
    """Who keeps an office, if the contract has its key for it."""
    office = tables.office(connection, number)
    party = tables.party_of(connection, office.party_id) if office else None
    if office is None or party is None or not party.key or party.key != office.key:
        return None
    return party


def _waits(uow: UnitOfWork, title: Title, one: _Order, step: Step) -> bool:
    """Whether this step, or what it would overtake, has no outcome yet, or was refused just now."""
    pending = tables.open_instructions(uow.connection, title.id)
    if step.act in SEQUENCED and any(each.act in SEQUENCED for each in pending):
        return True
    if any(each.order_id == one.order.id for each in pending):
        return True
    return tables.was_refused(
        uow.connection, one.order.id, step.act, title.sequence, since=uow.now - AGAIN
    )


def _is_over(one: _Order, step: Step, uow: UnitOfWork) -> bool:
    until = one.there.valid_until if one.there and step.act is Act.COLLECT else None
    return until is not None and until < uow.now.timestamp()


def _instruct(uow: UnitOfWork, title: Title, one: _Order, step: Step, signer: Party) -> None:
    sequenced = step.act in SEQUENCED
    happened = events.TitleInstructed(
        title=title.id,
        instruction_id=uow.new_id(),
        act=step.act,
        sequence=title.sequence,
        nonce=0 if sequenced else secrets.randbelow(2**48 - 1) + 1,
        deadline=(uow.now + TERM).replace(microsecond=0),
        handle=signer.handle,
        consent_of=0,
        terms=_terms(uow, one, step),
        waybill_id="",
        carrier="",
        transport_document_reference="",
        document_commitment="",
        salt="",
        order_id=one.order.id,
    )
    uow.record(f"title:{title.id}", happened)


def _terms(uow: UnitOfWork, one: _Order, step: Step) -> dict[str, Any]:
    if step.act is Act.ORDER:
        nominee = tables.party_of(uow.connection, one.order.nominee)
        until = max(uow.now, one.order.facts.valid_until) + rules.GRACE
        return {
            "terminal": terminal_office(uow.connection, one.lot.terminal) - TERMINALS,
            "nominee": nominee.handle if nominee else 0,
            "quantity": step.quantity,
            "valid_until": int(until.timestamp()),
        }
    assert one.there is not None  # noqa: S101 - only of an order that the contract has
    if step.act is Act.REVOKE_ORDER:
        return {"number": one.there.number}
    ticket = last_ticket(uow.connection, one.order.id)
    return {
        "number": one.there.number,
        "nominee": one.there.nominee,
        "total": step.quantity,
        "evidence": hashlib.sha256(ticket.encode()).hexdigest(),
    }
