"""The chain follower 跟链: the contract's logs, block by block, into events at depth k.

What is not deep enough stands in operational rows and goes with a reorganisation. A block that is
deep enough is recorded in one transaction with the cursor's move, so a process that is killed at
any point goes on from where it was, and nothing is recorded twice (LEDGER 0.8, 8.6, I15).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from eth_utils.address import to_checksum_address

from ledger.chain import following
from ledger.chain.client import Block, ChainClient, RawLog
from ledger.chain.events import UnknownEventError, decode_log
from ledger.chain.following import Seen
from ledger.chain.pair import EndpointsDisagreeError, Pair
from yidan.kernel.events import SYSTEM
from yidan.ports import Services
from yidan.proof.sequencer import LEASE
from yidan.proof.titles.outcomes import Log, outcomes, titles_named
from yidan.release.titles import tables
from yidan.release.titles.events import KeyConfirmed, OfficeConfirmed, StandingConfirmed
from yidan.release.titles.recording import lock_titles, record_outcomes, record_refusal
from yidan.release.titles.tables import Instruction
from yidan.store import following as rows
from yidan.store import leases
from yidan.store.alarms import raise_alarm
from yidan.store.engine import reading, writing
from yidan.store.unit_of_work import UnitOfWork

log = structlog.get_logger()

AT_ONCE: Final = 200
"""Most blocks read in one round."""
EXPIRED: Final = "InstructionExpired"
UNKNOWN: Final = "chain-unknown-event"


class LeaseLostError(Exception):
    """Another process follows the chain by now."""


@dataclass(frozen=True)
class _Read:
    """A block's logs: those that are understood, and the indices of the others."""

    known: tuple[Log, ...]
    unknown: tuple[int, ...]


class Follower:
    """Follows one contract."""

    def __init__(
        self, services: Services, client: ChainClient, contract: str, pair: Pair | None = None
    ) -> None:
        self._services = services
        self._client = client
        self._contract = contract
        self._pair = pair

    def follow(self, first_block: int, holder: str) -> None:
        """Read on from where it stands, roll back to a fork, record what is deep enough.

        Args:
            first_block: Number of the block with the contract's creation.
            holder: Of the ledger's lease.

        Raises:
            DeepReorgError: the chain dropped what was confirmed.
            EndpointsDisagreeError: the second endpoint has another block or other logs.
            ChainUnavailableError: one does not answer; nothing is lost.
            LeaseLostError: another process follows by now.
        """
        seen = self._started(first_block)
        kept = following.fork(seen, self._canonical_hash)
        if kept < seen[-1].number:
            log.warning("the chain was reorganised", fork=kept, dropped=seen[-1].number - kept)
            with writing(self._services.engine) as connection:
                rows.roll_back(connection, kept)
            seen = [block for block in seen if block.number <= kept]
        seen = self._extended(seen, self._client.head().number)
        for block in following.confirmable(seen, self._services.settings.confirmations):
            if not self._is_told_twice(block):
                return
            self._confirm(block, holder)

    def _started(self, first_block: int) -> list[Seen]:
        with reading(self._services.engine) as connection:
            if rows.cursor(connection, self._contract) is not None:
                return [_seen(block) for block in rows.blocks(connection)]
        before = self._client.block(first_block - 1)
        assert before is not None  # noqa: S101 - the contract's block stands on it
        with writing(self._services.engine) as connection:
            rows.begin(connection, self._contract, _row(before))
        return [_seen(_row(before))]

    def _canonical_hash(self, number: int) -> bytes | None:
        found = self._client.block(number)
        return found.hash if found else None

    def _extended(self, seen: list[Seen], head: int) -> list[Seen]:
        """Read the blocks above; those that were read stand on each other."""
        new: list[tuple[rows.Block, list[rows.Log]]] = []
        tip = seen[-1]
        for number in range(tip.number + 1, min(head, tip.number + AT_ONCE) + 1):
            block = self._client.block(number)
            if block is None or not following.follows(tip, _seen(_row(block))):
                break
            logs = self._client.logs_of_block(self._contract, block.hash)
            tip = _seen(_row(block))
            new.append((_row(block), [_log_row(each, block.hash) for each in logs]))
        if new:
            with writing(self._services.engine) as connection:
                for each, logs_of_it in new:
                    rows.extend(connection, each, logs_of_it)
        return [*seen, *(_seen(block) for block, _ in new)]

    def _is_told_twice(self, block: Seen) -> bool:
        """Whether the second endpoint, where there is one, has the same block and logs.

        Raises:
            EndpointsDisagreeError: it has others.
        """
        if self._pair is None:
            return True
        other = self._pair.second.block(block.number)
        if other is None:
            return False
        if other.hash != block.hash:
            raise EndpointsDisagreeError(f"the endpoints have different blocks {block.number}")
        theirs = self._pair.second.logs_of_block(self._contract, block.hash)
        with reading(self._services.engine) as connection:
            ours = rows.logs_of(connection, block.hash.hex())
        if ours != [_log_row(each, block.hash) for each in theirs]:
            raise EndpointsDisagreeError(f"the endpoints tell other logs of block {block.number}")
        return True

    def _confirm(self, block: Seen, holder: str) -> None:
        with self._services.unit_of_work(SYSTEM) as uow:
            if leases.held(uow.connection, LEASE, holder) is None:
                raise LeaseLostError
            read = _read(rows.logs_of(uow.connection, block.hash.hex()))
            _record(uow, block, read.known)
            for index in read.unknown:
                where = f"block {block.number}, log {index}"
                raise_alarm(uow.connection, UNKNOWN, f"{where}: no event we know", now=uow.now)
            stored = rows.Block(
                block.number, block.hash.hex(), block.parent_hash.hex(), block.timestamp
            )
            rows.confirm(uow.connection, self._contract, stored, read.unknown)
            uow.commit()


def _record(uow: UnitOfWork, block: Seen, logs: Sequence[Log]) -> None:
    titles = {title: tables.find_title(uow.connection, title) for title in titles_named(logs)}
    seconds = {title: found.second if found else "" for title, found in titles.items()}
    happened = outcomes(logs, block.hash, seconds)
    lapsing = [
        asked
        for asked in tables.open_instructions(uow.connection)
        if asked.deadline.timestamp() < block.timestamp
    ]  # the contract refuses them from this block on
    lock_titles(uow, [*(one.title for one in happened), *(asked.title for asked in lapsing)])
    record_outcomes(uow, happened)
    for each in logs:
        _record_other(uow, each)
    for asked in lapsing:
        sent = rows.was_relayed(uow.connection, asked.id)
        record_refusal(uow, asked, EXPIRED, sent=sent, block_number=block.number)


def _record_other(uow: UnitOfWork, each: Log) -> None:
    """What is of no title's word: keys and offices that the platform gave out, refusals.

    Others' are none of its business: whose handle or office it is nobody here could say.
    """
    told: Any = each.event.arguments
    number = each.event.block_number
    match each.event.name:
        case "PartyRegistered" | "KeyRotated":
            handle, key = told["handle"], str(to_checksum_address(told["key"]))
            if tables.party_by_handle(uow.connection, handle) is not None:
                known = KeyConfirmed(handle=handle, key=key, block_number=number)
                uow.record(f"handle:{handle}", known)
        case "PartySuspended" | "PartyRestored":
            if tables.party_by_handle(uow.connection, told["handle"]) is not None:
                standing = StandingConfirmed(
                    handle=told["handle"],
                    suspended=each.event.name == "PartySuspended",
                    evidence=told["reason"].hex(),
                    block_number=number,
                )
                uow.record(f"handle:{told['handle']}", standing)
        case "OfficeChanged":
            office, key = told["office"], str(to_checksum_address(told["key"]))
            if tables.office(uow.connection, office) is not None:
                kept = OfficeConfirmed(office=office, key=key, block_number=number)
                uow.record(f"office:{office}", kept)
        case "InstructionRefused":
            found = rows.relayed(uow.connection, told["digest"].hex())
            asked = tables.instruction(uow.connection, found) if found else None
            if asked is not None and _is_signed_by(uow, asked, told["signer"]):
                lock_titles(uow, [asked.title])
                record_refusal(
                    uow,
                    asked,
                    told["reason"],
                    sent=True,
                    block_number=number,
                    transaction_hash=each.transaction_hash.hex(),
                )
        case _:
            pass


def _is_signed_by(uow: UnitOfWork, asked: Instruction, signer: str) -> bool:
    """Whether the key of an instruction's own party signed it.

    A digest does not cover its signature: anybody may have the contract refuse the same call with a
    signature of their own, and the true one is performed afterwards.
    """
    party = tables.party_by_handle(uow.connection, asked.handle)
    return party is not None and party.key == str(to_checksum_address(signer))


def _read(stored: Sequence[rows.Log]) -> _Read:
    known: list[Log] = []
    unknown: list[int] = []
    for each in stored:
        topics = [bytes.fromhex(topic) for topic in each.topics]
        try:
            event = decode_log(topics, each.data, each.block_number)
        except UnknownEventError:
            unknown.append(each.index)
            continue
        known.append(Log(event, bytes.fromhex(each.transaction_hash), each.index))
    return _Read(tuple(known), tuple(unknown))


def _row(block: Block) -> rows.Block:
    return rows.Block(block.number, block.hash.hex(), block.parent_hash.hex(), block.timestamp)


def _seen(block: rows.Block) -> Seen:
    return Seen(
        block.number, bytes.fromhex(block.hash), bytes.fromhex(block.parent_hash), block.timestamp
    )


def _log_row(each: RawLog, block_hash: bytes) -> rows.Log:
    return rows.Log(
        block_number=each.block_number,
        block_hash=block_hash.hex(),
        index=each.index,
        transaction_hash=each.transaction_hash.hex(),
        topics=tuple(topic.hex() for topic in each.topics),
        data=each.data,
    )
