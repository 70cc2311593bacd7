"""The join with goods 单货联动: whether a bill's titles on the chain let its goods go.

Read under the bill's lock by grants, gate-outs and bulk orders; an outcome is recorded under the
same lock (`recording`). Only what the contract did, at depth k, clears a bill that has a title.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from yidan.kernel.reasons import Reason, Role, reason
from yidan.release.bulk.tables import bill_quantities
from yidan.release.tables import bills, releases
from yidan.release.tables.bills import BillKey
from yidan.release.titles import claims, tables, word
from yidan.release.titles.events import ISSUING, Act
from yidan.release.titles.orders.tables import orders_of_title
from yidan.release.titles.orders.word import OrderWord
from yidan.release.titles.rules.clearing import (
    BEING_CLOSED,
    GONE,
    PASSED_ON,
    chain_orders_reasons,
    goods_reasons,
    governs,
)
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.tables import Instruction, Title
from yidan.waybill.tables import Bill, get_bill

NOT_NEGOTIABLE = reason(
    "title-bill-not-negotiable",
    en="Bill {bill} is not negotiable; it has no title to issue.",
    zh="提单 {bill} 不可转让，无需签发链上单证。",
)
PRESENTED_ALREADY = reason(
    "title-bill-presented",
    en="Bill {bill} was presented on paper, by telex or letter of indemnity; no title can be issued"
    " for it now.",
    zh="提单 {bill} 已以纸质、电放或保函方式交付；不能再签发链上单证。",
)
LET_GO_ALREADY = reason(
    "title-goods-let-go",
    en="Goods of bill {bill} were released or have left; no title can be issued for it now. Revoke"
    " the releases first, if nothing left.",
    zh="提单 {bill} 的货物已放货或已提离；不能再签发链上单证。如尚无货物提离，请先撤销放货指令。",
    owner=Role.CARRIER,
)
BILL_ENDED = reason(
    "title-bill-not-live",
    en="Bill {bill} is not in force any more; no title can be issued for it.",
    zh="提单 {bill} 已失效；不能签发链上单证。",
    owner=Role.CARRIER,
)
DOCUMENT_OF_ANOTHER = reason(
    "title-document-of-another",
    en="This document stands for another bill already, by a title or as an electronic bill.",
    zh="该文件已用于另一提单（链上单证或电子提单）。",
)


@dataclass(frozen=True)
class OnChain:
    """What a bill's titles on the chain say."""

    governs: bool
    """The bill has a title there, or one is being issued: no presentation by hand counts."""
    reasons: tuple[Reason, ...]
    """Why its goods may not leave; empty: by its titles they may."""


def titles_over(connection: Connection, bill: BillKey) -> list[Title]:
    """Every title of a bill, and every one that took their places, by a merge also other bills'."""
    return _with_heirs(connection, tables.titles_of_bill(connection, bill))


def titles_of_claim(connection: Connection, bill: BillKey, document_commitment: str) -> list[Title]:
    """Every title of a document or of its bill's number, and every one that took their places.

    In the order of their last changes.
    """
    found = _with_heirs(
        connection, tables.titles_of_document(connection, bill, document_commitment)
    )
    return sorted(found, key=lambda title: (title.block_number, title.id))


def _with_heirs(connection: Connection, titles: Iterable[Title]) -> list[Title]:
    found = {title.id: title for title in titles}
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
    replaced = {parent for title in known for parent in title.parents}
    words = [_read(title) for title in known if title.id not in replaced]
    decides = issuing or any(governs(read) for read in words)
    found = goods_reasons(bill.number, words, being_issued=issuing)
    found += chain_orders_reasons(
        bill.number, [(_read(one), _own(connection, one)) for one in known]
    )
    if any(_is_closing(connection, title) for title in known):
        found.append(BEING_CLOSED(bill=bill.number))
    if any(title.passed_on and title.holder_party != (first or None) for title in known):
        found.append(PASSED_ON(bill=bill.number))
    return OnChain(decides, tuple(found))


def _read(title: Title) -> word.Word:
    return word.read(title.word)


def _is_closing(connection: Connection, title: Title) -> bool:
    """Whether the contract is asked to close it: what left after that could never be told."""
    asked = tables.open_instructions(connection, title.id, Act.CLOSE_WITH_TOLERANCE)
    return any(one.state is InstructionState.READY for one in asked)


def _own(connection: Connection, title: Title) -> list[OrderWord]:
    return [one.read for one in orders_of_title(connection, title.id) if one.order_id]


def issue_findings(connection: Connection, bill: Bill) -> list[Reason]:
    """Why a bill cannot have a title, whoever asks: its kind, and what became of its goods."""
    number = bill.transport_document_reference
    key = BillKey(bill.carrier_id, number)
    found = [] if bill.live else [BILL_ENDED(bill=number)]
    found += [] if bill.negotiable else [NOT_NEGOTIABLE(bill=number)]
    if bills.title_of(connection, bill.id) is not None:
        found.append(PRESENTED_ALREADY(bill=number))
    if releases.let_go(connection, key) or bill_quantities(connection, key).ordered_kg:
        found.append(LET_GO_ALREADY(bill=number))
    return found


def sending_findings(connection: Connection, asked: Instruction) -> list[Reason]:
    """Why the goods' present state forbids what was asked for before; the title is locked."""
    if asked.act in ISSUING:
        return issuing_findings(connection, asked)
    title = tables.find_title(connection, asked.title)
    documents = document_findings(connection, title, asked.terms) if title else []
    return [*claim_findings(connection, asked.act, asked.title), *documents]


def issuing_findings(connection: Connection, asked: Instruction | Title) -> list[Reason]:
    """Why the bill of an issue cannot have a title now, or those of a title that went on paper."""
    paper = asked.id if isinstance(asked, Title) else asked.terms.get("paper_title", "")
    stood_for: Sequence[Instruction | Title] = tables.lineage(connection, paper) or [asked]
    found = [reason for one in stood_for for reason in _issuing_findings(connection, one)]
    return list(dict.fromkeys(found))


def _issuing_findings(connection: Connection, asked: Instruction | Title) -> list[Reason]:
    bill = get_bill(connection, asked.waybill_id)
    number = asked.transport_document_reference
    ended = [BILL_ENDED(bill=number)] if bill is None else issue_findings(connection, bill)
    key = BillKey(asked.carrier, number)
    return [*ended, *claims.findings(connection, Act.ISSUE, key, asked.document_commitment)]


def claim_findings(connection: Connection, act: Act, title_id: str) -> list[Reason]:
    """Why a title may not pass: a claim on one of the bills that it stands for is elsewhere."""
    found = (
        claims.findings(connection, act, title.bill, title.document_commitment)
        for title in tables.lineage(connection, title_id)
    )
    return list(dict.fromkeys(one for each in found for one in each))


def documents_of(terms: Mapping[str, Any]) -> set[str]:
    """Documents of their own that are named for titles that take others' place."""
    return {child["document"] for child in terms.get("children", ())} - {""}


def document_findings(
    connection: Connection, title: Title, terms: Mapping[str, Any]
) -> list[Reason]:
    """Why titles that take a title's place may not stand for what is named: it has a claim (I1)."""
    replaced = {title.id, *terms.get("others", ()), terms.get("first", title.id)}
    family = [one for each in replaced for one in tables.lineage(connection, each)]
    bills = {one.bill for one in family}
    nameless = BillKey(title.carrier, "")
    for document in documents_of(terms) - {one.document_commitment for one in family}:
        others = tables.bills_of_document(connection, document) - bills
        if others or claims.findings(connection, Act.ISSUE, nameless, document):
            return [DOCUMENT_OF_ANOTHER(at="/children")]
    return []
