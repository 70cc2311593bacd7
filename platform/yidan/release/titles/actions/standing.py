"""Whether who asked may still ask 指令效力: looked at again before the platform signs for a party.

Between asking and signing an organisation may be suspended, or an agent dismissed. A key that the
platform keeps signs for neither.
"""

from typing import Final

from yidan.kernel.reasons import Reason, ReasonCode, Role, reason
from yidan.parties.actions import agent_findings
from yidan.parties.rules import OrganisationState
from yidan.parties.tables import organisation
from yidan.release.titles import tables
from yidan.release.titles.events import Act, Custody
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
_CODES: Final[dict[str, ReasonCode]] = {
    each.code: each for each in (ASKER_NOT_VERIFIED, ASKER_NOT_APPOINTED, CONSENT_NOT_VERIFIED)
}


def sentence_of(code: str) -> tuple[str, str] | None:
    """English and Chinese of a refusal by this check; None if the code is the contract's."""
    found = _CODES.get(code)
    return (found.en, found.zh) if found else None


def signing_findings(uow: UnitOfWork, asked: Instruction) -> list[Reason]:
    """Why the platform may not sign an instruction now with the keys that it keeps; [] it may."""
    signer = tables.party_by_handle(uow.connection, asked.handle)
    found: list[Reason] = []
    if signer is not None and signer.custody is Custody.PLATFORM:
        found += asker_findings(uow, asked)
    return found if asked.consent else [*found, *consent_findings(uow, asked)]


def asker_findings(uow: UnitOfWork, asked: Instruction) -> list[Reason]:
    """Why who asked for an instruction could not ask for it any more."""
    if not _is_verified(uow, asked.instructed_by):
        return [ASKER_NOT_VERIFIED()]
    signer = tables.party_by_handle(uow.connection, asked.handle)
    if signer is None or signer.party_id == asked.instructed_by:
        return []
    title = tables.find_title(uow.connection, asked.title)
    bill = get_bill(uow.connection, asked.waybill_id or (title.waybill_id if title else ""))
    if bill is None:
        return [ASKER_NOT_APPOINTED()]
    ports = bill.ports if asked.act is Act.ISSUE else bill.release_ports
    ended = agent_findings(uow, asked.instructed_by, signer.party_id, ports)
    return [ASKER_NOT_APPOINTED()] if ended or bill.agent_id != asked.instructed_by else []


def consent_findings(uow: UnitOfWork, asked: Instruction) -> list[Reason]:
    """Why the platform may not sign the consent to an instruction now."""
    other = tables.party_by_handle(uow.connection, asked.consent_of)
    if other is None or _is_verified(uow, other.party_id):
        return []
    return [CONSENT_NOT_VERIFIED()]


def _is_verified(uow: UnitOfWork, party_id: str) -> bool:
    found = organisation(uow.connection, party_id)
    return found is not None and found.state is OrganisationState.VERIFIED
