"""The join with goods 单货联动: whether a bill's titles on the chain let its goods go.

Read under the bill's lock by grants, gate-outs and bulk orders; an outcome is recorded under the
same lock (`recording`). Only what the contract did, at depth k, clears a bill that has a title.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from yidan.kernel.reasons import Reason
from yidan.release.tables.bills import BillKey
from yidan.release.titles import tables, word
from yidan.release.titles.rules import (
    GONE,
    PASSED_ON,
    InstructionState,
    chain_orders_reasons,
    goods_reasons,
    governs,
)
from yidan.release.titles.tables import Title


@dataclass(frozen=True)
class OnChain:
    """What a bill's titles on the chain say."""

    governs: bool
    """The bill has a title there, or one is being issued: no presentation by hand counts."""
    reasons: tuple[Reason, ...]
    """Why its goods may not leave; empty: by its titles they may."""


def titles_over(connection: Connection, bill: BillKey) -> list[Title]:
    """Every title of a bill, and every one that took their places, by a merge also other bills'."""
    found = {title.id: title for title in tables.titles_of_bill(connection, bill)}
    ended = [title for title in found.values() if title.state in GONE]
    while ended:
        heirs = tables.heirs_of(connection, ended.pop().id)
        ended += [heir for heir in heirs if heir.id not in found and heir.state in GONE]
        found |= {heir.id: heir for heir in heirs}
    return list(found.values())


def on_chain(connection: Connection, bill: BillKey, *, first: str = "") -> OnChain:
    """What the titles of a bill say of its goods.

    Args:
        connection: to the database.
        bill: the bill; locked where goods are to leave.
        first: Party id of who has the goods first, "" if nobody is named. Where a title passed on
            after its surrender was accepted, they are its new holder's and nobody else's.
    """
    known = titles_over(connection, bill)
    issuing = any(
        asked.state in InstructionState.open() for asked in tables.issues_of_bill(connection, bill)
    )
    if not known and not issuing:
        return OnChain(governs=False, reasons=())
    words = [word.read(title.word) for title in known]
    decides = issuing or any(governs(read) for read in words)
    found = goods_reasons(bill.number, words, being_issued=issuing)
    found += chain_orders_reasons(bill.number, words)
    if any(title.passed_on and title.holder_party != (first or None) for title in known):
        found.append(PASSED_ON(bill=bill.number))
    return OnChain(decides, tuple(found))
