"""The table in contracts/README.md is generated, and names every function and reason."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ledger import artifacts
from ledger.chain.reasons import REASONS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def table():
    spec = importlib.util.spec_from_file_location("contracts_table", ROOT / "contracts/table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_in_the_readme_is_what_the_sources_say(table):
    assert table.main(["--check"]) == 0


def test_a_stale_table_is_noticed(table, tmp_path, monkeypatch, capsys):
    stale = tmp_path / "README.md"
    stale.write_text(f"# x\n{table.BEGIN}\nold\n{table.END}\n", encoding="utf-8")
    monkeypatch.setattr(table, "README", stale)
    assert table.main(["--check"]) == 1
    assert "is stale" in capsys.readouterr().err
    assert table.main([]) == 0
    assert table.main(["--check"]) == 0


def test_the_table_has_every_function_that_changes_something_and_every_reason(table):
    text = table.table()
    changing = [e["name"] for e in artifacts.abi() if e.get("stateMutability") == "nonpayable"]
    assert [name for name in changing if f"| `{name}` |" not in text] == []
    assert [reason for reason in REASONS if f"`{reason}`" not in text] == []


def test_a_function_without_a_role_is_an_error(table, monkeypatch):
    roles = {name: role for name, role in table.ROLES.items() if name != "issue"}
    monkeypatch.setattr(table, "ROLES", roles)
    with pytest.raises(ValueError, match="issue"):
        table.table()
