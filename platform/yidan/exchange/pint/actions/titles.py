"""The title on our contract decides where a chain of another platform says otherwise.

An eBL has a title if one was issued for its canonical form, or for its carrier's bill of that
number. What the contract confirmed counts; while an instruction is on its way there, or ledger and
chain disagree, nothing can be decided (LEDGER 0.8), and the sender is told to ask again.
"""

from typing import Final

from yidan.exchange.pint import rules, tables
from yidan.exchange.pint.rules import OnContract
from yidan.kernel.errors import UnavailableError
from yidan.kernel.reasons import Reason, reason
from yidan.release.rules.readiness import STOPPED
from yidan.release.tables.bills import BillKey
from yidan.release.titles.tables import (
    Title,
    find_title_by_commitment,
    find_title_of_bill,
    open_instructions,
)
from yidan.release.titles.word import TitleState
from yidan.store.ledger_state import releases_stopped
from yidan.store.unit_of_work import UnitOfWork

ON_ITS_WAY = reason(
    "ebl-title-on-its-way",
    en="An instruction for this bill's title is on its way to the contract; ask again shortly.",
    zh="该提单控制权的一项指令正在提交合约；请稍后再试。",
)
PASSABLE: Final = frozenset({TitleState.ACTIVE})
"""States of a title in which its bill may change hands."""


def title_of(uow: UnitOfWork, ebl: str, carrier: str, reference: str) -> Title | None:
    """The title of a bill, locked; None if there is none."""
    found = _find(uow, ebl, carrier, reference)
    if found is None:
        return None
    uow.lock(f"title:{found.id}")
    return _find(uow, ebl, carrier, reference)


def _find(uow: UnitOfWork, ebl: str, carrier: str, reference: str) -> Title | None:
    if found := find_title_by_commitment(uow.connection, ebl):
        return found
    signer = tables.signers(uow.connection, [carrier]).get(carrier)
    if signer is None:
        return None
    return find_title_of_bill(uow.connection, BillKey(signer.organisation_id, reference))


def contradictions(uow: UnitOfWork, title: Title | None, possessor_id: str) -> list[Reason]:
    """What the contract says against a bill being with this party of ours ("": with a stranger).

    Raises:
        UnavailableError: the contract's word is not known for certain now.
    """
    if title is None:
        return []
    if releases_stopped(uow.connection):
        raise UnavailableError(STOPPED())
    if open_instructions(uow.connection, title.id):
        raise UnavailableError(ON_ITS_WAY())
    return rules.title_findings(on_contract(title), possessor_id)


def on_contract(title: Title) -> OnContract:
    """A title as the rules see it."""
    return OnContract(
        state=title.state.value,
        holder_id=title.holder_party,
        sequence=title.sequence,
        passable=title.state in PASSABLE,
    )
