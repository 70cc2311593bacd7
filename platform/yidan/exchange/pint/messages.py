"""The JSON objects of DCSA PINT 3.0.0 as others send them (电子提单报文).

What we need of them is checked; unknown members are kept, as nothing is written anew that somebody
else signed.
"""

from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from yidan.exchange.pint.rules import envelope
from yidan.exchange.pint.signing import MAX_ENVELOPE
from yidan.http.findings import from_validation
from yidan.kernel.errors import BadRequestError

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

    def code(self) -> envelope.Code:
        """As the rules see it."""
        return envelope.Code(self.code_list_provider, self.party_code, self.code_list_name)


class RepresentedParty(Sent):
    """`RepresentedActorParty`, `RepresentedRecipientParty`."""

    identifying_codes: list[IdentifyingCode] = []


class Party(Sent):
    """`ActorParty`, `RecipientParty`."""

    party_name: Annotated[str, Field(min_length=1, max_length=70)]
    ebl_platform: PlatformCode
    identifying_codes: Annotated[list[IdentifyingCode], Field(min_length=1, max_length=50)]
    represented_party: RepresentedParty | None = None

    def party(self) -> envelope.Party:
        """As the rules see it."""
        behalf = self.represented_party.identifying_codes if self.represented_party else []
        return envelope.Party(
            name=self.party_name,
            platform=self.ebl_platform,
            codes=tuple(one.code() for one in self.identifying_codes),
            represented=tuple(one.code() for one in behalf),
        )


class Transaction(Sent):
    """`Transaction`."""

    action_code: Annotated[envelope.Action, Field(strict=False)]
    actor: Party
    recipient: Party | None = None
    action_date_time: Annotated[str, Field(min_length=10, max_length=40)]

    def transaction(self) -> envelope.Transaction:
        """As the rules see it."""
        to = self.recipient.party() if self.recipient else None
        return envelope.Transaction(self.action_code, self.actor.party(), to)


class DocumentMetadata(Sent):
    """`DocumentMetadata`."""

    name: Annotated[str, Field(min_length=1, max_length=500)]
    size: Annotated[int, Field(ge=1)]
    media_type: Annotated[str, Field(max_length=100)]
    document_checksum: Checksum

    def announced(self) -> envelope.Announced:
        """As the rules see it."""
        return envelope.Announced(self.document_checksum, self.size, self.name, self.media_type)


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
    response_code: Annotated[envelope.ResponseCode, Field(strict=False)]
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
