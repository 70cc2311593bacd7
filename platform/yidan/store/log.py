"""The release log's rows: leaves, tiles, checkpoints. What a tile means is `ledger`'s business."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from yidan.store.ledger_tables import LogCheckpoint, LogLeaf, LogTile
from yidan.store.tables import EventRow

_LEAF = LogLeaf.__table__  # type: ignore[attr-defined]  # set by SQLModel
_TILE = LogTile.__table__  # type: ignore[attr-defined]  # set by SQLModel
_CHECKPOINT = LogCheckpoint.__table__  # type: ignore[attr-defined]  # set by SQLModel
_EVENT = EventRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


class MissingTileError(KeyError):
    """The database holds no tile of this width at this place."""


class DatabaseTiles:
    """Tiles in the database, through one connection (the storage side of C2SP tlog-tiles)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile, 32 bytes each.

        Raises:
            MissingTileError: fewer hashes are stored.
        """
        statement = select(_TILE.c.data).where(_TILE.c.level == level, _TILE.c.index == index)
        data: bytes = self._connection.execute(statement).scalar_one_or_none() or b""
        if len(data) < width * 32:
            raise MissingTileError(f"tile {level}/{index} has no {width} hashes")
        return data[: width * 32]

    def write_tile(self, level: int, index: int, data: bytes) -> None:
        """Write a tile, which may only grow."""
        make = sqlite_insert if self._connection.dialect.name == "sqlite" else pg_insert
        statement = make(_TILE).values(level=level, index=index, data=data)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["level", "index"], set_={"data": statement.excluded.data}
            )
        )


@dataclass(frozen=True)
class Leaf:
    """One leaf: index counted from 0."""

    index: int
    event_id: str
    leaf_hash: bytes


@dataclass(frozen=True)
class Checkpoint:
    """One stored checkpoint."""

    size: int
    root: bytes
    signed_at: datetime
    note: bytes
    bls_aggregate: bytes
    bls_signers: str
    cosigned_at: datetime | None


def size(connection: Connection) -> int:
    """How many leaves the log has."""
    last: int | None = connection.execute(select(func.max(_LEAF.c.index))).scalar_one()
    return 0 if last is None else last + 1


def insert_leaves(
    connection: Connection, start: int, leaves: Sequence[tuple[str, bytes]], *, now: datetime
) -> None:
    """Give events their leaf indices from `start` on.

    Raises:
        sqlalchemy.exc.IntegrityError: an index or an event is taken.
    """
    rows = [
        {"index": start + offset, "event_id": event_id, "leaf_hash": leaf_hash, "logged_at": now}
        for offset, (event_id, leaf_hash) in enumerate(leaves)
    ]
    if rows:
        connection.execute(insert(_LEAF), rows)


def logged(connection: Connection, event_ids: Sequence[str]) -> set[str]:
    """Which of these events have a leaf."""
    found = select(_LEAF.c.event_id).where(_LEAF.c.event_id.in_(event_ids))
    return set(connection.execute(found).scalars())


def leaf_of(connection: Connection, event_id: str) -> Leaf | None:
    """The leaf of an event, or None while it is not logged."""
    statement = select(_LEAF.c.index, _LEAF.c.event_id, _LEAF.c.leaf_hash).where(
        _LEAF.c.event_id == event_id
    )
    row = connection.execute(statement).one_or_none()
    return Leaf(*row) if row else None


def leaves(connection: Connection) -> Iterator[Leaf]:
    """All leaves in order."""
    statement = select(_LEAF.c.index, _LEAF.c.event_id, _LEAF.c.leaf_hash).order_by(_LEAF.c.index)
    for row in connection.execute(statement):
        yield Leaf(*row)


def leaves_between(connection: Connection, start: int, end: int) -> list[Leaf]:
    """The leaves of the indices `[start, end)` in order, as far as they are there."""
    statement = select(_LEAF.c.index, _LEAF.c.event_id, _LEAF.c.leaf_hash)
    inside = statement.where(_LEAF.c.index >= start, _LEAF.c.index < end)
    return [Leaf(*row) for row in connection.execute(inside.order_by(_LEAF.c.index))]


def checkpoint_roots(connection: Connection) -> dict[int, bytes]:
    """Root by size of every checkpoint that was signed."""
    return {
        row.size: row.root
        for row in connection.execute(select(_CHECKPOINT.c.size, _CHECKPOINT.c.root))
    }


def commitments_of(connection: Connection, event_ids: Sequence[str]) -> dict[str, bytes]:
    """The stored commitments of events, by event id."""
    statement = select(_EVENT.c.event_id, _EVENT.c.commitment).where(
        _EVENT.c.event_id.in_(event_ids)
    )
    return {row.event_id: row.commitment for row in connection.execute(statement)}


def oldest_leaf_at(connection: Connection, index: int) -> datetime | None:
    """When the leaf of an index was logged."""
    statement = select(_LEAF.c.logged_at).where(_LEAF.c.index == index)
    found: datetime | None = connection.execute(statement).scalar_one_or_none()
    return found


def store_checkpoint(connection: Connection, checkpoint: Checkpoint) -> None:
    """Keep a new checkpoint.

    Raises:
        sqlalchemy.exc.IntegrityError: there is one of this size already.
    """
    connection.execute(
        insert(_CHECKPOINT).values(
            size=checkpoint.size,
            root=checkpoint.root,
            signed_at=checkpoint.signed_at,
            note=checkpoint.note,
        )
    )


def store_cosignatures(connection: Connection, checkpoint: Checkpoint) -> None:
    """Keep what the witnesses added to a checkpoint."""
    connection.execute(
        update(_CHECKPOINT)
        .where(_CHECKPOINT.c.size == checkpoint.size)
        .values(
            note=checkpoint.note,
            bls_aggregate=checkpoint.bls_aggregate,
            bls_signers=checkpoint.bls_signers,
            cosigned_at=checkpoint.cosigned_at,
        )
    )


def latest_checkpoint(connection: Connection, *, cosigned: bool = False) -> Checkpoint | None:
    """The newest checkpoint; with `cosigned`, the newest that met the witness policy."""
    statement = select(_CHECKPOINT).order_by(_CHECKPOINT.c.size.desc()).limit(1)
    if cosigned:
        statement = statement.where(_CHECKPOINT.c.cosigned_at.is_not(None))
    row = connection.execute(statement).one_or_none()
    return Checkpoint(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def checkpoints_covering(connection: Connection, index: int) -> Iterator[Checkpoint]:
    """The cosigned checkpoints that cover a leaf, smallest first, read one at a time."""
    while True:
        statement = (
            select(_CHECKPOINT)
            .where(_CHECKPOINT.c.size > index, _CHECKPOINT.c.cosigned_at.is_not(None))
            .order_by(_CHECKPOINT.c.size)
            .limit(1)
        )
        row = connection.execute(statement).one_or_none()
        if row is None:
            return
        yield Checkpoint(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        index = row.size


def checkpoint_of(connection: Connection, tree_size: int) -> Checkpoint | None:
    """The checkpoint of a size."""
    row = connection.execute(
        select(_CHECKPOINT).where(_CHECKPOINT.c.size == tree_size)
    ).one_or_none()
    return Checkpoint(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


def checkpoints(connection: Connection) -> Iterator[Checkpoint]:
    """All checkpoints in order of size."""
    for row in connection.execute(select(_CHECKPOINT).order_by(_CHECKPOINT.c.size)):
        yield Checkpoint(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
