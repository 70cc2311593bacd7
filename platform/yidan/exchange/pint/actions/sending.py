"""Send a bill to another platform: the party in possession instructs, the answer concludes.

The chain is extended and signed in the instruction's transaction; what is sent is that envelope and
no other, however often (PINT: a sender retries the same envelope until it has a signed answer).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import rfc8785

from yidan.exchange.pint import messages, signing, tables, wire
from yidan.exchange.pint.actions import titles
from yidan.exchange.pint.actions.signers import Here, our_party
from yidan.exchange.pint.events import EblNotSent, EblSending, EblSent
from yidan.exchange.pint.rules.chain import walk
from yidan.exchange.pint.rules.envelope import Action, Announced, Party, ResponseCode, Transaction
from yidan.exchange.pint.tables import Ebl, Outgoing, TransferState
from yidan.kernel.errors import BadRequestError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Reason, reason
from yidan.parties.actions import acting_party
from yidan.parties.involvement import require
from yidan.store.alarms import raise_alarm
from yidan.store.unit_of_work import UnitOfWork

NOT_YOURS = reason(
    "ebl-not-in-your-possession",
    en="The bill is not in your possession; its possessor sends it.",
    zh="该提单不由贵方占有；应由占有人发送。",
)
ON_ITS_WAY = reason(
    "ebl-on-its-way",
    en="The bill is on its way to another platform, or in dispute there: transfer {transfer}.",
    zh="该提单正在发往另一平台或存在争议：转让 {transfer}。",
)
PLATFORM_UNKNOWN = reason(
    "ebl-platform-unknown",
    en="{platform} is no registered platform that bills can be sent to.",
    zh="{platform} 不是已登记且可接收提单的平台。",
)
ALARM: Final = "ebl-disputed"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that the party does with the bill."""

    action: Action
    recipient: messages.Party | None = None
    recipient_json: dict[str, Any] | None = None
    """The recipient as it is written into the chain."""
    comments: str = ""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document that goes along."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class SendEbl:
    """Have a bill sent to another platform."""

    ebl: str
    steps: tuple[Step, ...]
    """What is done, in order; the last one names who receives it."""
    documents: tuple[Document, ...] = ()


def send(command: SendEbl, here: Here, uow: UnitOfWork) -> Outgoing:
    """Extend the chain by the acting party's steps and have the envelope sent.

    Raises:
        NotFoundError: no such bill, or none that the party ever had.
        RefusedError: the bill is not the party's to send, the steps are out of turn, the bill has
            a title on the contract, or the chain would grow too long to be read.
        InvalidError: the recipient is on no registered platform.
        UnavailableError: the contract's word is not known for certain now.
    """
    party = acting_party(uow)
    require(uow, f"ebl:{command.ebl}")
    known = find(uow, command.ebl)
    titles.lock_bill(uow, known.ebl, known.carrier, known.transport_document_reference)
    known = find(uow, command.ebl)
    if known.possessor_id != party.id:
        raise RefusedError(NOT_YOURS())
    if known.sending:
        raise RefusedError(ON_ITS_WAY(transfer=known.sending))
    platform = _platform(command, here, uow)
    if against := _against_titles(uow, known):
        raise RefusedError(*against)
    sent = wire.parse(accepted_envelope(uow, known))
    steps = _stepped(sent, command, uow.now)
    documents = _documents(command, here, known, uow)
    envelope = wire.extended(sent, steps, documents, here=here.code, signer=here.signer)
    raw = _readable(rfc8785.dumps(envelope))
    entries = tuple(signing.sha256(text) for text in envelope["envelopeTransferChain"])
    transfer = Outgoing(
        id=uow.new_id(),
        ebl=known.ebl,
        party_id=party.id,
        platform=platform,
        state=TransferState.SENDING,
        envelope=raw,
        entries=entries,
        made_at=uow.now,
    )
    tables.keep_outgoing(uow.connection, transfer)
    happened = EblSending(
        ebl=known.ebl,
        transfer_id=transfer.id,
        recipient_platform=platform,
        actions=tuple(step.action.value for step in command.steps),
        entries=entries,
        documents=tuple(one.checksum for one in documents),
    )
    uow.record(f"ebl:{known.ebl}", happened)
    return transfer


def _against_titles(uow: UnitOfWork, known: Ebl) -> list[Reason]:
    number = known.transport_document_reference
    return titles.against_sending(uow, known.ebl, known.carrier, number, known.possessor_id)


def find(uow: UnitOfWork, ebl: str) -> Ebl:
    """A bill.

    Raises:
        NotFoundError: there is none.
    """
    found = tables.find_ebl(uow.connection, ebl)
    if found is None:
        raise NotFoundError
    return found


def accepted_envelope(uow: UnitOfWork, known: Ebl) -> bytes:
    """The envelope with the chain that stands: the last one that came, or that we sent.

    Raises:
        NotFoundError: it is gone.
    """
    found = tables.incoming(uow.connection, known.transfer_id) or tables.outgoing(
        uow.connection, known.transfer_id
    )
    if found is None:
        raise NotFoundError
    return found.envelope


def _platform(command: SendEbl, here: Here, uow: UnitOfWork) -> str:
    """The registered platform of the last recipient."""
    last = command.steps[-1].recipient
    code = last.ebl_platform if last else "-"
    signer = tables.signers(uow.connection, [code]).get(code)
    if code == here.code or signer is None or not signer.url:
        at = f"/steps/{len(command.steps) - 1}/recipient"
        raise InvalidError(PLATFORM_UNKNOWN(at=at, platform=code))
    return code


def _readable(raw: bytes) -> bytes:
    """An envelope that we, too, could read again when the answer has come.

    Raises:
        RefusedError: it is too long; with every reason.
    """
    try:
        wire.chain_of(wire.parse(raw))
    except BadRequestError as error:
        raise RefusedError(*error.reasons) from None
    return raw


def _stepped(sent: messages.EblEnvelope, command: SendEbl, at: datetime) -> list[dict[str, Any]]:
    """The new transactions, each by whoever has possession by then.

    Raises:
        RefusedError: they are out of turn; with every reason.
    """
    before = wire.chain_of(sent)
    to_order = messages.TransportDocument.read(sent.transport_document).is_to_order
    actor = walk(before, to_order=to_order)[0].possessor
    if actor is None:
        raise NotFoundError
    new = [
        Transaction(step.action, actor, step.recipient.party() if step.recipient else None)
        for step in command.steps
    ]
    if wrong := walk([*before, *new], to_order=to_order)[1]:
        raise RefusedError(*wrong)
    return [_transaction(step, actor, at) for step in command.steps]


def _transaction(step: Step, actor: Party, at: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {
        "actionCode": step.action.value,
        "actor": wire.party_named(actor),
        "actionDateTime": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if step.recipient_json is not None:
        found["recipient"] = step.recipient_json
    if step.comments:
        found["comments"] = step.comments
    return found


def _documents(command: SendEbl, here: Here, known: Ebl, uow: UnitOfWork) -> list[Announced]:
    found = []
    for one in command.documents:
        checksum = here.blobs.put(one.content)
        tables.keep_document(uow.connection, known.ebl, checksum, now=uow.now)
        found.append(Announced(checksum, len(one.content), one.name, one.media_type))
    return found


def conclude(
    transfer_id: str, answer: messages.FinishedAnswer, signed: str, here: Here, uow: UnitOfWork
) -> Outgoing:
    """Write down what the other platform's signed answer made of a transfer; once.

    Raises:
        NotFoundError: there is no such transfer.
    """
    transfer = tables.outgoing(uow.connection, transfer_id)
    if transfer is None:
        raise NotFoundError
    uow.lock(f"ebl:{transfer.ebl}")
    transfer = tables.outgoing(uow.connection, transfer_id)
    if transfer is None or transfer.state is not TransferState.SENDING:
        raise NotFoundError
    code = answer.response_code
    ended = replace(
        transfer,
        state=_STATES[code],
        code=code.value,
        why=answer.reason[:255],
        answer=signed,
        attempts=transfer.attempts + 1,
        last_error="",
        ended_at=uow.now,
    )
    tables.change_outgoing(uow.connection, ended)
    uow.record(f"ebl:{transfer.ebl}", _outcome(ended, code, here, uow))
    if code is ResponseCode.DISE:
        told = f"{transfer.platform} disputes transfer {transfer.id}: {ended.why}"
        raise_alarm(uow.connection, ALARM, told, now=uow.now)
    return ended


_STATES: Final = {
    ResponseCode.RECE: TransferState.ACCEPTED,
    ResponseCode.DUPE: TransferState.ACCEPTED,
    ResponseCode.BSIG: TransferState.REJECTED,
    ResponseCode.BENV: TransferState.REJECTED,
    ResponseCode.DISE: TransferState.DISPUTED,
}
FINAL: Final = frozenset(_STATES)
"""Answers that end a transfer."""


def _outcome(
    transfer: Outgoing, code: ResponseCode, here: Here, uow: UnitOfWork
) -> EblSent | EblNotSent:
    if transfer.state is not TransferState.ACCEPTED:
        return EblNotSent(ebl=transfer.ebl, transfer_id=transfer.id, code=code.value)
    sent = wire.parse(transfer.envelope)
    to_order = messages.TransportDocument.read(sent.transport_document).is_to_order
    standing = walk(wire.chain_of(sent), to_order=to_order)[0]
    possessor = standing.possessor
    ours = possessor is not None and possessor.platform == here.code
    holder = our_party(uow, here, possessor.codes) if possessor and ours else None
    return EblSent(
        ebl=transfer.ebl,
        transfer_id=transfer.id,
        code=code.value,
        entries=tuple(transfer.entries),
        possessor_platform=possessor.platform if possessor else "",
        possessor_id=holder.id if holder else "",
        ended=standing.ended,
    )


# --- looking ------------------------------------------------------------------------------------


def look_at_bills(uow: UnitOfWork, *, after: str, limit: int) -> list[Ebl]:
    """Bills that the acting party has or had."""
    return tables.bills_of(uow.connection, acting_party(uow).id, after=after, limit=limit)


def look_at_bill(ebl: str, uow: UnitOfWork) -> tuple[Ebl, Sequence[Transaction]]:
    """One bill and its chain.

    Raises:
        NotFoundError: no such bill, or none that the party ever had.
    """
    require(uow, f"ebl:{ebl}")
    known = find(uow, ebl)
    return known, wire.chain_of(wire.parse(accepted_envelope(uow, known)))


def look_at_transfer(transfer_id: str, uow: UnitOfWork) -> Outgoing:
    """One's own outgoing transfer.

    Raises:
        NotFoundError: no such transfer, or another party's.
    """
    found = tables.outgoing(uow.connection, transfer_id)
    if found is None or found.party_id != acting_party(uow).id:
        raise NotFoundError
    return found
