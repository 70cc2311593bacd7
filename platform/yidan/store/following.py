"""Rows of the chain follower: its cursor, the blocks above it, their logs, and what was relayed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from yidan.store.ledger_tables import ChainBlock, ChainCursor, ChainLog, ChainRelayed

_CURSOR = ChainCursor.__table__  # type: ignore[attr-defined]  # set by SQLModel
_BLOCK = ChainBlock.__table__  # type: ignore[attr-defined]  # set by SQLModel
_LOG = ChainLog.__table__  # type: ignore[attr-defined]  # set by SQLModel
_RELAYED = ChainRelayed.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True)
class Block:
    """A followed block: hashes as 64 hex digits, the instant in UTC seconds."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int


@dataclass(frozen=True)
class Log:
    """A log of the contract."""

    block_number: int
    block_hash: str
    index: int
    transaction_hash: str
    topics: tuple[str, ...]
    data: bytes


def cursor(connection: Connection, contract: str) -> int | None:
    """Number of the newest block whose logs were recorded; None before the first."""
    statement = select(_CURSOR.c.number).where(_CURSOR.c.contract == contract)
    return connection.execute(statement).scalar_one_or_none()


def begin(connection: Connection, contract: str, block: Block) -> None:
    """Begin behind a block."""
    connection.execute(insert(_CURSOR).values(contract=contract, number=block.number))
    connection.execute(insert(_BLOCK).values(block.__dict__))


def blocks(connection: Connection) -> list[Block]:
    """The followed blocks, the cursor's first."""
    return [Block(*row) for row in connection.execute(select(_BLOCK).order_by(_BLOCK.c.number))]


def extend(connection: Connection, block: Block, logs: Sequence[Log]) -> None:
    """Keep one more block with its logs."""
    connection.execute(insert(_BLOCK).values(block.__dict__))
    if logs:
        connection.execute(
            insert(_LOG), [{**log.__dict__, "topics": list(log.topics)} for log in logs]
        )


def roll_back(connection: Connection, number: int) -> None:
    """Forget every block above one, with its logs: nothing of them was recorded."""
    connection.execute(delete(_LOG).where(_LOG.c.block_number > number, _LOG.c.unknown.is_(False)))
    connection.execute(delete(_BLOCK).where(_BLOCK.c.number > number))


def logs_of(connection: Connection, block_hash: str) -> list[Log]:
    """The logs of a followed block, in their order."""
    statement = select(_LOG).where(_LOG.c.block_hash == block_hash).order_by(_LOG.c.index)
    return [_log(row) for row in connection.execute(statement).mappings()]


def unknown_logs(connection: Connection) -> list[Log]:
    """Confirmed logs that no event of the contract explains, oldest first."""
    statement = select(_LOG).where(_LOG.c.unknown).order_by(_LOG.c.block_number, _LOG.c.index)
    return [_log(row) for row in connection.execute(statement).mappings()]


def confirm(
    connection: Connection, contract: str, block: Block, unknown: Sequence[int] = ()
) -> None:
    """Move the cursor to the next block; the logs of unknown events in it, by index, stay."""
    mine = _LOG.c.block_hash == block.hash
    connection.execute(update(_LOG).where(mine, _LOG.c.index.in_(unknown)).values(unknown=True))
    connection.execute(
        delete(_LOG).where(_LOG.c.block_number <= block.number, _LOG.c.unknown.is_(False))
    )
    connection.execute(delete(_BLOCK).where(_BLOCK.c.number < block.number))
    here = _CURSOR.c.contract == contract
    connection.execute(update(_CURSOR).where(here).values(number=block.number))


def keep_relayed(connection: Connection, batch: str, digests: Sequence[tuple[str, str]]) -> None:
    """Note which instructions, by (digest, id), a batch carries.

    What is asked for again in the same words has the same digest: it is the newest one's.
    """
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    for digest, instruction_id in digests:
        carried = {"instruction_id": instruction_id, "batch": batch}
        statement = make(_RELAYED).values(digest=digest, **carried)
        connection.execute(statement.on_conflict_do_update(index_elements=["digest"], set_=carried))


def relayed(connection: Connection, digest: str) -> str | None:
    """The platform's instruction of a digest; None if it relayed no such one."""
    statement = select(_RELAYED.c.instruction_id).where(_RELAYED.c.digest == digest)
    return connection.execute(statement).scalar_one_or_none()


def was_relayed(connection: Connection, instruction_id: str) -> bool:
    """Whether a batch carries an instruction."""
    statement = select(_RELAYED.c.digest).where(_RELAYED.c.instruction_id == instruction_id)
    return connection.execute(statement.limit(1)).first() is not None


def _log(row: object) -> Log:
    found = dict(row)  # type: ignore[call-overload]  # a RowMapping
    found.pop("unknown")
    return Log(**{**found, "topics": tuple(found["topics"])})
