"""Electronic bills known here, whose signatures count, and the transfers under way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel

from yidan.exchange.pint.events import (
    EblDisputeSettled,
    EblNotSent,
    EblReceived,
    EblSending,
    EblSent,
    EblSettlementProposed,
    PintSignerRegistered,
    SignerKind,
    Stands,
)
from yidan.exchange.pint.rules.envelope import ResponseCode
from yidan.kernel.events import Recorded
from yidan.parties.involvement import involve, visible_to
from yidan.release.tables.bills import BillKey
from yidan.release.titles.claims import Whereabouts, claims
from yidan.store.columns import Instant, Json
from yidan.store.followers import follows
from yidan.store.projections import changed_one, projects

CONSUMER: Final = "pint"
"""Consumer of the transfers that are to be sent."""

follows(CONSUMER, EblSending)


class TransferState(StrEnum):
    """Where an envelope transfer stands."""

    ACTIVE = "active"
    """Documents are still to come, or the sender has not finished."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DISPUTED = "disputed"
    SENDING = "sending"
    """Outgoing: without a signed answer so far."""


class SignerRow(SQLModel, table=True):
    """Whose signatures count."""

    __tablename__ = "pint_signer"
    code: str = Field(primary_key=True)
    kind: str
    organisation_id: str = Field(index=True)
    url: str
    jwks: str
    token_url: str
    client_id: str


class EblRow(SQLModel, table=True):
    """One electronic bill and the chain that was agreed to."""

    __tablename__ = "pint_ebl"
    ebl: str = Field(primary_key=True)
    carrier: str = Field(index=True)
    transport_document_reference: str = Field(index=True)
    entries: Any = Field(sa_type=Json)
    transfer_id: str
    possessor_platform: str
    possessor_id: str = Field(index=True)
    ended: bool
    sending: str
    """Id of the outgoing transfer under way, or in dispute; "" if there is none."""
    stands: str
    """How the dispute was settled as its possessor says; "" as long as nothing is proposed."""
    evidence: str


class OutgoingRow(SQLModel, table=True):
    """One outgoing envelope transfer: made once, sent until there is a signed answer."""

    __tablename__ = "pint_outgoing"
    __table_args__ = {"info": {"operational": True}}
    id: str = Field(primary_key=True)
    ebl: str = Field(index=True)
    party_id: str
    platform: str
    state: str
    envelope: bytes = Field(sa_type=LargeBinary)
    entries: Any = Field(sa_type=Json)
    code: str
    why: str
    """What the other platform said, in its words."""
    answer: str
    """Its signed answer."""
    attempts: int
    last_error: str
    made_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class IncomingRow(SQLModel, table=True):
    """One incoming envelope transfer, with everything it came with."""

    __tablename__ = "pint_incoming"
    __table_args__ = {"info": {"operational": True}}
    id: str = Field(primary_key=True)
    ebl: str = Field(index=True)
    sender: str
    state: str
    envelope: bytes = Field(sa_type=LargeBinary)
    entries: Any = Field(sa_type=Json)
    """Checksum and payload digest of each entry."""
    answers: Any = Field(sa_type=Json)
    """Signed answers by response code and checksum of the last entry."""
    started_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class DocumentRow(SQLModel, table=True):
    """A document that came beside a bill; its bytes lie among the blobs."""

    __tablename__ = "pint_document"
    __table_args__ = {"info": {"operational": True}}
    ebl: str = Field(primary_key=True)
    checksum: str = Field(primary_key=True)
    received_at: datetime = Field(sa_type=Instant)


_SIGNER = SignerRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_EBL = EblRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_OUTGOING = OutgoingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_INCOMING = IncomingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_DOCUMENT = DocumentRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class PintSigner:
    """Whose signatures count, and by which keys."""

    code: str
    kind: SignerKind
    organisation_id: str
    url: str
    jwks: str
    token_url: str
    client_id: str


@dataclass(frozen=True, kw_only=True)
class Ebl:
    """One electronic bill as it stands."""

    ebl: str
    carrier: str
    transport_document_reference: str
    entries: Sequence[str]
    transfer_id: str
    possessor_platform: str
    possessor_id: str
    ended: bool
    sending: str
    stands: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One outgoing transfer."""

    id: str
    ebl: str
    party_id: str
    platform: str
    state: TransferState
    envelope: bytes
    entries: Sequence[str]
    code: str = ""
    why: str = ""
    answer: str = ""
    attempts: int = 0
    last_error: str = ""
    made_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """One incoming transfer."""

    id: str
    ebl: str
    sender: str
    state: TransferState
    envelope: bytes
    entries: Sequence[Sequence[str]]
    answers: dict[str, str] = field(default_factory=dict)
    started_at: datetime
    ended_at: datetime | None = None

    @property
    def checksums(self) -> list[str]:
        """Of the entries as they were signed."""
        return [checksum for checksum, _ in self.entries]

    @property
    def digests(self) -> list[str]:
        """Of what was signed in each entry."""
        return [digest for _, digest in self.entries]


# --- finders ------------------------------------------------------------------------------------


def signers(connection: Connection, codes: Iterable[str]) -> dict[str, PintSigner]:
    """Registered signers by code."""
    statement = select(_SIGNER).where(_SIGNER.c.code.in_(sorted(set(codes))))
    return {row["code"]: _signer(row) for row in connection.execute(statement).mappings()}


def all_signers(connection: Connection) -> list[PintSigner]:
    """Everybody whose signatures count, by code."""
    statement = select(_SIGNER).order_by(_SIGNER.c.code)
    return [_signer(row) for row in connection.execute(statement).mappings()]


def platform_of(connection: Connection, organisation_id: str) -> PintSigner | None:
    """The platform that an organisation's machines call as."""
    statement = select(_SIGNER).where(
        _SIGNER.c.organisation_id == organisation_id, _SIGNER.c.kind == SignerKind.PLATFORM.value
    )
    row = connection.execute(statement.order_by(_SIGNER.c.code)).mappings().first()
    return _signer(row) if row else None


def _signer(row: Any) -> PintSigner:
    return PintSigner(**{**row, "kind": SignerKind(row["kind"])})


def find_ebl(connection: Connection, ebl: str) -> Ebl | None:
    """An electronic bill by its checksum."""
    row = connection.execute(select(_EBL).where(_EBL.c.ebl == ebl)).mappings().one_or_none()
    return Ebl(**row) if row else None


def versions_of(connection: Connection, carrier: str, reference: str) -> list[Ebl]:
    """Every electronic bill of a carrier under one reference."""
    statement = select(_EBL).where(
        _EBL.c.carrier == carrier, _EBL.c.transport_document_reference == reference
    )
    return [Ebl(**row) for row in connection.execute(statement).mappings()]


@claims
def claim_on(connection: Connection, bill: BillKey, document_commitment: str) -> Whereabouts | None:
    """Where the electronic bill of a carrier's number, or of a document, circulates."""
    codes = select(_SIGNER.c.code).where(
        _SIGNER.c.organisation_id == bill.carrier, _SIGNER.c.kind == SignerKind.CARRIER.value
    )
    named = (_EBL.c.transport_document_reference == bill.number) | (
        _EBL.c.ebl == document_commitment
    )
    statement = select(_EBL).where(_EBL.c.carrier.in_(codes), named, _EBL.c.ended.is_(False))
    found = [Ebl(**row) for row in connection.execute(statement).mappings()]
    if any(one.sending or not one.possessor_id for one in found):
        return Whereabouts.AWAY
    return Whereabouts.HERE if found else None


def incoming(connection: Connection, transfer_id: str) -> Incoming | None:
    """An incoming transfer by its envelope reference."""
    statement = select(_INCOMING).where(_INCOMING.c.id == transfer_id)
    row = connection.execute(statement).mappings().one_or_none()
    return _incoming(row) if row else None


def incoming_of(connection: Connection, ebl: str, *states: TransferState) -> list[Incoming]:
    """Incoming transfers of a bill in any of these states, the oldest first."""
    statement = select(_INCOMING).where(
        _INCOMING.c.ebl == ebl, _INCOMING.c.state.in_([state.value for state in states])
    )
    rows = connection.execute(statement.order_by(_INCOMING.c.id)).mappings()
    return [_incoming(row) for row in rows]


def _incoming(row: Any) -> Incoming:
    return Incoming(**{**row, "state": TransferState(row["state"])})


def bills_of(
    connection: Connection, party_id: str, *, after: str = "", limit: int = 50
) -> list[Ebl]:
    """Electronic bills that a party had or has to do with, in the order of their checksums."""
    statement = select(_EBL).where(_EBL.c.ebl.in_(visible_to(party_id, "ebl")))
    if after:
        statement = statement.where(_EBL.c.ebl > after)
    rows = connection.execute(statement.order_by(_EBL.c.ebl).limit(limit)).mappings()
    return [Ebl(**row) for row in rows]


def outgoing(connection: Connection, transfer_id: str) -> Outgoing | None:
    """An outgoing transfer by id."""
    statement = select(_OUTGOING).where(_OUTGOING.c.id == transfer_id)
    row = connection.execute(statement).mappings().one_or_none()
    return Outgoing(**{**row, "state": TransferState(row["state"])}) if row else None


def documents_of(connection: Connection, ebl: str) -> set[str]:
    """Checksums of the documents that came beside a bill, whichever transfer brought them."""
    statement = select(_DOCUMENT.c.checksum).where(_DOCUMENT.c.ebl == ebl)
    return set(connection.execute(statement).scalars())


# --- operational rows ---------------------------------------------------------------------------


def keep_incoming(connection: Connection, transfer: Incoming) -> None:
    """Keep a new transfer."""
    connection.execute(
        insert(_INCOMING).values({**transfer.__dict__, "state": transfer.state.value})
    )


def change_incoming(connection: Connection, transfer: Incoming) -> None:
    """Write down where a transfer stands."""
    values = {**transfer.__dict__, "state": transfer.state.value}
    connection.execute(update(_INCOMING).where(_INCOMING.c.id == transfer.id).values(values))


def keep_outgoing(connection: Connection, transfer: Outgoing) -> None:
    """Keep a new outgoing transfer."""
    connection.execute(
        insert(_OUTGOING).values({**transfer.__dict__, "state": transfer.state.value})
    )


def change_outgoing(connection: Connection, transfer: Outgoing) -> None:
    """Write down where an outgoing transfer stands."""
    values = {**transfer.__dict__, "state": transfer.state.value}
    connection.execute(update(_OUTGOING).where(_OUTGOING.c.id == transfer.id).values(values))


def sending_failed(connection: Connection, transfer_id: str, error: str) -> None:
    """Note a try that brought no signed answer."""
    connection.execute(
        update(_OUTGOING)
        .where(_OUTGOING.c.id == transfer_id)
        .values(attempts=_OUTGOING.c.attempts + 1, last_error=error[:500])
    )


def keep_document(connection: Connection, ebl: str, checksum: str, *, now: datetime) -> None:
    """Note that a document came; once."""
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    connection.execute(
        make(_DOCUMENT).values(ebl=ebl, checksum=checksum, received_at=now).on_conflict_do_nothing()
    )


# --- projectors ---------------------------------------------------------------------------------


_AT_REST: Final = {"sending": "", "stands": "", "evidence": ""}


@projects(PintSignerRegistered)
def _registered(connection: Connection, recorded: Recorded[PintSignerRegistered]) -> None:
    made = recorded.event
    values = {**made.__dict__, "kind": made.kind.value}
    _put(connection, _SIGNER, "code", values)


@projects(EblReceived)
def _received(connection: Connection, recorded: Recorded[EblReceived]) -> None:
    got = recorded.event
    values = {
        "ebl": got.ebl,
        "carrier": got.carrier,
        "transport_document_reference": got.transport_document_reference,
        "entries": list(got.entries),
        "transfer_id": got.transfer_id,
        "possessor_platform": got.possessor_platform,
        "possessor_id": got.possessor_id,
        "ended": got.ended,
        **_AT_REST,
    }
    _put(connection, _EBL, "ebl", values)
    involve(connection, recorded.subject, got.recipient_id, got.recipient_role)


@projects(EblSending)
def _sending(connection: Connection, recorded: Recorded[EblSending]) -> None:
    going = recorded.event
    mine = (_EBL.c.ebl == going.ebl, _EBL.c.sending == "")
    statement = update(_EBL).where(*mine).values(sending=going.transfer_id)
    changed_one(connection.execute(statement))


@projects(EblSent)
def _sent(connection: Connection, recorded: Recorded[EblSent]) -> None:
    gone = recorded.event
    mine = (_EBL.c.ebl == gone.ebl, _EBL.c.sending == gone.transfer_id)
    values = {
        "entries": list(gone.entries),
        "transfer_id": gone.transfer_id,
        "possessor_platform": gone.possessor_platform,
        "possessor_id": gone.possessor_id,
        "ended": gone.ended,
        **_AT_REST,
    }
    changed_one(connection.execute(update(_EBL).where(*mine).values(values)))


@projects(EblNotSent)
def _not_sent(connection: Connection, recorded: Recorded[EblNotSent]) -> None:
    kept = recorded.event
    if kept.code == ResponseCode.DISE:
        return
    mine = (_EBL.c.ebl == kept.ebl, _EBL.c.sending == kept.transfer_id)
    changed_one(connection.execute(update(_EBL).where(*mine).values(_AT_REST)))


@projects(EblSettlementProposed)
def _settlement_proposed(connection: Connection, recorded: Recorded[EblSettlementProposed]) -> None:
    said = recorded.event
    mine = (_EBL.c.ebl == said.ebl, _EBL.c.sending == said.transfer_id)
    values = {"stands": said.stands.value, "evidence": said.evidence}
    changed_one(connection.execute(update(_EBL).where(*mine).values(values)))


@projects(EblDisputeSettled)
def _settled(connection: Connection, recorded: Recorded[EblDisputeSettled]) -> None:
    said = recorded.event
    mine = (_EBL.c.ebl == said.ebl, _EBL.c.sending == said.transfer_id)
    there = said.stands is Stands.THERE
    gone = {"possessor_platform": said.platform, "possessor_id": ""} if there else {}
    changed_one(connection.execute(update(_EBL).where(*mine).values(_AT_REST | gone)))


def _put(connection: Connection, table: Any, key: str, values: dict[str, Any]) -> None:
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    rest = {name: value for name, value in values.items() if name != key}
    connection.execute(
        make(table).values(values).on_conflict_do_update(index_elements=[key], set_=rest)
    )
