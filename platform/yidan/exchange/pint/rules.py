"""What an envelope transfer chain means, and what is answered to it (电子提单转让链, pure).

Source: DCSA eBL Platform Interoperability (PINT) 3.0.0, `EblEnvelope`, `Transaction` and
`EnvelopeTransferFinishedResponse`. A chain is a fold: each transaction is judged by where the
earlier ones left the bill. Every failing reason is told, not only the first.

Deliberately not here: signatures and checksums of bytes (`wire`), who is known here (`actions`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import Reason, reason


class ResponseCode(StrEnum):
    """What a receiving platform answers."""

    RECE = "RECE"
    """Received: the transfer is accepted."""
    DUPE = "DUPE"
    """This transfer was accepted before."""
    BSIG = "BSIG"
    """A signature is not good; the same envelope may be tried again."""
    BENV = "BENV"
    """The envelope is not acceptable; the sender keeps the bill."""
    INCD = "INCD"
    """A document is not the one that was announced; the transfer goes on."""
    MDOC = "MDOC"
    """Documents are missing; the transfer goes on."""
    DISE = "DISE"
    """The envelope contradicts what is known here."""


HTTP_STATUS: Final[Mapping[ResponseCode, int]] = MappingProxyType(
    {
        ResponseCode.RECE: 200,
        ResponseCode.DUPE: 200,
        ResponseCode.BSIG: 422,
        ResponseCode.BENV: 422,
        ResponseCode.INCD: 409,
        ResponseCode.MDOC: 409,
        ResponseCode.DISE: 409,
    }
)
"""The HTTP status of each answer; the signed code decides where the two differ."""


class Action(StrEnum):
    """What a transaction does (`actionCode`)."""

    ISSUE = "ISSUE"
    """签发"""
    TRANSFER = "TRANSFER"
    """转让占有"""
    ENDORSE = "ENDORSE"
    """记名背书"""
    ENDORSE_TO_ORDER = "ENDORSE_TO_ORDER"
    """指示背书"""
    BLANK_ENDORSE = "BLANK_ENDORSE"
    """空白背书"""
    SIGN = "SIGN"
    """签注"""
    SURRENDER_FOR_DELIVERY = "SURRENDER_FOR_DELIVERY"
    """交单提货"""
    SURRENDER_FOR_AMENDMENT = "SURRENDER_FOR_AMENDMENT"
    """交单改单"""
    SACC = "SACC"
    """接受交单"""
    SREJ = "SREJ"
    """拒绝交单"""


SURRENDERS: Final = frozenset({Action.SURRENDER_FOR_DELIVERY, Action.SURRENDER_FOR_AMENDMENT})
ENDORSEMENTS: Final = frozenset({Action.ENDORSE, Action.ENDORSE_TO_ORDER, Action.BLANK_ENDORSE})
ALONE: Final = frozenset({Action.SIGN, Action.BLANK_ENDORSE})
"""Actions without a recipient."""

NO_ISSUE = reason(
    "ebl-no-issue",
    en="The chain does not start with the bill's ISSUE; send the whole chain.",
    zh="转让链未以签发（ISSUE）开始；请发送完整的链。",
)
SECOND_ISSUE = reason(
    "ebl-second-issue",
    en="ISSUE stands again as transaction {number}; a bill is issued once.",
    zh="第 {number} 笔交易再次签发；一份提单只签发一次。",
)
NOT_LINKED = reason(
    "ebl-chain-not-linked",
    en="Entry {number} does not name the checksum of the entry before it; send the chain in order.",
    zh="第 {number} 项未引用前一项的校验和；请按顺序发送转让链。",
)
OTHER_DOCUMENT = reason(
    "ebl-other-document",
    en="{where} names another document's checksum than the bill that was sent.",
    zh="{where} 引用的校验和与所发送的提单不符。",
)
WRONG_LAST_ENTRY = reason(
    "ebl-manifest-other-entry",
    en="The manifest was signed for another last entry than the chain's; sign it anew.",
    zh="清单所签的末项与转让链的末项不符；请重新签署。",
)
WRONG_VISUALISATION = reason(
    "ebl-visualisation-not-carriers",
    en="The carrier's rendering of the bill is not the one that the issuance names.",
    zh="承运人的提单影像与签发时所载不符。",
)
NO_ISSUANCE = reason(
    "ebl-no-issuance-manifest",
    en="The first entry, and no other, carries the carrier's issuance manifest.",
    zh="仅第一项应附承运人的签发清单。",
)
FOREIGN_ACTOR = reason(
    "ebl-actor-of-other-platform",
    en="Transaction {number} is by a party of {actor}, in an entry of {platform}.",
    zh="第 {number} 笔交易的行为人属于 {actor}，却载于 {platform} 的项中。",
)
NOT_POSSESSOR = reason(
    "ebl-not-in-possession",
    en="{actor} does {action} in transaction {number} without possession of the bill.",
    zh="第 {number} 笔交易中 {actor} 执行 {action}，但并不占有该提单。",
)
RECIPIENT_NEEDED = reason(
    "ebl-recipient-needed",
    en="Transaction {number} ({action}) names no recipient.",
    zh="第 {number} 笔交易（{action}）未指明接收人。",
)
RECIPIENT_TOO_MANY = reason(
    "ebl-recipient-not-allowed",
    en="Transaction {number} ({action}) has no recipient, yet one is named.",
    zh="第 {number} 笔交易（{action}）不应有接收人。",
)
NOT_TO_ORDER = reason(
    "ebl-not-to-order",
    en="Transaction {number} endorses a bill that is not to order.",
    zh="第 {number} 笔交易背书了一份非指示提单。",
)
MAY_NOT_ENDORSE = reason(
    "ebl-may-not-endorse",
    en="{actor} endorses in transaction {number}, but the bill was endorsed to somebody else.",
    zh="第 {number} 笔交易中 {actor} 作背书，但提单已背书给他人。",
)
NOT_TO_CARRIER = reason(
    "ebl-surrender-not-to-carrier",
    en="Transaction {number} surrenders the bill to another party than the one that issued it.",
    zh="第 {number} 笔交易未向签发人交单。",
)
SURRENDER_OPEN = reason(
    "ebl-surrender-open",
    en="Transaction {number} ({action}) comes while a surrender waits for the carrier's answer.",
    zh="第 {number} 笔交易（{action}）发生时，交单尚待承运人答复。",
)
NO_SURRENDER = reason(
    "ebl-no-surrender-open",
    en="Transaction {number} ({action}) answers no open surrender; each is answered once.",
    zh="第 {number} 笔交易（{action}）没有可答复的交单；每次交单只答复一次。",
)
AFTER_THE_END = reason(
    "ebl-after-surrender-accepted",
    en="Transaction {number} ({action}) comes after the surrender was accepted.",
    zh="第 {number} 笔交易（{action}）发生在交单被接受之后。",
)
NOT_FOR_US = reason(
    "ebl-not-for-this-platform",
    en="The last transaction is for a party of {platform}, not for one of ours.",
    zh="末笔交易的接收人属于 {platform}，不属于本平台。",
)
SENDER_NOT_LAST = reason(
    "ebl-sender-not-last-entry",
    en="{sender} sent the envelope, but the last entry is by {platform}.",
    zh="信封由 {sender} 发送，但末项由 {platform} 签署。",
)
ENTRY_MISSING = reason(
    "ebl-known-entry-missing",
    en="The chain leaves out or replaces an entry that is known here: number {number}.",
    zh="转让链缺少或替换了本平台已知的第 {number} 项。",
)
NOT_OUR_ENTRY = reason(
    "ebl-entry-not-ours",
    en="Entry {number} says it is ours; this platform never made it.",
    zh="第 {number} 项自称由本平台签署，但本平台从未签署。",
)
OTHER_BILL_HERE = reason(
    "ebl-other-version-here",
    en="Another version of bill {reference} is held on this platform.",
    zh="提单 {reference} 的另一版本正由本平台的用户占有。",
)


TITLE_WITH_OTHER = reason(
    "ebl-title-with-other",
    en="The title on our contract is with another party, at sequence {sequence}; it decides.",
    zh="合约上的控制权属于另一方（序号 {sequence}）；以合约为准。",
)
TITLE_NOT_PASSABLE = reason(
    "ebl-title-not-passable",
    en="The title on our contract is {state} at sequence {sequence}; the bill cannot change hands.",
    zh="合约上的控制权状态为 {state}（序号 {sequence}）；提单不能转让。",
)
NOT_TRACKED = reason(
    "ebl-not-tracked",
    en="The chain names our registry, which has no title of this bill.",
    zh="转让链注明由本登记系统跟踪，但其中没有该提单的控制权。",
)


@dataclass(frozen=True)
class Code:
    """One identifying code of a party."""

    provider: str
    value: str
    list_name: str = ""


@dataclass(frozen=True)
class Party:
    """A party as a transaction names it."""

    name: str
    platform: str
    codes: tuple[Code, ...]
    represented: tuple[Code, ...] = ()
    """Codes of the party on whose behalf it acts."""


@dataclass(frozen=True)
class Transaction:
    """One step of the chain."""

    action: Action
    actor: Party
    recipient: Party | None = None


@dataclass(frozen=True)
class Issuance:
    """The carrier's signed checksums of what it issued."""

    document_checksum: str
    visualisation_checksum: str = ""


@dataclass(frozen=True)
class Entry:
    """One platform's signed part of the chain."""

    platform: str
    document_checksum: str
    previous_checksum: str
    """SHA-256 of the entry before, 64 hex digits; "" in the first."""
    transactions: tuple[Transaction, ...]
    checksum: str
    """SHA-256 of the signed text."""
    payload_digest: str
    """SHA-256 of what was signed: the same when it is signed again."""
    issuance: Issuance | None = None
    visualisation_checksum: str | None = None
    registry: str = ""
    """URI of the control tracking registry; in the first entry only."""


@dataclass(frozen=True)
class Announced:
    """A document that is sent beside the bill."""

    checksum: str
    size: int
    """Length in bytes."""
    name: str
    media_type: str


@dataclass(frozen=True)
class Envelope:
    """One envelope as it was understood, its signatures and checksums aside."""

    document_checksum: str
    """SHA-256 of the bill's canonical form, computed here."""
    reference: str
    """`transportDocumentReference`"""
    carrier: str
    """Code list and code of the carrier, e.g. `SMDG:HMM`."""
    to_order: bool
    manifest_document_checksum: str
    manifest_last_checksum: str
    visualisation: Announced | None
    supporting: tuple[Announced, ...]
    entries: tuple[Entry, ...]

    @property
    def announced(self) -> dict[str, Announced]:
        """Every document that comes beside the bill, by checksum."""
        both = ((self.visualisation,) if self.visualisation else ()) + self.supporting
        return {one.checksum: one for one in both}


@dataclass(frozen=True)
class Standing:
    """Where a chain left the bill."""

    issuer: Party | None = None
    possessor: Party | None = None
    endorsee: Party | None = None
    """Who alone may endorse; None: whoever has possession."""
    endorsable: bool = True
    surrendered_by: Party | None = None
    """Who waits for the carrier's answer."""
    amending: bool = False
    """The surrender is for an amendment."""
    ended: bool = False
    last: Transaction | None = None


@dataclass(frozen=True)
class OnContract:
    """Where the title of a bill stands on our contract, as confirmed."""

    state: str
    holder_id: str
    """Party id; "" if the platform does not know it."""
    sequence: int
    passable: bool
    """Its bill may change hands."""


@dataclass
class _Walk:
    """The fold over the transactions, with what was wrong on the way."""

    to_order: bool
    standing: Standing = field(default_factory=Standing)
    wrong: list[Reason] = field(default_factory=list)


def same_party(one: Party | None, other: Party | None) -> bool:
    """Whether two names mean one party: same platform, a common code, and none that differs."""
    if one is None or other is None or one.platform != other.platform:
        return False
    lists = {(code.provider, code.list_name): code.value for code in one.codes}
    shared = [code for code in other.codes if (code.provider, code.list_name) in lists]
    return bool(shared) and all(
        lists[code.provider, code.list_name] == code.value for code in shared
    )


def _is_issuer(party: Party, issuer: Party | None) -> bool:
    """The carrier that issued, or whom it issued for."""
    if issuer is None or party.platform != issuer.platform:
        return False
    return bool({*party.codes, *party.represented} & {*issuer.codes, *issuer.represented})


def walk(transactions: Sequence[Transaction], *, to_order: bool) -> tuple[Standing, list[Reason]]:
    """Follow a bill through its transactions: where it is left, and all that was not allowed."""
    going = _Walk(to_order)
    for number, one in enumerate(transactions, 1):
        going.wrong += _form_findings(number, one)
        if number == 1:
            _start(going, one)
        else:
            _step(going, number, one)
        going.standing = replace(going.standing, last=one)
    if not transactions:
        going.wrong.append(NO_ISSUE())
    return going.standing, going.wrong


def _form_findings(number: int, one: Transaction) -> Iterable[Reason]:
    if one.action in ALONE:
        return [RECIPIENT_TOO_MANY(number=number, action=one.action)] if one.recipient else []
    optional = one.action in {Action.SACC, Action.SREJ}
    if one.recipient is None and not optional:
        return [RECIPIENT_NEEDED(number=number, action=one.action)]
    return []


def _start(going: _Walk, one: Transaction) -> None:
    if one.action is not Action.ISSUE:
        going.wrong.append(NO_ISSUE())
    going.standing = Standing(issuer=one.actor, possessor=one.recipient)


def _step(going: _Walk, number: int, one: Transaction) -> None:
    now = going.standing
    if now.ended:
        going.wrong.append(AFTER_THE_END(number=number, action=one.action))
        return
    if one.action is Action.ISSUE:
        going.wrong.append(SECOND_ISSUE(number=number))
        return
    if one.action in {Action.SACC, Action.SREJ}:
        _answer(going, number, one)
        return
    if now.surrendered_by is not None:
        going.wrong.append(SURRENDER_OPEN(number=number, action=one.action))
        return
    if not same_party(one.actor, now.possessor):
        going.wrong.append(NOT_POSSESSOR(number=number, action=one.action, actor=one.actor.name))
    if one.action in ENDORSEMENTS:
        _endorse(going, number, one)
    elif one.action in SURRENDERS:
        _surrender(going, number, one)
    elif one.action is Action.TRANSFER:
        going.standing = replace(now, possessor=one.recipient)


def _endorse(going: _Walk, number: int, one: Transaction) -> None:
    now = going.standing
    if not going.to_order:
        going.wrong.append(NOT_TO_ORDER(number=number))
    if not now.endorsable or (now.endorsee and not same_party(one.actor, now.endorsee)):
        going.wrong.append(MAY_NOT_ENDORSE(number=number, actor=one.actor.name))
    going.standing = replace(
        now, endorsee=one.recipient, endorsable=one.action is not Action.ENDORSE
    )


def _surrender(going: _Walk, number: int, one: Transaction) -> None:
    if one.recipient is not None and not _is_issuer(one.recipient, going.standing.issuer):
        going.wrong.append(NOT_TO_CARRIER(number=number))
    going.standing = replace(
        going.standing,
        possessor=one.recipient,
        surrendered_by=one.actor,
        amending=one.action is Action.SURRENDER_FOR_AMENDMENT,
    )


def _answer(going: _Walk, number: int, one: Transaction) -> None:
    now = going.standing
    if now.surrendered_by is None:
        going.wrong.append(NO_SURRENDER(number=number, action=one.action))
        return
    if not same_party(one.actor, now.possessor):
        going.wrong.append(NOT_POSSESSOR(number=number, action=one.action, actor=one.actor.name))
    if one.action is Action.SACC:
        going.standing = replace(now, ended=True)
    else:
        back = now.surrendered_by
        going.standing = replace(now, possessor=back, surrendered_by=None, amending=False)


def transactions_of(entries: Sequence[Entry]) -> tuple[Transaction, ...]:
    """Every transaction of a chain, in order."""
    return tuple(one for entry in entries for one in entry.transactions)


def standing_of(envelope: Envelope) -> Standing:
    """Where an envelope's chain leaves the bill."""
    return walk(transactions_of(envelope.entries), to_order=envelope.to_order)[0]


def signing_findings(envelope: Envelope) -> list[Reason]:
    """What the manifest was signed for and is not here (BSIG)."""
    last = envelope.entries[-1].checksum
    return [] if envelope.manifest_last_checksum == last else [WRONG_LAST_ENTRY()]


def link_findings(envelope: Envelope) -> list[Reason]:
    """Entries that are not linked in order (BENV)."""
    found = [NOT_LINKED(number=1)] if envelope.entries[0].previous_checksum else []
    return found + [
        NOT_LINKED(number=number)
        for number, (before, entry) in enumerate(pairwise(envelope.entries), 2)
        if entry.previous_checksum != before.checksum
    ]


def chain_findings(envelope: Envelope, *, sender: str, here: str) -> list[Reason]:
    """Everything for which an envelope is not acceptable, whoever its parties are (BENV)."""
    standing, wrong = walk(transactions_of(envelope.entries), to_order=envelope.to_order)
    return [
        *document_findings(envelope),
        *_platform_findings(envelope, sender),
        *wrong,
        *_recipient_findings(standing, here),
    ]


def document_findings(envelope: Envelope) -> list[Reason]:
    """Where an envelope is not about the bill that its carrier issued (BENV)."""
    return [*_checksum_findings(envelope), *_issuance_findings(envelope)]


def _checksum_findings(envelope: Envelope) -> Iterable[Reason]:
    bill = envelope.document_checksum
    if envelope.manifest_document_checksum != bill:
        yield OTHER_DOCUMENT(where="EnvelopeManifest")
    for number, entry in enumerate(envelope.entries, 1):
        if entry.document_checksum != bill:
            yield OTHER_DOCUMENT(where=f"EnvelopeTransferChainEntry {number}")


def _issuance_findings(envelope: Envelope) -> Iterable[Reason]:
    first, *later = envelope.entries
    issuance = first.issuance
    if issuance is None or any(entry.issuance for entry in later):
        yield NO_ISSUANCE()
    if issuance is None:
        return
    if issuance.document_checksum != envelope.document_checksum:
        yield OTHER_DOCUMENT(where="IssuanceManifest")
    sent = envelope.visualisation.checksum if envelope.visualisation else ""
    named = {entry.visualisation_checksum for entry in envelope.entries} - {None}
    if issuance.visualisation_checksum != sent or named - {sent}:
        yield WRONG_VISUALISATION()


def _platform_findings(envelope: Envelope, sender: str) -> Iterable[Reason]:
    last = envelope.entries[-1].platform
    if last != sender:
        yield SENDER_NOT_LAST(sender=sender, platform=last)
    number = 0
    for entry in envelope.entries:
        for one in entry.transactions:
            number += 1
            if one.actor.platform != entry.platform:
                yield FOREIGN_ACTOR(
                    number=number, actor=one.actor.platform, platform=entry.platform
                )


def _recipient_findings(standing: Standing, here: str) -> Iterable[Reason]:
    last = standing.last
    platform = last.recipient.platform if last and last.recipient else "-"
    return [] if platform == here else [NOT_FOR_US(platform=platform)]


def title_findings(title: OnContract, possessor_id: str) -> list[Reason]:
    """What a title says against its bill being with a party (DISE)."""
    if not title.passable:
        return [TITLE_NOT_PASSABLE(state=title.state, sequence=title.sequence)]
    if title.holder_id != possessor_id:
        return [TITLE_WITH_OTHER(sequence=title.sequence)]
    return []


def missing_from(known: Sequence[str], came: Sequence[str]) -> list[Reason]:
    """The first known entry that a chain leaves out or replaces (DISE); it may only be longer.

    Args:
        known: digests of the entries that were agreed to, the first one first.
        came: digests, made the same way, of the entries that came.
    """
    same = [one == other for one, other in zip(known, came, strict=False)]
    number = same.index(False) if False in same else len(same)
    return [ENTRY_MISSING(number=number + 1)] if number < len(known) else []


def forged_entries(envelope: Envelope, *, here: str, ours: frozenset[str]) -> list[Reason]:
    """Entries in our name that we did not make (DISE)."""
    return [
        NOT_OUR_ENTRY(number=number)
        for number, entry in enumerate(envelope.entries, 1)
        if entry.platform == here and entry.checksum not in ours
    ]
