"""What a party may ask for on a title, before the contract decides (指令审核); pure.

Every guard of the contract is repeated here on the projection, so that a party hears all reasons
at once and in words (LEDGER 0.7). The contract decides alone: a guard that is missing here costs a
refused instruction, never a title.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from yidan.kernel.reasons import Reason, Role, reason, worded
from yidan.release.titles.events import Act, Custody
from yidan.release.titles.orders import rules as orders
from yidan.release.titles.orders.word import OrderWord
from yidan.release.titles.word import BEARER, ENDS, TitleState, Word

ISSUERS: Final = 1 << 16
"""Office of issuer n, a carrier, is `ISSUERS + n`."""
AUTHORITIES: Final = 3 << 16
"""Office of the authority that owns hold bit b."""
GATEKEEPERS: Final = 4 << 16
"""Office of the keeper of gate bit b."""
TERMINALS: Final = 2 << 16
"""Office of terminal n is `TERMINALS + n`."""
SERIALS: Final = TERMINALS + 1
"""Office of the platform itself, as the terminal that uses release serials up."""
MOST: Final = 1 << 16
"""Offices of one class."""


class Authority(StrEnum):
    """Who may hold a title, in the order of its bits; the first four stop the goods alone."""

    CUSTOMS = "customs"
    QUARANTINE = "quarantine"
    TERMINAL = "terminal"
    CARRIER = "carrier"
    COURT = "court"
    BANK = "bank"
    PORT_AUTHORITY = "port_authority"
    SECURITY = "security"


class Gate(StrEnum):
    """What must be satisfied before goods leave, in the order of its bits (LEDGER 2)."""

    CARRIER = "carrier"
    CUSTOMS = "customs"
    PAYMENT = "payment"
    TERMINAL_CHARGES = "terminal_charges"
    QUARANTINE = "quarantine"


KEEPERS: Final[Mapping[Authority, Role]] = MappingProxyType(
    {
        Authority.CUSTOMS: Role.CUSTOMS,
        Authority.QUARANTINE: Role.REGULATOR,
        Authority.TERMINAL: Role.TERMINAL,
        Authority.CARRIER: Role.CARRIER,
        Authority.COURT: Role.REGULATOR,
        Authority.BANK: Role.BANK,
        Authority.PORT_AUTHORITY: Role.REGULATOR,
        Authority.SECURITY: Role.REGULATOR,
    }
)
"""The role of whom an administrator may give the office of an authority to."""
GATE_KEEPERS: Final[Mapping[Gate, Role]] = MappingProxyType(
    {
        Gate.CARRIER: Role.CARRIER,
        Gate.CUSTOMS: Role.CUSTOMS,
        Gate.PAYMENT: Role.BANK,
        Gate.TERMINAL_CHARGES: Role.TERMINAL,
        Gate.QUARANTINE: Role.REGULATOR,
    }
)
"""The same for the keeper of a gate."""


def authority_bit(authority: Authority) -> int:
    """The bit of an authority's hold, counted from the least significant."""
    return list(Authority).index(authority)


def gate_bit(gate: Gate) -> int:
    """The bit of a gate, counted from the least significant."""
    return list(Gate).index(gate)


class InstructionState(StrEnum):
    """Where an instruction stands."""

    AWAITING_CONSENT = "awaiting_consent"
    """待受让方同意"""
    AWAITING_SIGNATURE = "awaiting_signature"
    """待本方签署"""
    READY = "ready"
    """待链上确认: it will be sent, or is on its way"""
    CONFIRMED = "confirmed"
    """已确认"""
    REFUSED = "refused"
    """已拒绝"""
    WITHDRAWN = "withdrawn"
    """已撤回"""

    @classmethod
    def open(cls) -> "tuple[InstructionState, ...]":
        """Those without an outcome."""
        return (cls.AWAITING_CONSENT, cls.AWAITING_SIGNATURE, cls.READY)

    @classmethod
    def unconfirmed(cls) -> "tuple[InstructionState, ...]":
        """Those that an outcome on the chain confirms: what was given up may still be performed."""
        return (*cls.open(), cls.REFUSED, cls.WITHDRAWN)


def first_state(custody: Custody, *, consent: bool) -> InstructionState:
    """Where an instruction begins: the consent comes first, as the signature covers it."""
    return InstructionState.AWAITING_CONSENT if consent else state_after_consent(custody)


def state_after_consent(custody: Custody) -> InstructionState:
    """Where it stands with its consent: a party that keeps its own key has to sign."""
    if custody is Custody.OWN:
        return InstructionState.AWAITING_SIGNATURE
    return InstructionState.READY


def role_among(roles: frozenset[Role]) -> Role:
    """The role in which a party is concerned by a title."""
    usual = (Role.CARRIER, Role.BANK, Role.CONSIGNEE, Role.FORWARDER)
    return next((role for role in usual if role in roles), min(roles))


# --- guards -------------------------------------------------------------------------------------

STATE_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "absent": ("not issued", "未签发"),
        "active": ("active", "有效"),
        "pending": ("offered to a taker", "转让待接受"),
        "surrendered": ("surrendered", "已交单"),
        "releasing": ("surrendered and accepted", "交单已接受"),
        "amendment": ("surrendered for amendment", "交单改单"),
        "released": ("delivered in full", "已提清"),
        "void": ("void", "已作废"),
        "paper": ("switched to paper", "已转纸质"),
        "migrated": ("migrated", "已迁移"),
    }
)
_said: Final = worded(STATE_WORDS)

SUSPENDED = reason(
    "title-party-suspended",
    en="Your organisation is suspended on the contract; until it is restored nothing that it signs"
    " for itself counts.",
    zh="贵单位在合约上已被暂停；恢复之前，以本单位名义签署的操作无效。",
    owner=Role.ADMINISTRATOR,
)
OTHER_SUSPENDED = reason(
    "title-other-party-suspended",
    en="The other party is suspended on the contract; its consent does not count.",
    zh="对方在合约上已被暂停；其同意无效。",
    owner=Role.ADMINISTRATOR,
)
WRONG_STATE = reason(
    "title-not-in-state",
    en="The title is {state}; this needs one that is {needed}.",
    zh="该单证当前为“{state}”；此操作要求“{needed}”。",
    state=_said,
    needed=_said,
)
FROZEN = reason(
    "title-frozen",
    en="An authority holds the title itself; only it can lift its hold.",
    zh="主管机关已冻结该单证；只能由其解除。",
    owner=Role.REGULATOR,
)
UNDER_PLEDGE = reason(
    "title-pledged",
    en="The title is pledged; nothing moves it without the pledgee.",
    zh="该单证已质押；未经质权人同意不得转让或交单。",
    owner=Role.BANK,
)
NOT_PLEDGED = reason("title-not-pledged", en="The title is not pledged.", zh="该单证未质押。")
FORECLOSING = reason(
    "title-foreclosing",
    en="The pledgee gave notice of foreclosure; no goods leave.",
    zh="质权人已通知实现质权；货物不得提离。",
    owner=Role.BANK,
)
NOT_HOLDER = reason(
    "title-not-holder",
    en="Only the title's holder can do this.",
    zh="此操作只能由单证持有人执行。",
    owner=Role.CONSIGNEE,
)
IN_TWO_HANDS = reason(
    "title-in-two-hands",
    en="Owner and holder of the title are two; this needs both in one hand.",
    zh="该单证的所有人与持有人不同；此操作要求两者为同一方。",
    owner=Role.CONSIGNEE,
)
NOT_TAKER = reason(
    "title-not-taker",
    en="The title is not offered to your organisation.",
    zh="该单证未向贵单位提出转让。",
)
OFFER_OVER = reason(
    "title-offer-over", en="The offer ended at {until}.", zh="转让要约已于 {until} 失效。"
)
OFFER_TERM = reason(
    "title-offer-term",
    en="An offer ends in the future and within 30 days.",
    zh="转让要约的截止时间须在将来且不超过30天。",
)
NOT_PLEDGEE = reason(
    "title-not-pledgee",
    en="Only the pledgee can do this.",
    zh="此操作只能由质权人执行。",
    owner=Role.BANK,
)
NOTICE_TERM = reason(
    "title-notice-term",
    en="The notice of a foreclosure lasts 1 to 366 days.",
    zh="实现质权的通知期为1至366天。",
)
ISSUED_ALREADY = reason(
    "title-issued-already",
    en="Bill {bill} has a title on the chain, or one is being issued.",
    zh="提单 {bill} 已有链上单证，或正在签发。",
)
HELD_ALREADY = reason(
    "title-held-already", en="This authority holds the title already.", zh="该机关已扣留此单证。"
)
NOT_HELD = reason(
    "title-not-held", en="This authority does not hold the title.", zh="该机关未扣留此单证。"
)
GATE_UNCHANGED = reason(
    "title-gate-unchanged", en="The gate stands like that already.", zh="该放行条件已处于此状态。"
)
QUANTITY_TERM = reason(
    "title-quantity",
    en="A title's quantity is 1 to 1,099,511,627,775.",
    zh="单证数量须为 1 至 1,099,511,627,775。",
)
NO_KEY = reason(
    "title-party-without-key",
    en="{party} has no key on the chain yet; it has to register one first.",
    zh="{party} 尚无链上密钥；须先登记。",
)
KEY_NOT_CONFIRMED = reason(
    "title-key-not-confirmed",
    en="The key of {party} is not confirmed on the chain yet; wait some seconds.",
    zh="{party} 的密钥尚未获链上确认；请稍候。",
    owner=Role.ADMINISTRATOR,
)
NOT_KEEPER = reason(
    "title-office-not-kept",
    en="This needs an office on the chain that your organisation does not keep: {office}.",
    zh="此操作需要链上职能 {office}，贵单位不具有该职能。",
    owner=Role.ADMINISTRATOR,
)
BUSY = reason(
    "title-instruction-open",
    en="Another instruction on this title waits for its outcome; one at a time.",
    zh="该单证另有指令待确认；请逐一办理。",
)
DEADLINE = reason(
    "title-deadline",
    en="An instruction's deadline lies in the future and within 30 days.",
    zh="指令的截止时间须在将来且不超过30天。",
)
OTHER_SEQUENCE = reason(
    "title-other-sequence",
    en="The title is at sequence {sequence} by now; look at it again.",
    zh="该单证当前序号为 {sequence}；请重新查看。",
)
TO_ITSELF = reason(
    "title-to-itself",
    en="The other party is your own organisation.",
    zh="对方不能是贵单位自身。",
)

LONGEST: Final = timedelta(days=30)
"""How far ahead a deadline may lie."""
QUANTITY_BITS: Final = 40
NOTICE_S: Final = (86_400, 366 * 86_400)
"""Shortest and longest notice of a foreclosure, in seconds."""

OF_ORDERS: Final = frozenset({Act.ORDER, Act.COLLECT, Act.REVOKE_ORDER})
"""Acts of which the platform itself tells the contract."""
SEQUENCED: Final = frozenset(Act) - {
    Act.HOLD,
    Act.UNHOLD,
    Act.SATISFY,
    Act.UNSATISFY,
    Act.COLLECT,
    Act.REVOKE_ORDER,
}
"""Acts that are for a title at one sequence; the others carry a nonce: nothing overtakes a hold."""
KNOWN_BY_OUTCOME: Final = SEQUENCED | OF_ORDERS
"""Acts whose outcome tells which instruction it was, also one that was given up."""
CONSENTED: Final = frozenset({Act.TRANSFER, Act.SURRENDER_PLEDGED})
"""Acts in which another party's consent travels."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """What is to take a title's place, and that of titles merged with it."""

    others: tuple[Word, ...]
    """Those that are merged with it."""
    children: tuple[int, ...]
    """Quantities of the titles that take their place."""
    paper: bool
    """A paper takes it."""
    one_pledge: bool
    """All are pledged to the same pledgee by the same terms, or none is."""
    surrendered: bool
    """The others are surrendered for just this."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What an instruction is judged by, read in one transaction."""

    now: datetime
    word: Word | None
    """None: the title was never issued."""
    handle: int
    """Of whose key has to sign."""
    pledgee: int = 0
    """Handle of the present pledgee, or 0."""
    switched_back: bool = False
    """Another title stands for it since it went on paper."""
    family: Family | None = None
    """What is to take its place, where that is spoken of and known."""
    notice_ends: datetime | None = None
    """When the pledgee's notice runs out; None where none was given."""
    terms: Mapping[str, Any]
    deadline: datetime
    office_kept: bool = True
    """Whether the signer keeps the office that the act needs, confirmed by the contract."""
    office: int = 0
    busy: bool = False
    """Another sequenced instruction on the title is open."""
    suspended: bool = False
    """The signer is suspended on the contract; offices that it keeps are not."""
    other_suspended: bool = False
    """So is who has to consent."""
    waits_for: Role | None = None
    """Who owes its next step."""


_MOVES_ON: Final[Mapping[TitleState, Role]] = MappingProxyType(
    {
        TitleState.ACTIVE: Role.CONSIGNEE,
        TitleState.PENDING: Role.CONSIGNEE,
        TitleState.SURRENDERED: Role.CARRIER,
        TitleState.RELEASING: Role.CARRIER,
        TitleState.AMENDMENT: Role.CARRIER,
    }
)
"""Who moves a title out of its state; an ended one nobody."""


def in_state(facts: Facts, *needed: TitleState) -> list[Reason]:
    """Why not, if the title is in none of these states."""
    state = facts.word.state if facts.word else TitleState.ABSENT
    if state in needed:
        return []
    names = ", ".join(one.value for one in needed)
    return [WRONG_STATE(state=state.value, needed=names, owner=_MOVES_ON.get(state))]


def live(facts: Facts) -> list[Reason]:
    """Why not, if the title has ended or was never issued."""
    live = [state for state in TitleState if state not in ENDS | {TitleState.ABSENT}]
    return in_state(facts, *live)


def free(facts: Facts, *, pledged: bool = False) -> list[Reason]:
    """Why not, if the title is not active, is frozen, or under pledge or not against `pledged`."""
    found = in_state(facts, TitleState.ACTIVE)
    word = facts.word
    if word is not None:
        found += [FROZEN()] if word.frozen else []
        if word.pledged is not pledged:
            found.append(NOT_PLEDGED() if pledged else UNDER_PLEDGE())
    return found


def held_by(facts: Facts) -> list[Reason]:
    """Why not, if the signer does not both hold it and own it."""
    word = facts.word
    if word is None:
        return []
    found = [] if facts.handle == word.holder else [NOT_HOLDER()]
    return found if word.in_one_hand else [*found, IN_TWO_HANDS()]


def _issue(facts: Facts) -> list[Reason]:
    found = in_state(facts, TitleState.ABSENT)
    if not 0 < facts.terms["quantity"] < 1 << QUANTITY_BITS:
        found.append(QUANTITY_TERM(at="/quantity"))
    return found


def _transfer(facts: Facts) -> list[Reason]:
    found = [*free(facts), *held_by(facts)]
    return [*found, TO_ITSELF()] if facts.terms["taker"] == facts.handle else found


def _propose(facts: Facts) -> list[Reason]:
    found = free(facts)
    word, roles = facts.word, facts.terms["roles"]
    if word is not None:
        owner = word.holder if word.owner == BEARER else word.owner
        if facts.handle != (owner if roles == 1 else word.holder):
            found.append(NOT_HOLDER())
        if roles == 3 and owner != word.holder:  # noqa: PLR2004 - both roles
            found.append(IN_TWO_HANDS())
    until = datetime.fromtimestamp(facts.terms["deadline"], facts.now.tzinfo)
    if not facts.now < until <= facts.now + LONGEST:
        found.append(OFFER_TERM(at="/offeredUntil"))
    return found


OFFER_STANDS = reason(
    "title-offer-stands",
    en="The offer stands until {until}; only its taker ends it before.",
    zh="转让要约在 {until} 前有效；此前只能由受让方答复。",
    owner=Role.CONSIGNEE,
)


def _reclaim(facts: Facts) -> list[Reason]:
    found = in_state(facts, TitleState.PENDING)
    until = facts.word.offered_until if facts.word else None
    if until is not None and facts.now <= until:
        found.append(OFFER_STANDS(until=until.isoformat()))
    return found


def _offered(facts: Facts) -> list[Reason]:
    found = in_state(facts, TitleState.PENDING)
    word = facts.word
    if word is None or word.offered_until is None:
        return found
    if facts.handle != word.taker:
        found.append(NOT_TAKER())
    if facts.now > word.offered_until:
        found.append(OFFER_OVER(until=word.offered_until.isoformat()))
    return found


def _accept(facts: Facts) -> list[Reason]:
    found = _offered(facts)
    return [*found, FROZEN()] if facts.word is not None and facts.word.frozen else found


def _surrender(facts: Facts) -> list[Reason]:
    return [*free(facts), *held_by(facts)]


def _surrender_pledged(facts: Facts) -> list[Reason]:
    found = [*free(facts, pledged=True), *held_by(facts)]
    return [*found, FORECLOSING()] if facts.word is not None and facts.word.foreclosing else found


def _answer_surrender(facts: Facts) -> list[Reason]:
    return in_state(facts, TitleState.SURRENDERED)


def _pledge(facts: Facts) -> list[Reason]:
    found = _surrender(facts)
    shortest, longest = NOTICE_S
    if not shortest <= facts.terms["notice"] <= longest:
        found.append(NOTICE_TERM(at="/noticeS"))
    return [*found, TO_ITSELF()] if facts.terms["pledgee"] == facts.handle else found


def by_pledgee(facts: Facts) -> list[Reason]:
    """Why not, if the title is not the signer's in pledge."""
    found = live(facts)
    if facts.word is None:
        return found
    if not facts.word.pledged:
        return [*found, NOT_PLEDGED()]
    return found if facts.handle == facts.pledgee else [*found, NOT_PLEDGEE()]


def _close(facts: Facts) -> list[Reason]:
    return in_state(facts, TitleState.RELEASING)


def _hold(facts: Facts) -> list[Reason]:
    found = live(facts)
    held = facts.word is not None and facts.word.holds >> facts.terms["authority"] & 1
    return [*found, HELD_ALREADY()] if held else found


def _unhold(facts: Facts) -> list[Reason]:
    held = facts.word is not None and facts.word.holds >> facts.terms["authority"] & 1
    return [] if held else [NOT_HELD()]


def _satisfy(facts: Facts) -> list[Reason]:
    return [*live(facts), *([GATE_UNCHANGED()] if _is_satisfied(facts) else [])]


def _unsatisfy(facts: Facts) -> list[Reason]:
    return [*live(facts), *([] if _is_satisfied(facts) else [GATE_UNCHANGED()])]


def _is_satisfied(facts: Facts) -> bool:
    return facts.word is not None and bool(facts.word.gates_satisfied >> facts.terms["gate"] & 1)


GUARDS: Final[Mapping[Act, Callable[[Facts], list[Reason]]]] = MappingProxyType(
    {
        Act.ISSUE: _issue,
        Act.TRANSFER: _transfer,
        Act.PROPOSE: _propose,
        Act.ACCEPT: _accept,
        Act.DECLINE: _offered,
        Act.RECLAIM: _reclaim,
        Act.SURRENDER: _surrender,
        Act.SURRENDER_PLEDGED: _surrender_pledged,
        Act.ACCEPT_SURRENDER: _answer_surrender,
        Act.REJECT_SURRENDER: _answer_surrender,
        Act.PLEDGE: _pledge,
        Act.DISCHARGE: by_pledgee,
        Act.HOLD: _hold,
        Act.UNHOLD: _unhold,
        Act.SATISFY: _satisfy,
        Act.UNSATISFY: _unsatisfy,
        Act.CLOSE_WITH_TOLERANCE: _close,
    }
)
"""What stands against each act; the others' guards are in modules of their own (`judging`)."""


# --- outcomes -----------------------------------------------------------------------------------

OUTCOMES: Final[Mapping[Act, str]] = MappingProxyType(
    {
        Act.ISSUE: "Issued",
        Act.TRANSFER: "Transferred",
        Act.PROPOSE: "Proposed",
        Act.ACCEPT: "Accepted",
        Act.DECLINE: "Declined",
        Act.RECLAIM: "Reclaimed",
        Act.SURRENDER: "Surrendered",
        Act.SURRENDER_PLEDGED: "Surrendered",
        Act.ACCEPT_SURRENDER: "SurrenderAccepted",
        Act.REJECT_SURRENDER: "SurrenderRejected",
        Act.SURRENDER_FOR_AMENDMENT: "SurrenderedForAmendment",
        Act.REPLACE: "Replaced",
        Act.REJECT_AMENDMENT: "AmendmentRejected",
        Act.SWITCH_TO_PAPER: "SwitchedToPaper",
        Act.SWITCH_BACK: "Issued",
        Act.PLEDGE: "PledgeMade",
        Act.DISCHARGE: "PledgeDischarged",
        Act.ASSIGN_PLEDGE: "PledgeAssigned",
        Act.GIVE_NOTICE: "NoticeGiven",
        Act.WITHDRAW_NOTICE: "NoticeWithdrawn",
        Act.FORECLOSE: "Foreclosed",
        Act.HOLD: "Held",
        Act.UNHOLD: "Unheld",
        Act.SATISFY: "GateSatisfied",
        Act.UNSATISFY: "GateUnsatisfied",
        Act.ORDER: "Ordered",
        Act.COLLECT: "Collected",
        Act.REVOKE_ORDER: "OrderRevoked",
        Act.CLOSE_WITH_TOLERANCE: "Closed",
    }
)
"""The contract's event of each act."""


def is_outcome(  # noqa: PLR0917 - what was asked for, then what happened
    act: Act,
    sequence: int,
    terms: Mapping[str, Any],
    happened: str,
    before: Word | None,
    after: Word,
    *,
    evidence: str = "",
    order: OrderWord | None = None,
) -> bool:
    """Whether the contract did just what an instruction asked for.

    Somebody may have sent another call of the same kind at the same sequence: a transfer to another
    taker is not this one's outcome.
    """
    lineage = terms.get("lineage", "")
    for_amendment = act is Act.SURRENDER_PLEDGED and lineage
    if OUTCOMES[Act.SURRENDER_FOR_AMENDMENT if for_amendment else act] != happened:
        return False
    if lineage and evidence != terms.get("paper" if act is Act.SWITCH_TO_PAPER else "lineage"):
        return False
    if act in OF_ORDERS:
        same = act not in SEQUENCED or after.sequence == sequence + 1
        return same and order is not None and orders.is_outcome(act, terms, order)
    if act in SEQUENCED:
        return after.sequence == sequence + 1 and _as_asked(act, terms, after)
    held = "authority" in terms
    bits = (before.holds if before else 0, after.holds)
    if not held:
        bits = (before.gates_satisfied if before else 0, after.gates_satisfied)
    return bool((bits[0] ^ bits[1]) >> int(terms["authority" if held else "gate"]) & 1)


def _as_asked(act: Act, terms: Mapping[str, Any], after: Word) -> bool:
    match act:
        case Act.ISSUE:
            told = (after.issuer, after.quantity, after.holder, after.gates_required)
            return told == (terms["issuer"], terms["quantity"], terms["holder"], terms["gates"])
        case Act.SWITCH_BACK:
            return bool(after.holder == terms["holder"])
        case Act.TRANSFER:
            return bool(after.holder == terms["taker"])
        case Act.PROPOSE:
            return (after.taker, after.offered_roles) == (terms["taker"], terms["roles"])
        case _:
            return True


# --- the join with goods ------------------------------------------------------------------------

NOT_CLEARED = reason(
    "title-not-surrendered",
    en="The title of bill {bill} on the chain is {state}; it must be surrendered, and the"
    " surrender accepted by the carrier and confirmed.",
    zh="提单 {bill} 的链上单证为“{state}”；须先交单，由承运人接受并获链上确认。",
    state=_said,
    owner=Role.CONSIGNEE,
)
BEING_ISSUED = reason(
    "title-being-issued",
    en="A title of bill {bill} is being issued on the chain; wait for its outcome.",
    zh="提单 {bill} 的链上单证正在签发；请等待结果。",
    owner=Role.CARRIER,
)
BEING_CLOSED = reason(
    "title-being-closed",
    en="The title of bill {bill} is being closed on the chain with a shortage; no more leaves.",
    zh="提单 {bill} 的链上单证正在短重结案；不得再提离货物。",
    owner=Role.CARRIER,
)
GOODS_HELD = reason(
    "title-goods-held",
    en="The title of bill {bill} is held on the chain by: {authorities}.",
    zh="提单 {bill} 的链上单证被以下机关扣留：{authorities}。",
    owner=Role.REGULATOR,
)
GATES_OPEN = reason(
    "title-gates-open",
    en="The title of bill {bill} still needs on the chain: {gates}.",
    zh="提单 {bill} 的链上单证尚缺放行条件：{gates}。",
    owner=Role.CARRIER,
)
MIGRATED = reason(
    "title-migrated",
    en="The title of bill {bill} moved to the ledger that follows; goods leave only by what it"
    " becomes there.",
    zh="提单 {bill} 的链上单证已迁移至后继账本；货物只能凭该处的单证提离。",
    owner=Role.CARRIER,
)
INDEMNIFIED = reason(
    "title-indemnified",
    en="The goods of bill {bill} left against a letter of indemnity; nothing more is released"
    " against its title.",
    zh="提单 {bill} 的货物已凭保函放行；其链上单证不再放货。",
    owner=Role.CARRIER,
)
LETTER: Final = 1 << 7
"""The gate that is required once goods left against a letter of indemnity; nobody keeps it."""
CLEARED: Final = frozenset({TitleState.RELEASING, TitleState.RELEASED})
"""The surrender was accepted by the issuer, at depth k."""
GONE: Final = frozenset({TitleState.VOID, TitleState.PAPER})
"""Others, or paper, took the title's place."""


def governs(word: Word) -> bool:
    """Whether the goods of a title's bill are the contract's to clear, and no presentation's.

    One that migrated is awaited from its new ledger; behind a letter of indemnity nothing is left.
    """
    return word.state not in GONE or bool(word.gates_required & LETTER)


def goods_reasons(bill: str, words: list[Word], *, being_issued: bool = False) -> list[Reason]:
    """Why goods of a bill may not leave by its titles on the chain; [] where it has none.

    Args:
        bill: the bill's number.
        words: of every title of the bill but those whose place others took, which inherited what
            stood on them. From an ended one, too, an authority alone lifts its hold (I8).
        being_issued: an issue has no outcome yet.
    """
    found: list[Reason] = [BEING_ISSUED(bill=bill)] if being_issued else []
    for word in words:
        if word.gates_required & LETTER:
            found.append(INDEMNIFIED(bill=bill))
        if word.holds:
            names = [one.value for bit, one in enumerate(Authority) if word.holds >> bit & 1]
            found.append(GOODS_HELD(bill=bill, authorities=", ".join(names)))
        if word.state in GONE:
            continue
        if word.state is TitleState.MIGRATED:
            found.append(MIGRATED(bill=bill))
        elif word.state not in CLEARED:
            found.append(NOT_CLEARED(bill=bill, state=word.state.value))
        if word.foreclosing:
            found.append(FORECLOSING())
        gates = word.open_gates & ~LETTER
        if gates:
            names = [one.value for bit, one in enumerate(Gate) if gates >> bit & 1]
            found.append(GATES_OPEN(bill=bill, gates=", ".join(names) or str(gates)))
    return found


ON_CHAIN_ALONE = reason(
    "title-delivered-on-chain",
    en="Of the goods of bill {bill}, {ordered} are ordered and {collected} were delivered by orders"
    " on the chain itself; the rest goes by such orders too, and none by a release.",
    zh="提单 {bill} 的货物已通过链上提货指令订提 {ordered}、提离 {collected}；"
    "其余货物也只能通过链上指令提离，不得再凭放货指令提离。",
    owner=Role.CARRIER,
)
PASSED_ON = reason(
    "title-passed-on",
    en="After its surrender the title of bill {bill} passed to another party (foreclosure or"
    " seizure). Only a release that names that party as the first counts: the carrier must revoke"
    " or replace the release.",
    zh="提单 {bill} 的链上单证在交单后已转归他方（实现质权或依法扣押）。"
    "只有以该方为首位提货方的放货指令有效：承运人须撤销或替换原放货指令。",
    owner=Role.CARRIER,
)


def chain_orders_reasons(bill: str, words: list[tuple[Word, Sequence[OrderWord]]]) -> list[Reason]:
    """Why goods may not leave by the platform: other software has them delivered by the contract.

    Which boxes the contract's orders are for is not known here, so that none may go twice.

    Args:
        bill: the bill's number.
        words: of its titles, each with the orders on the chain that stand for the platform's own.
    """
    found = []
    for word, own in words:
        ordered = word.ordered - sum(order.counted for order in own)
        collected = word.collected - sum(order.collected for order in own)
        if word.state in CLEARED and (ordered or collected or word.state is TitleState.RELEASED):
            found.append(ON_CHAIN_ALONE(bill=bill, ordered=ordered, collected=collected))
    return found
