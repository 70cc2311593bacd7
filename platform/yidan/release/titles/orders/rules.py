"""What the contract has to be told of an order next (下一步), and what speaks against it; pure.

The platform decides at its gate; the contract is told afterwards, in totals, so that whatever is
sent twice, late or out of order changes nothing twice. Every step is found anew from where both
stand: there is nothing to remember between two of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from yidan.kernel.reasons import Reason, Role, reason
from yidan.release.titles.events import Act
from yidan.release.titles.orders.word import OrderState, OrderWord
from yidan.release.titles.word import Word

GRACE: Final = timedelta(days=30)
"""How much longer an order is good on the contract: collections are told after they happened."""
TOLERANCE: Final = 20
"""A title is closed when at most one part in so many was not collected; as on the contract."""

BY_PLATFORM = reason(
    "title-order-by-platform",
    en="The platform itself tells the contract of orders and collections: place, cancel and weigh"
    " there.",
    zh="提货指令和提货由平台自动上链：请在平台下达、取消指令并过磅。",
)
BEYOND_TITLE = reason(
    "title-order-beyond",
    en="In all {ordered} kg would be ordered or are collected by others; what stands on the chain"
    " for bill {bill} is for {quantity} kg.",
    zh="累计下达及他方已提共 {ordered} 千克；提单 {bill} 的链上单证数量为 {quantity} 千克。",
    owner=Role.CARRIER,
)
ANOTHERS_TITLE = reason(
    "title-of-another",
    en="Not the lot's owner but another party holds the title of bill {bill} and surrendered it;"
    " the goods are that party's.",
    zh="提单 {bill} 的链上单证由货主以外的他方持有并交单；货物归该方。",
    owner=Role.CONSIGNEE,
)
NO_OFFICE = reason(
    "title-order-without-office",
    en="Goods of bill {bill} are ordered on the chain too: its carrier and its terminal need their"
    " offices there, confirmed.",
    zh="提单 {bill} 的提货指令须同步上链：承运人和码头须具有已确认的链上职能。",
    owner=Role.ADMINISTRATOR,
)
ORDER_ENDED = reason(
    "title-order-ended",
    en="The contract's order for these goods was ended after {collected} kg, by others or because a"
    " pledgee forecloses; no more goods leave on it. Cancel it and place another one.",
    zh="该批货物的链上提货指令已终止（已提 {collected} 千克；他方撤销或质权人实现质权）；"
    "不得继续提货。请取消后重新下达。",
    owner=Role.CONSIGNEE,
)
COLLECTED_ELSEWHERE = reason(
    "title-order-collected-elsewhere",
    en="On the contract {collected} kg of this order were collected, here {delivered} kg: the"
    " difference left by others. No more goods leave on it.",
    zh="该指令链上已提 {collected} 千克，本平台仅提 {delivered} 千克：差额由他方提离。"
    "不得继续提货。",
    owner=Role.TERMINAL,
)
OTHER_NOMINEE = reason(
    "title-order-renominated",
    en="On the contract another haulier is named for these goods now; none leave by this one."
    " Cancel the order and place another one.",
    zh="该批货物在链上已改指定其他提货人；本车队不得提离。请取消后重新下达。",
    owner=Role.CONSIGNEE,
)
STILL_OPEN = reason(
    "title-orders-not-told",
    en="Orders of the title are open, or not told to the contract yet; finish or cancel them"
    " first.",
    zh="该单证仍有未结提货指令，或尚未上链；请先完成或取消。",
    owner=Role.CONSIGNEE,
)
BEYOND_TOLERANCE = reason(
    "title-beyond-tolerance",
    en="{left} of {quantity} were not collected: more than the twentieth part that may be closed.",
    zh="尚有 {left}（总量 {quantity}）未提，超过可结案的二十分之一。",
)


@dataclass(frozen=True, kw_only=True)
class Here:
    """An order of the platform, as its own tables have it."""

    ordered_kg: int
    """Less what was cancelled."""
    delivered_kg: int
    cancelled: bool
    nominee: int = 0
    """Handle of its haulier, 0 where it has none."""


@dataclass(frozen=True)
class Step:
    """What the contract is to be told of an order next."""

    act: Act
    quantity: int
    """Ordered, or collected in total; 0 of a revocation."""


def next_step(
    here: Here, there: OrderWord | None, *, more: bool = True, ends: bool = False
) -> Step | None:
    """What the contract is to be told next; None: it has it all.

    Args:
        here: the platform's order.
        there: the contract's word of it; None before there is one.
        more: whether goods may still leave on it; else only what left is told.
        ends: whether it is revoked though it was not cancelled: a pledgee forecloses, which no open
            order may prevent.
    """
    if there is None:
        wanted = here.ordered_kg if more else here.delivered_kg
        return Step(Act.ORDER, wanted) if wanted else None
    if there.state is not OrderState.OPEN:
        return None
    total = min(here.delivered_kg, there.authorised)
    if total > there.collected:
        return Step(Act.COLLECT, total)
    return Step(Act.REVOKE_ORDER, 0) if here.cancelled or ends else None


def is_possible(step: Step, title: Word) -> bool:
    """Whether the contract takes a step as the title stands; a revocation it always takes."""
    if step.act is Act.REVOKE_ORDER:
        return True
    if title.holds or title.foreclosing or title.open_gates:
        return False
    return step.act is Act.COLLECT or step.quantity <= title.quantity - title.ordered


def is_outcome(act: Act, terms: Mapping[str, Any], order: OrderWord) -> bool:
    """Whether what happened to an order is just what was asked for."""
    if act is Act.ORDER:
        told = (order.terminal, order.nominee, order.authorised, order.valid_until)
        return told == tuple(
            terms[name] for name in ("terminal", "nominee", "quantity", "valid_until")
        )
    if act is Act.COLLECT:
        return (order.number, order.collected) == (terms["number"], terms["total"])
    return bool(order.number == terms["number"])


def departure_reasons(here: Here, there: OrderWord | None) -> list[Reason]:
    """Why nothing more leaves on an order of the platform, by what others did on the contract."""
    if there is None:
        return []
    found = []
    if there.state is OrderState.REVOKED and not here.cancelled:
        found.append(ORDER_ENDED(collected=there.collected))
    if there.collected > here.delivered_kg:
        gone, ours = there.collected, here.delivered_kg
        found.append(COLLECTED_ELSEWHERE(collected=gone, delivered=ours))
    if there.nominee not in {0, here.nominee}:
        found.append(OTHER_NOMINEE())
    return found


def collected_beyond(here: Here, there: OrderWord | None) -> int:
    """Kilograms that others collected on an order beyond what counts here as ordered by it."""
    return max(there.collected - here.ordered_kg, 0) if there else 0


def closing_reasons(title: Word, orders: Sequence[tuple[Here, OrderWord | None]]) -> list[Reason]:
    """Why a title cannot be closed with what little was not collected."""
    left = title.quantity - title.collected
    found = []
    waits = any(next_step(here, there) for here, there in orders)
    if waits or title.ordered != title.collected:
        found.append(STILL_OPEN())
    if left * TOLERANCE > title.quantity:
        found.append(BEYOND_TOLERANCE(left=left, quantity=title.quantity))
    return found
