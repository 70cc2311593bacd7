"""What is owed next on a title, and by whom (DOMAIN U1); pure, from its word alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import Reason, ReasonCode, Role, reason, worded
from yidan.release.titles.rules.clearing import LETTER
from yidan.release.titles.rules.offices import (
    AUTHORITIES,
    GATE_KEEPERS,
    GATEKEEPERS,
    KEEPERS,
    Authority,
    Gate,
    authority_bit,
    gate_bit,
)
from yidan.release.titles.word import TitleState, Word
from yidan.release.titles.words import AUTHORITY_NAMES, GATE_NAMES


class Who(StrEnum):
    """Which of a title's parties owes a step."""

    HOLDER = "holder"
    TAKER = "taker"
    ISSUER = "issuer"
    PLEDGEE = "pledgee"
    OFFICE = "office"
    """Whoever keeps the office of an authority or gate."""
    NOBODY = "nobody"


DECIDE = reason(
    "next-title-holder",
    en="The holder passes the title on, pledges it, or surrenders it for delivery.",
    zh="由持有人转让、质押或交单提货。",
    owner=Role.CONSIGNEE,
)
ANSWER_OFFER = reason(
    "next-title-taker",
    en="The taker accepts or declines the offer until {until}.",
    zh="由受让方在 {until} 前接受或拒绝。",
    owner=Role.CONSIGNEE,
)
OFFER_LAPSED = reason(
    "next-title-lapsed",
    en="The offer ended at {until} without an answer; the holder takes the title back.",
    zh="转让要约已于 {until} 失效；由持有人收回单证。",
    owner=Role.CONSIGNEE,
)
ANSWER_SURRENDER = reason(
    "next-title-issuer",
    en="The carrier or its agent accepts or rejects the surrender.",
    zh="由承运人或其代理接受或退回交单。",
    owner=Role.CARRIER,
)
ANSWER_AMENDMENT = reason(
    "next-title-amendment",
    en="The carrier or its agent issues what the holder asked for, or rejects it.",
    zh="由承运人或其代理按持有人申请改单，或退回。",
    owner=Role.CARRIER,
)
RELEASE_GOODS = reason(
    "next-title-release",
    en="The carrier or its agent grants the release of the goods.",
    zh="由承运人或其代理放货。",
    owner=Role.CARRIER,
)
FREE_PLEDGE = reason(
    "next-title-pledgee",
    en="The holder asks to surrender and the pledgee consents, or the pledgee discharges.",
    zh="由持有人申请交单并经质权人同意，或由质权人解除质押。",
    owner=Role.BANK,
)
FORECLOSE = reason(
    "next-title-foreclosure",
    en="The pledgee forecloses when its notice has run out, or withdraws the notice.",
    zh="由质权人在通知期满后实现质权，或撤回通知。",
    owner=Role.BANK,
)
LIFT_HOLD = reason(
    "next-title-hold",
    en="A hold stands; only who placed it lifts it: {authority}.",
    zh="存在扣留；只能由扣留方解除：{authority}。",
    authority=worded({one.value: words for one, words in AUTHORITY_NAMES.items()}),
)
SATISFY_GATE = reason(
    "next-title-gate",
    en="A condition of the release is open: {gate}.",
    zh="尚有放行条件未满足：{gate}。",
    gate=worded({one.value: words for one, words in GATE_NAMES.items()}),
)
OVER = reason("next-title-over", en="The title has ended.", zh="该单证已终结。")

_BY_STATE: Final[Mapping[TitleState, tuple[ReasonCode, Who]]] = MappingProxyType(
    {
        TitleState.ACTIVE: (DECIDE, Who.HOLDER),
        TitleState.SURRENDERED: (ANSWER_SURRENDER, Who.ISSUER),
        TitleState.AMENDMENT: (ANSWER_AMENDMENT, Who.ISSUER),
        TitleState.RELEASING: (RELEASE_GOODS, Who.ISSUER),
    }
)


@dataclass(frozen=True)
class Owed:
    """A step, and who of the title's parties owes it."""

    reason: Reason
    who: Who
    office: int = 0
    """Number of the office whose keeper owes it."""


def owed(word: Word, now: datetime) -> list[Owed]:
    """What is owed on a title: first what moves it on, then what keeps its goods back."""
    if word.state is TitleState.PENDING:
        return [_of_offer(word, now), *_kept_back(word)]
    if word.state not in _BY_STATE:
        return [Owed(OVER(), Who.NOBODY)]
    code, who = _BY_STATE[word.state]
    first = Owed(code(), who)
    if word.foreclosing:
        first = Owed(FORECLOSE(), Who.PLEDGEE)
    elif word.pledged and word.state is TitleState.ACTIVE:
        first = Owed(FREE_PLEDGE(), Who.PLEDGEE)
    return [first, *_kept_back(word)]


def _of_offer(word: Word, now: datetime) -> Owed:
    until = word.offered_until or now
    said = until.isoformat(timespec="minutes")
    if now > until:
        return Owed(OFFER_LAPSED(until=said), Who.HOLDER)
    return Owed(ANSWER_OFFER(until=said), Who.TAKER)


def _kept_back(word: Word) -> list[Owed]:
    """Holds that stand and gates that are open, each with its keeper."""
    gates = word.open_gates & ~LETTER
    return [
        *(_of_hold(one) for one in Authority if word.holds >> authority_bit(one) & 1),
        *(_of_gate(one) for one in Gate if gates >> gate_bit(one) & 1),
    ]


def _of_hold(one: Authority) -> Owed:
    found = LIFT_HOLD(authority=one.value, owner=KEEPERS[one])
    return Owed(found, Who.OFFICE, AUTHORITIES + authority_bit(one))


def _of_gate(one: Gate) -> Owed:
    found = SATISFY_GATE(gate=one.value, owner=GATE_KEEPERS[one])
    return Owed(found, Who.OFFICE, GATEKEEPERS + gate_bit(one))
