"""Tell the contract of bulk orders and collections 散货放货上链: the platform's own instructions.

The ledger's loop calls `tell` for each title in turn, under the locks of its bill, so that orders,
trucks and outcomes stand still meanwhile. What it asks for goes the way of every instruction:
signed by the issuer's or the terminal's key, tried, sent once, confirmed at depth k. Only a bill
with one title of its own that counts kilograms is told of; other goods go by the platform alone.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection

from yidan.kernel.reasons import Reason
from yidan.release.bulk.tables import LotRow, OrderRow, bill_quantities, last_ticket
from yidan.release.tables.bills import BillKey
from yidan.release.titles import events, tables, word
from yidan.release.titles.actions.standing import is_verified
from yidan.release.titles.events import Act
from yidan.release.titles.goods import titles_over
from yidan.release.titles.orders import rules
from yidan.release.titles.orders.known import Known, known, orders_of_bill
from yidan.release.titles.orders.rules import Step
from yidan.release.titles.recording import lock_titles
from yidan.release.titles.rules.clearing import CLEARED, GONE
from yidan.release.titles.rules.instructing import SEQUENCED
from yidan.release.titles.rules.offices import ISSUERS, MOST, SERIALS, TERMINALS
from yidan.release.titles.tables import Party, Title
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import get_bill

TERM: Final = timedelta(days=1)
AGAIN: Final = timedelta(minutes=10)
"""How long after a refusal the same step is asked for again."""


def kilogram_title(connection: Connection, bill: BillKey) -> Title | None:
    """The one title of a bulk bill, which counts its kilograms; None where orders are not told."""
    found = titles_over(connection, bill)
    if len(found) != 1 or found[0].parents or found[0].bill != bill:
        return None
    return found[0] if _counts_kilograms(connection, found[0]) else None


def _counts_kilograms(connection: Connection, title: Title) -> bool:
    bill = get_bill(connection, title.waybill_id) if title.waybill_id else None
    return bill is not None and not bill.boxes


def placing_findings(connection: Connection, lot: LotRow, more_kg: int) -> list[Reason]:
    """Why the titles of a lot's bill are against one more order; the bill is locked."""
    found = _title_findings(connection, lot, more_kg)
    title = kilogram_title(connection, lot.bill)
    if title is None:
        return found
    if _issuer(connection, title) is None or _terminal(connection, lot.terminal) is None:
        found.append(rules.NO_OFFICE(bill=lot.transport_document_reference))
    return found


def leaving_findings(connection: Connection, order: OrderRow, lot: LotRow) -> list[Reason]:
    """Why no goods leave on an order, by its titles and what others did there; the bill is locked.

    The titles are looked at again: what was ordered before may be more than they are for by now.
    """
    one = known(connection, order, lot)
    return [*_title_findings(connection, lot), *rules.departure_reasons(one.here, one.there)]


def _title_findings(connection: Connection, lot: LotRow, more_kg: int = 0) -> list[Reason]:
    """Whose the titles of a lot's bill are, and how many kilograms they are for."""
    titles = [one for one in titles_over(connection, lot.bill) if one.state not in GONE]
    number = lot.transport_document_reference
    found = []
    if any(
        one.state in CLEARED and not one.passed_on and one.holder_party != lot.owner
        for one in titles
    ):
        found.append(rules.ANOTHERS_TITLE(bill=number))
    if not titles or not all(_counts_kilograms(connection, one) for one in titles):
        return found
    most = sum(one.quantity for one in titles)
    bills = {each.bill for one in titles for each in tables.lineage(connection, one.id)}
    ordered = more_kg + sum(_ordered(connection, bill) for bill in bills)
    if ordered > most:
        found.append(rules.BEYOND_TITLE(bill=number, ordered=ordered, quantity=most))
    return found


def _ordered(connection: Connection, bill: BillKey) -> int:
    """Kilograms ordered over a bill, and those that others collected on its orders beyond them."""
    beyond = (
        rules.collected_beyond(one.here, one.there) for one in orders_of_bill(connection, bill)
    )
    return bill_quantities(connection, bill).ordered_kg + sum(beyond)


def tell(title_id: str, uow: UnitOfWork) -> list[str]:
    """Instruct what the contract does not know yet of a title's orders.

    Returns:
        Ids of orders whose next step nobody can sign for now, or that came too late for the
        contract: behind its term, or behind a pledgee's notice.
    """
    lock_titles(uow, [title_id])
    title = tables.find_title(uow.connection, title_id)
    if title is None or kilogram_title(uow.connection, title.bill) != title:
        return []
    stuck = []
    for one in orders_of_bill(uow.connection, title.bill):
        more = _has_more(one, title, uow)
        step = rules.next_step(one.here, one.there, more=more, ends=title.foreclosing)
        if step is None:
            continue
        if not rules.is_possible(step, word.read(title.word)):
            stuck += [one.order.id] if title.foreclosing and step.act is Act.COLLECT else []
            continue
        signer = _signer(uow, title, one, step)
        if signer is None or _is_over(one, step, uow):
            stuck.append(one.order.id)
        elif not _waits(uow, title, one, step):
            _instruct(uow, title, one, step, signer)
    return stuck


def _has_more(one: Known, title: Title, uow: UnitOfWork) -> bool:
    """Whether goods may still leave on an order: its term runs, and its owner has the title."""
    return title.holder_party == one.lot.owner and uow.now <= one.order.facts.valid_until


def _signer(uow: UnitOfWork, title: Title, one: Known, step: Step) -> Party | None:
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


def _waits(uow: UnitOfWork, title: Title, one: Known, step: Step) -> bool:
    """Whether this step, or what it would overtake, has no outcome yet, or was refused just now."""
    pending = tables.open_instructions(uow.connection, title.id)
    if step.act in SEQUENCED and any(each.act in SEQUENCED for each in pending):
        return True
    if any(each.order_id == one.order.id for each in pending):
        return True
    return tables.was_refused(
        uow.connection, one.order.id, step.act, title.sequence, since=uow.now - AGAIN
    )


def _is_over(one: Known, step: Step, uow: UnitOfWork) -> bool:
    until = one.there.valid_until if one.there and step.act is Act.COLLECT else None
    return until is not None and until < uow.now.timestamp()


def _instruct(uow: UnitOfWork, title: Title, one: Known, step: Step, signer: Party) -> None:
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


def _terms(uow: UnitOfWork, one: Known, step: Step) -> dict[str, Any]:
    if step.act is Act.ORDER:
        until = max(uow.now, one.order.facts.valid_until) + rules.GRACE
        return {
            "terminal": terminal_office(uow.connection, one.lot.terminal) - TERMINALS,
            "nominee": one.here.nominee,
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
