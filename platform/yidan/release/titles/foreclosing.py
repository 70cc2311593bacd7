"""What a pledgee may ask for when its loan is not paid (实现质权); pure.

The pledgee gives notice, for as long as the pledge says; from then on no goods leave. When it has
run out the pledgee becomes owner and holder of what has not been delivered.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import Reason, Role, reason
from yidan.release.titles.events import Act
from yidan.release.titles.rules.guards import (
    FORECLOSING,
    FROZEN,
    TO_ITSELF,
    Facts,
    by_pledgee,
    in_state,
)
from yidan.release.titles.word import TitleState

NO_NOTICE = reason(
    "title-no-notice",
    en="The pledgee gave no notice of foreclosure.",
    zh="质权人尚未通知实现质权。",
    owner=Role.BANK,
)
NOTICE_RUNNING = reason(
    "title-notice-running",
    en="The notice of foreclosure runs until {until}.",
    zh="实现质权的通知期至 {until} 届满。",
    owner=Role.BANK,
)
ORDERS_OPEN = reason(
    "title-orders-open",
    en="Goods of the title are ordered and not collected yet; the carrier revokes the orders"
    " first.",
    zh="该单证尚有已签发未提清的提货指令；须先由承运人撤销。",
    owner=Role.CARRIER,
)


def _give_notice(facts: Facts) -> list[Reason]:
    found = by_pledgee(facts)
    given = facts.word is not None and facts.word.foreclosing
    return [*found, FORECLOSING()] if given else found


def _noticed(facts: Facts) -> list[Reason]:
    found = by_pledgee(facts)
    given = facts.word is not None and facts.word.foreclosing
    return found if given else [*found, NO_NOTICE()]


def _foreclose(facts: Facts) -> list[Reason]:
    found = _noticed(facts)
    found += in_state(facts, TitleState.ACTIVE, TitleState.SURRENDERED, TitleState.RELEASING)
    if facts.notice_ends is not None and facts.now <= facts.notice_ends:
        found.append(NOTICE_RUNNING(until=facts.notice_ends.isoformat()))
    word = facts.word
    if word is not None:
        found += [FROZEN()] if word.frozen else []
        found += [ORDERS_OPEN()] if word.ordered != word.collected else []
    return found


def _assign(facts: Facts) -> list[Reason]:
    found = by_pledgee(facts)
    return [*found, TO_ITSELF()] if facts.terms["pledgee"] == facts.handle else found


GUARDS: Final[Mapping[Act, Callable[[Facts], list[Reason]]]] = MappingProxyType(
    {
        Act.GIVE_NOTICE: _give_notice,
        Act.WITHDRAW_NOTICE: _noticed,
        Act.FORECLOSE: _foreclose,
        Act.ASSIGN_PLEDGE: _assign,
    }
)
