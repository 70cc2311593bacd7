"""The rows of titles: parties' handles, offices, titles, instructions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Field, SQLModel

from yidan.release.tables.bills import BillKey
from yidan.release.titles import events
from yidan.release.titles.events import ISSUING, Act, Custody
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.word import ENDS, TitleState
from yidan.store.columns import Instant, Json, Serial
from yidan.store.followers import follows

RELAY: Final = "titles"
"""The consumer that sends instructions to the contract."""


class PartyRow(SQLModel, table=True):
    """A party's handle on the contract and the key it stands for."""

    __tablename__ = "titles_party"
    handle: int = Field(primary_key=True, sa_type=Serial)
    party_id: str = Field(unique=True)
    custody: str
    wanted_key: str
    """Its own key's address, "" where the platform makes one."""
    possession: str
    """Its own key's signature that it is held, "" until it came."""
    key: str
    """Address that the contract has, "" until it is confirmed."""
    suspended: bool
    """Whether the contract refuses what it signs for itself."""
    wanted_suspended: bool
    """What the administrator asked for last."""
    standing_ask: str
    """Id of that, "" once the contract did it."""
    standing_evidence: str
    """Hash of its reason, "" before the first."""


class OfficeRow(SQLModel, table=True):
    """An office of the contract: whose it is to be, and the key that keeps it."""

    __tablename__ = "titles_office"
    office: int = Field(primary_key=True, sa_type=Serial)
    party_id: str
    key: str
    """"" until it is confirmed."""


class TitleRow(SQLModel, table=True):
    """A title as the contract has it at depth k."""

    __tablename__ = "titles_title"
    id: str = Field(primary_key=True)
    """64 hex digits."""
    word: str
    """The whole word, 64 hex digits."""
    second: str
    """The second word; "" if it is zero."""
    state: str = Field(index=True)
    sequence: int
    quantity: int = Field(sa_type=Serial)
    ordered: int = Field(sa_type=Serial)
    collected: int = Field(sa_type=Serial)
    owner: int = Field(sa_type=Serial)
    holder: int = Field(sa_type=Serial)
    taker: int = Field(sa_type=Serial)
    pledgee: int = Field(sa_type=Serial)
    owner_party: str
    """Party id behind the handle, "" if the platform does not know it; so below."""
    holder_party: str = Field(index=True)
    taker_party: str
    pledgee_party: str
    offered_until: datetime | None = Field(default=None, sa_type=Instant)
    holds: int
    gates_required: int
    gates_satisfied: int
    pledged: bool
    foreclosing: bool
    issuer: int
    issuer_party: str
    cleared_for: int = Field(sa_type=Serial)
    """Handle of who held it when its surrender was accepted, 0 before."""
    carrier: str = Field(index=True)
    transport_document_reference: str = Field(index=True)
    waybill_id: str
    document_commitment: str = Field(index=True)
    parents: Any = Field(sa_type=Json)
    block_number: int = Field(sa_type=Serial)
    changed_at: datetime = Field(sa_type=Instant)


class InstructionRow(SQLModel, table=True):
    """An instruction of a party and what became of it."""

    __tablename__ = "titles_instruction"
    id: str = Field(primary_key=True)
    title: str = Field(index=True)
    act: str
    sequence: int
    nonce: int = Field(sa_type=Serial)
    deadline: datetime = Field(sa_type=Instant)
    handle: int = Field(sa_type=Serial)
    consent_of: int = Field(sa_type=Serial)
    terms: Any = Field(sa_type=Json)
    instructed_by: str = Field(index=True)
    waybill_id: str
    carrier: str
    transport_document_reference: str
    document_commitment: str
    state: str = Field(index=True)
    consent: str
    """The consenting party's own signature, "" where the platform signs."""
    signature: str
    code: str
    """The contract's reason where it was refused, else ""."""
    order_id: str = Field(index=True)
    """The platform's release order that the contract is told of, else ""."""
    instructed_at: datetime = Field(sa_type=Instant)


follows(RELAY, events.TitleInstructed, events.TitleConsented, events.TitleSigned, own_loop=True)
ISSUING_ACTS: Final = sorted(act.value for act in ISSUING)
PARTY = PartyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
OFFICE = OfficeRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
TITLE = TitleRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
INSTRUCTION = InstructionRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Title:
    """One title as the contract has it at depth k."""

    id: str
    word: str
    second: str
    state: TitleState
    sequence: int
    quantity: int
    ordered: int
    collected: int
    owner: int
    holder: int
    taker: int
    pledgee: int
    owner_party: str
    holder_party: str
    taker_party: str
    pledgee_party: str
    offered_until: datetime | None
    holds: int
    gates_required: int
    gates_satisfied: int
    pledged: bool
    foreclosing: bool
    issuer: int
    issuer_party: str
    cleared_for: int
    carrier: str
    transport_document_reference: str
    waybill_id: str
    document_commitment: str
    parents: tuple[str, ...]
    block_number: int
    changed_at: datetime

    @property
    def live(self) -> bool:
        """Whether it can still change."""
        return self.state not in ENDS

    @property
    def passed_on(self) -> bool:
        """Whether another holds it than when its surrender was accepted (foreclosed, seized)."""
        return self.cleared_for not in (0, self.holder)

    @property
    def bill(self) -> BillKey:
        """The bill it stands for; empty strings where the platform was not told."""
        return BillKey(self.carrier, self.transport_document_reference)


@dataclass(frozen=True, kw_only=True)
class Party:
    """A party's handle and key."""

    handle: int
    party_id: str
    custody: Custody
    wanted_key: str
    possession: str
    key: str
    suspended: bool
    wanted_suspended: bool
    standing_ask: str
    standing_evidence: str

    @property
    def standing_waits(self) -> bool:
        """Whether the contract has not done yet what the administrator asked for."""
        return bool(self.standing_ask) and self.wanted_suspended is not self.suspended


@dataclass(frozen=True, kw_only=True)
class Office:
    """An office and who keeps it."""

    office: int
    party_id: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """An instruction and what became of it."""

    id: str
    title: str
    act: Act
    sequence: int
    nonce: int
    deadline: datetime
    handle: int
    consent_of: int
    terms: Any
    instructed_by: str
    waybill_id: str
    carrier: str
    transport_document_reference: str
    document_commitment: str
    state: InstructionState
    consent: str
    signature: str
    code: str
    order_id: str
    instructed_at: datetime
