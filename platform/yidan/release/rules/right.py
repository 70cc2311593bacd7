"""SM-A2, the release right (提货权): one a box visit, exactly one holder at any time (DOMAIN 2(a)).

The table is the machine; two overlays lie over it. SUSPENDED is an event of the right (its release
was revoked or ran out, the chain of holders is kept). BLOCKED is what the release says and is read
from it at every use.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.errors import RefusedError
from yidan.kernel.events import Event
from yidan.kernel.machine import Machine, not_in_this_state
from yidan.kernel.reasons import Reason, Role, reason
from yidan.release import events
from yidan.release.rules import words
from yidan.release.rules.commercial import Block, block_reasons


class RightState(StrEnum):
    """Where a release right stands."""

    NONE = "none"
    UNASSIGNED = "unassigned"
    """No holder named yet 未指定"""
    HELD = "held"
    """持有"""
    OFFERED = "offered"
    """转让中"""
    ASSIGNED = "assigned"
    """已派车"""
    LOCKED_AT_GATE = "locked_at_gate"
    """进闸锁定"""
    CONSUMED = "consumed"
    """已提离"""
    VOID = "void"
    """作废"""


class Overlay(StrEnum):
    """Whether the release carries the right."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    """中止"""


_R = RightState
_BEFORE_THE_GATE: Final = (_R.UNASSIGNED, _R.HELD, _R.OFFERED, _R.ASSIGNED)

RIGHT: Final = Machine(
    "release right",
    _R.NONE,
    MappingProxyType(
        {
            (_R.NONE, events.RightArmed): _R.UNASSIGNED,
            (_R.UNASSIGNED, events.RightNamed): _R.HELD,
            (_R.HELD, events.RightOffered): _R.OFFERED,
            (_R.OFFERED, events.RightAccepted): _R.HELD,
            (_R.OFFERED, events.RightDeclined): _R.HELD,
            (_R.OFFERED, events.OfferExpired): _R.HELD,
            (_R.OFFERED, events.OfferRevoked): _R.HELD,
            (_R.HELD, events.RightReturned): _R.HELD,
            (_R.HELD, events.RightAssigned): _R.ASSIGNED,
            (_R.ASSIGNED, events.RightAssigned): _R.ASSIGNED,
            (_R.ASSIGNED, events.RightUnassigned): _R.HELD,
            (_R.ASSIGNED, events.RightLocked): _R.LOCKED_AT_GATE,
            (_R.LOCKED_AT_GATE, events.RightClaimed): _R.LOCKED_AT_GATE,
            (_R.LOCKED_AT_GATE, events.BoxLeftBehind): _R.ASSIGNED,
            (_R.LOCKED_AT_GATE, events.RightConsumed): _R.CONSUMED,
            **{(state, events.RightReset): _R.UNASSIGNED for state in _BEFORE_THE_GATE},
            **{(state, events.RightVoided): _R.VOID for state in _BEFORE_THE_GATE},
            **{(state, events.RightSuspended): state for state in _BEFORE_THE_GATE},
            **{(state, events.RightResumed): state for state in _BEFORE_THE_GATE},
        }
    ),
    zh="提货权",
    states=words.RIGHT_STATES,
)
"""SM-A2. Nothing leads out of CONSUMED and VOID."""

SUSPENSION: Final = Machine(
    "release right's overlay",
    Overlay.ACTIVE,
    MappingProxyType(
        {
            (Overlay.ACTIVE, events.RightSuspended): Overlay.SUSPENDED,
            (Overlay.SUSPENDED, events.RightResumed): Overlay.ACTIVE,
            (Overlay.SUSPENDED, events.RightReset): Overlay.SUSPENDED,
            (Overlay.SUSPENDED, events.RightNamed): Overlay.SUSPENDED,
            (Overlay.SUSPENDED, events.RightVoided): Overlay.SUSPENDED,
            **{
                (Overlay.ACTIVE, happened): Overlay.ACTIVE
                for happened in {event for _, event in RIGHT.transitions}
                - {events.RightSuspended, events.RightResumed}
            },
        }
    ),
)
"""Under SUSPENDED only the carrier's own acts are possible."""

MAX_DEPTH: Final = 6
"""Longest chain of holders `[K]`."""
FINAL_STATES: Final = frozenset({_R.CONSUMED, _R.VOID})
"""States nothing leads out of: what a reader without a lock saw of them stays true."""

NOT_HOLDER = reason(
    "right-not-yours",
    en="You do not hold this release right; its holder must do this.",
    zh="您不持有该提货权；须由持有人操作。",
)
NOT_OFFERED_TO_YOU = reason(
    "right-not-offered-to-you",
    en="This release right is not offered to you.",
    zh="该提货权未转让给您。",
)
OFFER_TO_SELF = reason(
    "right-offer-to-self",
    en="A right is offered to another party than its holder.",
    zh="提货权应转让给持有人以外的企业。",
)
CHAIN_TOO_LONG = reason(
    "right-chain-too-long",
    en="The right has passed through {depth} holders, the most there may be; return it instead.",
    zh="提货权已经过 {depth} 个持有人，达到上限；请退回。",
)
OFFER_EXPIRED = reason(
    "right-offer-expired",
    en="The offer ended; ask the holder to offer the right again.",
    zh="转让已逾期；请持有人重新转让。",
)
OFFER_WITHOUT_TIME = reason(
    "right-offer-without-time",
    en="The offer would end in the past; send a later end.",
    zh="转让截止时间已过；请发送更晚的时间。",
)
SUSPENDED = reason(
    "right-suspended",
    en="The carrier's release no longer covers this box; it must be released again.",
    zh="承运人的放货已不包含该箱；须重新放货。",
    owner=Role.SHIPPING_AGENT,
)
NOBODY_TO_RETURN_TO = reason(
    "right-nobody-to-return-to",
    en="You are the first holder; the carrier gave you the right.",
    zh="您是首个持有人；提货权由承运人授予。",
)
NO_RIGHT_FOR_BOX = reason(
    "right-not-found-for-box",
    en="You hold no release right for box {box} of bill {bill}.",
    zh="您不持有提单 {bill} 项下箱 {box} 的提货权。",
    owner=Role.CONSIGNEE,
)


@dataclass(frozen=True, kw_only=True)
class RightFacts:
    """A right as its holders' acts are judged by it."""

    state: RightState
    suspended: bool
    blocks: tuple[Block, ...]
    holder: str
    offered_to: str
    offer_expires_at: datetime | None
    chain: tuple[str, ...]
    """Party ids, first holder first, present holder last."""
    caller: str
    now: datetime

    @property
    def offer_over(self) -> bool:
        """Whether an open offer has run out."""
        return (
            self.state is RightState.OFFERED
            and self.offer_expires_at is not None
            and self.now > self.offer_expires_at
        )


def step_findings(facts: RightFacts, happened: type[Event]) -> list[Reason]:
    """Why the state, the suspension or the block do not allow an event: every reason."""
    found: list[Reason] = []
    state = RightState.HELD if facts.offer_over else facts.state
    if not RIGHT.allows(state, happened):
        found.append(not_in_this_state(RIGHT.name, state.value, happened.TYPE))
    overlay = Overlay.SUSPENDED if facts.suspended else Overlay.ACTIVE
    if not SUSPENSION.allows(overlay, happened):
        found.append(SUSPENDED())
    return found


def holder_findings(facts: RightFacts, happened: type[Event]) -> list[Reason]:
    """Why the caller may not do what only the holder of an unblocked right may do."""
    found = [] if facts.caller == facts.holder else [NOT_HOLDER()]
    return found + block_reasons(facts.blocks) + step_findings(facts, happened)


def offer_findings(facts: RightFacts, to: str, expires_at: datetime) -> list[Reason]:
    """Why a right may not be offered."""
    found = holder_findings(facts, events.RightOffered)
    if to == facts.holder:
        found.append(OFFER_TO_SELF())
    if len(facts.chain) >= MAX_DEPTH:
        found.append(CHAIN_TOO_LONG(depth=len(facts.chain)))
    if expires_at <= facts.now:
        found.append(OFFER_WITHOUT_TIME())
    return found


def answer_findings(facts: RightFacts, happened: type[Event]) -> list[Reason]:
    """Why an offer may not be accepted or declined by the caller."""
    if facts.offer_over:
        return [OFFER_EXPIRED(since=facts.offer_expires_at)]
    found = step_findings(facts, happened)
    if facts.state is RightState.OFFERED and facts.caller != facts.offered_to:
        found.append(NOT_OFFERED_TO_YOU())
    if happened is events.RightAccepted:
        found += block_reasons(facts.blocks)
    return found


def return_findings(facts: RightFacts) -> list[Reason]:
    """Why the caller may not give the right back."""
    found = [] if facts.caller == facts.holder else [NOT_HOLDER()]
    found += step_findings(facts, events.RightReturned)
    if len(facts.chain) < 2:  # noqa: PLR2004 - a giver and a taker
        found.append(NOBODY_TO_RETURN_TO())
    return found


def refuse(found: list[Reason]) -> None:
    """Raise with every reason, if there is one.

    Raises:
        RefusedError: there is at least one reason.
    """
    if found:
        raise RefusedError(*found)
