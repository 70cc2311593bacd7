"""Guards of the contract were taken out as they stand, and a test that is there noticed each."""

from __future__ import annotations

import ast
import re
from functools import cache

import contract_guards
import ledger_chain as lc
import mutants
import pytest
from quick_ledger import QuickComputation, quick_ledger

README = contract_guards.SOURCES / "README.md"
TOLD = re.compile(r"Of (\d+) guards (\d+) were taken out as they stand")


@cache
def functions(file):
    tree = ast.parse((mutants.HERE / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_guard_was_taken_out_as_it_stands():
    present = {guard.name: guard.source for guard in contract_guards.guards()}
    found = {name: row["source"] for name, row in mutants.table().items()}
    assert found == present, "contract changed: run make mutants"


def test_the_readme_says_how_many_guards_were_taken_out():
    (told,) = TOLD.findall(README.read_text(encoding="utf-8"))
    counts = len(contract_guards.guards()), len(mutants.table())
    assert tuple(map(int, told)) == counts, "contract changed: run make mutants, tell the README"


@pytest.mark.parametrize(("name", "row"), mutants.table().items())
def test_whoever_noticed_is_there(name, row):
    if name in mutants.EXPLAINED:
        assert row["noticed_by"] == mutants.EXPLAINED[name]
        return
    file, _, function = row["noticed_by"].partition("::")
    assert file != mutants.SURVIVED, f"nobody notices: {name}"
    assert function in functions(file), f"{row['noticed_by']} is gone: run make mutants"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('    assert a == b, "NotLive"', {"pass"}),
        ('    assert a and f(b and c), "NotLive"', {"pass", 'assert a, "NotLive"',
                                                  'assert f(b and c), "NotLive"'}),
        ("    why._demand(a and b, why.NotLive)", {"pass", "why._demand(a, why.NotLive)",
                                                   "why._demand(b, why.NotLive)"}),
        ('    assert a or b and c, "NotLive"', {"pass"}),
        ('        raise "Foreclosing"', {"pass"}),
        ('        return "NonceUsed"', {"pass"}),
        ("    st._only_issuer(word)", {"pass"}),
        ("    word: uint256 = self._owned(title, sequence)", set()),
        ('    return ""', set()),
    ],
)  # fmt: skip
def test_what_a_guard_is(line, found):
    assert {instead.strip() for _, instead in contract_guards._instead(line)} == found


def test_a_guard_is_switched_off_at_its_own_block_alone():
    guard = next(g for g in contract_guards.guards() if g.function == "_assert_movable")
    line = '    assert a, "NotLive"'
    assert contract_guards._switch(line, [(7, guard)]) == (
        '    if block.number == 7:\n        pass\n    else:\n        assert a, "NotLive"'
    )


def test_who_comes_to_a_guard_is_seen(monkeypatch):
    """The compiler pushes the guard's number, then asks for the block's."""
    monkeypatch.setattr(QuickComputation, "opcodes", QuickComputation.opcodes)
    ledger = quick_ledger()
    ledger.rewind()
    push_three, number, pop, stop = 0x62, 0x43, 0x50, 0x00
    first = contract_guards.FIRST.to_bytes(3, "big")
    code = bytes((push_three, *first, number, pop, pop, stop))
    ledger.accounts.set_code(bytes(19) + b"\x77", code)
    met = contract_guards.watched()
    assert ledger.call(lc.STRANGER, b"", to=bytes(19) + b"\x77").succeeded
    assert met == {contract_guards.FIRST}
    ledger.rewind()


def test_every_assert_of_the_sources_is_a_guard():
    named = {(guard.file, guard.line) for guard in contract_guards.guards()}
    for path in contract_guards.SOURCES.glob("*.vy"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            if line.strip().startswith("assert ") or "._demand(" in line:
                assert (path.stem, number) in named, f"{path.name}:{number + 1}"
