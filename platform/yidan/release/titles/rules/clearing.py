"""Whether goods may leave by their titles on the chain (货物与链上单证); pure."""

from collections.abc import Sequence
from typing import Final

from yidan.kernel.reasons import Reason, Role, reason, worded
from yidan.release.titles.orders.word import OrderWord
from yidan.release.titles.rules.guards import FORECLOSING, STATE_WORDS
from yidan.release.titles.rules.offices import Authority, Gate
from yidan.release.titles.word import TitleState, Word

_said: Final = worded(STATE_WORDS)

NOT_CLEARED = reason(
    "title-not-surrendered",
    en="The title of bill {bill} on the chain is {state}; it must be surrendered, and the"
    " surrender accepted by the carrier and confirmed.",
    zh="提单 {bill} 的链上单证为“{state}”；须先交单，由承运人接受并获链上确认。",
    state=_said,
    owner=Role.CONSIGNEE,
)
BEING_ISSUED = reason(
    "title-being-issued",
    en="A title of bill {bill} is being issued on the chain; wait for its outcome.",
    zh="提单 {bill} 的链上单证正在签发；请等待结果。",
    owner=Role.CARRIER,
)
BEING_CLOSED = reason(
    "title-being-closed",
    en="The title of bill {bill} is being closed on the chain with a shortage; no more leaves.",
    zh="提单 {bill} 的链上单证正在短重结案；不得再提离货物。",
    owner=Role.CARRIER,
)
GOODS_HELD = reason(
    "title-goods-held",
    en="The title of bill {bill} is held on the chain by: {authorities}.",
    zh="提单 {bill} 的链上单证被以下机关扣留：{authorities}。",
    owner=Role.REGULATOR,
)
GATES_OPEN = reason(
    "title-gates-open",
    en="The title of bill {bill} still needs on the chain: {gates}.",
    zh="提单 {bill} 的链上单证尚缺放行条件：{gates}。",
    owner=Role.CARRIER,
)
MIGRATED = reason(
    "title-migrated",
    en="The title of bill {bill} moved to the ledger that follows; goods leave only by what it"
    " becomes there.",
    zh="提单 {bill} 的链上单证已迁移至后继账本；货物只能凭该处的单证提离。",
    owner=Role.CARRIER,
)
INDEMNIFIED = reason(
    "title-indemnified",
    en="The goods of bill {bill} left against a letter of indemnity; nothing more is released"
    " against its title.",
    zh="提单 {bill} 的货物已凭保函放行；其链上单证不再放货。",
    owner=Role.CARRIER,
)
LETTER: Final = 1 << 7
"""The gate that is required once goods left against a letter of indemnity; nobody keeps it."""
CLEARED: Final = frozenset({TitleState.RELEASING, TitleState.RELEASED})
"""The surrender was accepted by the issuer, at depth k."""
GONE: Final = frozenset({TitleState.VOID, TitleState.PAPER})
"""Others, or paper, took the title's place."""


def governs(word: Word) -> bool:
    """Whether the goods of a title's bill are the contract's to clear, and no presentation's.

    One that migrated is awaited from its new ledger; behind a letter of indemnity nothing is left.
    """
    return word.state not in GONE or bool(word.gates_required & LETTER)


def goods_reasons(bill: str, words: list[Word], *, being_issued: bool = False) -> list[Reason]:
    """Why goods of a bill may not leave by its titles on the chain; [] where it has none.

    Args:
        bill: the bill's number.
        words: of every title of the bill but those whose place others took, which inherited what
            stood on them. From an ended one, too, an authority alone lifts its hold (I8).
        being_issued: an issue has no outcome yet.
    """
    found: list[Reason] = [BEING_ISSUED(bill=bill)] if being_issued else []
    for word in words:
        if word.gates_required & LETTER:
            found.append(INDEMNIFIED(bill=bill))
        if word.holds:
            names = [one.value for bit, one in enumerate(Authority) if word.holds >> bit & 1]
            found.append(GOODS_HELD(bill=bill, authorities=", ".join(names)))
        if word.state in GONE:
            continue
        if word.state is TitleState.MIGRATED:
            found.append(MIGRATED(bill=bill))
        elif word.state not in CLEARED:
            found.append(NOT_CLEARED(bill=bill, state=word.state.value))
        if word.foreclosing:
            found.append(FORECLOSING())
        gates = word.open_gates & ~LETTER
        if gates:
            names = [one.value for bit, one in enumerate(Gate) if gates >> bit & 1]
            found.append(GATES_OPEN(bill=bill, gates=", ".join(names) or str(gates)))
    return found


ON_CHAIN_ALONE = reason(
    "title-delivered-on-chain",
    en="Of the goods of bill {bill}, {ordered} are ordered and {collected} were delivered by orders"
    " on the chain itself; the rest goes by such orders too, and none by a release.",
    zh="提单 {bill} 的货物已通过链上提货指令订提 {ordered}、提离 {collected}；"
    "其余货物也只能通过链上指令提离，不得再凭放货指令提离。",
    owner=Role.CARRIER,
)
PASSED_ON = reason(
    "title-passed-on",
    en="After its surrender the title of bill {bill} passed to another party (foreclosure or"
    " seizure). Only a release that names that party as the first counts: the carrier must revoke"
    " or replace the release.",
    zh="提单 {bill} 的链上单证在交单后已转归他方（实现质权或依法扣押）。"
    "只有以该方为首位提货方的放货指令有效：承运人须撤销或替换原放货指令。",
    owner=Role.CARRIER,
)


def chain_orders_reasons(bill: str, words: list[tuple[Word, Sequence[OrderWord]]]) -> list[Reason]:
    """Why goods may not leave by the platform: other software has them delivered by the contract.

    Which boxes the contract's orders are for is not known here, so that none may go twice.

    Args:
        bill: the bill's number.
        words: of its titles, each with the orders on the chain that stand for the platform's own.
    """
    found = []
    for word, own in words:
        ordered = word.ordered - sum(order.counted for order in own)
        collected = word.collected - sum(order.collected for order in own)
        if word.state in CLEARED and (ordered or collected or word.state is TitleState.RELEASED):
            found.append(ON_CHAIN_ALONE(bill=bill, ordered=ordered, collected=collected))
    return found
