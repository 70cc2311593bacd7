"""Where a transfer chain leaves the bill (电子提单转让链).

Source: DCSA PINT 3.0.0. A chain is a fold: each transaction is judged by where the earlier ones
left the bill. Every failing reason is told, not only the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from yidan.exchange.pint.rules.envelope import (
    ALONE,
    ENDORSEMENTS,
    SURRENDERS,
    Action,
    Entry,
    Envelope,
    Party,
    Transaction,
)
from yidan.kernel.reasons import Reason, reason

NO_ISSUE = reason(
    "ebl-no-issue",
    en="The chain does not start with the bill's ISSUE; send the whole chain.",
    zh="转让链未以签发（ISSUE）开始；请发送完整的链。",
)
SECOND_ISSUE = reason(
    "ebl-second-issue",
    en="ISSUE stands again as transaction {number}; a bill is issued once.",
    zh="第 {number} 笔交易再次签发；一份提单只签发一次。",
)
NOT_POSSESSOR = reason(
    "ebl-not-in-possession",
    en="{actor} does {action} in transaction {number} without possession of the bill.",
    zh="第 {number} 笔交易中 {actor} 执行 {action}，但并不占有该提单。",
)
RECIPIENT_NEEDED = reason(
    "ebl-recipient-needed",
    en="Transaction {number} ({action}) names no recipient.",
    zh="第 {number} 笔交易（{action}）未指明接收人。",
)
RECIPIENT_TOO_MANY = reason(
    "ebl-recipient-not-allowed",
    en="Transaction {number} ({action}) has no recipient, yet one is named.",
    zh="第 {number} 笔交易（{action}）不应有接收人。",
)
NOT_TO_ORDER = reason(
    "ebl-not-to-order",
    en="Transaction {number} endorses a bill that is not to order.",
    zh="第 {number} 笔交易背书了一份非指示提单。",
)
MAY_NOT_ENDORSE = reason(
    "ebl-may-not-endorse",
    en="{actor} endorses in transaction {number}, but the bill was endorsed to somebody else.",
    zh="第 {number} 笔交易中 {actor} 作背书，但提单已背书给他人。",
)
NOT_TO_CARRIER = reason(
    "ebl-surrender-not-to-carrier",
    en="Transaction {number} surrenders the bill to another party than the one that issued it.",
    zh="第 {number} 笔交易未向签发人交单。",
)
SURRENDER_OPEN = reason(
    "ebl-surrender-open",
    en="Transaction {number} ({action}) comes while a surrender waits for the carrier's answer.",
    zh="第 {number} 笔交易（{action}）发生时，交单尚待承运人答复。",
)
NO_SURRENDER = reason(
    "ebl-no-surrender-open",
    en="Transaction {number} ({action}) answers no open surrender; each is answered once.",
    zh="第 {number} 笔交易（{action}）没有可答复的交单；每次交单只答复一次。",
)
AFTER_THE_END = reason(
    "ebl-after-surrender-accepted",
    en="Transaction {number} ({action}) comes after the surrender was accepted.",
    zh="第 {number} 笔交易（{action}）发生在交单被接受之后。",
)


@dataclass(frozen=True)
class Standing:
    """Where a chain left the bill."""

    issuer: Party | None = None
    possessor: Party | None = None
    endorsee: Party | None = None
    """Who alone may endorse; None: whoever has possession."""
    endorsable: bool = True
    surrendered_by: Party | None = None
    """Who waits for the carrier's answer."""
    amending: bool = False
    """The surrender is for an amendment."""
    ended: bool = False
    last: Transaction | None = None


@dataclass
class _Walk:
    """The fold over the transactions, with what was wrong on the way."""

    to_order: bool
    standing: Standing = field(default_factory=Standing)
    wrong: list[Reason] = field(default_factory=list)


def same_party(one: Party | None, other: Party | None) -> bool:
    """Whether two names mean one party: same platform, a common code, and none that differs."""
    if one is None or other is None or one.platform != other.platform:
        return False
    lists = {(code.provider, code.list_name): code.value for code in one.codes}
    shared = [code for code in other.codes if (code.provider, code.list_name) in lists]
    return bool(shared) and all(
        lists[code.provider, code.list_name] == code.value for code in shared
    )


def _is_issuer(party: Party, issuer: Party | None) -> bool:
    """The carrier that issued, or whom it issued for."""
    if issuer is None or party.platform != issuer.platform:
        return False
    return bool({*party.codes, *party.represented} & {*issuer.codes, *issuer.represented})


def walk(transactions: Sequence[Transaction], *, to_order: bool) -> tuple[Standing, list[Reason]]:
    """Follow a bill through its transactions: where it is left, and all that was not allowed."""
    going = _Walk(to_order)
    for number, one in enumerate(transactions, 1):
        going.wrong += _form_findings(number, one)
        if number == 1:
            _start(going, one)
        else:
            _step(going, number, one)
        going.standing = replace(going.standing, last=one)
    if not transactions:
        going.wrong.append(NO_ISSUE())
    return going.standing, going.wrong


def _form_findings(number: int, one: Transaction) -> Iterable[Reason]:
    if one.action in ALONE:
        return [RECIPIENT_TOO_MANY(number=number, action=one.action)] if one.recipient else []
    optional = one.action in {Action.SACC, Action.SREJ}
    if one.recipient is None and not optional:
        return [RECIPIENT_NEEDED(number=number, action=one.action)]
    return []


def _start(going: _Walk, one: Transaction) -> None:
    if one.action is not Action.ISSUE:
        going.wrong.append(NO_ISSUE())
    going.standing = Standing(issuer=one.actor, possessor=one.recipient)


def _step(going: _Walk, number: int, one: Transaction) -> None:
    now = going.standing
    if now.ended:
        going.wrong.append(AFTER_THE_END(number=number, action=one.action))
        return
    if one.action is Action.ISSUE:
        going.wrong.append(SECOND_ISSUE(number=number))
        return
    if one.action in {Action.SACC, Action.SREJ}:
        _answer(going, number, one)
        return
    if now.surrendered_by is not None:
        going.wrong.append(SURRENDER_OPEN(number=number, action=one.action))
        return
    if not same_party(one.actor, now.possessor):
        going.wrong.append(NOT_POSSESSOR(number=number, action=one.action, actor=one.actor.name))
    if one.action in ENDORSEMENTS:
        _endorse(going, number, one)
    elif one.action in SURRENDERS:
        _surrender(going, number, one)
    elif one.action is Action.TRANSFER:
        going.standing = replace(now, possessor=one.recipient)


def _endorse(going: _Walk, number: int, one: Transaction) -> None:
    now = going.standing
    if not going.to_order:
        going.wrong.append(NOT_TO_ORDER(number=number))
    if not now.endorsable or (now.endorsee and not same_party(one.actor, now.endorsee)):
        going.wrong.append(MAY_NOT_ENDORSE(number=number, actor=one.actor.name))
    going.standing = replace(
        now, endorsee=one.recipient, endorsable=one.action is not Action.ENDORSE
    )


def _surrender(going: _Walk, number: int, one: Transaction) -> None:
    if one.recipient is not None and not _is_issuer(one.recipient, going.standing.issuer):
        going.wrong.append(NOT_TO_CARRIER(number=number))
    going.standing = replace(
        going.standing,
        possessor=one.recipient,
        surrendered_by=one.actor,
        amending=one.action is Action.SURRENDER_FOR_AMENDMENT,
    )


def _answer(going: _Walk, number: int, one: Transaction) -> None:
    now = going.standing
    if now.surrendered_by is None:
        going.wrong.append(NO_SURRENDER(number=number, action=one.action))
        return
    if not same_party(one.actor, now.possessor):
        going.wrong.append(NOT_POSSESSOR(number=number, action=one.action, actor=one.actor.name))
    if one.action is Action.SACC:
        going.standing = replace(now, ended=True)
    else:
        back = now.surrendered_by
        going.standing = replace(now, possessor=back, surrendered_by=None, amending=False)


def transactions_of(entries: Sequence[Entry]) -> tuple[Transaction, ...]:
    """Every transaction of a chain, in order."""
    return tuple(one for entry in entries for one in entry.transactions)


def standing_of(envelope: Envelope) -> Standing:
    """Where an envelope's chain leaves the bill."""
    return walk(transactions_of(envelope.entries), to_order=envelope.to_order)[0]
