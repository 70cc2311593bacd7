"""The database and the SQLite files beside it as they are at one instant, while writers go on.

The instant is taken while nobody can write to the log or plan for the chain: then what the chain
and the witnesses hold is what the database knows of. It lasts milliseconds; the copying that
follows reads the snapshots and holds nobody up. SQLite: its online backup API over a read
transaction in WAL. PostgreSQL: one repeatable-read transaction and `COPY`, table by table, so that
no program of another version is needed.
"""

import sqlite3
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, Table, inspect, text
from sqlmodel import SQLModel

from yidan.store import schema
from yidan.store.engine import (
    LOCK_TIMEOUT_S,
    is_sqlite,
    make_engine,
    queue_lock,
    reading,
    snapshot,
)

UNFINISHED: Final = "restore-unfinished"
"""In `var` while a restore fills a PostgreSQL database beside it: nothing starts on it."""

_STILL: Final = ("log_leaf", "log_checkpoint", "chain_instruction", "chain_attempt")
"""Tables nobody may write to at the instant: what witnesses and chain are sent stands in them."""


class NotEmptyError(Exception):
    """The database to restore into has rows already."""


class UnreadableDatabaseError(Exception):
    """A database file is damaged, or not of this version's tables."""


@dataclass(frozen=True)
class HeldFile:
    """An SQLite file as it was at the instant."""

    connection: sqlite3.Connection

    def copy_to(self, target: Path) -> None:
        """Write it as one file, without a journal beside it."""
        made = sqlite3.connect(target)
        try:
            self.connection.backup(made)
            made.execute("PRAGMA journal_mode = DELETE")
        finally:
            made.close()

    @contextmanager
    def look(self, copied: Path) -> Iterator[Connection]:
        """Look at what was held, by way of its copy.

        Raises:
            UnreadableDatabaseError: the copy is damaged.
        """
        engine = open_copy(copied)
        try:
            with reading(engine) as connection:
                yield connection
        finally:
            engine.dispose()


@dataclass(frozen=True)
class HeldServer:
    """A PostgreSQL database as it was at the instant."""

    connection: Connection
    """In a repeatable-read transaction."""

    def copy_to(self, target: Path) -> None:
        """Write every table's rows in PostgreSQL's own text form, as members of one tar file."""
        rows = target.with_name(f"{target.name}.rows")
        raw: Any = self.connection.connection.driver_connection
        with tarfile.open(target, "w") as archive:
            for table in SQLModel.metadata.sorted_tables:
                copying = _copy(table, "TO STDOUT")
                with rows.open("wb") as file, raw.cursor() as cursor, cursor.copy(copying) as out:
                    for block in out:
                        file.write(block)
                archive.add(rows, table.name)
        rows.unlink()

    @contextmanager
    def look(self, copied: Path) -> Iterator[Connection]:  # noqa: ARG002 - as `HeldFile.look`
        """Look at what is held."""
        yield self.connection


@dataclass(frozen=True)
class Held:
    """Everything that was held at one instant."""

    database: HeldFile | HeldServer
    files: Sequence[HeldFile]


@contextmanager
def at_one_instant(engine: Engine, files: Sequence[Path] = ()) -> Iterator[Held]:
    """Hold the database and SQLite files beside it as they are now.

    Raises:
        UnavailableError: the turn did not come within `LOCK_TIMEOUT_S`.
    """
    with ExitStack() as stack:
        with _standstill(engine):
            database = stack.enter_context(_held_database(engine))
            held = [stack.enter_context(_held_file(path)) for path in files]
        yield Held(database, held)


@contextmanager
def _standstill(engine: Engine) -> Iterator[None]:
    """Let nobody write to the log or plan for the chain meanwhile."""
    if is_sqlite(engine):
        with queue_lock(engine):
            yield
        return
    with engine.connect() as connection, connection.begin():
        connection.execute(text(f"LOCK TABLE {', '.join(_STILL)} IN SHARE MODE"))
        yield


@contextmanager
def _held_database(engine: Engine) -> Iterator[HeldFile | HeldServer]:
    if is_sqlite(engine):
        with _held_file(Path(engine.url.database or "")) as held:
            yield held
        return
    with snapshot(engine) as connection:
        connection.execute(text("SELECT 1"))  # only a query takes the snapshot
        yield HeldServer(connection)


@contextmanager
def _held_file(path: Path) -> Iterator[HeldFile]:
    connection = sqlite3.connect(path, timeout=LOCK_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # only a read takes it
        yield HeldFile(connection)
    finally:
        connection.close()


def open_copy(path: Path) -> Engine:
    """The engine of a copied SQLite database, once it is seen to be whole.

    Raises:
        UnreadableDatabaseError: it is damaged, or of another version.
    """
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise UnreadableDatabaseError(str(error)) from error
    finally:
        connection.close()
    if found != ("ok",):
        raise UnreadableDatabaseError(str(found[0]))
    return make_engine(f"sqlite:///{path}")


def counts(connection: Connection) -> dict[str, int]:
    """Rows of every table, by its name."""
    return {
        table.name: int(
            connection.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar_one()
        )
        for table in SQLModel.metadata.sorted_tables
    }


def fill_server(connection: Connection, dump: Path, metadata: MetaData) -> None:
    """Make the tables in an empty PostgreSQL database and fill them, in the caller's transaction.

    Raises:
        NotEmptyError: it has tables already.
        UnreadableDatabaseError: the dump lacks a table, or a row cannot stand.
    """
    if inspect(connection).get_table_names():
        raise NotEmptyError("the database that DATABASE_URL names has tables already")
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    schema.create(connection, metadata)
    raw: Any = connection.connection.driver_connection
    with tarfile.open(dump) as archive, raw.cursor() as cursor:
        for table in metadata.sorted_tables:
            member = archive.extractfile(table.name)
            with cursor.copy(_copy(table, "FROM STDIN")) as into:
                while member is not None and (block := member.read(1 << 20)):
                    into.write(block)
            _go_on_counting(cursor, table)


def _copy(table: Table, way: str) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'COPY "{table.name}" ({columns}) {way}'


def _go_on_counting(cursor: Any, table: Table) -> None:
    """Let the next row's number follow the last one's."""
    for column in table.primary_key.columns:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", (f'"{table.name}"', column.name))
        (sequence,) = cursor.fetchone()
        if sequence:
            cursor.execute(
                f'SELECT setval(%s, (SELECT max("{column.name}") FROM "{table.name}"))', (sequence,)
            )
