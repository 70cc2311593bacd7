"""The contract's guards 合约防线: which lines they are, and sources in which one can be off.

A guard is an assert, a demand, a raise, a reason that is answered, a check that is called by
itself, or one half of a condition with `and`. The sources are compiled once, in a folder that is
thrown away, with a switch before each guard: at the block with the guard's number it is not there.
`mutants` asks the tests.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

SOURCES: Final = Path(__file__).resolve().parents[2] / "contracts"
FIRST: Final = 1_000_000
"""The block at which the first guard is not there; three bytes, as `watched` reads them."""
NUMBER: Final = 0x43
"""The instruction that asks for the block's number."""

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


# Coming to them.


def watched() -> set[int]:
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
