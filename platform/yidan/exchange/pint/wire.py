"""The wire format of PINT: signed texts, checksums, and the models of what is in them.

Source: DCSA PINT 3.0.0; JWS compact serialization (RFC 7515 7.1); SHA-256 over the signed text of a
chain entry, and over the canonical form (RFC 8785) of the bill. A signature is judged by keys that
an administrator registered for the platform or carrier; whatever key or certificate a message
brings along is not looked at, and neither are algorithms that need no key pair.

Unknown members are kept: nothing is written anew that somebody else signed.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self, TypeVar

import rfc8785
from joserfc import jws
from joserfc._rfc7515.model import CompactSignature, JWSAlgModel
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, Key, KeySet, KeySetSerialization
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from typing_extensions import override

from yidan.exchange.pint import rules
from yidan.exchange.pint.rules import Announced, Envelope, ResponseCode
from yidan.http.findings import from_validation
from yidan.kernel.errors import BadRequestError, InvalidError
from yidan.kernel.reasons import Reason, reason
from yidan.kernel.strict_json import loads_with_fractions

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
"""Signatures by a key pair. Neither "none" nor a shared secret is among them."""
MAX_ENVELOPE: Final = 4_194_304
"""Largest envelope that is read, in bytes."""
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


class _Registry(jws.JWSRegistry):
    """Signatures as PINT has them: with certificates in the header, over payloads of some size."""

    max_header_length = 65_536
    max_payload_length = MAX_ENVELOPE

    def __init__(self) -> None:
        super().__init__(strict_check_header=False)

    @override
    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_REGISTRY: Final = _Registry()
_SIGNED: Final = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"

Signed = Annotated[str, Field(pattern=_SIGNED, max_length=MAX_ENVELOPE)]
Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PlatformCode = Annotated[str, Field(min_length=1, max_length=4, pattern=r"^\S+$")]


class Sent(BaseModel):
    """A JSON object that somebody else made: what we need of it is checked, the rest is left."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, strict=True, populate_by_name=False
    )

    @classmethod
    def read(cls, value: object) -> Self:
        """Read a JSON value.

        Raises:
            BadRequestError: it is something else; with all findings.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise BadRequestError(*from_validation(error)) from None


class IdentifyingCode(Sent):
    """`IdentifyingCode`."""

    code_list_provider: Annotated[str, Field(max_length=100)]
    party_code: Annotated[str, Field(max_length=150)]
    code_list_name: Annotated[str, Field(max_length=100)] = ""

    def code(self) -> rules.Code:
        """As the rules see it."""
        return rules.Code(self.code_list_provider, self.party_code, self.code_list_name)


class RepresentedParty(Sent):
    """`RepresentedActorParty`, `RepresentedRecipientParty`."""

    identifying_codes: list[IdentifyingCode] = []


class Party(Sent):
    """`ActorParty`, `RecipientParty`."""

    party_name: Annotated[str, Field(min_length=1, max_length=70)]
    ebl_platform: PlatformCode
    identifying_codes: Annotated[list[IdentifyingCode], Field(min_length=1, max_length=50)]
    represented_party: RepresentedParty | None = None

    def party(self) -> rules.Party:
        """As the rules see it."""
        behalf = self.represented_party.identifying_codes if self.represented_party else []
        return rules.Party(
            name=self.party_name,
            platform=self.ebl_platform,
            codes=tuple(one.code() for one in self.identifying_codes),
            represented=tuple(one.code() for one in behalf),
        )


class Transaction(Sent):
    """`Transaction`."""

    action_code: Annotated[rules.Action, Field(strict=False)]
    actor: Party
    recipient: Party | None = None
    action_date_time: Annotated[str, Field(min_length=10, max_length=40)]

    def transaction(self) -> rules.Transaction:
        """As the rules see it."""
        to = self.recipient.party() if self.recipient else None
        return rules.Transaction(self.action_code, self.actor.party(), to)


class DocumentMetadata(Sent):
    """`DocumentMetadata`."""

    name: Annotated[str, Field(min_length=1, max_length=500)]
    size: Annotated[int, Field(ge=1)]
    media_type: Annotated[str, Field(max_length=100)]
    document_checksum: Checksum

    def announced(self) -> Announced:
        """As the rules see it."""
        return Announced(self.document_checksum, self.size, self.name, self.media_type)


class Manifest(Sent):
    """`EnvelopeManifest`."""

    transport_document_checksum: Checksum
    last_envelope_transfer_chain_entry_signed_content_checksum: Checksum
    visualisation: DocumentMetadata | None = Field(None, alias="eBLVisualisationByCarrier")
    supporting_documents: Annotated[list[DocumentMetadata], Field(max_length=200)] = []


class IssuanceManifest(Sent):
    """`IssuanceManifest`."""

    document_checksum: Checksum
    visualisation_checksum: Checksum | None = Field(None, alias="eBLVisualisationByCarrierChecksum")
    issue_to_checksum: Checksum


class Entry(Sent):
    """`EnvelopeTransferChainEntry`."""

    ebl_platform: PlatformCode
    transport_document_checksum: Checksum
    previous: Checksum | None = Field(
        None, alias="previousEnvelopeTransferChainEntrySignedContentChecksum"
    )
    issuance_manifest_signed_content: Signed | None = None
    control_tracking_registry: Annotated[str, Field(max_length=1024)] | None = None
    visualisation: DocumentMetadata | None = Field(None, alias="eBLVisualisationByCarrier")
    transactions: Annotated[list[Transaction], Field(min_length=1, max_length=1000)]


class TransportDocument(Sent):
    """`TransportDocument`, as far as a transfer needs it."""

    transport_document_reference: Annotated[str, Field(min_length=1, max_length=20)]
    is_to_order: bool
    carrier_code: Annotated[str, Field(min_length=1, max_length=10)]
    carrier_code_list_provider: Annotated[str, Field(min_length=1, max_length=10)]


class FinishedAnswer(Sent):
    """`EnvelopeTransferFinishedResponse`."""

    last: Checksum = Field(alias="lastEnvelopeTransferChainEntrySignedContentChecksum")
    response_code: Annotated[ResponseCode, Field(strict=False)]
    reason: str = ""
    missing: list[Checksum] = Field([], alias="missingAdditionalDocumentChecksums")
    duplicate_of: Signed | None = Field(
        None, alias="duplicateOfAcceptedEnvelopeTransferChainEntrySignedContent"
    )


class EblEnvelope(Sent):
    """`EblEnvelope`."""

    transport_document: dict[str, Any]
    envelope_manifest_signed_content: Signed
    envelope_transfer_chain: Annotated[list[Signed], Field(min_length=1)]


P = TypeVar("P", bound=Sent)
Keys = Mapping[str, KeySet]
"""Registered public keys by signer: a platform's code, or a carrier's `SMDG:HMM`."""


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


def sha256(text: str | bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def canonical_checksum(document: object) -> str:
    """SHA-256 of the canonical form (RFC 8785) of a JSON value."""
    return sha256(rfc8785.dumps(document))  # type: ignore[arg-type]  # JSON values only


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

    def issuance(self, entry: Entry, carrier: str) -> rules.Issuance | None:
        """The carrier's issuance manifest of an entry, where it has one."""
        text = entry.issuance_manifest_signed_content
        if text is None:
            return None
        read = self.read(text, IssuanceManifest, carrier, "the issuance manifest")
        if read is None:
            return None
        return rules.Issuance(read.document_checksum, read.visualisation_checksum or "")


def _entry(text: str, entry: Entry, issuance: rules.Issuance | None) -> rules.Entry:
    return rules.Entry(
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


def payload_of(text: str) -> bytes | None:
    """What a signed text holds, the signature unchecked; None if it is no signed text."""
    found = _extracted(text)
    return found.payload if found else None


def verifies(text: str, keys: KeySet | None) -> bool:
    """Whether one of these keys made the signature; the header's own keys are not looked at."""
    found = _extracted(text)
    return found is not None and any(_made_by(found, key) for key in (keys.keys if keys else ()))


def _extracted(text: str) -> CompactSignature | None:
    """The parts of a signed text, if it is written in the one way that RFC 7515 has for them.

    Base64 has twins, which would let a text be changed under its signature; and an unencoded
    payload (RFC 7797) is not what PINT means by compact serialization.
    """
    try:
        found = jws.extract_compact(text.encode("ascii"), registry=_REGISTRY)
    except (JoseError, ValueError):
        return None
    if {"b64", "crit"} & found.protected.keys():
        return None
    return found if all(_one_way(part) for part in text.split(".")) else None


def _one_way(part: str) -> bool:
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode() == part


def _made_by(found: CompactSignature, key: Key) -> bool:
    try:
        return jws.validate_compact(found, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        return False


def read_keys(document: Mapping[str, Any]) -> KeySet:
    """Public keys of a JWK Set (RFC 7517).

    Raises:
        ValueError: it holds no public key, a private or a shared one, or one of another kind.
    """
    try:
        found = KeySet.import_key_set(_only_keys(document))
    except (JoseError, KeyError, TypeError) as error:
        raise ValueError("no JWK Set") from error
    if not found.keys or any(_unfit(key) for key in found.keys):
        raise ValueError("public RSA, EC and OKP keys only")
    return found


def _only_keys(document: Mapping[str, Any]) -> KeySetSerialization:
    return {"keys": [dict(one) for one in document["keys"]]}


def _unfit(key: Key) -> bool:
    return key.key_type not in {"RSA", "EC", "OKP"} or bool(key.is_private)


class Signer:
    """Signs in the platform's name (ES256), with the key's thumbprint as its id."""

    def __init__(self, key: ECKey) -> None:
        self._key = key
        self._kid = key.thumbprint()

    def sign(self, payload: Mapping[str, Any]) -> str:
        """A signed text of a JSON object, in its canonical form."""
        header = {"alg": "ES256", "kid": self._kid}
        data = rfc8785.dumps(dict(payload))
        return jws.serialize_compact(header, data, self._key, registry=_REGISTRY)

    @property
    def keys(self) -> KeySet:
        """The public half."""
        return KeySet([ECKey.import_key(self.public)])

    @property
    def public(self) -> dict[str, Any]:
        """The public half as a JWK."""
        return {**self._key.as_dict(private=False), "kid": self._kid, "use": "sig", "alg": "ES256"}


def party_named(party: rules.Party) -> dict[str, Any]:
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
    signer: "Signer",
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


def chain_of(sent: EblEnvelope) -> tuple[rules.Transaction, ...]:
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
