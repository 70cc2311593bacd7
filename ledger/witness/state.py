"""Remember the largest checkpoint that was cosigned for each log, through crashes (见证状态).

Source: C2SP tlog-witness, "add-checkpoint": the old size is compared and the new checkpoint
persisted in one atomic step, and before the answer. Otherwise two requests could roll the record
back.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.merkle import EMPTY_ROOT

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS head (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL
) STRICT
"""

_ADVANCE: Final = """
INSERT INTO head (origin, size, root, note) VALUES (:origin, :size, :root, :note)
ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
WHERE head.size = :old_size AND head.root = :old_root
"""

_WAIT_S: Final = 10
"""Seconds that a writer waits for another one."""


@dataclass(frozen=True)
class Head:
    """The largest checkpoint that was cosigned for one log."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: bytes = b""
    """The signed checkpoint with the witness's own signatures; empty before the first."""


class WitnessState:
    """The witness's own SQLite file. May be used from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_SCHEMA)

    def head(self, origin: str) -> Head:
        """Return the log's head, the empty tree's for a log never seen."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT size, root, note FROM head WHERE origin = ?", [origin]
            ).fetchone()
        return Head(*row) if row else Head()

    def advance(self, origin: str, old: Head, new: Head) -> bool:
        """Put a new head in the place of the old one; on ``True`` it survives a crash.

        Returns:
            ``False``, and changes nothing, when the head is no longer the old one.
        """
        values = {
            "origin": origin,
            "size": new.size,
            "root": new.root,
            "note": new.note,
            "old_size": old.size,
            "old_root": old.root,
        }
        with self._connection() as connection:
            return connection.execute(_ADVANCE, values).rowcount == 1

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        # Autocommit: each statement is a transaction, and synchronous=FULL makes it durable.
        connection = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        finally:
            connection.close()
