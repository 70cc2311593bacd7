"""Kill a process at a chosen step of its work, from outside the code that works.

A child is forked from a warmed parent, so a kill costs milliseconds. Every statement, every commit
and every moment after a commit is a step; the launcher counts them through SQLAlchemy's events, and
at the chosen one the child gets SIGKILL from itself, as `kill -9` would give it.
"""

import os
import shutil
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import event, func, literal, make_url, select, union_all
from sqlmodel import SQLModel

from yidan.store.engine import is_sqlite, reading
from yidan.store.tables import EventRow

DONE, FAILED = 0, 7
_EVENT = EventRow.__table__


def in_proof():
    """The functions of `yidan.proof` that are at work right now."""
    frame = sys._getframe()
    while frame:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("yidan.proof."):
            yield f"{module.removeprefix('yidan.proof.')}.{frame.f_code.co_name}"
        frame = frame.f_back


@contextmanager
def steps_of(engine, step):
    """Call `step(name)` before each statement and commit, and after each commit."""

    def before_statement(_connection, _cursor, statement, *_rest):
        step(" ".join(statement.split()[:3]))

    plain = type(engine.dialect).do_commit

    def do_commit(connection):
        step("before commit")
        plain(engine.dialect, connection)
        step("after commit")

    event.listen(engine, "before_cursor_execute", before_statement)
    engine.dialect.do_commit = do_commit
    try:
        yield
    finally:
        del engine.dialect.do_commit
        event.remove(engine, "before_cursor_execute", before_statement)


@contextmanager
def broken_off(module, name, step):
    """Also call `step` before and after each call of a function that reaches outside."""
    plain = getattr(module, name)

    def stepped(*given, **named):
        step(f"before {name}")
        answer = plain(*given, **named)
        step(f"after {name}")
        return answer

    setattr(module, name, stepped)
    try:
        yield
    finally:
        setattr(module, name, plain)


def steps_to_kill(names, server):
    """All steps, counted from 1; on PostgreSQL those around commits and calls, and each fifth.

    To put a database back costs more than a kill there.
    """
    for number, name in enumerate(names, 1):
        if not server or number % 5 == 0 or name.startswith(("before ", "after ")):
            yield number, name


@dataclass
class Kills:
    """Runs work in children on one engine and kills each at another step."""

    engine: object
    outside: tuple = ()
    """(module or object, name of a function) whose calls are steps too."""
    names: list = field(default_factory=list)
    sites: set = field(default_factory=set)
    """Functions of `yidan.proof` in which a step of a counted work happened, "module.name"."""
    places: list = field(default_factory=list)
    """The same functions step by step, of the work counted last."""

    def count(self, work):
        """Run the work here, unharmed; remember the names of its steps, answer its result."""
        self.names, self.places = [], []

        def step(name):
            self.names.append(name)
            self.places.append(frozenset(in_proof()))
            self.sites |= self.places[-1]

        return self._watched(work, step)

    def kill_at(self, number, work):
        """Run the work in a child killed at a step, counted from 1; True if it was killed.

        A child that gets through to its end answers False; one that fails is an error.
        """
        self.engine.dispose()
        child = os.fork()
        if child == 0:
            os._exit(self._live(number, work))
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return True
        assert os.WEXITSTATUS(status) == DONE, f"the child failed before step {number}"
        return False

    def _live(self, number, work):
        seen = []

        def step(name):
            seen.append(name)
            if len(seen) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            self._watched(work, step)
        except BaseException:  # noqa: BLE001 - whatever it was, the parent reports it
            import traceback

            traceback.print_exc()
            return FAILED
        return DONE

    def _watched(self, work, step):
        with steps_of(self.engine, step):
            return self._reaching_outside(list(self.outside), work, step)

    def _reaching_outside(self, left, work, step):
        if not left:
            return work()
        (module, name), *others = left
        with broken_off(module, name, step):
            return self._reaching_outside(others, work, step)


class Snapshot:
    """A database as it stood, to go back to before each kill; several have names of their own."""

    def __init__(self, engine, server="", name="kept"):
        self._engine, self._server = engine, server
        engine.dispose()
        self._name = engine.url.database
        self._kept = f"{self._name}.{name}" if is_sqlite(engine) else f"{self._name}{name}"
        self._copy(self._name, self._kept)

    def restore(self):
        self._engine.dispose()
        self._copy(self._kept, self._name)

    def drop(self):
        self._engine.dispose()
        if not is_sqlite(self._engine):
            self._do(f"DROP DATABASE IF EXISTS {self._kept} WITH (FORCE)")

    def _copy(self, source, target):
        if not is_sqlite(self._engine):
            self._do(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
            self._do(f"CREATE DATABASE {target} TEMPLATE {source}")
            return
        for name in (f"{target}-wal", f"{target}-shm"):
            Path(name).unlink(missing_ok=True)
        assert not Path(f"{source}-wal").exists(), "somebody still has the database open"
        shutil.copyfile(source, target)

    def _do(self, statement):
        url = make_url(self._server).set(drivername="postgresql")
        plain = url.render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


def census(engine):
    """How many rows every table has, and the types of the events in order, subject by subject."""
    counts = [
        select(literal(table.name), func.count()).select_from(table)
        for table in SQLModel.metadata.sorted_tables
    ]
    with reading(engine) as connection:
        rows = dict(map(tuple, connection.execute(union_all(*counts))))
        events = connection.execute(select(_EVENT.c.subject, _EVENT.c.position, _EVENT.c.type))
        kinds = [(row.subject.partition(":")[0], row.position, row.type) for row in events]
    return rows, sorted(kinds)
