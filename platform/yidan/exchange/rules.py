"""What is believed of a received message, and what it is answered (LEDGER-free, pure).

A message's sender (envelope and body) must be the authenticated party; its business rights are
then checked by the action it is routed to. Unknown messages are kept and answered, never dropped
(ARCHITECTURE 2, attack A15).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from yidan.kernel.reasons import Reason, Role, reason

SENDER_MISMATCH = reason(
    "sender-mismatch",
    en="The message names {claimed} as its sender: no identifier of the party that sent it.",
    zh="报文声明的发送方为 {claimed}，不是实际发送方的标识。",
)
REFERENCE_REUSED = reason(
    "interchange-reference-reused",
    en="Interchange {reference} was received before with other content; use a new reference.",
    zh="报文交换号 {reference} 曾以不同内容收到；请使用新的交换号。",
)
UNREADABLE = reason(
    "interchange-unreadable",
    en="No message could be read in this transmission; it is kept. See the findings.",
    zh="该传输中未能读出任何报文；原文已保存，见所列问题。",
)
NOT_UNDERSTOOD = reason(
    "message-not-understood",
    en="Message {reference} ({kind}) was not understood; it is kept, and people were told.",
    zh="报文 {reference}（{kind}）未能识别；原文已保存并已通知人工处理。",
    owner=Role.ADMINISTRATOR,
)


class InboxState(StrEnum):
    """What became of a transmission (收件状态)."""

    APPLIED = "applied"
    PARTLY_APPLIED = "partly_applied"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    CONFLICT = "conflict"


def sender_findings(claimed: Iterable[str], identifiers: Iterable[str]) -> list[Reason]:
    """Every claimed sender that is not one of the authenticated party's identifiers.

    A message that names no sender at all is refused too.
    """
    own = {value.strip().upper() for value in identifiers}
    named = [name for name in claimed if name]
    if not named:
        return [SENDER_MISMATCH(claimed="-")]
    return [SENDER_MISMATCH(claimed=name) for name in named if name.strip().upper() not in own]


def state_of(messages: Sequence[bool], lines: Sequence[bool]) -> InboxState:
    """Sum up a transmission: which of its messages were accepted, which of their lines applied."""
    if not messages:
        return InboxState.UNREADABLE
    if all(messages) and all(lines):
        return InboxState.APPLIED
    return InboxState.PARTLY_APPLIED if any(lines) else InboxState.REFUSED
