"""Receive envelopes from other platforms: judge, keep, ask for documents, accept, answer.

Each call is one transaction under the bill's lock, so that of two histories that arrive at one
moment the first one stands. What is answered is signed; the answer to an accepted envelope is kept
and given again. Whatever is not accepted is judged anew when it comes again.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from yidan.exchange.pint import messages, tables, wire
from yidan.exchange.pint.actions import titles
from yidan.exchange.pint.actions.signers import Here, calling_platform, keys_for, our_party
from yidan.exchange.pint.events import EblDisputed, EblReceived
from yidan.exchange.pint.rules.chain import standing_of
from yidan.exchange.pint.rules.envelope import Envelope, ResponseCode
from yidan.exchange.pint.rules.findings import (
    NOT_TRACKED,
    OTHER_BILL_HERE,
    chain_findings,
    document_findings,
    forged_entries,
    link_findings,
    missing_from,
    signing_findings,
)
from yidan.exchange.pint.tables import Ebl, Incoming, PintSigner, TransferState
from yidan.exchange.rules import InboxState
from yidan.kernel.errors import BadRequestError, NotFoundError
from yidan.kernel.reasons import Reason, reason
from yidan.parties.tables import Organisation
from yidan.release.titles.tables import Title
from yidan.store import inbox
from yidan.store.alarms import raise_alarm
from yidan.store.unit_of_work import UnitOfWork

INBOX_NAME: Final = "dcsa.pint"
"""Under which name the inbox keeps what came."""
ALARM: Final = "ebl-disputed"
MAX_DISPUTES: Final = 20
"""How many disputed histories of one sender are kept for one bill."""
FURTHER: Final = "further"
"""Under which name the last of them counts those that came after it."""

RECIPIENT_UNKNOWN = reason(
    "ebl-recipient-unknown",
    en="The codes of {name} name no one party of this platform that may receive bills.",
    zh="{name} 的代码在本平台上不对应任何一个可接收提单的参与方。",
)
OTHER_REGISTRY = reason(
    "ebl-other-registry",
    en="The bill is tracked by {registry}, which this platform does not use.",
    zh="该提单由 {registry} 跟踪，本平台不使用该登记系统。",
)
NOT_ANNOUNCED = reason(
    "ebl-document-not-announced",
    en="The manifest announces no document {checksum}.",
    zh="清单未列出文件 {checksum}。",
)
NOT_THE_DOCUMENT = reason(
    "ebl-document-other-bytes",
    en="The bytes have checksum {got} and length {size}, not what the manifest announces.",
    zh="所收内容的校验和为 {got}、长度为 {size}，与清单不符。",
)
NOT_BASE64 = reason(
    "ebl-document-not-base64",
    en="The body must be one JSON text: the document in Base64.",
    zh="请求体必须是一个 JSON 字符串：以 Base64 编码的文件。",
)

_INBOX_STATE: Final = {
    ResponseCode.BSIG: InboxState.REFUSED,
    ResponseCode.BENV: InboxState.REFUSED,
    ResponseCode.DISE: InboxState.CONFLICT,
}


_OPEN: Final = frozenset({TransferState.ACTIVE, TransferState.ACCEPTED})


@dataclass(frozen=True)
class Started:
    """The transfer goes on: these documents are still to come (201)."""

    envelope_reference: str
    transport_document_checksum: str
    last_checksum: str
    missing: Sequence[str]


@dataclass(frozen=True)
class Finished:
    """A signed answer."""

    code: ResponseCode
    signed: str
    kept: bool = True
    """Whether what it answers is kept."""


@dataclass(frozen=True)
class _Call:
    """What one call works with."""

    here: Here
    peer: PintSigner
    uow: UnitOfWork

    def sign(
        self, code: ResponseCode, last: str, why: Sequence[Reason] = (), **more: Any
    ) -> Finished:
        """A signed answer."""
        payload = wire.finished(code, last, why, **more)
        return Finished(code, self.here.signer.sign(payload))


def start(raw: bytes, here: Here, uow: UnitOfWork) -> Started | Finished:
    """Start an envelope transfer.

    Raises:
        BadRequestError: it is no envelope.
        NotFoundError: the caller is no registered platform.
        UnavailableError: it cannot be decided now.
    """
    call = _Call(here, calling_platform(uow), uow)
    sent = wire.parse(raw)
    opened = _opened(sent, call)
    answer = _judge(raw, opened, call)
    _keep_raw(raw, answer, call)
    return answer


def _opened(sent: messages.EblEnvelope, call: _Call) -> wire.Opened:
    bill = messages.TransportDocument.read(sent.transport_document)
    carrier = f"{bill.carrier_code_list_provider}:{bill.carrier_code}"
    codes = {call.peer.code, carrier, *wire.platforms_named(sent)}
    keys = keys_for(call.uow, call.here, codes)
    return wire.open_envelope(sent, sender=call.peer.code, keys=keys)


def _judge(raw: bytes, opened: wire.Opened, call: _Call) -> Started | Finished:
    envelope = opened.envelope
    if envelope is None:
        return call.sign(ResponseCode.BENV, opened.last_checksum, opened.unreadable)
    unsigned = [*opened.unsigned, *signing_findings(envelope)]
    if unsigned:
        return call.sign(ResponseCode.BSIG, opened.last_checksum, unsigned)
    return _weigh(raw, envelope, call)


def _weigh(raw: bytes, envelope: Envelope, call: _Call) -> Started | Finished:
    """Judge what is signed well, by what is known here.

    What is known is told only about a bill that its carrier signed: first the envelope by itself.
    """
    last = envelope.entries[-1].checksum
    _lock(envelope, call)
    if before := _accepted_before(envelope, call):
        return _duplicate(before, envelope, call)
    if wrong := link_findings(envelope) or document_findings(envelope):
        _reject_active(envelope, call)
        return call.sign(ResponseCode.BENV, last, wrong)
    if disputed := _disputes(envelope, call):
        return _dispute(raw, envelope, disputed, call)
    _, findings = _acceptable(envelope, call)
    if findings:
        _reject_active(envelope, call)
        return call.sign(ResponseCode.BENV, last, findings)
    if disputed := _against_title(envelope, call):
        return _dispute(raw, envelope, disputed, call)
    return _go_on(raw, envelope, call)


def _lock(envelope: Envelope, call: _Call) -> None:
    """Lock the bill, and its number: no second version is taken, no title issued meanwhile."""
    titles.lock_bill(call.uow, envelope.document_checksum, envelope.carrier, envelope.reference)


def _accepted_before(envelope: Envelope, call: _Call) -> Incoming | None:
    """The accepted transfer of the same chain; its last entry may have been signed again."""
    digests = [entry.payload_digest for entry in envelope.entries]
    earlier = [entry.checksum for entry in envelope.entries[:-1]]
    found = tables.incoming_of(
        call.uow.connection, envelope.document_checksum, TransferState.ACCEPTED
    )
    return next(
        (one for one in found if one.digests == digests and one.checksums[:-1] == earlier), None
    )


def _duplicate(before: Incoming, envelope: Envelope, call: _Call) -> Finished:
    last = envelope.entries[-1].checksum
    name = f"{ResponseCode.DUPE}:{last}"
    if name not in before.answers:
        accepted = wire.parse(before.envelope)
        made = call.sign(
            ResponseCode.DUPE,
            last,
            received=wire.announced(accepted),
            duplicate_of=accepted.envelope_transfer_chain[-1],
        )
        before = replace(before, answers={**before.answers, name: made.signed})
        tables.change_incoming(call.uow.connection, before)
    return Finished(ResponseCode.DUPE, before.answers[name])


def _disputes(envelope: Envelope, call: _Call) -> list[Reason]:
    """Everything in which the chain contradicts what is known here."""
    connection = call.uow.connection
    known = tables.find_ebl(connection, envelope.document_checksum)
    agreed = list(known.entries) if known else []
    found = missing_from(agreed, [entry.checksum for entry in envelope.entries])
    active = tables.incoming_of(connection, envelope.document_checksum, TransferState.ACTIVE)
    digests = [entry.payload_digest for entry in envelope.entries]
    for one in active:
        found += missing_from(one.digests, digests)
    ours = frozenset([*agreed, *_on_its_way(known, call)])
    found += forged_entries(envelope, here=call.here.code, ours=ours)
    others = tables.versions_of(connection, envelope.carrier, envelope.reference)
    if any(_held_here(one, call.here) and one.ebl != envelope.document_checksum for one in others):
        found.append(OTHER_BILL_HERE(reference=envelope.reference))
    return found


def _on_its_way(known: Ebl | None, call: _Call) -> Sequence[str]:
    """The chain that we are sending: who builds upon it has received it."""
    sending = tables.outgoing(call.uow.connection, known.sending) if known else None
    return sending.entries if sending else []


def _held_here(one: Ebl, here: Here) -> bool:
    return one.possessor_platform == here.code and not one.ended


def _against_title(envelope: Envelope, call: _Call) -> list[Reason]:
    """In what the title on our contract contradicts the chain.

    Raises:
        UnavailableError: the contract's word is not known for certain now.
    """
    found = _titles_of(envelope, call)
    return titles.contradictions(call.uow, found, _possessor_id(envelope, call))


def _titles_of(envelope: Envelope, call: _Call) -> list[Title]:
    return titles.titles_of(
        call.uow, envelope.document_checksum, envelope.carrier, envelope.reference
    )


def _possessor_id(envelope: Envelope, call: _Call) -> str:
    """Our party that the chain leaves the bill with; "" if it is another platform's."""
    possessor = standing_of(envelope).possessor
    if possessor is None or possessor.platform != call.here.code:
        return ""
    found = our_party(call.uow, call.here, possessor.codes)
    return found.id if found else ""


def _dispute(raw: bytes, envelope: Envelope, why: Sequence[Reason], call: _Call) -> Finished:
    """Keep both histories, tell the people, and answer DISE; a history is told of once.

    Of one sender and bill so many are kept; what is further is answered alike, and counted.
    """
    connection, ebl = call.uow.connection, envelope.document_checksum
    answer = call.sign(ResponseCode.DISE, envelope.entries[-1].checksum, why)
    transfer = _transfer(raw, envelope, TransferState.DISPUTED, call)
    earlier = tables.incoming_of(connection, ebl, TransferState.DISPUTED)
    if any(one.checksums == transfer.checksums for one in earlier):
        return answer
    theirs = [one for one in earlier if one.sender == call.peer.code]
    if len(theirs) >= MAX_DISPUTES:
        _count(theirs[-1], call)
        return replace(answer, kept=False)
    known = tables.find_ebl(connection, ebl)
    tables.keep_incoming(connection, transfer)
    happened = EblDisputed(
        ebl=ebl,
        transfer_id=transfer.id,
        transport_document_reference=envelope.reference,
        carrier=envelope.carrier,
        sender=call.peer.code,
        entries=tuple(transfer.checksums),
        known=tuple(known.entries) if known else (),
        why=tuple(one.code for one in why),
    )
    call.uow.record(f"ebl:{ebl}", happened)
    where = f"bill {envelope.reference} from {call.peer.code} (transfer {transfer.id})"
    told = f"{where}: {why[0].text('en')}"
    raise_alarm(connection, ALARM, told, now=call.uow.now)
    return answer


def _count(last: Incoming, call: _Call) -> None:
    """Count a dispute beyond those that are kept, on the last one of them; tell of it once."""
    count = int(last.answers.get(FURTHER, "0")) + 1
    counted = replace(last, answers={**last.answers, FURTHER: str(count)})
    tables.change_incoming(call.uow.connection, counted)
    where = f"bill {last.ebl} from {call.peer.code}"
    told = f"{where}: {MAX_DISPUTES} disputed histories are kept; further ones are only counted"
    raise_alarm(call.uow.connection, ALARM, told, now=call.uow.now)


def _acceptable(envelope: Envelope, call: _Call) -> tuple[Organisation | None, list[Reason]]:
    """Who receives the bill, and everything for which it cannot be received."""
    here = call.here
    findings = chain_findings(envelope, sender=call.peer.code, here=here.code)
    registries = {entry.registry for entry in envelope.entries} - {""}
    findings += [OTHER_REGISTRY(registry=one) for one in sorted(registries - {here.registry})]
    if here.registry in registries and not _titles_of(envelope, call):
        findings.append(NOT_TRACKED())
    last = standing_of(envelope).last
    named = last.recipient if last else None
    party = our_party(call.uow, here, named.codes) if named else None
    if named and named.platform == here.code and party is None:
        findings.append(RECIPIENT_UNKNOWN(name=named.name))
    return party, findings


def _transfer(raw: bytes, envelope: Envelope, state: TransferState, call: _Call) -> Incoming:
    return Incoming(
        id=call.uow.new_id(),
        ebl=envelope.document_checksum,
        sender=call.peer.code,
        state=state,
        envelope=raw,
        entries=[[entry.checksum, entry.payload_digest] for entry in envelope.entries],
        started_at=call.uow.now,
    )


def _reject_active(envelope: Envelope, call: _Call) -> None:
    """A rejection ends the transfer that was under way."""
    ebl = envelope.document_checksum
    for one in tables.incoming_of(call.uow.connection, ebl, TransferState.ACTIVE):
        if one.sender == call.peer.code:
            ended = replace(one, state=TransferState.REJECTED, ended_at=call.uow.now)
            tables.change_incoming(call.uow.connection, ended)


def _go_on(raw: bytes, envelope: Envelope, call: _Call) -> Started | Finished:
    """Take the transfer up, or up again; accept it at once if nothing is missing."""
    connection, ebl = call.uow.connection, envelope.document_checksum
    transfer = _transfer(raw, envelope, TransferState.ACTIVE, call)
    active = tables.incoming_of(connection, ebl, TransferState.ACTIVE)
    if active:
        transfer = replace(transfer, id=active[0].id, started_at=active[0].started_at)
        tables.change_incoming(connection, transfer)
    else:
        tables.keep_incoming(connection, transfer)
    missing = _missing(envelope, call)
    if missing:
        last = envelope.entries[-1].checksum
        return Started(transfer.id, ebl, last, missing)
    return _accept(transfer, envelope, call)


def _missing(envelope: Envelope, call: _Call) -> list[str]:
    have = tables.documents_of(call.uow.connection, envelope.document_checksum)
    return sorted(envelope.announced.keys() - have)


def _accept(transfer: Incoming, envelope: Envelope, call: _Call) -> Finished:
    """Take the bill over: event, projection and signed answer in one transaction."""
    standing = standing_of(envelope)
    party, _ = _acceptable(envelope, call)
    if party is None or standing.last is None:
        raise NotFoundError
    happened = EblReceived(
        ebl=transfer.ebl,
        transfer_id=transfer.id,
        transport_document_reference=envelope.reference,
        carrier=envelope.carrier,
        sender=transfer.sender,
        entries=tuple(transfer.checksums),
        last_action=standing.last.action.value,
        recipient_id=party.id,
        recipient_role=min(party.roles),
        possessor_platform=standing.possessor.platform if standing.possessor else "",
        possessor_id=_possessor_id(envelope, call),
        ended=standing.ended,
        documents=tuple(sorted(envelope.announced)),
    )
    _arrived(transfer.ebl, call)
    call.uow.record(f"ebl:{transfer.ebl}", happened)
    last = envelope.entries[-1].checksum
    received = sorted(envelope.announced)
    answer = call.sign(ResponseCode.RECE, last, received=received)
    tables.change_incoming(
        call.uow.connection,
        replace(
            transfer,
            state=TransferState.ACCEPTED,
            answers={ResponseCode.RECE.value: answer.signed},
            ended_at=call.uow.now,
        ),
    )
    return answer


def _arrived(ebl: str, call: _Call) -> None:
    """What we were sending arrived, since the bill came back from there."""
    known = tables.find_ebl(call.uow.connection, ebl)
    sending = tables.outgoing(call.uow.connection, known.sending) if known else None
    if sending is not None:
        ended = replace(sending, state=TransferState.ACCEPTED, ended_at=call.uow.now)
        tables.change_outgoing(call.uow.connection, ended)


def _keep_raw(raw: bytes, answer: Started | Finished, call: _Call) -> None:
    """Keep what came as it came, unknown members and all, once."""
    if isinstance(answer, Finished) and not answer.kept:
        return
    digest = hashlib.sha256(raw).hexdigest()
    connection, partner = call.uow.connection, call.uow.actor.party
    if inbox.find(connection, partner, INBOX_NAME, digest) is not None:
        return
    code = answer.code if isinstance(answer, Finished) else ResponseCode.RECE
    inbox.keep(
        connection,
        inbox.Received(
            id=call.uow.new_id(),
            partner=partner,
            adapter=INBOX_NAME,
            reference=digest,
            sha256_hex=digest,
            raw=raw,
            received_at=call.uow.now,
            state=_INBOX_STATE.get(code, InboxState.APPLIED).value,
            findings={"findings": [], "outcomes": []},
            answer=answer.signed.encode() if isinstance(answer, Finished) else None,
        ),
    )


# --- documents and the end ----------------------------------------------------------------------


def put_document(
    transfer_id: str, checksum: str, content: object, here: Here, uow: UnitOfWork
) -> Finished | None:
    """Take a document of a transfer; None if it is the one that was announced.

    Raises:
        BadRequestError: the body is no Base64 text.
        NotFoundError: the caller is sending no such transfer.
    """
    call = _Call(here, calling_platform(uow), uow)
    transfer, envelope, _ = _mine(transfer_id, call)
    last = transfer.checksums[-1]
    announced = envelope.announced.get(checksum)
    if announced is None:
        return call.sign(ResponseCode.INCD, last, [NOT_ANNOUNCED(checksum=checksum)])
    data = _decoded(content)
    got = hashlib.sha256(data).hexdigest()
    if got != checksum or len(data) != announced.size:
        return call.sign(ResponseCode.INCD, last, [NOT_THE_DOCUMENT(got=got, size=len(data))])
    here.blobs.put(data)
    tables.keep_document(uow.connection, transfer.ebl, checksum, now=uow.now)
    return None


def finish(transfer_id: str, here: Here, uow: UnitOfWork) -> Finished:
    """Finish a transfer: accept it if everything came and nothing speaks against it by now.

    Raises:
        NotFoundError: the caller is sending no such transfer.
        UnavailableError: it cannot be decided now.
    """
    call = _Call(here, calling_platform(uow), uow)
    transfer, envelope, unsigned = _mine(transfer_id, call)
    if transfer.state is TransferState.ACCEPTED:
        return _duplicate(transfer, envelope, call)
    if unsigned:
        return call.sign(ResponseCode.BSIG, transfer.checksums[-1], unsigned)
    return _weigh_again(transfer, envelope, call)


def _weigh_again(transfer: Incoming, envelope: Envelope, call: _Call) -> Finished:
    """Judge at the end by what is known by then."""
    last = transfer.checksums[-1]
    if disputed := _disputes(envelope, call):
        _reject_active(envelope, call)
        return _dispute(transfer.envelope, envelope, disputed, call)
    _, findings = _acceptable(envelope, call)
    if findings:
        _reject_active(envelope, call)
        return call.sign(ResponseCode.BENV, last, findings)
    if disputed := _against_title(envelope, call):
        _reject_active(envelope, call)
        return _dispute(transfer.envelope, envelope, disputed, call)
    if missing := _missing(envelope, call):
        return call.sign(ResponseCode.MDOC, last, missing=missing)
    return _accept(transfer, envelope, call)


def _mine(transfer_id: str, call: _Call) -> tuple[Incoming, Envelope, Sequence[Reason]]:
    """The caller's transfer, locked, its envelope, and the signatures that no key stands for now.

    Raises:
        NotFoundError: there is none, or it is another platform's.
    """
    found = tables.incoming(call.uow.connection, transfer_id)
    if found is None or found.sender != call.peer.code:
        raise NotFoundError
    envelope = _opened(wire.parse(found.envelope), call).envelope
    if envelope is None:
        raise NotFoundError
    _lock(envelope, call)
    found = tables.incoming(call.uow.connection, transfer_id)
    if found is None or found.state not in _OPEN:
        raise NotFoundError
    return found, *_still(found, call)


def _still(found: Incoming, call: _Call) -> tuple[Envelope, Sequence[Reason]]:
    """The envelope as it stands under the lock: a retry may have announced other documents."""
    opened = _opened(wire.parse(found.envelope), call)
    if opened.envelope is None:
        raise NotFoundError
    return opened.envelope, opened.unsigned


def _decoded(content: object) -> bytes:
    if not isinstance(content, str):
        raise BadRequestError(NOT_BASE64())
    try:
        return base64.b64decode(content, validate=True)
    except (ValueError, binascii.Error):
        raise BadRequestError(NOT_BASE64()) from None


def validate_receiver(code: messages.IdentifyingCode, here: Here, uow: UnitOfWork) -> Organisation:
    """The party that a code names, if bills may be sent to it.

    Raises:
        NotFoundError: no such party, or the caller is no registered platform.
    """
    calling_platform(uow)
    found = our_party(uow, here, [code.code()])
    if found is None:
        raise NotFoundError
    return found
