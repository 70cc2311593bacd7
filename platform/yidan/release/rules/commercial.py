"""SM-A1, the commercial release (商务放货) of a bill, and why a grant is refused.

One release has lines, one a box. A carrier's order needs no request on the platform; request,
review and payment before it happen at the carrier's own desk. Expiry is judged by the transaction's
time at every use: see `effective`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.machine import Machine
from yidan.kernel.reasons import Reason, Role, reason, worded
from yidan.release import events
from yidan.release.rules import words
from yidan.release.rules.holds import Hold, HoldKind, hold_reasons
from yidan.release.rules.lights import CommercialLight


class CommercialState(StrEnum):
    """Where a commercial release stands."""

    NONE = "none"
    """Nothing granted yet."""
    UNDER_REVIEW = "under_review"
    """The terminal turned it down; the carrier looks again 审核中"""
    PENDING_TERMINAL_ACK = "pending_terminal_ack"
    """待码头确认"""
    GRANTED = "granted"
    """已放货"""
    BLOCKED = "blocked"
    """冻结"""
    REVOKED = "revoked"
    """已撤销"""
    EXPIRED = "expired"
    """已过期"""
    ACCOMPLISHED = "accomplished"
    """全部提离"""


class LineState(StrEnum):
    """Where one box of a release stands."""

    WAITING = "waiting"
    """The terminal does not know the visit yet."""
    ARMED = "armed"
    """It has a release right."""
    CANCELLED = "cancelled"
    CONSUMED = "consumed"


_S = CommercialState

COMMERCIAL: Final = Machine(
    "commercial release",
    _S.NONE,
    MappingProxyType(
        {
            (_S.NONE, events.ReleaseGranted): _S.PENDING_TERMINAL_ACK,
            (_S.UNDER_REVIEW, events.ReleaseGranted): _S.PENDING_TERMINAL_ACK,
            (_S.PENDING_TERMINAL_ACK, events.ReleaseAcknowledged): _S.GRANTED,
            (_S.PENDING_TERMINAL_ACK, events.ReleaseTurnedDown): _S.UNDER_REVIEW,
            (_S.PENDING_TERMINAL_ACK, events.ReleaseReplaced): _S.PENDING_TERMINAL_ACK,
            (_S.PENDING_TERMINAL_ACK, events.ReleaseLinesCancelled): _S.PENDING_TERMINAL_ACK,
            (_S.PENDING_TERMINAL_ACK, events.ReleaseRevoked): _S.REVOKED,
            (_S.GRANTED, events.ReleaseReplaced): _S.GRANTED,
            (_S.GRANTED, events.ReleaseAcknowledged): _S.GRANTED,
            (_S.GRANTED, events.PendingBoxesRefused): _S.GRANTED,
            (_S.GRANTED, events.ReleaseLinesCancelled): _S.GRANTED,
            (_S.GRANTED, events.ReleaseBlocked): _S.BLOCKED,
            (_S.GRANTED, events.ReleaseRevoked): _S.REVOKED,
            (_S.GRANTED, events.ReleaseExpired): _S.EXPIRED,
            (_S.GRANTED, events.ReleaseAccomplished): _S.ACCOMPLISHED,
            (_S.BLOCKED, events.ReleaseBlocked): _S.BLOCKED,
            (_S.BLOCKED, events.ReleaseUnblocked): _S.GRANTED,
            (_S.BLOCKED, events.BlockEnded): _S.BLOCKED,
            (_S.REVOKED, events.BlockEnded): _S.REVOKED,
            (_S.BLOCKED, events.ReleaseLinesCancelled): _S.BLOCKED,
            (_S.BLOCKED, events.ReleaseRevoked): _S.REVOKED,
            (_S.EXPIRED, events.ReleaseGranted): _S.PENDING_TERMINAL_ACK,
            (_S.REVOKED, events.ReleaseGranted): _S.PENDING_TERMINAL_ACK,
        }
    ),
    zh="放货",
    states=words.RELEASE_STATES,
)
"""SM-A1. A replacement waits for the terminal under `pending_update`; the old version goes on."""

GRANT_STOPPERS: Final = frozenset({HoldKind.CARRIER, HoldKind.COURT, HoldKind.PLEDGE})
"""Holds on the bill that stop a grant; the others stop the gate only (SM-A1, grant)."""

TITLE_NOT_CLEARED = reason(
    "title-not-cleared",
    en="Negotiable bill {bill} was not presented; record the original, telex, e-bill or LOI.",
    zh="提单 {bill} 为可转让提单且尚未交付；请登记正本、电放、电子提单或保函。",
    owner=Role.CONSIGNEE,
)
CONSIGNEE_NOT_KNOWN = reason(
    "consignee-not-known",
    en="The named consignee of sea waybill {bill} is no verified party of the platform.",
    zh="海运单 {bill} 的记名收货人不是平台已认证企业。",
    owner=Role.CONSIGNEE,
)
BILL_NUMBER_AMBIGUOUS = reason(
    "release-bill-ambiguous",
    en="Two carriers use bill number {bill}; the newer bill needs another number.",
    zh="两个承运人使用同一提单号 {bill}；较新的提单须更换编号。",
    owner=Role.CARRIER,
)
BOX_NOT_ON_BILL = reason(
    "release-box-not-on-bill",
    en="Box {box} is not on bill {bill}.",
    zh="箱 {box} 不在提单 {bill} 上。",
    owner=Role.SHIPPING_AGENT,
)
BOX_TWICE = reason(
    "release-box-twice", en="Box {box} stands twice in the order.", zh="箱 {box} 在指令中重复。"
)
NO_BOXES = reason(
    "release-without-boxes", en="A release names at least one box.", zh="放货指令至少应包含一个箱。"
)
VALIDITY_OVER = reason(
    "release-validity-over",
    en="The release would end at {until}, which is past or before it begins; send a later end.",
    zh="放货有效期止于 {until}，已过期或早于开始时间；请发送更晚的截止时间。",
    owner=Role.SHIPPING_AGENT,
)
GRANTED_ALREADY = reason(
    "release-granted-already",
    en="This order is {state} already; send a replacement to change it.",
    zh="该放货指令已处于“{state}”状态；如需更改请发送替换指令。",
    state=worded(words.RELEASE_STATES),
    owner=Role.SHIPPING_AGENT,
)
NOT_CANCELLABLE = reason(
    "release-not-cancellable",
    en="The release is {state}; there is nothing to take back.",
    zh="放货状态为“{state}”；无可撤销内容。",
    state=worded(words.RELEASE_STATES),
)
RELEASED_ELSEWHERE = reason(
    "box-released-elsewhere",
    en="Box {box} is released by another order of this visit; cancel that one first.",
    zh="箱 {box} 本次到港已由另一放货指令放行；请先撤销该指令。",
    owner=Role.SHIPPING_AGENT,
)
GATE_OUT_DONE = reason(
    "box-gone", en="Box {box} has left the terminal.", zh="箱 {box} 已提离码头。"
)
LOCKED_AT_GATE = reason(
    "box-locked-at-gate",
    en="Box {box} is being picked up: its truck is in the terminal. Place a hold to stop it.",
    zh="箱 {box} 正在提箱，车辆已进场；如需拦截请设置扣留。",
    owner=Role.TERMINAL,
)
NOT_ON_RELEASE = reason(
    "box-not-on-release",
    en="Box {box} is not on release {release}.",
    zh="箱 {box} 不在放货指令 {release} 上。",
)
VISIT_NOT_KNOWN = reason(
    "visit-not-known",
    en="The terminal's list of vessel {vessel}, voyage {voyage} does not have box {box}.",
    zh="码头的船舶 {vessel} 航次 {voyage} 清单中没有箱 {box}。",
    owner=Role.TERMINAL,
)
NOT_BLOCKED_BY_YOU = reason(
    "release-not-yours-to-unblock",
    en="You did not block this release; each party ends its own block, a carrier also its agents'.",
    zh="贵方未冻结该放货；各方只能解除本方的冻结，承运人还可解除其船代的冻结。",
)
BLOCKED_BY_YOU = reason(
    "release-blocked-by-you-already",
    en="You block this release already.",
    zh="贵方已冻结该放货。",
)
BLOCKED = reason(
    "release-blocked",
    en="The release is blocked; who blocked it must unblock it.",
    zh="放货已冻结；须由冻结方解冻。",
    owner=Role.CARRIER,
)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One party's block of a release (冻结); every party has at most one."""

    party_id: str
    role: Role
    since: datetime


def block_reasons(blocks: tuple[Block, ...]) -> list[Reason]:
    """One reason a block, owed by who set it; goods move only when none is left."""
    return [BLOCKED(owner=block.role, since=block.since) for block in blocks]


def block_to_end(blocks: tuple[Block, ...], party: str, *, carrier: str) -> Block | None:
    """The block a party may end: its own, else as carrier the oldest of its agents'."""
    own = (block for block in blocks if block.party_id == party)
    agents = (block for block in blocks if block.role is Role.SHIPPING_AGENT and party == carrier)
    return next(own, None) or next(agents, None)


@dataclass(frozen=True, kw_only=True)
class GrantFacts:
    """What a grant is judged by."""

    now: datetime
    transport_document_reference: str
    negotiable: bool
    presented: bool
    """A presentation of the bill is on record."""
    consignee_known: bool
    number_unique: bool
    """No other live bill has this number; what customs says is filed by it."""
    bill_boxes: frozenset[str]
    boxes: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    bill_holds: tuple[Hold, ...]
    blocks: tuple[Block, ...] = ()
    """Blocks on this order, and on any other order of the bill for one of the boxes."""
    on_chain: bool = False
    """The bill has a title on the chain: no presentation on record clears it."""
    titles: tuple[Reason, ...] = ()
    """Why its titles on the chain keep the goods."""


def grant_findings(facts: GrantFacts) -> list[Reason]:
    """Why a release may not be granted: every reason."""
    bill = facts.transport_document_reference
    found: list[Reason] = []
    found += facts.titles
    if facts.negotiable and not facts.presented and not facts.on_chain:
        found.append(TITLE_NOT_CLEARED(bill=bill))
    if not facts.negotiable and not facts.consignee_known:
        found.append(CONSIGNEE_NOT_KNOWN(bill=bill))
    if not facts.number_unique:
        found.append(BILL_NUMBER_AMBIGUOUS(bill=bill))
    if not facts.boxes:
        found.append(NO_BOXES())
    twice = sorted({box for box in facts.boxes if facts.boxes.count(box) > 1})
    found += [BOX_TWICE(box=box) for box in twice]
    strangers = sorted(set(facts.boxes) - facts.bill_boxes)
    found += [BOX_NOT_ON_BILL(box=box, bill=bill) for box in strangers]
    if facts.valid_until <= max(facts.now, facts.valid_from):
        found.append(VALIDITY_OVER(until=facts.valid_until.isoformat()))
    stopping = tuple(hold for hold in facts.bill_holds if hold.kind in GRANT_STOPPERS)
    return [*found, *block_reasons(facts.blocks), *hold_reasons(stopping)]


def effective(state: CommercialState, valid_until: datetime, now: datetime) -> CommercialState:
    """The state by the clock: past its end a release is expired, written down or not."""
    if state is CommercialState.GRANTED and now > valid_until:
        return CommercialState.EXPIRED
    return state


def light(state: CommercialState, line: LineState) -> CommercialLight:
    """The commercial light of one box, from its release's effective state and its line."""
    if line is LineState.CANCELLED:
        return CommercialLight.NOK
    match state:
        case CommercialState.GRANTED | CommercialState.ACCOMPLISHED:
            return CommercialLight.UNKNOWN if line is LineState.WAITING else CommercialLight.OK
        case CommercialState.BLOCKED:
            return CommercialLight.BLOCKED
        case CommercialState.EXPIRED:
            return CommercialLight.EXPIRED
        case CommercialState.REVOKED:
            return CommercialLight.NOK
        case _:
            return CommercialLight.UNKNOWN
