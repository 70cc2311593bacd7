"""What happens to titles (控制权): asked for here, decided by the contract (LEDGER 0.8).

The subject of an instruction and of its outcome is the title, `title:<id>`. What a party asks for
is `title.instructed`; it moves nothing. The chain follower records what the contract did, at depth
k: `title.confirmed` with the whole word, also for calls that the platform did not send, and
`title.refused`. Projections of titles fold outcomes only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.content import JsonValue
from yidan.kernel.events import Event, event


class Act(StrEnum):
    """What a party asks the contract for; the value is the name of the contract's function."""

    ISSUE = "issue"
    """签发"""
    TRANSFER = "transfer"
    """转让, with the taker's consent"""
    PROPOSE = "propose"
    """提出转让"""
    ACCEPT = "accept"
    """接受转让"""
    DECLINE = "decline"
    """拒绝转让"""
    RECLAIM = "reclaim"
    """收回过期要约; nobody's right alone, so that an offer is no dead end"""
    SURRENDER = "surrender"
    """交单提货"""
    SURRENDER_PLEDGED = "surrender_pledged"
    """质押单证交单, with the pledgee's consent"""
    ACCEPT_SURRENDER = "accept_surrender"
    """接受交单"""
    REJECT_SURRENDER = "reject_surrender"
    """退回交单"""
    SURRENDER_FOR_AMENDMENT = "surrender_for_amendment"
    """交单改单: split, merge, reissue, void, paper"""
    REPLACE = "replace"
    """改单重签: the issuer does what the holder asked for"""
    REJECT_AMENDMENT = "reject_amendment"
    """退回改单"""
    SWITCH_TO_PAPER = "switch_to_paper"
    """转纸质"""
    SWITCH_BACK = "switch_back"
    """纸质转回: another title, for one that went on paper"""
    PLEDGE = "pledge"
    """质押"""
    DISCHARGE = "discharge"
    """解除质押"""
    ASSIGN_PLEDGE = "assign_pledge"
    """质权转让"""
    GIVE_NOTICE = "give_notice"
    """通知实现质权"""
    WITHDRAW_NOTICE = "withdraw_notice"
    """撤回实现质权通知"""
    FORECLOSE = "foreclose"
    """实现质权"""
    HOLD = "hold"
    """扣留"""
    UNHOLD = "unhold"
    """解除扣留"""
    SATISFY = "satisfy"
    """满足放行条件"""
    UNSATISFY = "unsatisfy"
    """撤回放行条件"""
    ORDER = "order"
    """提货指令, of the platform's own orders"""
    COLLECT = "collect"
    """累计提货, of the trucks that left"""
    REVOKE_ORDER = "revoke_order"
    """撤销提货指令"""
    CLOSE_WITH_TOLERANCE = "close_with_tolerance"
    """短重结案"""


ISSUING: Final = frozenset({Act.ISSUE, Act.SWITCH_BACK})
"""Acts by which a bill gets a title that it did not have on the chain before."""


class Custody(StrEnum):
    """Who keeps a party's key."""

    PLATFORM = "platform"
    """托管: encrypted, used for authenticated people of that party alone"""
    OWN = "own"
    """自持: the party signs what the platform shows it"""


@event("title.party_named.v1")
@dataclass(frozen=True, kw_only=True)
class PartyNamed(Event):
    """A party got its handle for the contract (参与方代号); the subject is `handle:<number>`."""

    handle: int
    party_id: str
    custody: Custody
    key: str
    """Address of its own key; "" where the platform makes and keeps one."""


@event("title.key_proved.v1")
@dataclass(frozen=True, kw_only=True)
class KeyProved(Event):
    """A party proved that it holds the key it named (持有证明)."""

    handle: int
    signature: str
    """130 hex digits (r, s, v)."""


@event("title.key_confirmed.v1")
@dataclass(frozen=True, kw_only=True)
class KeyConfirmed(Event):
    """The contract has a key for a handle (密钥登记), the first or another one."""

    handle: int
    key: str
    """Checksummed address."""
    block_number: int


@event("title.standing_asked.v1")
@dataclass(frozen=True, kw_only=True)
class StandingAsked(Event):
    """The administrator asked to suspend a party on the contract, or to restore it (暂停申请)."""

    handle: int
    ask_id: str
    suspended: bool
    evidence: str
    """Hash of the reason, 64 hex digits; the reason itself stays here."""


@event("title.standing_confirmed.v1")
@dataclass(frozen=True, kw_only=True)
class StandingConfirmed(Event):
    """The contract suspended a party, or restored it (暂停、恢复)."""

    handle: int
    suspended: bool
    evidence: str
    """Hash of the registrar's reason, 64 hex digits."""
    block_number: int


@event("title.office_given.v1")
@dataclass(frozen=True, kw_only=True)
class OfficeGiven(Event):
    """A party is to keep an office of the contract (职能); the subject is `office:<number>`."""

    office: int
    party_id: str


@event("title.office_confirmed.v1")
@dataclass(frozen=True, kw_only=True)
class OfficeConfirmed(Event):
    """The contract has a key for an office, or none (the zero address)."""

    office: int
    key: str
    block_number: int


@event("title.instructed.v1")
@dataclass(frozen=True, kw_only=True)
class TitleInstructed(Event):
    """A party asked for an act on a title (控制权指令); the contract decides."""

    title: str
    """64 hex digits."""
    instruction_id: str
    act: Act
    sequence: int
    """The title's sequence that it is for."""
    nonce: int
    """What makes it unique where no sequence does (a hold); else 0."""
    deadline: datetime
    """Past it the contract refuses."""
    handle: int
    """Whose key has to sign."""
    consent_of: int
    """Handle of who has to consent first, the taker or pledgee; 0: nobody."""
    terms: Mapping[str, JsonValue]
    """The act's other arguments, by their names on the contract."""
    waybill_id: str
    """Of an issue; "" otherwise."""
    carrier: str
    """Party id of the bill's carrier, of an issue; "" otherwise."""
    transport_document_reference: str
    """Number of the bill, of an issue; "" otherwise."""
    document_commitment: str
    """SHA-256 of the document's canonical JSON, of an issue; "" otherwise."""
    salt: str
    """What the title's id was made with beside the document, of an issue; "" otherwise."""
    order_id: str = ""
    """The platform's release order that the contract is told of; "" where a party asked."""


@event("title.consented.v1")
@dataclass(frozen=True, kw_only=True)
class TitleConsented(Event):
    """The taker or pledgee agreed to what was asked for (同意)."""

    title: str
    instruction_id: str
    signature: str
    """130 hex digits of its own key; "" where the platform keeps it and signs."""


@event("title.signed.v1")
@dataclass(frozen=True, kw_only=True)
class TitleSigned(Event):
    """A party that keeps its own key signed its instruction (签署)."""

    title: str
    instruction_id: str
    signature: str
    """130 hex digits (r, s, v)."""


@event("title.withdrawn.v1")
@dataclass(frozen=True, kw_only=True)
class TitleWithdrawn(Event):
    """An instruction that was not sent yet was taken back, or the consent was denied (撤回)."""

    title: str
    instruction_id: str


@event("title.confirmed.v1")
@dataclass(frozen=True, kw_only=True)
class TitleConfirmed(Event):
    """The contract changed a title, at depth k (链上确认); whoever asked for it."""

    title: str
    happened: str
    """Name of the contract's event, e.g. `Transferred`."""
    word: str
    """The title's word after it, 64 hex digits; "" if this event of the contract carries none."""
    second: str
    """The title's second word after it (its pledge), 64 hex digits; "" if it did not change."""
    order: str
    """The release order's word after it, 64 hex digits; "" if it is of none."""
    evidence: str
    """Reason, evidence, lineage or paper that the event names, 64 hex digits; "" if none."""
    parents: tuple[str, ...]
    """Titles whose place an issued one takes."""
    instruction_id: str
    """The platform's instruction that asked for just this; "" if another did."""
    block_number: int
    block_hash: str
    transaction_hash: str
    log_index: int


@event("title.refused.v1")
@dataclass(frozen=True, kw_only=True)
class TitleRefused(Event):
    """An instruction will not be performed: nothing of the title changed (链上拒绝)."""

    title: str
    instruction_id: str
    code: str
    """The contract's reason, e.g. `StaleSequence`, or the platform's."""
    sent: bool
    """Whether it was sent to the contract; else the contract would refuse it, or time ran out."""
    block_number: int
    """Of the refusal; of the newest confirmed block where it was not sent."""
    transaction_hash: str


_TITLE: Final = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"
_ID: Final = "01935300-0000-7000-8000-000000000701"
_PARTY: Final = "01935300-0000-7000-8000-00000000000a"
_KEY: Final = "0x5B38Da6a701c568545dCfcB03FcB875f56beddC4"
_SIGNATURE: Final = "11" * 64 + "1b"
_WORD: Final = (
    f"{0x000001_0001_00_06_00_0000000A_0000000A_0000000000_0000000000_0000000001_01:064x}"
)

SAMPLES: Final = (
    PartyNamed(handle=10, party_id=_PARTY, custody=Custody.OWN, key=_KEY),
    KeyProved(handle=10, signature=_SIGNATURE),
    KeyConfirmed(handle=10, key=_KEY, block_number=7),
    StandingAsked(handle=10, ask_id=_ID, suspended=True, evidence="55" * 32),
    StandingConfirmed(handle=10, suspended=True, evidence="55" * 32, block_number=8),
    OfficeGiven(office=65537, party_id=_PARTY),
    OfficeConfirmed(office=65537, key=_KEY, block_number=8),
    TitleInstructed(
        title=_TITLE,
        instruction_id=_ID,
        act=Act.ISSUE,
        sequence=0,
        nonce=0,
        deadline=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        handle=9,
        consent_of=0,
        terms=MappingProxyType({"issuer": 1, "quantity": 1, "holder": 10, "gates": 6}),
        waybill_id="01935300-0000-7000-8000-000000000011",
        carrier="01935300-0000-7000-8000-00000000000e",
        transport_document_reference="MAEU261122001",
        document_commitment="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        salt="22" * 32,
    ),
    TitleConsented(title=_TITLE, instruction_id=_ID, signature=_SIGNATURE),
    TitleSigned(title=_TITLE, instruction_id=_ID, signature=_SIGNATURE),
    TitleWithdrawn(title=_TITLE, instruction_id=_ID),
    TitleConfirmed(
        title=_TITLE,
        happened="Issued",
        word=_WORD,
        second="",
        order="",
        evidence="",
        parents=(),
        instruction_id=_ID,
        block_number=9,
        block_hash="33" * 32,
        transaction_hash="44" * 32,
        log_index=0,
    ),
    TitleRefused(
        title=_TITLE,
        instruction_id=_ID,
        code="StaleSequence",
        sent=True,
        block_number=9,
        transaction_hash="44" * 32,
    ),
)
"""One instance of every event type of this room."""
