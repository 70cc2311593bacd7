"""What happens to bulk goods: stated, stocked, pledged, ordered, weighed, delivered.

All masses are integer kilograms. Source: DOMAIN 2(b), SM-B1, SM-B3, SM-B4.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from yidan.kernel.events import Event, event


class QuantityKind(StrEnum):
    """The quantities of one bill that bound what may be released (G1)."""

    BILL = "bill"
    """提单重量"""
    OUTTURN = "outturn"
    """卸货实重 (draft survey or shore scale)"""
    CUSTOMS = "customs"
    """海关放行重量, from customs' own decisions, never stated by others"""
    TITLE = "title"
    """货权放行重量 (carrier or bank)"""


@event("release.quantity_stated.v1")
@dataclass(frozen=True, kw_only=True)
class QuantityStated(Event):
    """A carrier, agent or terminal stated one of the bill's quantities; the last one counts."""

    carrier: str
    """Party id of the bill's carrier: bill numbers are unique per carrier only."""
    transport_document_reference: str
    kind: QuantityKind
    quantity_kg: int
    tolerance_ppm: int = 0
    """Trade tolerance of the bill's quantity, parts per million."""
    stated_by: str
    """Party id."""


@event("release.lot_stocked.v1")
@dataclass(frozen=True, kw_only=True)
class LotStocked(Event):
    """The terminal put a quantity of one grade of one owner in one place (货位)."""

    lot_id: str
    carrier: str
    transport_document_reference: str
    owner: str
    terminal: str
    grade: str
    stockpile: str
    quantity_kg: int


@event("release.lot_pledged.v1")
@dataclass(frozen=True, kw_only=True)
class LotPledged(Event):
    """The owner pledged part of a lot to a bank (质押)."""

    lot_id: str
    pledge_id: str
    bank: str
    quantity_kg: int


@event("release.pledge_discharged.v1")
@dataclass(frozen=True, kw_only=True)
class PledgeDischarged(Event):
    """The bank let go of a pledge or of part of it (解押)."""

    lot_id: str
    pledge_id: str
    quantity_kg: int


@event("release.order_placed.v1")
@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """The owner ordered a quantity to be released to a nominee (放货指令)."""

    order_id: str
    lot_id: str
    carrier: str
    transport_document_reference: str
    nominee: str
    """Haulier's party id: who alone may plan trucks on it."""
    quantity_kg: int
    valid_until: datetime


@event("release.order_suspended.v1")
@dataclass(frozen=True, kw_only=True)
class OrderSuspended(Event):
    """The owner suspended an order."""

    order_id: str


@event("release.order_resumed.v1")
@dataclass(frozen=True, kw_only=True)
class OrderResumed(Event):
    """The owner resumed a suspended order."""

    order_id: str


@event("release.order_cancelled.v1")
@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """The owner cancelled what was neither delivered nor reserved by a truck."""

    order_id: str
    lot_id: str
    carrier: str
    transport_document_reference: str
    cancelled_kg: int


@event("release.task_reserved.v1")
@dataclass(frozen=True, kw_only=True)
class TaskReserved(Event):
    """The haulier planned a truck on an order; its kilograms are reserved (提货任务)."""

    task_id: str
    order_id: str
    lot_id: str
    haulier: str
    terminal: str
    plate: str
    driver_id: str
    planned_net_kg: int
    max_gross_kg: int
    registered_tare_kg: int


@event("release.task_tared.v1")
@dataclass(frozen=True, kw_only=True)
class TaskTared(Event):
    """The truck came in and was weighed empty (空磅)."""

    task_id: str
    tare_kg: int
    scale_id: str


@event("release.task_weighed.v1")
@dataclass(frozen=True, kw_only=True)
class TaskWeighed(Event):
    """The loaded truck was weighed and its net was accepted (重磅): a weighbridge ticket (磅单)."""

    task_id: str
    ticket_id: str
    supersedes: str
    """Ticket id of the weighing that this one replaces, or ""."""
    gross_kg: int
    tare_kg: int
    net_kg: int
    scale_id: str


@event("release.task_over_held.v1")
@dataclass(frozen=True, kw_only=True)
class TaskOverHeld(Event):
    """The loaded truck weighed more than its order can give: it must be trimmed (超装)."""

    task_id: str
    ticket_id: str
    supersedes: str
    gross_kg: int
    tare_kg: int
    net_kg: int
    scale_id: str


@event("release.task_delivered.v1")
@dataclass(frozen=True, kw_only=True)
class TaskDelivered(Event):
    """The truck left with its net; the lot's and the order's balances went down by it (提离)."""

    task_id: str
    order_id: str
    lot_id: str
    ticket_id: str
    plate: str
    net_kg: int
    planned_net_kg: int


@event("release.task_aborted.v1")
@dataclass(frozen=True, kw_only=True)
class TaskAborted(Event):
    """The truck leaves empty or never came; its reservation is free again."""

    task_id: str
    order_id: str
    plate: str
    planned_net_kg: int


_UNTIL: Final = datetime(2026, 12, 31, 16, tzinfo=UTC)
_BILL: Final = "COSU6301234560"

SAMPLES: Final = (
    QuantityStated(
        carrier="carrier-1",
        transport_document_reference=_BILL,
        kind=QuantityKind.BILL,
        quantity_kg=100_000_000,
        tolerance_ppm=5_000,
        stated_by="carrier-1",
    ),
    LotStocked(
        lot_id="lot-1",
        carrier="carrier-1",
        transport_document_reference=_BILL,
        owner="consignee-1",
        terminal="terminal-1",
        grade="PB fines 61.5",
        stockpile="A-07",
        quantity_kg=100_000_000,
    ),
    LotPledged(lot_id="lot-1", pledge_id="pledge-1", bank="bank-1", quantity_kg=30_000_000),
    PledgeDischarged(lot_id="lot-1", pledge_id="pledge-1", quantity_kg=10_000_000),
    OrderPlaced(
        order_id="order-1",
        lot_id="lot-1",
        carrier="carrier-1",
        transport_document_reference=_BILL,
        nominee="haulier-1",
        quantity_kg=50_000_000,
        valid_until=_UNTIL,
    ),
    OrderSuspended(order_id="order-1"),
    OrderResumed(order_id="order-1"),
    OrderCancelled(
        order_id="order-1",
        lot_id="lot-1",
        carrier="carrier-1",
        transport_document_reference=_BILL,
        cancelled_kg=1_000,
    ),
    TaskReserved(
        task_id="task-1",
        order_id="order-1",
        lot_id="lot-1",
        haulier="haulier-1",
        terminal="terminal-1",
        plate="苏G12345",
        driver_id="driver-1",
        planned_net_kg=31_000,
        max_gross_kg=47_000,
        registered_tare_kg=15_500,
    ),
    TaskTared(task_id="task-1", tare_kg=15_300, scale_id="scale-1"),
    TaskWeighed(
        task_id="task-1",
        ticket_id="ticket-1",
        supersedes="",
        gross_kg=46_480,
        tare_kg=15_300,
        net_kg=31_180,
        scale_id="scale-1",
    ),
    TaskOverHeld(
        task_id="task-1",
        ticket_id="ticket-1",
        supersedes="",
        gross_kg=48_000,
        tare_kg=15_300,
        net_kg=32_700,
        scale_id="scale-1",
    ),
    TaskDelivered(
        task_id="task-1",
        order_id="order-1",
        lot_id="lot-1",
        ticket_id="ticket-1",
        plate="苏G12345",
        net_kg=31_180,
        planned_net_kg=31_000,
    ),
    TaskAborted(task_id="task-1", order_id="order-1", plate="苏G12345", planned_net_kg=31_000),
)
"""One instance of each type, for the reference page and its test."""
