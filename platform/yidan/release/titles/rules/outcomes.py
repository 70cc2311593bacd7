"""Which outcome on the chain is an instruction's own (链上结果); pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from yidan.release.titles.events import Act
from yidan.release.titles.orders import rules as orders
from yidan.release.titles.orders.word import OrderWord
from yidan.release.titles.rules.instructing import OF_ORDERS, SEQUENCED
from yidan.release.titles.word import Word

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
