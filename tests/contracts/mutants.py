"""Take one guard after the other out of the contract and see which test notices.

A guard is an assert, a demand, a raise, a reason that is answered, a check that is called by
itself, or one half of a condition with `and`. The sources are compiled once, in a folder that is
thrown away, with a switch before each guard: at the block with the guard's number it is not there.
One run in which none is missing tells which test comes to which guard. Then for each number
the tests that come to it run until the first one fails; those that name the guard's reason come
first. `mutants.json` keeps who noticed.

    make mutants                    what changed since the last run
    make mutants ARGS="--all"       every guard again
    make mutants ARGS="--only NAME" guards of one file or function

It exits with 1 if a guard could be taken out and nobody noticed, or if a test that fails anyhow
was not asked.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
SOURCES: Final = ROOT / "contracts"
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
FIRST: Final = 1_000_000
"""The block at which the first guard is not there; three bytes, as `_come_to` reads them."""
NUMBER: Final = 0x43
"""The instruction that asks for the block's number."""
EXPLAINED: Final[dict[str, str]] = {}
"""Guards that no test can miss, and why: file, function and guard as in the table."""

STATEMENT = re.compile(
    r"\s+(?:assert .*|raise .*|(?:\w+\.)?_demand\(.*\)|return \"\w+\"|return why\.\w+"
    r"|(?:self|st|tw|td)\._(?:only|assert|for_party|no_orders|same_party)\w*\(.*\))"
)
CONDITION = re.compile(r"(\s+(?:assert |(?:\w+\.)?_demand\())(.*)(, (?:\"\w+\"|[\w.]+)\)?)")


@dataclass(frozen=True)
class Guard:
    """One line of a source, and what stands there instead of it."""

    file: str
    function: str
    line: int
    """Counted from 0."""
    text: str
    instead: str
    source: str
    """Hash of the function that it stands in."""

    @property
    def name(self) -> str:
        """File, function and what is taken out."""
        return f"{self.file}:{self.function}: {self.text}"

    @property
    def reasons(self) -> list[str]:
        """The reasons that the line names."""
        return re.findall(r'"(\w+)"|why\.([A-Z]\w+)', self.text)


def guards() -> list[Guard]:
    """Return every guard of every source, in their order; equal ones of a function are numbered."""
    found: list[Guard] = []
    for path in sorted(SOURCES.glob("*.vy")):
        lines = path.read_text(encoding="utf-8").splitlines()
        starts = [at for at, line in enumerate(lines) if line.startswith("def ")]
        for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
            function = lines[start].split("(")[0].removeprefix("def ")
            if function == "_demand":
                continue
            body = _code(lines[start:end])
            source = hashlib.sha256("\n".join(text for _, text in body).encode()).hexdigest()[:16]
            seen: dict[str, int] = {}
            for offset, text in body:
                for label, instead in _instead(text):
                    seen[label] = seen.get(label, 0) + 1
                    number = f" (again {seen[label]})" if seen[label] > 1 else ""
                    place = (path.stem, function, start + offset)
                    found.append(Guard(*place, label + number, instead, source))
    return found


def _code(lines: list[str]) -> list[tuple[int, str]]:
    """Return the lines that are code, with their numbers, up to the end of the function."""
    code: list[tuple[int, str]] = []
    quoted = False
    for number, line in enumerate(lines):
        if line.strip().startswith('"""'):
            quoted = not quoted or line.strip() != '"""'
            quoted = quoted and line.strip().count('"""') == 1
            continue
        if number and line and not line.startswith((" ", ")")):
            break
        if not quoted and line.strip() and not line.strip().startswith("#"):
            code.append((number, line))
    return code


def _instead(text: str) -> list[tuple[str, str]]:
    """Return what is taken out of a line, and the line without it."""
    if not STATEMENT.fullmatch(text):
        return []
    indent = text[: len(text) - len(text.lstrip())]
    found = [(text.strip(), f"{indent}pass")]
    condition = CONDITION.fullmatch(text)
    if condition:
        before, whole, after = condition.groups()
        parts = _conjuncts(whole)
        for each in parts if len(parts) > 1 else ():
            rest = " and ".join(part for part in parts if part is not each)
            found.append((f"{text.strip()} without `{each}`", f"{before}{rest}{after}"))
    return found


def _conjuncts(condition: str) -> list[str]:
    """Split at each `and` that stands in no bracket; nothing is split beside an `or`."""
    parts, depth, last = [], 0, 0
    for at, letter in enumerate(condition):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and condition.startswith(" or ", at):
            return [condition]
        if depth == 0 and condition.startswith(" and ", at):
            parts.append(condition[last:at])
            last = at + len(" and ")
    return [*parts, condition[last:]]


# Compiling with switches.


def switched(folder: Path) -> dict[str, Any]:
    """Return, by name, the artifacts of sources in which each guard can be switched off."""
    from ledger import artifacts

    lines = {
        path.stem: path.read_text(encoding="utf-8").replace("@pure", "@view").splitlines()
        for path in SOURCES.glob("*.vy")
    }
    by_line: dict[tuple[str, int], list[tuple[int, Guard]]] = {}
    for number, guard in enumerate(guards(), FIRST):
        by_line.setdefault((guard.file, guard.line), []).append((number, guard))
    for (file, line), variants in by_line.items():
        lines[file][line] = _switch(lines[file][line], variants)
    for name, text in lines.items():
        (folder / f"{name}.vy").write_text("\n".join(text) + "\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("compile_mutants", SOURCES / "compile.py")
    assert spec
    assert spec.loader
    compiler = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compiler)
    compiler.SOURCES = folder
    made = {}
    for name in compiler.CONTRACTS:
        code = compiler.compiled(name)["bytecode"]
        bytecode = bytes.fromhex(code.removeprefix("0x"))
        made[name] = replace(artifacts.load(name), bytecode=bytecode)
    return made


def _switch(line: str, variants: list[tuple[int, Guard]]) -> str:
    """Return the line, and what stands instead of it at the blocks of its guards."""
    indent = line[: len(line) - len(line.lstrip())]
    text, word = "", "if"
    for number, guard in variants:
        text += f"{indent}{word} block.number == {number}:\n{indent}    {guard.instead.strip()}\n"
        word = "elif"
    return f"{text}{indent}else:\n{indent}    {line.strip()}"


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
        met = _come_to()
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


def _come_to() -> set[int]:
    """Let the interpreter add the guards that it comes to: a number is pushed before `NUMBER`."""
    import quick_ledger

    met: set[int] = set()
    opcodes = quick_ledger.QuickComputation.opcodes
    usual = opcodes[NUMBER]

    def noting(computation: Any) -> None:
        code, at = computation.code, computation.code.program_counter
        met.add(int.from_bytes(bytes(code[each] for each in range(at - 4, at - 1)), "big"))
        usual(computation=computation)

    quick_ledger.QuickComputation.opcodes = opcodes | {NUMBER: noting}
    return met


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
