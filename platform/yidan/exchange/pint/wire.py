"""The wire format of PINT: envelopes read, judged by their signatures, and written.

Source: DCSA PINT 3.0.0.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from yidan.exchange.pint.messages import (
    EblEnvelope,
    Entry,
    IssuanceManifest,
    Manifest,
    Sent,
    TransportDocument,
)
from yidan.exchange.pint.rules.envelope import (
    Announced,
    Envelope,
    Issuance,
    Party,
    ResponseCode,
    Transaction,
)
from yidan.exchange.pint.rules.envelope import Entry as ChainEntry
from yidan.exchange.pint.signing import (
    MAX_ENVELOPE,
    Keys,
    Signer,
    canonical_checksum,
    payload_of,
    sha256,
    verifies,
)
from yidan.kernel.errors import BadRequestError, InvalidError
from yidan.kernel.reasons import Reason, reason
from yidan.kernel.strict_json import loads_with_fractions

MAX_ENTRIES: Final = 200
"""Longest chain that is read."""
MAX_DOCUMENT: Final = 16_777_216
"""Largest document beside a bill, in bytes."""
BAD_SIGNATURE = reason(
    "ebl-signature-bad",
    en="The signature of {where} does not verify with any registered key of {signer}.",
    zh="{where} 的签名无法用 {signer} 已登记的任何密钥验证。",
)
NOT_A_PAYLOAD = reason(
    "ebl-payload-unreadable",
    en="What was signed in {where} is not what PINT 3.0 defines.",
    zh="{where} 所签内容不符合 PINT 3.0 的定义。",
)
CHAIN_TOO_LONG = reason(
    "ebl-chain-too-long",
    en="The chain has {count} entries; at most {limit} are read.",
    zh="转让链有 {count} 项；最多读取 {limit} 项。",
)
P = TypeVar("P", bound=Sent)


@dataclass(frozen=True)
class Opened:
    """An envelope, and what its signatures and signed texts are worth."""

    envelope: Envelope | None
    """None if a signed text could not be read."""
    last_checksum: str
    """Checksum of the last entry as it came, for every answer."""
    unsigned: tuple[Reason, ...] = ()
    """Signatures that do not verify (BSIG)."""
    unreadable: tuple[Reason, ...] = ()
    """Signed texts that are not what they should be (BENV)."""


def parse(raw: bytes) -> EblEnvelope:
    """Read an envelope's outside.

    Raises:
        BadRequestError: it is not one; with all findings.
    """
    try:
        value = loads_with_fractions(raw, max_bytes=MAX_ENVELOPE)
    except InvalidError as error:
        raise BadRequestError(*error.reasons) from None
    envelope = EblEnvelope.read(value)
    TransportDocument.read(envelope.transport_document)
    count = len(envelope.envelope_transfer_chain)
    if count > MAX_ENTRIES:
        raise BadRequestError(CHAIN_TOO_LONG(count=count, limit=MAX_ENTRIES))
    return envelope


def platforms_named(sent: EblEnvelope) -> set[str]:
    """Codes of the platforms whose entries a chain says to hold; not yet believed."""
    found = set()
    for text in sent.envelope_transfer_chain:
        with suppress(BadRequestError, InvalidError):
            value = loads_with_fractions(payload_of(text) or b"", max_bytes=MAX_ENVELOPE)
            found.add(Entry.read(value).ebl_platform)
    return found


def announced(sent: EblEnvelope) -> list[str]:
    """Checksums of the documents that an envelope announces, sorted."""
    manifest = _manifest_of(sent)
    both = [*manifest.supporting_documents, manifest.visualisation]
    return sorted({one.document_checksum for one in both if one})


def open_envelope(sent: EblEnvelope, *, sender: str, keys: Keys) -> Opened:
    """Read what is signed in an envelope and judge the signatures.

    Args:
        sent: as it came.
        sender: code of the platform that sent it, as it authenticated itself.
        keys: every registered key.
    """
    opening = _Opening(keys)
    chain = sent.envelope_transfer_chain
    manifest = opening.read(sent.envelope_manifest_signed_content, Manifest, sender, "the manifest")
    entries = [opening.entry(text, number) for number, text in enumerate(chain, 1)]
    bill = TransportDocument.read(sent.transport_document)
    carrier = f"{bill.carrier_code_list_provider}:{bill.carrier_code}"
    issued = [opening.issuance(entry, carrier) for entry in entries if entry]
    last = sha256(chain[-1])
    if manifest is None or opening.unreadable or not all(entries):
        return Opened(None, last, tuple(opening.unsigned), tuple(opening.unreadable))
    envelope = Envelope(
        document_checksum=canonical_checksum(sent.transport_document),
        reference=bill.transport_document_reference,
        carrier=carrier,
        to_order=bill.is_to_order,
        manifest_document_checksum=manifest.transport_document_checksum,
        manifest_last_checksum=manifest.last_envelope_transfer_chain_entry_signed_content_checksum,
        visualisation=manifest.visualisation.announced() if manifest.visualisation else None,
        supporting=tuple(one.announced() for one in manifest.supporting_documents),
        entries=tuple(
            _entry(text, entry, issuance)
            for text, entry, issuance in zip(chain, entries, issued, strict=True)
            if entry
        ),
    )
    return Opened(envelope, last, tuple(opening.unsigned))


class _Opening:
    """Reads signed texts one by one, and keeps what was wrong with each."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.unsigned: list[Reason] = []
        self.unreadable: list[Reason] = []

    def read(self, text: str, kind: type[P], signer: str, where: str) -> P | None:
        """What was signed; None if it is no such thing."""
        found = payload_of(text)
        try:
            read = kind.read(loads_with_fractions(found or b"", max_bytes=MAX_ENVELOPE))
        except (BadRequestError, InvalidError):
            self.unreadable.append(NOT_A_PAYLOAD(where=where))
            return None
        self.check(text, signer, where)
        return read

    def check(self, text: str, signer: str, where: str) -> None:
        """Note a signature that does not verify."""
        if not verifies(text, self.keys.get(signer)):
            self.unsigned.append(BAD_SIGNATURE(where=where, signer=signer))

    def entry(self, text: str, number: int) -> Entry | None:
        """One entry, by the keys of the platform that it names."""
        where = f"entry {number}"
        found = payload_of(text)
        try:
            read = Entry.read(loads_with_fractions(found or b"", max_bytes=MAX_ENVELOPE))
        except (BadRequestError, InvalidError):
            self.unreadable.append(NOT_A_PAYLOAD(where=where))
            return None
        self.check(text, read.ebl_platform, where)
        return read

    def issuance(self, entry: Entry, carrier: str) -> Issuance | None:
        """The carrier's issuance manifest of an entry, where it has one."""
        text = entry.issuance_manifest_signed_content
        if text is None:
            return None
        read = self.read(text, IssuanceManifest, carrier, "the issuance manifest")
        if read is None:
            return None
        return Issuance(read.document_checksum, read.visualisation_checksum or "")


def _entry(text: str, entry: Entry, issuance: Issuance | None) -> ChainEntry:
    return ChainEntry(
        platform=entry.ebl_platform,
        document_checksum=entry.transport_document_checksum,
        previous_checksum=entry.previous or "",
        transactions=tuple(one.transaction() for one in entry.transactions),
        checksum=sha256(text),
        payload_digest=sha256(payload_of(text) or b""),
        issuance=issuance,
        visualisation_checksum=entry.visualisation.document_checksum
        if entry.visualisation
        else None,
        registry=entry.control_tracking_registry or "",
    )


def party_named(party: Party) -> dict[str, Any]:
    """`ActorParty` of a party that a chain names."""
    return {
        "partyName": party.name,
        "eblPlatform": party.platform,
        "identifyingCodes": [
            {
                "codeListProvider": code.provider,
                "partyCode": code.value,
                **({"codeListName": code.list_name} if code.list_name else {}),
            }
            for code in party.codes
        ],
    }


def metadata(document: Announced) -> dict[str, Any]:
    """`DocumentMetadata`."""
    return {
        "name": document.name,
        "size": document.size,
        "mediaType": document.media_type,
        "documentChecksum": document.checksum,
    }


def extended(
    sent: EblEnvelope,
    transactions: Sequence[Mapping[str, Any]],
    documents: Sequence[Announced],
    *,
    here: str,
    signer: Signer,
) -> dict[str, Any]:
    """An envelope with one more entry of ours, upon the chain of one that we accepted.

    The carrier's rendering goes along for the bill's life, where it has one.
    """
    checksum = canonical_checksum(sent.transport_document)
    chain = sent.envelope_transfer_chain
    entry = {
        "eblPlatform": here,
        "transportDocumentChecksum": checksum,
        "previousEnvelopeTransferChainEntrySignedContentChecksum": sha256(chain[-1]),
        "transactions": list(transactions),
    }
    signed = signer.sign(entry)
    manifest: dict[str, Any] = {
        "transportDocumentChecksum": checksum,
        "lastEnvelopeTransferChainEntrySignedContentChecksum": sha256(signed),
        "supportingDocuments": [metadata(one) for one in documents],
    }
    if rendering := _manifest_of(sent).visualisation:
        manifest["eBLVisualisationByCarrier"] = metadata(rendering.announced())
    return {
        "transportDocument": sent.transport_document,
        "envelopeManifestSignedContent": signer.sign(manifest),
        "envelopeTransferChain": [*chain, signed],
    }


def _manifest_of(sent: EblEnvelope) -> Manifest:
    found = payload_of(sent.envelope_manifest_signed_content) or b""
    return Manifest.read(loads_with_fractions(found, max_bytes=MAX_ENVELOPE))


def chain_of(sent: EblEnvelope) -> tuple[Transaction, ...]:
    """Every transaction of a chain that was accepted before."""
    found = []
    for text in sent.envelope_transfer_chain:
        value = loads_with_fractions(payload_of(text) or b"", max_bytes=MAX_ENVELOPE)
        found += [one.transaction() for one in Entry.read(value).transactions]
    return tuple(found)


def finished(
    code: ResponseCode,
    last_checksum: str,
    reasons: Sequence[Reason] = (),
    *,
    received: Sequence[str] = (),
    missing: Sequence[str] = (),
    duplicate_of: str = "",
) -> dict[str, Any]:
    """`EnvelopeTransferFinishedResponse`, before it is signed."""
    answer: dict[str, Any] = {
        "lastEnvelopeTransferChainEntrySignedContentChecksum": last_checksum,
        "responseCode": code.value,
    }
    if reasons:
        answer["reason"] = " ".join(one.text("en") for one in reasons)[:255].strip()
    if code in {ResponseCode.RECE, ResponseCode.DUPE}:
        answer["receivedAdditionalDocumentChecksums"] = list(received)
    if code is ResponseCode.MDOC:
        answer["missingAdditionalDocumentChecksums"] = list(missing)
    if duplicate_of:
        answer["duplicateOfAcceptedEnvelopeTransferChainEntrySignedContent"] = duplicate_of
    return answer
