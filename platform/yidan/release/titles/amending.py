"""What takes a title's place (改单): split, merge, reissue, void, paper; pure.

The holder surrenders the title for just that, named by a hash (`lineage`); the issuer does just
that, or gives the title back. A split and a merge conserve the quantity, a reissue may change it
(LEDGER 2, I5, I11).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import Reason, Role, reason
from yidan.release.titles.events import Act
from yidan.release.titles.rules.guards import (
    FROZEN,
    QUANTITY_BITS,
    QUANTITY_TERM,
    Facts,
    Family,
    free,
    held_by,
    in_state,
)
from yidan.release.titles.word import FORECLOSING, PLEDGED, TitleState, Word

MOST: Final = 4
"""New titles, and titles merged with one, in one instruction: within its gas on the contract."""
ANSWERS: Final = frozenset(
    {Act.REPLACE, Act.SWITCH_TO_PAPER, Act.REJECT_AMENDMENT, Act.SWITCH_BACK}
)
"""What the issuer answers."""

TOO_MANY = reason(
    "title-too-many-at-once",
    en="At most {most} titles are merged, and at most {most} take their place, in one step.",
    zh="一次最多合并 {most} 份单证，最多签发 {most} 份新单证。",
)
NOT_CONSERVED = reason(
    "title-quantities-differ",
    en="The new titles are for {given} together, those whose place they take for {total}.",
    zh="新单证数量合计 {given}，与被取代单证数量 {total} 不符。",
)
UNLIKE = reason(
    "title-unlike",
    en="Titles are merged that are alike: in owner, holder, holds, conditions, issuer and pledge.",
    zh="只能合并所有人、持有人、扣留、放行条件、签发人及质押均相同的单证。",
)
NOT_ASKED_HERE = reason(
    "title-wish-unknown",
    en="What is to take the title's place was not asked for here, or on another title with which"
    " this one is merged; answer there, or reject it.",
    zh="取代方案并非在本平台就该单证提出，或系在与之合并的另一单证上提出；请在该处办理或退回。",
    owner=Role.CARRIER,
)
OTHERS_NOT_SURRENDERED = reason(
    "title-others-not-surrendered",
    en="The titles to be merged with it are not all surrendered for just this yet.",
    zh="拟合并的其他单证尚未全部为此交单。",
    owner=Role.CONSIGNEE,
)
NOT_FOR_THIS = reason(
    "title-asked-otherwise",
    en="The holder asked for something else to take the title's place.",
    zh="持有人申请的取代方式与此不同。",
    owner=Role.CONSIGNEE,
)
PAPER_PLEDGED = reason(
    "title-paper-pledged",
    en="A pledged title does not go on paper; it is discharged first.",
    zh="已质押的单证不能转为纸质；须先解除质押。",
    owner=Role.BANK,
)
BACK_ALREADY = reason(
    "title-switched-back",
    en="Another title stands for this one since its paper was given back.",
    zh="该单证的纸质文件已收回，已由新的链上单证取代。",
)


def conserved(facts: Facts) -> list[Reason]:
    """Why these children cannot take the title's place, and that of those merged with it."""
    family, word = facts.family, facts.word
    if family is None or word is None:
        return []
    found: list[Reason] = []
    if max(len(family.children), len(family.others)) > MOST:
        found.append(TOO_MANY(at="/children", most=MOST))
    if any(not 0 < one < 1 << QUANTITY_BITS for one in family.children):
        found.append(QUANTITY_TERM(at="/children"))
    total = word.quantity + sum(one.quantity for one in family.others)
    given = sum(family.children)
    if (len(family.children) > 1 or family.others) and given != total:
        found.append(NOT_CONSERVED(at="/children", given=given, total=total))
    if not family.one_pledge or any(_kind(one) != _kind(word) for one in family.others):
        found.append(UNLIKE(at="/others"))
    return found


def _kind(word: Word) -> tuple[int, ...]:
    """Everything that a title passes on to those that take its place, but what was satisfied."""
    flags = word.flags & (PLEDGED | FORECLOSING)
    return word.owner, word.holder, word.holds, word.gates_required, word.issuer, flags


def _ask(facts: Facts) -> list[Reason]:
    return [*free(facts), *held_by(facts), *conserved(facts)]


def _answer(facts: Facts) -> list[Reason]:
    found = in_state(facts, TitleState.AMENDMENT)
    if facts.word is not None and facts.word.frozen:
        found.append(FROZEN())
    if found or facts.family is not None:
        return found
    return [NOT_ASKED_HERE()]


def _replace(facts: Facts) -> list[Reason]:
    found, family = _answer(facts), facts.family
    if family is None:
        return found
    if family.paper:
        found.append(NOT_FOR_THIS())
    if not family.surrendered:
        found.append(OTHERS_NOT_SURRENDERED())
    return [*found, *conserved(facts)]


def _to_paper(facts: Facts) -> list[Reason]:
    found = _answer(facts)
    if facts.family is not None and not facts.family.paper:
        found.append(NOT_FOR_THIS())
    pledged = facts.word is not None and facts.word.pledged
    return [*found, PAPER_PLEDGED()] if pledged else found


def _reject(facts: Facts) -> list[Reason]:
    return in_state(facts, TitleState.AMENDMENT)


def _back(facts: Facts) -> list[Reason]:
    found = in_state(facts, TitleState.PAPER)
    return [*found, BACK_ALREADY()] if facts.switched_back else found


GUARDS: Final[Mapping[Act, Callable[[Facts], list[Reason]]]] = MappingProxyType(
    {
        Act.SURRENDER_FOR_AMENDMENT: _ask,
        Act.REPLACE: _replace,
        Act.SWITCH_TO_PAPER: _to_paper,
        Act.REJECT_AMENDMENT: _reject,
        Act.SWITCH_BACK: _back,
    }
)


def family(
    wish: Mapping[str, object],
    others: tuple[Word, ...],
    *,
    one_pledge: bool = True,
    surrendered: bool = True,
) -> Family:
    """What a wish (the terms of its instruction) says of a title's place."""
    children: object = wish.get("children") or []
    listed = children if isinstance(children, list) else []
    return Family(
        others=others,
        children=tuple(int(one["quantity"]) for one in listed),
        paper=bool(wish.get("paper")),
        one_pledge=one_pledge,
        surrendered=surrendered,
    )
