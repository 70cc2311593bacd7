"""What an envelope says: its chain, its transactions, the documents beside it (电子提单信封).

Source: DCSA eBL Platform Interoperability (PINT) 3.0.0, `EblEnvelope`, `Transaction` and
`EnvelopeTransferFinishedResponse`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


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
