"""The quantity ledger's rules: balances, guards G1 to G7, machines SM-B3 and SM-B4.

Everything is integer kilograms. Guards are pure and return every failing reason.

    free(lot) = on_hand - pledged - reserved, reserved = sum over open orders of (ordered -
        delivered)
    open(order) = ordered - delivered - reserved by tasks

Deliberately not here: holds (rules/holds.py), and pledges on chain.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.machine import Machine
from yidan.kernel.quantities import mass_findings
from yidan.kernel.reasons import Reason, Role, reason, worded
from yidan.release.bulk import events
from yidan.release.rules import words

LEGAL_GROSS_KG: Final = 49_000
"""Heaviest 6-axle truck by GB 1589 `[K]`."""
TRUCK_TOLERANCE_KG: Final = 300
"""How much a net may exceed its reservation without a new order `[K]`."""
TARE_TOLERANCE_PPM: Final = 50_000
"""How far a tare may be from the registered one, parts per million of the registered one `[K]`."""
PPM: Final = 1_000_000


class OrderState(StrEnum):
    """SM-B3 放货指令状态."""

    NONE = "none"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXHAUSTED = "exhausted"
    """Delivered in full: a view of ACTIVE whose ordered equals delivered; nothing can follow."""
    CANCELLED = "cancelled"


class TaskState(StrEnum):
    """SM-B4 提货任务状态."""

    NONE = "none"
    RESERVED = "reserved"
    ARRIVED = "arrived"
    """Weighed empty, loading."""
    WEIGHED = "weighed"
    OVER_HOLD = "over_hold"
    DELIVERED = "delivered"
    ABORTED = "aborted"


ORDER: Final = Machine(
    "release order",
    OrderState.NONE,
    MappingProxyType(
        {
            (OrderState.NONE, events.OrderPlaced): OrderState.ACTIVE,
            (OrderState.ACTIVE, events.OrderSuspended): OrderState.SUSPENDED,
            (OrderState.SUSPENDED, events.OrderResumed): OrderState.ACTIVE,
            (OrderState.ACTIVE, events.OrderCancelled): OrderState.CANCELLED,
            (OrderState.SUSPENDED, events.OrderCancelled): OrderState.CANCELLED,
        }
    ),
    zh="放货指令",
    states=words.ORDER_STATES,
)
"""SM-B3; expiry is judged by the clock at every use, exhaustion by the balances."""

TASK: Final = Machine(
    "truck task",
    TaskState.NONE,
    MappingProxyType(
        {
            (TaskState.NONE, events.TaskReserved): TaskState.RESERVED,
            (TaskState.RESERVED, events.TaskTared): TaskState.ARRIVED,
            (TaskState.RESERVED, events.TaskAborted): TaskState.ABORTED,
            (TaskState.ARRIVED, events.TaskWeighed): TaskState.WEIGHED,
            (TaskState.ARRIVED, events.TaskOverHeld): TaskState.OVER_HOLD,
            (TaskState.ARRIVED, events.TaskAborted): TaskState.ABORTED,
            (TaskState.WEIGHED, events.TaskWeighed): TaskState.WEIGHED,
            (TaskState.WEIGHED, events.TaskOverHeld): TaskState.OVER_HOLD,
            (TaskState.WEIGHED, events.TaskDelivered): TaskState.DELIVERED,
            (TaskState.OVER_HOLD, events.TaskWeighed): TaskState.WEIGHED,
            (TaskState.OVER_HOLD, events.TaskOverHeld): TaskState.OVER_HOLD,
        }
    ),
    zh="提货任务",
    states=words.TASK_STATES,
)
"""SM-B4; a truck on OVER_HOLD must be trimmed and weighed again, and a loaded one cannot abort."""

BEYOND_BILL = reason(
    "bulk-beyond-bill",
    en="With this, {ordered} kg of the bill would be released; its {bound} quantity allows"
    " {limit} kg (G1). Ask for that quantity to be raised, or order less.",
    zh="加上本次，该提单将放货 {ordered} 千克，其{bound}数量只允许 {limit} 千克（G1）。"
    "请先申请增加该数量或减少放货量。",
    bound=worded(words.QUANTITIES),
)
BEYOND_FREE = reason(
    "bulk-beyond-free",
    en="{wanted} kg asked for, {free} kg of the lot are free (G4): the rest is pledged or ordered.",
    zh="申请 {wanted} 千克，而该货位可用量为 {free} 千克（G4）：其余已质押或已下放货指令。",
    owner=Role.CONSIGNEE,
)
BEYOND_OUTTURN = reason(
    "bulk-beyond-outturn",
    en="Lots of {stocked} kg would stand against an outturn of {outturn} kg.",
    zh="货位合计 {stocked} 千克，超过卸货实重 {outturn} 千克。",
    owner=Role.TERMINAL,
)
BEYOND_ORDER = reason(
    "bulk-beyond-order",
    en="{wanted} kg asked for, {open} kg of the order are open (G2, G3).",
    zh="申请 {wanted} 千克，而该指令剩余可用 {open} 千克（G2、G3）。",
    owner=Role.CONSIGNEE,
)
BEYOND_PAYLOAD = reason(
    "bulk-beyond-payload",
    en="{planned} kg planned, the truck may carry {payload} kg (G2).",
    zh="计划装 {planned} 千克，该车核定载重 {payload} 千克（G2）。",
    owner=Role.HAULIER,
)
BEYOND_PLEDGE = reason(
    "bulk-beyond-pledge",
    en="{wanted} kg asked for, {pledged} kg are pledged.",
    zh="申请 {wanted} 千克，而质押量为 {pledged} 千克。",
    owner=Role.BANK,
)
ORDER_EXPIRED = reason(
    "bulk-order-expired",
    en="The order was valid until {until}; the owner must place a new one.",
    zh="放货指令有效期至 {until}；货主须重新下达。",
    owner=Role.CONSIGNEE,
)
ORDER_NOT_ACTIVE = reason(
    "bulk-order-not-active",
    en="The order is {state}; the owner must resume it or place a new one.",
    zh="放货指令状态为“{state}”；货主须恢复或重新下达。",
    state=worded(words.ORDER_STATES),
    owner=Role.CONSIGNEE,
)
GROSS_NOT_ABOVE_TARE = reason(
    "bulk-gross-not-above-tare",
    en="Gross {gross} kg, tare {tare} kg: gross must be more than tare, and tare more than 0 (G6).",
    zh="毛重 {gross} 千克，皮重 {tare} 千克：毛重必须大于皮重，皮重必须大于 0（G6）。",
    owner=Role.TERMINAL,
)
GROSS_BEYOND_LEGAL = reason(
    "bulk-gross-beyond-legal",
    en="Gross {gross} kg is above the truck's limit of {limit} kg (G6); unload and weigh again.",
    zh="毛重 {gross} 千克超过限重 {limit} 千克（G6）；请卸载后重新过磅。",
    owner=Role.HAULIER,
)
TARE_FAR_OFF = reason(
    "bulk-tare-far-off",
    en="Tare {tare} kg is more than 5 % off the registered {registered} kg (G6); check both.",
    zh="皮重 {tare} 千克与登记皮重 {registered} 千克相差超过 5 %（G6）；请核对车辆和磅秤。",
    owner=Role.TERMINAL,
)
TRUCK_BUSY = reason(
    "bulk-truck-busy",
    en="Truck {plate} has an open task; finish or abort it first.",
    zh="车辆 {plate} 有未完成的提货任务；请先完成或取消。",
    owner=Role.HAULIER,
)
NOT_THE_TRUCK = reason(
    "bulk-not-the-truck",
    en="The task is for truck {expected}, the gate read {read}.",
    zh="任务车辆为 {expected}，闸口识别为 {read}。",
    owner=Role.HAULIER,
)
QUANTITY_NOT_STATED = reason(
    "bulk-quantity-not-stated",
    en="The {bound} quantity of the bill is not stated yet (G1).",
    zh="该提单的{bound}数量尚未申报（G1）。",
    bound=worded(words.QUANTITIES),
)
LEDGER_STOPPED = reason(
    "ledger-stopped",
    en="Releases are stopped because chain and log disagree: {why}",
    zh="链与日志不一致，放货已停止：{why}",
    owner=Role.ADMINISTRATOR,
)

_BOUND_OWNERS: Final = MappingProxyType(
    {
        events.QuantityKind.BILL: Role.SHIPPING_AGENT,
        events.QuantityKind.OUTTURN: Role.TERMINAL,
        events.QuantityKind.CUSTOMS: Role.CUSTOMS,
        events.QuantityKind.TITLE: Role.SHIPPING_AGENT,
    }
)


@dataclass(frozen=True, kw_only=True)
class BillQuantities:
    """The bounds of G1 and what was ordered so far; None where nobody has stated it."""

    bill_kg: int | None
    tolerance_ppm: int
    outturn_kg: int | None
    customs_released_kg: int | None
    customs_released_whole: bool
    """Customs released the bill without naming a quantity: the bill's own bound counts."""
    title_released_kg: int | None
    ordered_kg: int
    """All ever ordered over the bill, less cancelled remainders."""
    stocked_kg: int

    def bounds(self) -> dict[events.QuantityKind, int | None]:
        """Each bound in kilograms; the tolerance widens only the bill's own quantity, floored."""
        kinds = events.QuantityKind
        widened = None
        if self.bill_kg is not None:
            widened = self.bill_kg * (PPM + self.tolerance_ppm) // PPM
        return {
            kinds.BILL: widened,
            kinds.OUTTURN: self.outturn_kg,
            kinds.CUSTOMS: widened if self.customs_released_whole else self.customs_released_kg,
            kinds.TITLE: self.title_released_kg,
        }


@dataclass(frozen=True, kw_only=True)
class Balance:
    """A lot's balance."""

    on_hand_kg: int
    pledged_kg: int
    reserved_kg: int

    @property
    def free_kg(self) -> int:
        """What is neither pledged nor ordered."""
        return self.on_hand_kg - self.pledged_kg - self.reserved_kg


@dataclass(frozen=True, kw_only=True)
class OrderFacts:
    """An order as the guards see it."""

    state: OrderState
    ordered_kg: int
    """Less what was cancelled."""
    delivered_kg: int
    task_reserved_kg: int
    valid_until: datetime

    @property
    def open_kg(self) -> int:
        """What no truck has taken or reserved."""
        return self.ordered_kg - self.delivered_kg - self.task_reserved_kg


@dataclass(frozen=True, kw_only=True)
class TaskFacts:
    """A task as the guards see it."""

    plate: str
    planned_net_kg: int
    max_gross_kg: int
    registered_tare_kg: int
    tare_kg: int | None


def bill_reasons(quantities: BillQuantities, more_kg: int = 0) -> list[Reason]:
    """G1: all released of the bill stays within every stated bound, and all bounds are stated."""
    ordered = quantities.ordered_kg + more_kg
    found = []
    for kind, limit in quantities.bounds().items():
        owner = _BOUND_OWNERS[kind]
        if limit is None:
            found.append(QUANTITY_NOT_STATED(bound=kind.value, owner=owner))
        elif ordered > limit:
            found.append(BEYOND_BILL(ordered=ordered, bound=kind.value, limit=limit, owner=owner))
    return found


def stocking_reasons(quantities: BillQuantities, more_kg: int) -> list[Reason]:
    """Lots of a bill never hold more than was discharged."""
    outturn = quantities.outturn_kg
    if outturn is None:
        return [QUANTITY_NOT_STATED(bound=events.QuantityKind.OUTTURN.value, owner=Role.TERMINAL)]
    stocked = quantities.stocked_kg + more_kg
    return [BEYOND_OUTTURN(stocked=stocked, outturn=outturn)] if stocked > outturn else []


def free_reasons(balance: Balance, wanted_kg: int) -> list[Reason]:
    """G4: no transfer, order or pledge makes `free` negative."""
    if wanted_kg <= balance.free_kg:
        return []
    return [BEYOND_FREE(wanted=wanted_kg, free=balance.free_kg)]


def discharge_reasons(pledged_kg: int, wanted_kg: int) -> list[Reason]:
    """A bank lets go of what is pledged to it, no more."""
    return [] if wanted_kg <= pledged_kg else [BEYOND_PLEDGE(wanted=wanted_kg, pledged=pledged_kg)]


def order_reasons(order: OrderFacts, now: datetime) -> list[Reason]:
    """An order gives goods only while it is active and valid."""
    found = []
    if order.state is not OrderState.ACTIVE:
        found.append(ORDER_NOT_ACTIVE(state=order.state.value))
    if now > order.valid_until:
        found.append(ORDER_EXPIRED(until=order.valid_until.isoformat(), since=order.valid_until))
    return found


def reserve_reasons(order: OrderFacts, task: TaskFacts, now: datetime) -> list[Reason]:
    """G2: the planned net fits the order's open kilograms and the truck."""
    payload = min(task.max_gross_kg, LEGAL_GROSS_KG) - task.registered_tare_kg
    found = order_reasons(order, now)
    found += mass_findings(task.planned_net_kg, at="/plannedNetKg")
    if task.planned_net_kg > order.open_kg:
        found.append(BEYOND_ORDER(wanted=task.planned_net_kg, open=order.open_kg))
    if task.planned_net_kg > payload:
        found.append(BEYOND_PAYLOAD(planned=task.planned_net_kg, payload=payload))
    return found


def tare_reasons(task: TaskFacts, tare_kg: int) -> list[Reason]:
    """G6 for the empty truck."""
    if tare_kg <= 0:
        return [GROSS_NOT_ABOVE_TARE(gross=0, tare=tare_kg, at="/tareKg")]
    off = abs(tare_kg - task.registered_tare_kg) * PPM
    if off > TARE_TOLERANCE_PPM * task.registered_tare_kg:
        return [TARE_FAR_OFF(tare=tare_kg, registered=task.registered_tare_kg, at="/tareKg")]
    return []


def weighing_reasons(task: TaskFacts, gross_kg: int) -> list[Reason]:
    """G6 for the loaded truck: what makes a weighing no weighing at all."""
    tare_kg = task.tare_kg or 0
    if not gross_kg > tare_kg > 0:
        return [GROSS_NOT_ABOVE_TARE(gross=gross_kg, tare=tare_kg, at="/grossKg")]
    return []


def overload_reasons(order: OrderFacts, task: TaskFacts, gross_kg: int) -> list[Reason]:
    """G3 and G6: why a weighed truck must be trimmed before it may leave.

    The overage is taken from the same order's open kilograms, never from pledged or other
    kilograms.
    """
    net_kg = gross_kg - (task.tare_kg or 0)
    over_kg = net_kg - task.planned_net_kg
    limit = min(task.max_gross_kg, LEGAL_GROSS_KG)
    found = []
    if gross_kg > limit:
        found.append(GROSS_BEYOND_LEGAL(gross=gross_kg, limit=limit))
    if over_kg > TRUCK_TOLERANCE_KG:
        allowed = task.planned_net_kg + TRUCK_TOLERANCE_KG
        found.append(BEYOND_PAYLOAD(planned=net_kg, payload=allowed))
    if over_kg > order.open_kg:
        found.append(BEYOND_ORDER(wanted=over_kg, open=order.open_kg))
    return found


def departure_reasons(
    order: OrderFacts,
    task: TaskFacts,
    quantities: BillQuantities,
    balance: Balance,
    *,
    net_kg: int,
    plate: str,
    now: datetime,
) -> list[Reason]:
    """What must hold when the truck leaves, read again under the lock: order, truck, G1, G3, G7."""
    found = order_reasons(order, now)
    if plate != task.plate:
        found.append(NOT_THE_TRUCK(expected=task.plate, read=plate, at="/plate"))
    found += overload_reasons(order, task, (task.tare_kg or 0) + net_kg)
    found += bill_reasons(quantities)
    if net_kg > balance.on_hand_kg - balance.pledged_kg:
        kept = balance.on_hand_kg - balance.pledged_kg
        found.append(BEYOND_FREE(wanted=net_kg, free=kept, owner=Role.BANK))
    return found
