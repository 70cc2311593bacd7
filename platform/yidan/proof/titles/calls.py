"""Acts on titles as calls of the contract 指令编码: call data, typed data and digests, pure.

An instruction's `terms` have the names of the contract's arguments, so that one table of the
order of arguments is all there is.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from ledger.chain import instructions, typed_data
from yidan.ports import TitleCall
from yidan.release.titles.events import Act

ARGUMENTS: Final[Mapping[Act, tuple[str, ...]]] = MappingProxyType(
    {
        Act.ISSUE: ("issuer", "quantity", "holder", "gates"),
        Act.PROPOSE: ("sequence", "taker", "deadline", "roles"),
        Act.ACCEPT: ("sequence",),
        Act.DECLINE: ("sequence", "reason"),
        Act.RECLAIM: (),
        Act.SURRENDER: ("sequence",),
        Act.ACCEPT_SURRENDER: ("sequence",),
        Act.REJECT_SURRENDER: ("sequence", "reason"),
        Act.SURRENDER_FOR_AMENDMENT: ("sequence", "lineage"),
        Act.REJECT_AMENDMENT: ("sequence", "reason"),
        Act.SWITCH_BACK: ("paper_title", "holder"),
        Act.SWITCH_TO_PAPER: ("sequence", "paper"),
        Act.PLEDGE: ("sequence", "pledgee", "notice"),
        Act.DISCHARGE: ("sequence",),
        Act.ASSIGN_PLEDGE: ("sequence", "pledgee"),
        Act.GIVE_NOTICE: ("sequence",),
        Act.WITHDRAW_NOTICE: ("sequence",),
        Act.FORECLOSE: ("sequence",),
        Act.HOLD: ("authority", "reason"),
        Act.UNHOLD: ("authority", "reason"),
        Act.SATISFY: ("gate", "evidence"),
        Act.UNSATISFY: ("gate", "evidence"),
        Act.ORDER: ("sequence", "terminal", "nominee", "quantity", "valid_until"),
        Act.REVOKE_ORDER: ("number",),
        Act.CLOSE_WITH_TOLERANCE: ("sequence", "reason"),
    }
)
"""Arguments behind the title, in the contract's order; the others take a consent."""
NO_LINEAGE: Final = bytes(32)
"""A pledged title is surrendered for delivery, and not for amendment."""


def call_data(asked: TitleCall, consent: bytes, deadline: datetime) -> bytes:
    """The call of an act.

    Args:
        asked: Which one.
        consent: The taker's or pledgee's signature of 65 bytes; empty where the act needs none.
        deadline: Of the consent.
    """
    act, title, until = Act(asked.act), bytes.fromhex(asked.title), int(deadline.timestamp())
    terms: Any = asked.terms
    if act is Act.TRANSFER:
        return instructions.transfer(title, terms["taker"], until, consent)
    if act is Act.SURRENDER_PLEDGED:
        lineage = _lineage(asked)
        return instructions.surrender_pledged(title, asked.sequence, lineage, until, consent)
    if act is Act.REPLACE:
        others = [bytes.fromhex(one) for one in terms["others"]]
        children = [(bytes.fromhex(one["title"]), one["quantity"]) for one in terms["children"]]
        return instructions.call_data("replace", title, asked.sequence, others, children)
    if act is Act.COLLECT:
        evidence = bytes.fromhex(terms["evidence"])
        return instructions.collect(
            title, terms["number"], terms["nominee"], terms["total"], evidence
        )
    values = [
        asked.sequence if name == "sequence" else _argument(terms[name]) for name in ARGUMENTS[act]
    ]
    return instructions.call_data(act.value, title, *values)


def _lineage(asked: TitleCall) -> bytes:
    """What a pledged title is surrendered for."""
    terms: Any = asked.terms
    return bytes.fromhex(terms.get("lineage", "")) or NO_LINEAGE


def _argument(value: Any) -> Any:
    return bytes.fromhex(value) if isinstance(value, str) else value


def consent(
    chain_id: int, contract: str, asked: TitleCall, handle: int, deadline: datetime
) -> dict[str, Any]:
    """What the taker or pledgee signs."""
    title, until = bytes.fromhex(asked.title), int(deadline.timestamp())
    if Act(asked.act) is Act.TRANSFER:
        return typed_data.transfer_consent(
            chain_id, contract, title=title, sequence=asked.sequence, taker=handle, deadline=until
        )
    return typed_data.pledgee_consent(
        chain_id,
        contract,
        title=title,
        sequence=asked.sequence,
        lineage=_lineage(asked),
        deadline=until,
    )


def instruction(  # noqa: PLR0917 - what is signed, in its own order
    chain_id: int, contract: str, call: bytes, sequence: int, nonce: int, deadline: datetime
) -> dict[str, Any]:
    """What the acting party signs; a nonce stands instead of the sequence."""
    return typed_data.instruction(
        chain_id,
        contract,
        call=call,
        sequence=0 if nonce else sequence,
        nonce=nonce,
        deadline=int(deadline.timestamp()),
    )


def digest(typed: Mapping[str, Any]) -> bytes:
    """The 32 bytes that are signed (EIP-712), by which the contract logs a refusal."""
    message = encode_typed_data(full_message=dict(typed))
    return bytes(keccak(b"\x19" + message.version + message.header + message.body))
