"""What is wrong with an envelope, by the answer that it gets (BSIG, BENV, DISE).

Source: DCSA PINT 3.0.0. Deliberately not here: signatures and checksums of bytes (`wire`), who is
known here (`actions`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from yidan.exchange.pint.rules.chain import Standing, transactions_of, walk
from yidan.exchange.pint.rules.envelope import Envelope
from yidan.kernel.reasons import Reason, reason

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
class OnContract:
    """Where the title of a bill stands on our contract, as confirmed."""

    state: str
    holder_id: str
    """Party id; "" if the platform does not know it."""
    sequence: int
    passable: bool
    """Its bill may change hands."""


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
