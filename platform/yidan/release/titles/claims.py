"""Claims on a bill outside our contract: an electronic bill that circulates 流转中的电子提单 (I1).

A bill has one claim. A room above that knows of another kind of claim looks for it with
`@claims`, beside its tables; this room asks all of them and knows none by name.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeAlias

from sqlalchemy import Connection

from yidan.kernel.reasons import Reason, reason
from yidan.release.tables.bills import BillKey
from yidan.release.titles.events import ISSUING, Act


class Whereabouts(StrEnum):
    """Where the other claim is."""

    HERE = "here"
    """With a party of this platform."""
    AWAY = "away"
    """On another platform, on its way there, or in dispute."""


Look: TypeAlias = Callable[[Connection, BillKey, str], Whereabouts | None]
"""Where the claim on a bill is, by its carrier's number or its document's SHA-256; None: none."""

_LOOKS: Final[list[Look]] = []

PASSING: Final = frozenset(
    {
        Act.TRANSFER,
        Act.PROPOSE,
        Act.ACCEPT,
        Act.SURRENDER,
        Act.SURRENDER_PLEDGED,
        Act.ACCEPT_SURRENDER,
        Act.PLEDGE,
        Act.FORECLOSE,
        Act.SURRENDER_FOR_AMENDMENT,
        Act.REPLACE,
        Act.SWITCH_TO_PAPER,
    }
)
"""Acts by which a title passes or is presented; whoever goes back on one is not kept from it."""

CIRCULATES = reason(
    "title-ebl-circulates",
    en="An electronic bill {bill} circulates; surrender it first, then have a title issued.",
    zh="提单 {bill} 的电子提单仍在流转；请先交单，再签发链上单证。",
)
AWAY = reason(
    "title-ebl-elsewhere",
    en="The electronic bill {bill} is on another platform, or on its way; its title cannot pass.",
    zh="提单 {bill} 的电子提单在其他平台或正在发往其他平台；链上单证不能流转。",
)


def claims(look: Look) -> Look:
    """Ask this function, too, whether somebody else has a claim on a bill."""
    _LOOKS.append(look)
    return look


def findings(
    connection: Connection, act: Act, bill: BillKey, document_commitment: str
) -> list[Reason]:
    """Why an act would make two claims of one bill, or move one while the other is away."""
    if act not in ISSUING | PASSING:
        return []
    found = {look(connection, bill, document_commitment) for look in _LOOKS} - {None}
    if found and act in ISSUING:
        return [CIRCULATES(bill=bill.number)]
    return [AWAY(bill=bill.number)] if Whereabouts.AWAY in found else []
