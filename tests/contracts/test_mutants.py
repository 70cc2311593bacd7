"""What `make mutants` takes out of the contract, and that it misses no assert."""

from __future__ import annotations

import mutants
import pytest


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
    assert {instead.strip() for _, instead in mutants._instead(line)} == found


def test_a_guard_is_switched_off_at_its_own_block_alone():
    guards = [each for each in mutants.guards() if each.function == "_assert_movable"]
    line = '    assert a, "NotLive"'
    assert mutants._switch(line, [(7, guards[0])]) == (
        '    if block.number == 7:\n        pass\n    else:\n        assert a, "NotLive"'
    )


def test_every_assert_of_the_sources_is_a_guard():
    named = {(guard.file, guard.line) for guard in mutants.guards()}
    for path in mutants.SOURCES.glob("*.vy"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            if line.strip().startswith("assert ") or "._demand(" in line:
                assert (path.stem, number) in named, f"{path.name}:{number + 1}"
