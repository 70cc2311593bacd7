"""What the platform needs from outside itself, as roles; and what crosses the border to adapters.

Protocols name the parts that `bootstrap.build` fills; `Services` is the frozen set of them.
Commands come from adapters in, notices go to adapters out: both are frozen dataclasses of plain
values, so that an adapter never sees a room's events (ARCHITECTURE 1).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from yidan.kernel.content import JsonValue
from yidan.kernel.reasons import Reason

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from yidan.config import Settings
    from yidan.store.unit_of_work import UnitOfWork


class Clock(Protocol):
    """Tells the time outside transactions; inside one it is `uow.now`."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...


class Commitments(Protocol):
    """Commits to a document's fields without showing them (LEDGER 6)."""

    def __call__(self, document: Mapping[str, JsonValue], salt: bytes, /) -> bytes:
        """The 32-byte commitment to every field of a document under a 32-byte salt."""
        ...


class BlobStore(Protocol):
    """Keeps bytes under their SHA-256, never changed."""

    def put(self, data: bytes) -> str:
        """Store bytes durably and return their SHA-256 as 64 lower-case hex digits."""
        ...

    def get(self, sha256_hex: str) -> bytes:
        """Read bytes back, checked against their name.

        Raises:
            KeyError: no such blob.
        """
        ...


class Renderer(Protocol):
    """Turns a document's JSON into its PDF."""

    def render(
        self, kind: str, version: int, body: Mapping[str, JsonValue], verify_url: str
    ) -> bytes:
        """The PDF/A-3 of a document, its JSON attached, a QR code to `verify_url` on it."""
        ...


class Bell(Protocol):
    """Wakes the workers; the outbox is the truth, so a lost ring only costs seconds."""

    def ring(self, consumer: str) -> None:
        """Say that the consumer's outbox has something. Never raises."""
        ...


class TitleDesk(Protocol):
    """What a request may know of the contract with the titles: nothing here asks a node or signs.

    Typed data (EIP-712) comes as JSON values, bytes as `0x…`; addresses are checksummed.
    """

    def title_id(self, document: Mapping[str, JsonValue], salt: bytes) -> str:
        """The id of a document's title (LEDGER 7), 64 hex digits."""
        ...

    def document_commitment(self, document: Mapping[str, JsonValue]) -> str:
        """SHA-256 of a document's canonical JSON, 64 hex digits."""
        ...

    def lineage(
        self, title: str, others: Sequence[str], children: Sequence[tuple[str, int]]
    ) -> str:
        """What the contract knows a replacement by: of which titles, by which (id, quantity)."""
        ...

    def paper_lineage(self, paper: str) -> str:
        """What the contract knows it by that a paper, of this SHA-256, takes a title's place."""
        ...

    def instruction(
        self, asked: "TitleCall", consent: str, deadline: datetime, nonce: int
    ) -> dict[str, Any]:
        """What the party signs, so that a relayer performs the call in its name.

        Raises:
            UnavailableError: the contract does not stand yet.
        """
        ...

    def consent(self, asked: "TitleCall", handle: int, deadline: datetime) -> dict[str, Any]:
        """What the taker or pledgee signs first.

        Raises:
            UnavailableError: the contract does not stand yet.
        """
        ...

    def possession(self, handle: int, key: str) -> dict[str, Any]:
        """What a new key signs to prove that it is held.

        Raises:
            UnavailableError: the contract does not stand yet.
        """
        ...

    def signer(self, typed: Mapping[str, Any], signature: str) -> str:
        """Whose key signed typed data; "" where the signature is none."""
        ...

    def address(self, text: str) -> str:
        """An address with its checksum; "" where the text is none."""
        ...

    def sentence(self, code: str) -> tuple[str, str]:
        """What the contract's reason means, in English and Chinese."""
        ...


@dataclass(frozen=True, kw_only=True)
class TitleCall:
    """A call of the contract on a title: its function, sequence, and other arguments by name."""

    title: str
    """64 hex digits."""
    act: str
    sequence: int
    terms: Mapping[str, JsonValue]


# --- what adapters bring in -------------------------------------------------------------------


class MessageFunction(StrEnum):
    """What a message does to an earlier one (UN/EDIFACT 1225)."""

    ORIGINAL = "original"
    REPLACE = "replace"
    CANCEL = "cancel"


@dataclass(frozen=True, kw_only=True)
class ReleaseLine:
    """One box of a release order (放箱指令行)."""

    equipment_reference: str
    """ISO 6346 number, as sent."""
    iso_equipment_code: str
    """ISO size-type such as 42G1, or ""."""


@dataclass(frozen=True, kw_only=True)
class GrantRelease:
    """A carrier's or agent's release order (COREOR, 电子放货指令): new, replaced or cancelled."""

    function: MessageFunction
    delivery_order_reference: str
    transport_document_reference: str
    """B/L number."""
    valid_from: datetime | None
    valid_until: datetime | None
    carrier_code: str
    """SMDG liner code, or ""."""
    vessel_imo_number: str
    voyage: str
    release_to: str
    """Identifier (USCC or as sent) of the first party that gets the right; "" if not named yet."""
    terminal_location: str
    """UN/LOCODE, or ""."""
    lines: tuple[ReleaseLine, ...]


@dataclass(frozen=True, kw_only=True)
class ReportCustomsStatus:
    """A customs decision on a bill or on boxes of it (海关放行/查验/撤销)."""

    transport_document_reference: str
    equipment_references: tuple[str, ...]
    """Empty: the whole bill."""
    status: str
    """A value of the customs light of DOMAIN 2.0 (notreleased, selectedforscan, …, released)."""
    released_quantity_kg: int | None
    """For bulk: the quantity customs released, cumulative; None for boxes."""
    declaration_number: str
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class WagonLoad:
    """One box on one wagon of a train list."""

    wagon_number: str
    equipment_reference: str
    seal_numbers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ReportTrainArrival:
    """A train's arrival list (到达车列清单)."""

    train_number: str
    un_location_code: str
    arrived_at: datetime
    loads: tuple[WagonLoad, ...]


@dataclass(frozen=True, kw_only=True)
class PreNotifyPickup:
    """A haulier's pick-up notice (COPINO, 提箱预约): assigns plate and driver to a right."""

    function: MessageFunction
    transport_document_reference: str
    equipment_reference: str
    plate: str
    driver_id: str
    planned_at: datetime


@dataclass(frozen=True, kw_only=True)
class PlaceSafetyHold:
    """An authority spoke of these goods and could not be understood: hold them (SECURITY)."""

    transport_document_references: tuple[str, ...]
    equipment_references: tuple[str, ...]
    why: str


Command: TypeAlias = (
    GrantRelease | ReportCustomsStatus | ReportTrainArrival | PreNotifyPickup | PlaceSafetyHold
)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of an interchange, as an adapter understood it."""

    reference: str
    """Message reference within the interchange (UNH 0062, MessageID, …)."""
    kind: str
    """The message type as sent, e.g. "COREOR"; "" if none could be read."""
    commands: tuple[Command, ...]
    """Empty when the message was not understood."""
    findings: tuple[Reason, ...] = ()
    """Everything noticed: deviations tolerated, and with no commands, why it was refused."""
    document_reference: str = ""
    """The document number inside (BGM 1004), for the acknowledgement."""


@dataclass(frozen=True, kw_only=True)
class Interchange:
    """What one transmission held: sender as claimed in it, its reference, its messages."""

    sender: str
    """Sender identification as it stands in the envelope or body; "" if unreadable."""
    recipient: str
    reference: str
    """Interchange control reference; the SHA-256 of the bytes where there is none."""
    messages: tuple[Message, ...]
    findings: tuple[Reason, ...] = ()
    claimed_senders: tuple[str, ...] = ()
    """Every other place in the body that names the sender (e.g. NAD+MS); all must agree."""


@dataclass(frozen=True, kw_only=True)
class LineOutcome:
    """What became of one line of a message."""

    reference: str
    """Box number, or "" for the whole message."""
    applied: bool
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MessageOutcome:
    """What became of one message: for the acknowledgement (APERAK, receipt)."""

    reference: str
    document_reference: str
    accepted: bool
    lines: tuple[LineOutcome, ...]
    findings: tuple[Reason, ...] = ()


# --- what goes out to adapters ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class GateMovement:
    """A box went in or out of the gate (CODECO)."""

    event_id: str
    direction: str
    """"in" or "out"."""
    transport_document_reference: str
    equipment_reference: str
    iso_equipment_code: str
    plate: str
    seal_numbers: tuple[str, ...]
    un_location_code: str
    vessel_imo_number: str
    voyage: str
    carrier_code: str
    gross_mass_kg: int | None
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class TallyLine:
    """One box of a tally report (理货明细)."""

    transport_document_reference: str
    equipment_reference: str
    iso_equipment_code: str
    seal_numbers: tuple[str, ...]
    fullness: str
    """"full" or "empty"."""
    damage_codes: tuple[str, ...]
    package_quantity: int
    gross_mass_kg: int
    over: bool = False
    """Came off and stood on no line of the manifest: nobody declared or measured what is in it; its
    bill is what was seen, or ""."""
    short: bool = False
    """Stood on the manifest and did not come."""


@dataclass(frozen=True, kw_only=True)
class TallyReport:
    """An import tally report of a vessel visit (进口理货报告, MT5101)."""

    event_id: str
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    un_location_code: str
    customs_district: str
    """4-digit customs office (关区代码)."""
    tally_organisation: str
    """Registered 9-digit code of the tally company or terminal."""
    started_at: datetime
    completed_at: datetime
    lines: tuple[TallyLine, ...]


Notice: TypeAlias = GateMovement | TallyReport


class Adapter(Protocol):
    """One outside system's wire format. Pure: bytes in, commands out; notices in, bytes out."""

    name: str
    """`group.system`, e.g. `shipping_agent.edifact`."""
    content_type: str
    """Media type of what it reads and writes."""
    authority: bool
    """True for an authority: what names goods and cannot be understood places a SECURITY hold."""

    def parse(self, raw: bytes) -> Interchange:
        """Understand one transmission. Never raises for bad input: findings say what is wrong."""
        ...

    def acknowledge(
        self,
        received: Interchange,
        outcomes: Sequence[MessageOutcome],
        *,
        reference: str,
        at: datetime,
    ) -> bytes | None:
        """The answer to the sender (APERAK, receipt); None where the counterpart expects none."""
        ...

    def build(
        self, notice: Notice, *, recipient: str, reference: str, at: datetime
    ) -> bytes | None:
        """The message for a notice; None where this system is not told of such things."""
        ...


# --- the whole set ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Services:
    """Every port and what fills it; made by `bootstrap.build` for `create_app` and the worker."""

    settings: "Settings"
    engine: "Engine"
    unit_of_work: Callable[..., AbstractContextManager["UnitOfWork"]]
    """Open a unit of work: `with services.unit_of_work(actor) as uow: …; uow.commit()`.

    `unit_of_work(actor, reading=True)` for one that only looks."""
    clock: Clock
    blobs: BlobStore
    renderer: Renderer
    bell: Bell
    adapters: Mapping[str, Adapter]
    titles: TitleDesk
    keys: Mapping[str, Any] = field(default_factory=dict)
    """Platform keys by use: "session" (bytes), "token" (Ed25519 private key), …"""
