"""The join with goods 单货联动: whether a bill's titles on the chain let its goods go.

Read under the bill's lock by grants, gate-outs and bulk orders; an outcome is recorded under the
same lock (`recording`). Only what the contract did, at depth k, clears a bill that has a title.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from yidan.kernel.reasons import Reason
from yidan.release.tables.bills import BillKey
from yidan.release.titles import tables, word
from yidan.release.titles.rules import InstructionState, goods_reasons, governs


@dataclass(frozen=True)
class OnChain:
    """What a bill's titles on the chain say."""

    governs: bool
    """The bill has a title there, or one is being issued: no presentation by hand counts."""
    reasons: tuple[Reason, ...]
    """Why its goods may not leave; empty: by its titles they may."""


def on_chain(connection: Connection, bill: BillKey) -> OnChain:
    """What the titles of a bill say of its goods."""
    known = tables.titles_of_bill(connection, bill)
    issuing = any(
        asked.state in InstructionState.open() for asked in tables.issues_of_bill(connection, bill)
    )
    if not known and not issuing:
        return OnChain(governs=False, reasons=())
    words = [word.read(title.word) for title in known]
    decides = issuing or any(governs(read) for read in words)
    return OnChain(decides, tuple(goods_reasons(bill.number, words, being_issued=issuing)))
