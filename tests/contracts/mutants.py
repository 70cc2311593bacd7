"""Take one guard after the other out of the contract and see which test notices.

What a guard is stands in `contract_guards`. One run in which none is missing tells which test comes
to which guard. Then for each guard the tests that come to it run without it until the first one
fails; those that name its reason come first. `mutants.json` keeps who noticed.

    make mutants                    what changed since the last run
    make mutants ARGS="--all"       every guard again
    make mutants ARGS="--only NAME" guards of one file or function

It exits with 1 if a guard could be taken out and nobody noticed, or if a test that fails anyhow
was not asked.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
from functools import cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from contract_guards import FIRST, Guard, guards, switched, watched

if TYPE_CHECKING:
    from collections.abc import Callable

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
TABLE: Final = HERE / "mutants.json"
SLOW: Final = {
    "test_artifact.py", "test_gas.py", "test_readme.py", "test_many_trucks.py", "test_mutants.py",
    "test_title_model.py", "test_quick_ledger.py",
}  # fmt: skip
"""Tests that say nothing about a guard, or say it slowly."""
MACHINE: Final = "test_state_machine.py"
LAST: Final = {MACHINE: 1_500, "test_fuzz.py": 6_000}
"""What draws at random comes last, and draws less than in the tests themselves."""
COUNTS_GAS: Final[set[str]] = set()
"""Tests that fail when no guard is missing, since the switches cost gas."""
SURVIVED: Final = "survived"
EXPLAINED: Final[dict[str, str]] = {}
"""Guards that no test can miss, and why: file, function and guard as in the table."""


# Who notices.


class Examination:
    """A plugin that runs the collected tests once for each guard, in a process of its own."""

    def __init__(
        self,
        pairs: list[tuple[int, Guard, str]],
        found: Callable[[Guard, str], None],
        processes: int,
    ) -> None:
        self.pairs, self.found, self.processes = pairs, found, processes
        self.failed: list[str] = []
        self.excused: list[str] = []
        self.coming: dict[int, set[str]] = {}
        """By guard, the tests that come to it."""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """What draws at random is short here."""
        for item in items:
            if item.path.name in LAST:
                item.module.STEPS = LAST[item.path.name]
            if item.path.name == MACHINE:
                item.module.missing = lambda _: (set(), set())
                item.module.run.__defaults__ = (10, item.module.run.__defaults__[1][:1])
        items[:] = [
            item for item in items if item.path.name not in LAST or item.nodeid.endswith("[0]")
        ]

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note what failed."""
        if report.failed:
            self.failed.append(_name(report.nodeid))

    def pytest_runtestloop(self, session: Any) -> bool:
        """Examine every guard; tests that fail although none is missing are named, not asked."""
        self.excused, self.coming = _told(*_apart(lambda: self._look(session.items)))
        items = [item for item in session.items if _name(item.nodeid) not in self.excused]
        running: dict[Connection, tuple[int, Guard]] = {}
        waiting = self.pairs[::-1]
        while waiting or running:
            while waiting and len(running) < self.processes:
                number, guard, last = waiting.pop()
                asked = [each for each in items if each.nodeid in self.coming.get(number, ())]
                order = sorted(asked, key=lambda each: _rank(each, guard, last))
                receiver, child = _apart(lambda: self._run(order, number))  # noqa: B023  # begun at once
                running[receiver] = child, guard
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                child, guard = running.pop(ready)
                failed = _told(ready, child)
                self.found(guard, failed[0] if failed else SURVIVED)
        return True

    def _look(self, items: list[Any]) -> tuple[list[str], dict[int, set[str]]]:
        """Return who fails while no guard is missing, and by guard who comes to it."""
        met = watched()
        for item, following in _in_a_row(items):
            met.clear()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            for number in met:
                self.coming.setdefault(number, set()).add(item.nodeid)
        return self.failed, self.coming

    def _run(self, items: list[Any], number: int) -> list[str]:
        import quick_ledger

        quick_ledger.BLOCK_NUMBER = number
        for item, following in _in_a_row(items):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                break
        return self.failed


def _in_a_row(items: list[Any]) -> zip[tuple[Any, Any]]:
    return zip(items, [*items[1:], None], strict=True)


def _rank(item: Any, guard: Guard, last: str) -> tuple[Any, ...]:
    """Those that are likely to notice come first, those of one file in a row."""
    return item.path.name in LAST, -_hits(item, guard, last), item.path.name


def _hits(item: Any, guard: Guard, last: str) -> int:
    if last == _name(item.nodeid):
        return 100
    start = item.function.__code__.co_firstlineno
    own = "\n".join(_lines(item.path)[start - 1 : start + 40])
    hits = 2 * sum(reason in own for pair in guard.reasons for reason in pair if reason)
    return hits + (guard.function.strip("_") in own)


@cache
def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _name(node: str) -> str:
    return node.rpartition("/")[2].partition("[")[0]


def _apart(work: Callable[[], Any]) -> tuple[Connection, int]:
    """Begin work in a process of its own, so that nothing of it stays; return where it tells."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        try:
            sender.send(work())
        except BaseException as error:  # noqa: BLE001  # told to the parent, whatever it was
            sender.send([f"error: {error!r:.500}"])
        os._exit(0)
    sender.close()
    return receiver, child


def _told(receiver: Connection, child: int) -> Any:
    """Return what the work came to."""
    answer = receiver.recv()
    receiver.close()
    os.waitpid(child, 0)
    return answer


def examine(
    pairs: list[tuple[int, Guard, str]],
    found: Callable[[Guard, str], None],
    processes: int = 1,
) -> list[str]:
    """Tell of each guard who notices that it is missing; return who fails when none is missing."""
    import ledger_chain
    import pytest
    import quick_ledger

    from ledger import artifacts

    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    made = switched(folder)
    artifacts.load = lambda name=artifacts.CORE: made[name]  # type: ignore[assignment]  # likewise
    ledger_chain.LedgerChain = quick_ledger.QuickChain  # type: ignore[misc]  # of one process that ends here
    ledger_chain.Playground = quick_ledger.QuickPlayground  # type: ignore[misc,assignment]  # likewise
    files = sorted(str(path) for path in HERE.glob("test_*.py") if path.name not in SLOW)
    options = ["-p", "no:randomly", "-p", "no:terminal", "-o", f"cache_dir={folder}"]
    examination = Examination(pairs, found, processes)
    status = pytest.main([*options, f"--rootdir={ROOT}", *files], plugins=[examination])
    shutil.rmtree(folder)
    if status not in {0, 1, 5}:
        raise RuntimeError(f"pytest said {status}")
    return examination.excused


# The table.


def table() -> dict[str, dict[str, str]]:
    """Return what the last runs found: guard to its function's hash and who noticed."""
    if not TABLE.exists():
        return {}
    found: dict[str, dict[str, str]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def write(rows: dict[str, dict[str, str]]) -> None:
    """Write the rows of the guards that there are, in their order."""
    kept = {guard.name: rows[guard.name] for guard in guards() if guard.name in rows}
    TABLE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def stale(rows: dict[str, dict[str, str]]) -> list[Guard]:
    """Return the guards that no run has seen as they stand."""
    return [
        guard
        for guard in guards()
        if rows.get(guard.name, {}).get("source") != guard.source
        or rows[guard.name]["noticed_by"] == SURVIVED
    ]


def main(arguments: list[str]) -> int:
    """Examine guards and keep what was found; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every guard, also unchanged ones")
    parser.add_argument("--only", default="", help="a file or function")
    parser.add_argument("--processes", type=int, default=1, help="so many guards at a time")
    chosen = parser.parse_args(arguments)
    rows = table()
    wanted = guards() if chosen.all else stale(rows)
    wanted = [each for each in wanted if chosen.only in each.name.partition(": ")[0]]
    pairs = [(each, rows.get(each.name, {}).get("noticed_by", "")) for each in wanted]
    numbers = {guard.name: number for number, guard in enumerate(guards(), FIRST)}
    survivors: list[str] = []

    def found(guard: Guard, answer: str) -> None:
        known = EXPLAINED.get(guard.name, answer) if answer == SURVIVED else answer
        if known == SURVIVED or known.startswith("error"):
            survivors.append(guard.name)
        rows[guard.name] = {"source": guard.source, "noticed_by": known}
        write(rows)
        sys.stdout.write(f"{guard.name}\n    {known}\n")
        sys.stdout.flush()

    asked = [(numbers[guard.name], guard, last) for guard, last in pairs]
    excused = examine(asked, found, chosen.processes) if asked else []
    for name in excused:
        sys.stdout.write(f"not asked, as it fails when no guard is missing: {name}\n")
    for name in survivors:
        sys.stdout.write(f"nobody noticed: {name}\n")
    sys.stdout.write(f"{len(asked)} guards examined, {len(survivors)} survived\n")
    return 1 if survivors or set(excused) - COUNTS_GAS else 0


if __name__ == "__main__":
    # As pytest's own settings do it.
    sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(HERE)]
    sys.exit(main(sys.argv[1:]))
