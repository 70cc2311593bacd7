"""What happens to electronic bills between platforms (电子提单互通)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yidan.kernel.events import Event, event
from yidan.kernel.reasons import Role


class SignerKind(StrEnum):
    """Whose signatures are believed."""

    PLATFORM = "platform"
    """电子提单平台"""
    CARRIER = "carrier"
    """承运人"""


class Stands(StrEnum):
    """What stands after a dispute was settled."""

    HERE = "here"
    """Our chain: the bill is with our party still. 提单仍在本平台"""
    THERE = "there"
    """The other platform's: the bill is not here. 提单在对方平台"""


@event("exchange.pint_signer_registered.v1")
@dataclass(frozen=True, kw_only=True)
class PintSignerRegistered(Event):
    """An administrator registered whose signatures count, with the public keys; the last counts."""

    code: str
    """A platform's `eblPlatform`, or a carrier's code list and code such as `SMDG:HMM`."""
    kind: SignerKind
    organisation_id: str
    """Whose machines may call as this platform."""
    url: str
    """Base of the platform's PINT API, without `/v3`; "" for a carrier."""
    jwks: str
    """JWK Set of the public keys, as text."""
    token_url: str
    """Where we ask for an access token of the platform (RFC 6749 4.4); "" where it needs none."""
    client_id: str
    """Our client there."""


@event("exchange.ebl_received.v1")
@dataclass(frozen=True, kw_only=True)
class EblReceived(Event):
    """An envelope transfer from another platform was accepted (RECE)."""

    ebl: str
    """SHA-256 of the bill's canonical form: what names it, hex."""
    transfer_id: str
    transport_document_reference: str
    carrier: str
    sender: str
    entries: tuple[str, ...]
    """Checksums of the chain's entries, the first one first."""
    last_action: str
    recipient_id: str
    """Party id of the last transaction's recipient."""
    recipient_role: Role
    possessor_platform: str
    possessor_id: str
    """Party id of who has possession; "" where it is on another platform."""
    ended: bool
    """The surrender was accepted: no further transaction."""
    documents: tuple[str, ...]
    """Checksums of what came beside the bill."""


@event("exchange.ebl_disputed.v1")
@dataclass(frozen=True, kw_only=True)
class EblDisputed(Event):
    """An envelope contradicted what is known here; both histories are kept (DISE)."""

    ebl: str
    transfer_id: str
    transport_document_reference: str
    carrier: str
    sender: str
    entries: tuple[str, ...]
    """The chain that was refused."""
    known: tuple[str, ...]
    """The chain that stands."""
    why: tuple[str, ...]
    """Reason codes."""


@event("exchange.ebl_sending.v1")
@dataclass(frozen=True, kw_only=True)
class EblSending(Event):
    """The party in possession has the bill sent to another platform; it is not there yet."""

    ebl: str
    transfer_id: str
    recipient_platform: str
    actions: tuple[str, ...]
    entries: tuple[str, ...]
    """The chain with our new entry."""
    documents: tuple[str, ...]


@event("exchange.ebl_sent.v1")
@dataclass(frozen=True, kw_only=True)
class EblSent(Event):
    """The other platform accepted, by its signed answer or by what it sent afterwards."""

    ebl: str
    transfer_id: str
    code: str
    """RECE or DUPE."""
    entries: tuple[str, ...]
    possessor_platform: str
    possessor_id: str
    ended: bool


@event("exchange.ebl_not_sent.v1")
@dataclass(frozen=True, kw_only=True)
class EblNotSent(Event):
    """The other platform refused by its signed answer; the bill stays where it was."""

    ebl: str
    transfer_id: str
    code: str
    """BSIG, BENV or DISE; after DISE the bill cannot be sent until the parties have settled it."""


@event("exchange.ebl_settlement_proposed.v1")
@dataclass(frozen=True, kw_only=True)
class EblSettlementProposed(Event):
    """The party in possession said how a dispute was settled; an administrator has to confirm."""

    ebl: str
    transfer_id: str
    stands: Stands
    evidence: str
    """SHA-256 of what the parties signed, hex."""


@event("exchange.ebl_dispute_settled.v1")
@dataclass(frozen=True, kw_only=True)
class EblDisputeSettled(EblSettlementProposed):
    """An administrator confirmed how a dispute was settled; the bill may go on."""

    platform: str
    """The platform that had refused the bill."""


_EBL: Final = "583c29ab3e47f2d80899993200d3fbadb9f8a367f3a39f715935c46d7a283006"
_ENTRY: Final = "20a0257b313ae08417e07f6555c4ec829a512c083f3ead16b41158018a22abe9"
SAMPLES: Final = (
    EblSending(
        ebl=_EBL,
        transfer_id="transfer-3",
        recipient_platform="WAVE",
        actions=("TRANSFER",),
        entries=(_ENTRY,),
        documents=(),
    ),
    EblSent(
        ebl=_EBL,
        transfer_id="transfer-3",
        code="RECE",
        entries=(_ENTRY,),
        possessor_platform="WAVE",
        possessor_id="",
        ended=False,
    ),
    EblNotSent(
        ebl=_EBL,
        transfer_id="transfer-4",
        code="BENV",
    ),
    EblSettlementProposed(ebl=_EBL, transfer_id="transfer-4", stands=Stands.HERE, evidence=_ENTRY),
    EblDisputeSettled(
        ebl=_EBL, transfer_id="transfer-4", stands=Stands.THERE, evidence=_ENTRY, platform="WAVE"
    ),
    PintSignerRegistered(
        code="WAVE",
        kind=SignerKind.PLATFORM,
        organisation_id="platform-1",
        url="https://wave.example",
        jwks='{"keys":[]}',
        token_url="",
        client_id="",
    ),
    EblReceived(
        ebl=_EBL,
        transfer_id="transfer-1",
        transport_document_reference="HHL71800000",
        carrier="SMDG:HMM",
        sender="WAVE",
        entries=(_ENTRY,),
        last_action="TRANSFER",
        recipient_id="consignee-1",
        recipient_role=Role.CONSIGNEE,
        possessor_platform="YIDN",
        possessor_id="consignee-1",
        ended=False,
        documents=(),
    ),
    EblDisputed(
        ebl=_EBL,
        transfer_id="transfer-2",
        transport_document_reference="HHL71800000",
        carrier="SMDG:HMM",
        sender="CARX",
        entries=("76a7d14c83d7268d643ae7345c448de60701f955d264a743e6928a0b8268b24f",),
        known=(_ENTRY,),
        why=("ebl-known-entry-missing",),
    ),
)
