"""The committed artifact is what the sources compile to, optimized, and small enough."""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE_LIMIT = 24_576


@pytest.fixture(scope="module")
def compiler():
    spec = importlib.util.spec_from_file_location(
        "compile_contracts", ROOT / "contracts/compile.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.compiled = cache(module.compiled)
    return module


NAMES = ("ReleaseLedger", "TitleActs", "PartyActs")


@pytest.fixture(scope="module", params=NAMES)
def committed(request):
    path = ROOT / f"ledger/artifacts/{request.param}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_committed_artifact_is_what_the_sources_compile_to(compiler):
    assert compiler.main(["--check"]) == 0


def test_a_stale_artifact_is_noticed(compiler, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(compiler, "ARTIFACTS", tmp_path)
    assert compiler.main(["--check"]) == 1
    assert "ReleaseLedger.json is stale" in capsys.readouterr().err
    assert compiler.main([]) == 0
    assert compiler.main(["--check"]) == 0


def test_the_optimizer_is_on(committed):
    assert committed["compiler"]["version"] == "0.4.3"
    wanted = "gas" if committed["name"] == "ReleaseLedger" else "codesize"
    assert committed["compiler"]["settings"] == {"evmVersion": "prague", "optimize": wanted}
    source = ROOT / "contracts" / f"{committed['name']}.vy"
    assert f"# pragma optimize {wanted}\n" in source.read_text(encoding="utf-8")


def test_the_code_fits_into_the_limit_of_the_chain(committed):
    assert committed["runtimeLength"] + committed["immutablesLength"] <= CODE_LIMIT


def test_every_part_has_the_storage_layout_of_the_ledger_as_it_was(committed):
    assert set(committed["storageLayout"]) == {"st"}
    layout = {name: entry["slot"] for name, entry in committed["storageLayout"]["st"].items()}
    assert layout == {
        "titles": 0,
        "orders": 1,
        "nullifiers": 2,
        "offices": 3,
        "parties": 4,
        "head": 5,
        "anchored_root": 6,
        "owner_key": 7,
        "proposed_owner_key": 8,
        "nonces": 9,
        "seconds": 10,
        "delegations": 11,
        "recoveries": 12,
        "seizures": 13,
        "successor": 14,
        "sealed": 15,
        "lineages": 16,
    }
