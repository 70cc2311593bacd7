"""Instructions of parties on titles 控制权指令: asked, consented to, signed; the contract decides.

What is recorded here moves nothing. A title moves by the holder's own signature, or by the key that
the platform keeps for it, used because an authenticated person of that party asked (or, for a
carrier, of the agent that it appointed). A consent is the other party's own in the same way.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Reason, Role, reason
from yidan.parties.actions import acting_party
from yidan.parties.tables import Organisation, organisation
from yidan.ports import TitleCall, TitleDesk
from yidan.release.actions.access import (
    CARRIER_SIDE,
    acting,
    known_party,
    refuse_while_stopped,
)
from yidan.release.rules.right import refuse
from yidan.release.tables.bills import BillKey
from yidan.release.titles import claims, events, judging, tables, word
from yidan.release.titles.actions.amending import (
    ASKING,
    Wish,
    answer_of,
    family_of,
    issued_again,
    terms_of,
)
from yidan.release.titles.actions.keys import NO_EVIDENCE, kept_by, with_key
from yidan.release.titles.actions.sight import bill_of, seen_title
from yidan.release.titles.actions.standing import asker_findings, sentence_of
from yidan.release.titles.amending import ANSWERS
from yidan.release.titles.events import Act
from yidan.release.titles.goods import (
    DOCUMENT_OF_ANOTHER,
    claim_findings,
    document_findings,
    documents_of,
    issue_findings,
    issuing_findings,
    titles_over,
)
from yidan.release.titles.orders.known import closing_findings
from yidan.release.titles.orders.rules import BY_PLATFORM
from yidan.release.titles.recording import claim_guardians, lock_titles
from yidan.release.titles.rules import guards, instructing, offices
from yidan.release.titles.rules.guards import Facts
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import Authority, Gate
from yidan.release.titles.tables import Instruction, Party, Title
from yidan.release.titles.word import TitleState
from yidan.store import following
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.actions.agents import act_for_carrier
from yidan.waybill.tables import Bill, get_bill

TERM: Final = timedelta(days=1)
"""How long an instruction is good for where its party does not say."""

PARTY_UNKNOWN = reason(
    "title-other-party-not-known",
    en="{party} is no verified party of the platform; invite it to register first.",
    zh="{party} 不是平台已认证企业；请先邀请其注册。",
)
NEEDS_TERM = reason("title-term-missing", en="This act needs {name}.", zh="此操作需要提供 {name}。")
NO_TITLE_OF_BANK = reason(
    "title-pledgee-not-bank", en="A title is pledged to a bank.", zh="单证只能质押给银行。"
)
BAD_SIGNATURE = reason(
    "title-signature-of-another",
    en="The signature is not that of your organisation's key over the data shown.",
    zh="签名与所示数据及贵单位登记的密钥不符。",
)
NOT_AWAITED = reason(
    "title-instruction-not-awaited",
    en="The instruction is {state}; this step is not awaited.",
    zh="该指令状态为 {state}；当前不需要此步骤。",
)
ON_ITS_WAY = reason(
    "title-instruction-sent",
    en="The instruction is on its way to the contract, which decides; wait for the outcome.",
    zh="该指令已提交合约，由合约裁定；请等待结果。",
)
SIGNATURE_MISSING = reason(
    "title-signature-missing",
    en="Your organisation keeps its own key: sign the data shown and send the signature.",
    zh="贵单位自持密钥：请对所示数据签名并提交签名。",
)
PLATFORM_SIGNS = reason(
    "title-platform-signs",
    en="The platform keeps your organisation's key and signs; send no signature.",
    zh="贵单位密钥由平台托管并签署；请勿提交签名。",
)


@dataclass(frozen=True, kw_only=True)
class IssueTitle:
    """Issue the title of a bill."""

    waybill_id: str
    holder: str
    """First holder: its party id or `scheme:value`."""
    quantity: int = 0
    """In the document's unit; 0: the bill's boxes, or its kilograms where it has none."""
    gates: tuple[Gate, ...] = ()
    document_commitment: str = ""
    """SHA-256 of the carrier's own document, 64 hex digits; "": of the bill as submitted."""


@dataclass(frozen=True, kw_only=True)
class InstructTitle:
    """Ask for an act on a title."""

    title: str
    act: Act
    sequence: int | None = None
    """The sequence that the party saw; None: whatever it is now."""
    deadline: datetime | None = None
    to: str = ""
    """Taker or pledgee: its party id or `scheme:value`."""
    offered_until: datetime | None = None
    notice_s: int = 0
    authority: Authority | None = None
    gate: Gate | None = None
    evidence: str = NO_EVIDENCE
    """Hash of the reason or evidence, 64 hex digits."""
    why: str = ""
    """The reason in words: recorded here, never on the chain."""
    wish: Wish | None = None
    """What is to take the title's place."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An instruction as its parties see it."""

    instruction: Instruction
    to_sign: Mapping[str, Any] = field(default_factory=dict)
    """Typed data that the acting party has to sign now; empty if none."""
    sentence: tuple[str, str] = ("", "")
    """Why the contract refused, in English and Chinese."""


def issue_title(command: IssueTitle, desk: TitleDesk, uow: UnitOfWork) -> Asked:
    """Ask the contract to issue a bill's title, as its carrier or the agent it appointed.

    Raises:
        ForbiddenError: the acting party may not bind the carrier, or one of the parties has no key.
        NotFoundError: no such live bill of the acting carrier or agent.
        RefusedError: the bill cannot have a title now; every reason.
    """
    party = acting(uow, *CARRIER_SIDE)
    refuse_while_stopped(uow)
    bill = get_bill(uow.connection, command.waybill_id)
    if bill is not None:
        uow.lock(f"bill:{bill.transport_document_reference}")
        bill = get_bill(uow.connection, command.waybill_id)
    if bill is None or not bill.live or party.id not in (bill.carrier_id, bill.agent_id):
        raise NotFoundError
    act_for_carrier(uow, bill, bill.ports)
    carrier = with_key(uow, bill.carrier_id, "the carrier")
    holder = _other(uow, command.holder)
    office = _issuer_office(uow, bill.carrier_id)
    quantity = command.quantity or len(bill.boxes) or bill.gross_mass_kg
    terms = {
        "issuer": max(office - offices.ISSUERS, 0),
        "quantity": quantity,
        "holder": holder.handle,
        "gates": sum(1 << offices.gate_bit(gate) for gate in set(command.gates)),
    }
    document, salt = _document(uow, bill), secrets.token_bytes(32)
    deadline = uow.now + TERM
    facts = Facts(
        now=uow.now,
        word=None,
        handle=carrier.handle,
        terms=terms,
        deadline=deadline,
        office_kept=kept_by(uow, office, carrier),
        office=office,
    )
    commitment = command.document_commitment or desk.document_commitment(document)
    uow.lock(*claim_guardians("", commitment))
    key = BillKey(bill.carrier_id, bill.transport_document_reference)
    found = [
        *issue_findings(uow.connection, bill),
        *claims.findings(uow.connection, Act.ISSUE, key, commitment),
        *judging.findings(Act.ISSUE, facts),
    ]
    if _has_title(uow, key):
        found.append(guards.ISSUED_ALREADY(bill=key.number))
    if any(other != key for other in tables.bills_of_document(uow.connection, commitment)):
        found.append(DOCUMENT_OF_ANOTHER(at="/documentCommitment"))
    refuse(found)
    title = desk.title_id(document, salt)
    happened = events.TitleInstructed(
        title=title,
        instruction_id=uow.new_id(),
        act=Act.ISSUE,
        sequence=0,
        nonce=0,
        deadline=deadline,
        handle=carrier.handle,
        consent_of=0,
        terms=terms,
        waybill_id=bill.id,
        carrier=bill.carrier_id,
        transport_document_reference=bill.transport_document_reference,
        document_commitment=commitment,
        salt=salt.hex(),
    )
    uow.record(f"title:{title}", happened)
    return shown(happened.instruction_id, desk, uow)


def _has_title(uow: UnitOfWork, key: BillKey) -> bool:
    """Whether a bill has a title that was not voided, or one is being issued (I1)."""
    asked = tables.issues_of_bill(uow.connection, key)
    known = titles_over(uow.connection, key)
    void = word.TitleState.VOID
    return any(one.state in InstructionState.open() for one in asked) or any(
        title.state is not void for title in known
    )


def _document(uow: UnitOfWork, bill: Bill) -> Mapping[str, Any]:
    """The bill as it was submitted last: what the title's id commits to."""
    bodies = [
        recorded.event.body
        for recorded in uow.history(f"waybill:{bill.id}")
        if hasattr(recorded.event, "body")
    ]
    document: Mapping[str, Any] = bodies[-1]
    return document


def _issuer_office(uow: UnitOfWork, carrier_id: str) -> int:
    """The carrier's office of issuer; the class itself where it has none."""
    kept = [
        one.office
        for one in tables.offices(uow.connection)
        if one.party_id == carrier_id
        and offices.ISSUERS < one.office < offices.ISSUERS + offices.MOST
    ]
    return kept[0] if kept else offices.ISSUERS


def instruct_title(command: InstructTitle, desk: TitleDesk, uow: UnitOfWork) -> Asked:
    """Ask the contract for an act on a title.

    Raises:
        ForbiddenError: the acting party is not verified, has no key, or may not bind the carrier.
        InvalidError: a term of the act is missing.
        NotFoundError: no such title that the acting party may see.
        RefusedError: the contract would refuse it; every reason.
    """
    party = acting_party(uow)
    if command.act is not Act.HOLD:
        refuse_while_stopped(uow)
    title = _seen(uow, command, party)
    wish = command.wish or Wish()
    others = [seen_title(uow, one, party.id) for one in sorted(set(wish.others) - {title.id})]
    lock_titles(uow, [title.id, *(one.id for one in others)])
    title = tables.find_title(uow.connection, title.id) or title
    signer = signer_of(uow, command.act, title, party)
    terms = _terms(uow, command, title, desk)
    uow.lock(*(f"document:{one}" for one in documents_of(terms)))
    deadline = command.deadline or min(uow.now + TERM, command.offered_until or uow.now + TERM)
    deadline = deadline.replace(microsecond=0)
    sequenced = command.act in instructing.SEQUENCED
    moved = command.sequence is not None and command.sequence != title.sequence
    stale = [guards.OTHER_SEQUENCE(sequence=title.sequence)] if moved else []
    office = office_of(title, command.act, command.authority, command.gate)
    asked_of = [title]
    if command.act in ASKING:
        asked_of += [tables.find_title(uow.connection, one.id) or one for one in others]
    found = stale
    for one in asked_of:
        found += findings(uow, command.act, one, signer, terms, office, deadline)
    refuse(list(dict.fromkeys(found)))
    asked = [
        events.TitleInstructed(
            title=one.id,
            instruction_id=uow.new_id(),
            act=command.act,
            sequence=one.sequence,
            nonce=0 if sequenced else secrets.randbelow(2**48 - 1) + 1,
            deadline=deadline,
            handle=signer.handle,
            consent_of=_consent_of(command.act, one, terms),
            terms=terms,
            waybill_id="",
            carrier="",
            transport_document_reference="",
            document_commitment="",
            salt="",
        )
        for one in asked_of
    ]
    if command.act is Act.SWITCH_BACK:
        asked = [issued_again(title, each, desk) for each in asked]
    for each in asked:
        uow.record(f"title:{each.title}", each, reason=command.why)
    return shown(asked[0].instruction_id, desk, uow)


def findings(  # noqa: PLR0917 - what is asked, of what, by whom
    uow: UnitOfWork,
    act: Act,
    title: Title,
    signer: Party,
    terms: Mapping[str, Any],
    office: int,
    deadline: datetime,
) -> list[Reason]:
    """Why the contract, or another claim on the bill, stands against an act; every reason."""
    open_one = _open_one(uow, title.id, signer)
    facts = Facts(
        now=uow.now,
        word=word.read(title.word),
        handle=signer.handle,
        pledgee=title.pledgee,
        family=family_of(uow, title, act, terms),
        switched_back=title.state is TitleState.PAPER and bool(title.second),
        notice_ends=_notice_ends(title),
        terms=terms,
        deadline=deadline,
        office_kept=not office or kept_by(uow, office, signer),
        office=office,
        busy=open_one is not None,
        waits_for=_waits_for(uow, open_one),
        suspended=signer.suspended,
        other_suspended=_is_suspended(uow, _consent_of(act, title, terms)),
    )
    found = judging.findings(act, facts)
    if act is Act.SWITCH_BACK:
        return [*issuing_findings(uow.connection, title), *found]
    if act is Act.CLOSE_WITH_TOLERANCE:
        return [*closing_findings(uow.connection, title), *found]
    documents = document_findings(uow.connection, title, terms)
    return [*claim_findings(uow.connection, act, title.id), *documents, *found]


def _notice_ends(title: Title) -> datetime | None:
    pledge = word.read_pledge(title.second) if title.pledged else None
    return pledge.ends_at if pledge else None


def _consent_of(act: Act, title: Title, terms: Mapping[str, Any]) -> int:
    """Handle of who has to consent first; 0: nobody."""
    consents = {Act.TRANSFER: terms.get("taker", 0), Act.SURRENDER_PLEDGED: title.pledgee}
    return int(consents.get(act, 0))


OF_ISSUER: Final = ANSWERS | {
    Act.ACCEPT_SURRENDER,
    Act.REJECT_SURRENDER,
    Act.CLOSE_WITH_TOLERANCE,
}
"""Acts that bind the carrier: its agent may ask for them."""


def _seen(uow: UnitOfWork, command: InstructTitle, party: Organisation) -> Title:
    """The title, if the acting party may see it.

    Raises:
        NotFoundError: it may not, or there is none.
    """
    if command.act is Act.ISSUE:
        raise NotFoundError
    if command.act in instructing.OF_ORDERS:
        raise RefusedError(BY_PLATFORM(at="/act"))
    return seen_title(uow, command.title, party.id)


def signer_of(uow: UnitOfWork, act: Act, title: Title, party: Organisation) -> Party:
    """Whose key has to sign: the acting party's own, or the carrier's for what binds the carrier.

    Raises:
        ForbiddenError: it has no confirmed key, or the agent is not appointed.
    """
    if act in OF_ISSUER and party.id != title.issuer_party:
        bill = bill_of(uow, title, party.id)
        if bill is None:
            raise ForbiddenError(guards.NOT_KEEPER(office=offices.ISSUERS + title.issuer))
        act_for_carrier(uow, bill, bill.release_ports)
        return with_key(uow, bill.carrier_id, "the carrier")
    return with_key(uow, party.id, party.name)


def office_of(title: Title, act: Act, authority: Authority | None, gate: Gate | None) -> int:
    """The office that the act needs; 0 where it is a party's own."""
    if act in OF_ISSUER:
        return offices.ISSUERS + title.issuer
    if act in {Act.HOLD, Act.UNHOLD} and authority is not None:
        return offices.AUTHORITIES + offices.authority_bit(authority)
    if act in {Act.SATISFY, Act.UNSATISFY} and gate is not None:
        return offices.GATEKEEPERS + offices.gate_bit(gate)
    return 0


def _terms(  # noqa: C901, PLR0911, PLR0912 - one return an act
    uow: UnitOfWork, command: InstructTitle, title: Title, desk: TitleDesk
) -> dict[str, Any]:
    """The act's other arguments, by their names on the contract.

    Raises:
        InvalidError: one is missing.
    """
    match command.act:
        case Act.TRANSFER:
            return {"taker": _other(uow, command.to).handle}
        case Act.PROPOSE:
            until = command.offered_until or uow.now + TERM
            taker = _other(uow, command.to).handle
            return {"taker": taker, "deadline": int(until.timestamp()), "roles": 3}
        case Act.PLEDGE:
            bank = _other(uow, command.to, Role.BANK)
            return {"pledgee": bank.handle, "notice": command.notice_s}
        case Act.ASSIGN_PLEDGE:
            return {"pledgee": _other(uow, command.to, Role.BANK).handle}
        case Act.HOLD | Act.UNHOLD:
            if command.authority is None:
                raise InvalidError(NEEDS_TERM(at="/authority", name="authority"))
            bit = offices.authority_bit(command.authority)
            return {"authority": bit, "reason": command.evidence}
        case Act.SATISFY | Act.UNSATISFY:
            if command.gate is None:
                raise InvalidError(NEEDS_TERM(at="/gate", name="gate"))
            return {"gate": offices.gate_bit(command.gate), "evidence": command.evidence}
        case Act.DECLINE | Act.REJECT_SURRENDER | Act.REJECT_AMENDMENT | Act.CLOSE_WITH_TOLERANCE:
            return {"reason": command.evidence}
        case Act.SURRENDER_FOR_AMENDMENT:
            return terms_of(uow, title, command.wish or Wish(), desk)
        case Act.SURRENDER_PLEDGED if command.wish is not None:
            return terms_of(uow, title, command.wish, desk)
        case Act.SWITCH_BACK:
            return {"paper_title": title.id, "holder": _other(uow, command.to).handle}
        case Act.REPLACE | Act.SWITCH_TO_PAPER:
            return answer_of(uow, title)
        case _:
            return {}


def _other(uow: UnitOfWork, text: str, role: Role | None = None) -> Party:
    """The other party, verified and with a key that the contract has.

    Raises:
        InvalidError: none is named, or it is no verified party.
        RefusedError: it is not in the role.
        ForbiddenError: it has no confirmed key.
    """
    found = known_party(uow, text) if text else None
    if found is None:
        raise InvalidError(PARTY_UNKNOWN(at="/to", party=text[:100]))
    if role is not None and role not in found.roles:
        raise RefusedError(NO_TITLE_OF_BANK(at="/to"))
    return with_key(uow, found.id, found.name)


def _is_suspended(uow: UnitOfWork, handle: int) -> bool:
    found = tables.party_by_handle(uow.connection, handle) if handle else None
    return found is not None and found.suspended


def _open_one(uow: UnitOfWork, title_id: str, signer: Party) -> Instruction | None:
    """The sequenced instruction on a title that has no outcome yet and must have it first.

    Not one that others, or the platform for its orders, asked for and that is not signed: whoever
    leaves it so would keep a pledgee from its notice. Behind what is signed first it is refused.
    """
    waiting = tables.open_instructions(uow.connection, title_id)
    unsigned = InstructionState.AWAITING_SIGNATURE
    return next(
        (
            asked
            for asked in waiting
            if asked.act in instructing.SEQUENCED
            if asked.state is not unsigned or (asked.handle == signer.handle and not asked.order_id)
        ),
        None,
    )


def _waits_for(uow: UnitOfWork, asked: Instruction | None) -> Role | None:
    """Who owes the next step of an open instruction."""
    if asked is None:
        return None
    handle = {
        InstructionState.AWAITING_CONSENT: asked.consent_of,
        InstructionState.AWAITING_SIGNATURE: asked.handle,
    }.get(asked.state, 0)
    waited = tables.party_by_handle(uow.connection, handle) if handle else None
    found = organisation(uow.connection, waited.party_id) if waited else None
    return instructing.role_among(found.roles) if found else Role.ADMINISTRATOR


# --- what follows an instruction ----------------------------------------------------------------


def consent(instruction_id: str, signature: str, desk: TitleDesk, uow: UnitOfWork) -> Asked:
    """Agree, as its taker or pledgee, to what was asked for.

    Raises:
        NotFoundError: no such instruction that awaits the acting party.
        RefusedError: it does not await it now, or another key signed.
    """
    asked, mine = _awaited(uow, instruction_id)
    if mine.handle != asked.consent_of:
        raise NotFoundError
    _check_awaits(asked, InstructionState.AWAITING_CONSENT)
    refuse_while_stopped(uow)
    suspended = [guards.SUSPENDED()] if mine.suspended else []
    refuse([*asker_findings(uow, asked), *suspended])
    shown_to = desk.consent(_call(asked), mine.handle, asked.deadline)
    _check_signature(mine, shown_to, signature, desk)
    happened = events.TitleConsented(
        title=asked.title, instruction_id=asked.id, signature=signature
    )
    uow.record(f"title:{asked.title}", happened)
    return shown(asked.id, desk, uow)


def sign(instruction_id: str, signature: str, desk: TitleDesk, uow: UnitOfWork) -> Asked:
    """Take the signature of a party that keeps its own key.

    Raises:
        NotFoundError: no such instruction of the acting party.
        RefusedError: it does not await one now, or another key signed.
    """
    asked, mine = _awaited(uow, instruction_id)
    if mine.handle != asked.handle:
        raise NotFoundError
    _check_awaits(asked, InstructionState.AWAITING_SIGNATURE)
    if asked.act is not Act.HOLD:
        refuse_while_stopped(uow)
    if asked.consent_of and not asked.consent:
        raise RefusedError(NOT_AWAITED(state=InstructionState.AWAITING_CONSENT.value))
    _check_signature(mine, _to_sign(asked, desk), signature, desk)
    happened = events.TitleSigned(title=asked.title, instruction_id=asked.id, signature=signature)
    uow.record(f"title:{asked.title}", happened)
    return shown(asked.id, desk, uow)


def withdraw(instruction_id: str, why: str, desk: TitleDesk, uow: UnitOfWork) -> Asked:
    """Take an instruction back before it is in a batch, or deny the consent to it.

    Who asked for it may, and who has to sign or consent.

    Raises:
        NotFoundError: no such instruction of the acting party, or that awaits its consent.
        RefusedError: it is on its way: the contract decides.
    """
    asked = _mine(uow, instruction_id)
    _check_awaits(asked, *InstructionState.open())
    if following.was_relayed(uow.connection, asked.id):
        raise RefusedError(ON_ITS_WAY())
    happened = events.TitleWithdrawn(title=asked.title, instruction_id=asked.id)
    uow.record(f"title:{asked.title}", happened, reason=why)
    return shown(asked.id, desk, uow)


def _mine(uow: UnitOfWork, instruction_id: str) -> Instruction:
    """The instruction, locked, of the acting party, which asked for it or has to do with it.

    Raises:
        NotFoundError: there is none, or it is others'.
    """
    party = acting_party(uow)
    asked = tables.instruction(uow.connection, instruction_id)
    if asked is None:
        raise NotFoundError
    uow.lock(f"title:{asked.title}")
    asked = tables.instruction(uow.connection, instruction_id)
    if asked is None or not concerns(uow, asked, party.id):
        raise NotFoundError
    return asked


def concerns(uow: UnitOfWork, asked: Instruction, party_id: str) -> bool:
    """Whether a party asked for it, has to sign it, or to consent to it."""
    mine = tables.party_of(uow.connection, party_id)
    own = mine is not None and mine.handle in {asked.handle, asked.consent_of}
    return own or asked.instructed_by == party_id


def _awaited(uow: UnitOfWork, instruction_id: str) -> tuple[Instruction, Party]:
    """The instruction, locked, and the acting party, which is one of its two.

    Raises:
        NotFoundError: there is none, or the party is neither.
    """
    asked = _mine(uow, instruction_id)
    mine = tables.party_of(uow.connection, uow.actor.party)
    if mine is None or mine.handle not in {asked.handle, asked.consent_of}:
        raise NotFoundError
    return asked, mine


def _check_awaits(asked: Instruction, *states: InstructionState) -> None:
    if asked.state not in states:
        raise RefusedError(NOT_AWAITED(state=asked.state.value))


def _check_signature(
    mine: Party, shown_to: Mapping[str, Any], signature: str, desk: TitleDesk
) -> None:
    """Let through the signature of the registered key; none where the platform keeps it."""
    if mine.custody is events.Custody.PLATFORM:
        if signature:
            raise InvalidError(PLATFORM_SIGNS(at="/signature"))
        return
    if not signature:
        raise InvalidError(SIGNATURE_MISSING(at="/signature"))
    if desk.signer(shown_to, signature) != mine.key:
        raise RefusedError(BAD_SIGNATURE(at="/signature"))


def see_instruction(instruction_id: str, desk: TitleDesk, uow: UnitOfWork) -> Asked:
    """An instruction, and what the acting party has to sign.

    Raises:
        NotFoundError: no such instruction of the acting party.
    """
    asked = tables.instruction(uow.connection, instruction_id)
    if asked is None or not concerns(uow, asked, uow.actor.party):
        raise NotFoundError
    return shown(instruction_id, desk, uow)


def shown(instruction_id: str, desk: TitleDesk, uow: UnitOfWork) -> Asked:
    """An instruction as its parties see it."""
    asked = tables.instruction(uow.connection, instruction_id)
    if asked is None:
        raise NotFoundError
    mine = tables.party_of(uow.connection, uow.actor.party)
    to_sign: Mapping[str, Any] = {}
    if mine is not None and mine.custody is events.Custody.OWN:
        waits = asked.state
        if waits is InstructionState.AWAITING_CONSENT and mine.handle == asked.consent_of:
            to_sign = desk.consent(_call(asked), mine.handle, asked.deadline)
        elif waits is InstructionState.AWAITING_SIGNATURE and mine.handle == asked.handle:
            to_sign = _to_sign(asked, desk)
    said = sentence_of(asked.code) or desk.sentence(asked.code) if asked.code else ("", "")
    return Asked(instruction=asked, to_sign=to_sign, sentence=said)


def _to_sign(asked: Instruction, desk: TitleDesk) -> Mapping[str, Any]:
    """What the acting party signs; {} until the consent that it covers is there."""
    if asked.consent_of and not asked.consent:
        return {}
    return desk.instruction(_call(asked), asked.consent, asked.deadline, asked.nonce)


def _call(asked: Instruction) -> TitleCall:
    return TitleCall(
        title=asked.title, act=asked.act.value, sequence=asked.sequence, terms=asked.terms
    )
