"""Record what the contract did 记录链上结果: outcomes at depth k, each once, and who asked for it.

The chain follower calls this in the one transaction that also moves its cursor, so that an outcome
is never recorded twice. A grant locks its bill; so does an outcome, so that either the outcome is
seen or the grant was first.
"""

from collections.abc import Sequence
from dataclasses import replace

from yidan.release.titles import events, tables, word
from yidan.release.titles.events import TitleConfirmed, TitleRefused
from yidan.release.titles.orders.word import read as read_order
from yidan.release.titles.rules.instructing import KNOWN_BY_OUTCOME, InstructionState
from yidan.release.titles.rules.outcomes import is_outcome
from yidan.release.titles.tables import Instruction, Title
from yidan.store.unit_of_work import UnitOfWork


def lock_titles(uow: UnitOfWork, title_ids: Sequence[str]) -> None:
    """Lock titles together with the bills and documents they stand for: also their parents'."""
    subjects = {f"title:{title_id}" for title_id in title_ids}
    for title_id in title_ids:
        for one in _named_by(uow, title_id):
            subjects |= claim_guardians(one.transport_document_reference, one.document_commitment)
    uow.lock(*subjects)


def _named_by(uow: UnitOfWork, title_id: str) -> Sequence[Title | Instruction]:
    """What names the bills that a title stands for: its family, or what asks for its issue."""
    if family := tables.lineage(uow.connection, title_id):
        return family
    asked = tables.instructions_of(uow.connection, title_id)
    papers = {one.terms["paper_title"] for one in asked if "paper_title" in one.terms}
    return [*asked, *(one for each in papers for one in tables.lineage(uow.connection, each))]


def claim_guardians(reference: str, document_commitment: str) -> set[str]:
    """What is locked so that no two claims on one bill or one document are decided at a time.

    Args:
        reference: the bill's number, "" if it is not known.
        document_commitment: SHA-256 of the document, "" if it is not known.
    """
    named = {f"bill:{reference}": reference, f"document:{document_commitment}": document_commitment}
    return {subject for subject, known in named.items() if known}


def record_outcomes(uow: UnitOfWork, found: Sequence[TitleConfirmed]) -> None:
    """Record what happened to titles, in order; the titles are locked."""
    for happened in found:
        asked = _asked_for(uow, happened)
        named = replace(happened, instruction_id=asked.id if asked else "")
        uow.record(f"title:{happened.title}", named)


def record_refusal(
    uow: UnitOfWork,
    asked: Instruction,
    code: str,
    *,
    sent: bool,
    block_number: int,
    transaction_hash: str = "",
) -> None:
    """Record that an instruction will not be performed; one that has its outcome keeps it."""
    present = tables.instruction(uow.connection, asked.id)
    if present is None or present.state not in InstructionState.open():
        return
    uow.record(
        f"title:{asked.title}",
        TitleRefused(
            title=asked.title,
            instruction_id=asked.id,
            code=code,
            sent=sent,
            block_number=block_number,
            transaction_hash=transaction_hash,
        ),
    )


def _asked_for(uow: UnitOfWork, happened: events.TitleConfirmed) -> Instruction | None:
    """The instruction of the platform that asked for just this.

    An open one before one that was given up: a refused or withdrawn instruction whose signature is
    about may be performed after all. A hold or gate is not known by its outcome, so it is open.
    """
    if not happened.word:
        return None
    title = tables.find_title(uow.connection, happened.title)
    before, after = word.read(title.word) if title else None, word.read(happened.word)
    order = read_order(happened.order) if happened.order else None
    known = tables.instructions_of(uow.connection, happened.title)
    waiting = [one for one in known if one.state in InstructionState.open()]
    given_up = [
        one
        for one in reversed(known)
        if one not in waiting
        if one.state in InstructionState.unconfirmed() and one.act in KNOWN_BY_OUTCOME
    ]
    for asked in (*waiting, *given_up):
        what = (asked.act, asked.sequence, asked.terms, happened.happened, before, after)
        if is_outcome(*what, evidence=happened.evidence, order=order):
            return asked
    return None
