"""The title on our contract decides where a chain of another platform says otherwise.

An eBL has a title if its carrier, known by the keys that sign its issuance, had one issued for the
eBL's canonical form or under its number; what another issuer's title says does not count. What the
contract confirmed counts; while an instruction is on its way there, or ledger and chain disagree,
nothing can be decided (LEDGER 0.8), and the sender is told to ask again.

A bill has one claim (I1): with a live title it moves on the contract and is not sent.
"""

from collections.abc import Sequence
from typing import Final

from yidan.exchange.pint import tables
from yidan.exchange.pint.events import SignerKind
from yidan.exchange.pint.rules.findings import OnContract, title_findings
from yidan.kernel.errors import UnavailableError
from yidan.kernel.reasons import Reason, reason
from yidan.release.rules.readiness import STOPPED
from yidan.release.tables.bills import BillKey
from yidan.release.titles.goods import titles_of_claim
from yidan.release.titles.recording import claim_guardians, lock_titles
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.tables import Title, issues_of_document, open_instructions
from yidan.release.titles.word import TitleState
from yidan.store.ledger_state import releases_stopped
from yidan.store.unit_of_work import UnitOfWork

ON_ITS_WAY = reason(
    "ebl-title-on-its-way",
    en="An instruction for this bill's title is on its way to the contract; ask again shortly.",
    zh="该提单控制权的一项指令正在提交合约；请稍后再试。",
)
BEING_ISSUED = reason(
    "ebl-title-being-issued",
    en="A title of this bill is being issued on our contract; ask again shortly.",
    zh="该提单的链上单证正在签发；请稍后再试。",
)
SEVERAL = reason(
    "ebl-titles-several",
    en="Our contract has {count} live titles of this bill; the carrier has to end all but one.",
    zh="合约上有 {count} 份该提单的有效单证；须由承运人终止至只剩一份。",
)
HAS_TITLE = reason(
    "ebl-has-title",
    en="The bill has a title on our contract ({state}, sequence {sequence}); it moves there alone.",
    zh="该提单在合约上有单证（状态 {state}，序号 {sequence}）；只能在合约上流转。",
)
PASSABLE: Final = frozenset({TitleState.ACTIVE})
"""States of a title in which its bill may change hands."""


def lock_bill(uow: UnitOfWork, ebl: str, carrier: str, reference: str) -> None:
    """Lock a bill against a second transfer, a second version, and every claim on its document."""
    own = (f"ebl:{ebl}", f"ebl-bill:{carrier}:{reference}")
    uow.lock(*own, *claim_guardians(reference, ebl))


def titles_of(uow: UnitOfWork, ebl: str, carrier: str, reference: str) -> list[Title]:
    """The live titles of a bill, locked, else the one that ended last; [] if there is none.

    Where others took a title's place (split, merge, amendment), those are meant.

    Raises:
        UnavailableError: one is being issued.
    """
    bill = _bill(uow, carrier, reference)
    if bill is None:
        return []
    if _being_issued(uow, bill, ebl):
        raise UnavailableError(BEING_ISSUED())
    if found := titles_of_claim(uow.connection, bill, ebl):
        lock_titles(uow, [title.id for title in found])
        found = titles_of_claim(uow.connection, bill, ebl)
    return [title for title in found if title.live] or found[-1:]


def _bill(uow: UnitOfWork, carrier: str, reference: str) -> BillKey | None:
    """The bill by the organisation whose keys sign as this carrier; None if nobody's do."""
    signer = tables.signers(uow.connection, [carrier]).get(carrier)
    if signer is None or signer.kind is not SignerKind.CARRIER:
        return None
    return BillKey(signer.organisation_id, reference)


def _being_issued(uow: UnitOfWork, bill: BillKey, ebl: str) -> bool:
    asked = issues_of_document(uow.connection, bill, ebl)
    return any(one.state in InstructionState.open() for one in asked)


def contradictions(uow: UnitOfWork, found: Sequence[Title], possessor_id: str) -> list[Reason]:
    """What the contract says against a bill being with this party of ours ("": with a stranger).

    Raises:
        UnavailableError: the contract's word is not known for certain now.
    """
    if not found:
        return []
    if releases_stopped(uow.connection):
        raise UnavailableError(STOPPED())
    if any(open_instructions(uow.connection, title.id) for title in found):
        raise UnavailableError(ON_ITS_WAY())
    if len(found) > 1:
        return [SEVERAL(count=len(found))]
    return title_findings(on_contract(found[0]), possessor_id)


def against_sending(
    uow: UnitOfWork, ebl: str, carrier: str, reference: str, possessor_id: str
) -> list[Reason]:
    """Why a bill cannot be sent: it has a live title, one is being issued, or it was ended there.

    Raises:
        UnavailableError: the contract's word is not known for certain now.
    """
    bill = _bill(uow, carrier, reference)
    if bill is not None and _being_issued(uow, bill, ebl):
        return [BEING_ISSUED()]
    found = titles_of(uow, ebl, carrier, reference)
    live = [HAS_TITLE(state=title.state, sequence=title.sequence) for title in found if title.live]
    return live or contradictions(uow, found, possessor_id)


def on_contract(title: Title) -> OnContract:
    """A title as the rules see it."""
    return OnContract(
        state=title.state.value,
        holder_id=title.holder_party,
        sequence=title.sequence,
        passable=title.state in PASSABLE,
    )
