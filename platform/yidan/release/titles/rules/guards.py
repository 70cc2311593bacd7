"""What a party may ask for on a title, before the contract decides (指令审核); pure.

Every guard of the contract is repeated here on the projection, so that a party hears all reasons
at once and in words (LEDGER 0.7). The contract decides alone: a guard that is missing here costs a
refused instruction, never a title.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from yidan.kernel.reasons import Reason, Role, reason, worded
from yidan.release.titles.events import Act
from yidan.release.titles.word import BEARER, ENDS, TitleState, Word

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
