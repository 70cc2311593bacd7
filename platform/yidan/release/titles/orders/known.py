"""What is known of a bill's orders, here and on the contract 指令对照; the bill is locked."""

from dataclasses import dataclass

from sqlalchemy import Connection

from yidan.kernel.reasons import Reason
from yidan.release.bulk.rules import OrderState
from yidan.release.bulk.tables import LotRow, OrderRow, lots_of_bill, orders_of
from yidan.release.tables.bills import BillKey
from yidan.release.titles import tables, word
from yidan.release.titles.orders import rules
from yidan.release.titles.orders.rules import Here
from yidan.release.titles.orders.tables import order_on_chain
from yidan.release.titles.orders.word import OrderWord
from yidan.release.titles.tables import Title


@dataclass(frozen=True)
class Known:
    """An order of the platform and what the contract has of it."""

    order: OrderRow
    lot: LotRow
    here: Here
    there: OrderWord | None


def orders_of_bill(connection: Connection, bill: BillKey) -> list[Known]:
    """Every order of a bill's lots, the oldest first."""
    return [
        known(connection, order, lot)
        for lot in lots_of_bill(connection, bill)
        for order in orders_of(connection, lot.id)
    ]


def known(connection: Connection, order: OrderRow, lot: LotRow) -> Known:
    """One order of the platform with what the contract has of it."""
    facts, there = order.facts, order_on_chain(connection, order.id)
    nominee = tables.party_of(connection, order.nominee)
    here = Here(
        ordered_kg=facts.ordered_kg,
        delivered_kg=facts.delivered_kg,
        cancelled=facts.state is OrderState.CANCELLED,
        nominee=nominee.handle if nominee else 0,
    )
    return Known(order, lot, here, there.read if there else None)


def closing_findings(connection: Connection, title: Title) -> list[Reason]:
    """Why a title cannot be closed with a shortage; its bill is locked."""
    found = [(one.here, one.there) for one in orders_of_bill(connection, title.bill)]
    return rules.closing_reasons(word.read(title.word), found)
