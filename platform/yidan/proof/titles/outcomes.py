"""What the contract's logs mean for titles 链上结果: from logs to events, pure.

Any log that names a title and carries its word is one `TitleConfirmed`, whatever the contract calls
it: what a later contract adds is folded as well. What a log leaves out is in the logs around it: a
replaced title and its children stand together in one transaction, parents first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.chain.events import LedgerEvent
from yidan.release.titles import word
from yidan.release.titles.events import TitleConfirmed

HIDDEN: Final = ("reason", "evidence", "lineage", "paper")
"""Names of what the contract's events carry beside words."""
REPLACED: Final = "Replaced"
BACK: Final = "SwitchedBack"


@dataclass(frozen=True)
class Log:
    """One log of the contract, decoded, and where it stands."""

    event: LedgerEvent
    transaction_hash: bytes
    log_index: int


def outcomes(
    logs: Sequence[Log], block_hash: bytes, seconds: Mapping[str, str]
) -> list[TitleConfirmed]:
    """Turn the logs of one block, in their order, into what happened to titles.

    Args:
        logs: All logs of the contract in the block; those that are of no title are passed over.
        block_hash: 32 bytes.
        seconds: Second words, before the block, of the titles that the logs name, by id; "" where
            it is zero. A child's pledge is its parents'.
    """
    found: list[TitleConfirmed] = []
    running, replaced = dict(seconds), dict[str, str]()
    for at, log in enumerate(logs):
        told: Any = log.event.arguments
        if "title" not in told or ("word" not in told and log.event.name != BACK):
            continue
        parents = _parents(logs, at) if log.event.name == "Issued" else ()
        happened = _confirmed(log, block_hash, parents, replaced)
        found.append(happened)
        before = running.get(happened.title, "")
        if log.event.name == REPLACED:
            replaced[happened.title] = before
        if happened.word:
            read = word.read(happened.word)
            running[happened.title] = word.second_after(before, happened.second, read)
    return found


def titles_named(logs: Sequence[Log]) -> set[str]:
    """Ids of the titles whose second words `outcomes` has to be told."""
    return {_id(log) for log in logs if "title" in log.event.arguments}


def _confirmed(
    log: Log, block_hash: bytes, parents: tuple[str, ...], replaced: Mapping[str, str]
) -> TitleConfirmed:
    told: Any = log.event.arguments
    packed = f"{told['word']:064x}" if "word" in told else ""
    title, second = _id(log), f"{told['pledge']:064x}" if told.get("pledge") else ""
    if parents and packed and word.read(packed).pledged:
        second = replaced.get(parents[0], "")
    if log.event.name == BACK:
        # It is told of the paper title that another one has taken its place.
        title, second = told["paper_title"].hex(), title
    return TitleConfirmed(
        title=title,
        happened=log.event.name,
        word=packed,
        second=second,
        order=f"{told['order']:064x}" if "order" in told else "",
        evidence=next((told[name].hex() for name in HIDDEN if name in told), ""),
        parents=parents,
        instruction_id="",
        block_number=log.event.block_number,
        block_hash=block_hash.hex(),
        transaction_hash=log.transaction_hash.hex(),
        log_index=log.log_index,
    )


def _parents(logs: Sequence[Log], at: int) -> tuple[str, ...]:
    """The titles whose place the one issued in `logs[at]` takes."""
    own = logs[at]
    after = logs[at + 1] if at + 1 < len(logs) else None
    if after is not None and after.event.name == BACK and _id(after) == _id(own):
        return (after.event.arguments["paper_title"].hex(),)
    if not word.read(f"{own.event.arguments['word']:064x}").flags & word.CHILD:
        return ()
    before = [log for log in logs[:at] if log.transaction_hash == own.transaction_hash]
    while before and before[-1].event.name == "Issued":
        before.pop()
    parents: list[str] = []
    lineage = before[-1].event.arguments.get("lineage") if before else None
    while before and before[-1].event.name == REPLACED:
        if before[-1].event.arguments["lineage"] != lineage:
            break
        parents.append(_id(before.pop()))
    return tuple(reversed(parents))


def _id(log: Log) -> str:
    return bytes(log.event.arguments["title"]).hex()
