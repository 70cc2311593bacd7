"""Whether who asked may still ask 指令效力: looked at again before an instruction is sent.

Between asking and sending an organisation may be suspended, an agent dismissed, a key replaced, a
claim on the goods made elsewhere. The platform sends no such instruction, whoever signed it.
"""

from typing import Final

from yidan.kernel.reasons import Reason, ReasonCode, Role, reason
from yidan.parties.actions import agent_findings
from yidan.parties.rules import OrganisationState
from yidan.parties.tables import organisation
from yidan.release.titles import tables
from yidan.release.titles.events import ISSUING, Act
from yidan.release.titles.goods import sending_findings as goods_findings
from yidan.release.titles.orders.known import closing_findings
from yidan.release.titles.tables import Instruction
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import get_bill

ASKER_NOT_VERIFIED = reason(
    "title-asker-not-verified",
    en="The organisation that asked for this is not verified any more.",
    zh="提出该指令的企业已不再是已核验状态。",
    owner=Role.ADMINISTRATOR,
)
ASKER_NOT_APPOINTED = reason(
    "title-asker-not-appointed",
    en="The agent that asked for this is not appointed by the carrier any more.",
    zh="提出该指令的船代已不再受承运人委托。",
    owner=Role.CARRIER,
)
CONSENT_NOT_VERIFIED = reason(
    "title-consent-not-verified",
    en="The organisation that consented to this is not verified any more.",
    zh="同意该指令的企业已不再是已核验状态。",
    owner=Role.ADMINISTRATOR,
)
KEY_REPLACED = reason(
    "title-key-replaced",
    en="The organisation has another key on the chain than the one that signed; ask again.",
    zh="该企业的链上密钥已更换，与签署时不同；请重新提出。",
)
GOODS_CHANGED = reason(
    "title-goods-changed",
    en="What became of the bill or its goods since forbids this; ask again to hear why.",
    zh="提单或货物状态已变化，此操作不再允许；重新提出可查看原因。",
)
_CODES: Final[dict[str, ReasonCode]] = {
    each.code: each
    for each in (
        ASKER_NOT_VERIFIED,
        ASKER_NOT_APPOINTED,
        CONSENT_NOT_VERIFIED,
        KEY_REPLACED,
        GOODS_CHANGED,
    )
}


def sentence_of(code: str) -> tuple[str, str] | None:
    """English and Chinese of a refusal by this check; None if the code is the contract's."""
    found = _CODES.get(code)
    return (found.en, found.zh) if found else None


def sending_findings(uow: UnitOfWork, asked: Instruction) -> list[Reason]:
    """Why the platform may not sign or send an instruction now; [] it may. Its title is locked."""
    found = [*asker_findings(uow, asked), *consent_findings(uow, asked)]
    changed = [*goods_findings(uow.connection, asked), *_closing_findings(uow, asked)]
    return [*found, GOODS_CHANGED()] if changed else found


def _closing_findings(uow: UnitOfWork, asked: Instruction) -> list[Reason]:
    """What left since a title's closing was asked for and is not told yet would never be told."""
    title = tables.find_title(uow.connection, asked.title)
    if title is None or asked.act is not Act.CLOSE_WITH_TOLERANCE:
        return []
    return closing_findings(uow.connection, title)


def asker_findings(uow: UnitOfWork, asked: Instruction) -> list[Reason]:
    """Why who asked for an instruction could not ask for it any more.

    What the platform tells of its orders was asked for by nobody: then the signer counts.
    """
    signer = tables.party_by_handle(uow.connection, asked.handle)
    asker = signer.party_id if asked.order_id and signer else asked.instructed_by
    if not is_verified(uow, asker):
        return [ASKER_NOT_VERIFIED()]
    if signer is None or signer.party_id == asker:
        return []
    title = tables.find_title(uow.connection, asked.title)
    bill = get_bill(uow.connection, asked.waybill_id or (title.waybill_id if title else ""))
    if bill is None:
        return [ASKER_NOT_APPOINTED()]
    ports = bill.ports if asked.act in ISSUING else bill.release_ports
    ended = agent_findings(uow, asked.instructed_by, signer.party_id, ports)
    return [ASKER_NOT_APPOINTED()] if ended or bill.agent_id != asked.instructed_by else []


def consent_findings(uow: UnitOfWork, asked: Instruction) -> list[Reason]:
    """Why a consent to an instruction does not count now, whoever keeps the key."""
    other = tables.party_by_handle(uow.connection, asked.consent_of)
    if other is None or is_verified(uow, other.party_id):
        return []
    return [CONSENT_NOT_VERIFIED()]


def is_verified(uow: UnitOfWork, party_id: str) -> bool:
    """Whether an organisation is verified now."""
    found = organisation(uow.connection, party_id)
    return found is not None and found.state is OrganisationState.VERIFIED
