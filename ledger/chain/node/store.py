"""The node's own SQLite file: py-evm's keys and values, the event logs, the chain's identity.

Source of the rule: LEDGER 0.2 (a small `BaseDB`; one SQLite transaction per block). Logs stand in
a table of their own beside py-evm's receipts, written in the same transaction, so that
`eth_getLogs` over the whole chain is one indexed query.
"""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from eth.db.backends.base import BaseDB
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from io import TextIOWrapper
    from pathlib import Path

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS kv (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
    block_number INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    block_hash BLOB NOT NULL,
    transaction_hash BLOB NOT NULL,
    transaction_index INTEGER NOT NULL,
    address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB,
    data BLOB NOT NULL,
    PRIMARY KEY (block_number, log_index)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS log_topics ON log (address, topic0, topic1, block_number);
"""
LOG_COLUMNS: Final = (
    "block_number, log_index, block_hash, transaction_hash, transaction_index, address,"
    " topic0, topic1, topic2, topic3, data"
)


class StoreBusyError(Exception):
    """Another process has this store open for writing."""


class SqliteStore(BaseDB):
    """A key-value store for py-evm that keeps one transaction open per block."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the file, made if absent unless read-only.

        Raises:
            StoreBusyError: a node already runs on it.
            FileNotFoundError: read-only and there is no such file.
        """
        self._lock_file: TextIOWrapper | None = None
        if read_only:
            if not path.exists():
                raise FileNotFoundError(path)
            self._connection = sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = _locked(path.with_name(path.name + ".lock"))
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block writes, or nothing of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file and let another process have it."""
        self._connection.close()
        if self._lock_file is not None:
            self._lock_file.close()

    @override
    def __getitem__(self, key: bytes) -> bytes:
        row = self._connection.execute("SELECT value FROM kv WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    @override
    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO kv VALUES (?, ?)", (key, value))

    @override
    def __delitem__(self, key: bytes) -> None:
        self._connection.execute("DELETE FROM kv WHERE key = ?", (key,))

    def _exists(self, key: bytes) -> bool:
        row = self._connection.execute("SELECT 1 FROM kv WHERE key = ?", (key,)).fetchone()
        return row is not None

    def meta(self, name: str) -> str | None:
        """Return one fact about the chain, or None on a new store."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        """Write one fact about the chain."""
        self._connection.execute("INSERT INTO meta VALUES (?, ?)", (name, value))

    def add_logs(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write the logs of one block, in the order of `LOG_COLUMNS`."""
        self._connection.executemany(
            f"INSERT INTO log ({LOG_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows
        )

    def logs(
        self,
        first: int,
        last: int,
        addresses: Sequence[bytes] = (),
        topics: Sequence[Sequence[bytes]] = (),
    ) -> list[tuple[Any, ...]]:
        """Return the logs of blocks `first` to `last`, both included, oldest first.

        Args:
            first: Number of the first block.
            last: Number of the last block.
            addresses: Any of these contracts; empty means every one.
            topics: By position, any of these words; an empty position means every one.
        """
        where, values = ["block_number BETWEEN ? AND ?"], [first, last]
        bound: list[Any] = list(values)
        for column, wanted in (("address", addresses), *(_topic_columns(topics))):
            if wanted:
                where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                bound.extend(wanted)
        sql = f"SELECT {LOG_COLUMNS} FROM log WHERE {' AND '.join(where)} ORDER BY 1, 2"
        return self._connection.execute(sql, bound).fetchall()


def _topic_columns(topics: Sequence[Sequence[bytes]]) -> Iterator[tuple[str, Sequence[bytes]]]:
    for position, wanted in enumerate(topics):
        yield f"topic{position}", wanted


def _locked(path: Path) -> TextIOWrapper:
    handle = path.open("w", encoding="ascii")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.close()
        raise StoreBusyError(f"another node has {path.name} locked") from error
    return handle
