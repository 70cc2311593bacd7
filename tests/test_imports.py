"""The import contracts of pyproject.toml: kept by the sources, and each seen to break once."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "platform/yidan"
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}

PLANTED = [
    ("house", "platform/yidan/kernel/planted.py", "import yidan.ports"),
    ("house", "platform/yidan/store/planted.py", "from yidan import worker"),
    ("house", "platform/yidan/release/planted.py", "import yidan.gate.tables"),
    ("house", "platform/yidan/gate/planted.py", "import yidan.tally.tables"),
    ("house", "platform/yidan/tally/planted.py", "import yidan.gate.tables"),
    ("house", "platform/yidan/gate/planted.py", "import yidan.web.menu"),
    ("house", "platform/yidan/exchange/planted.py", "import yidan.proof.lag"),
    ("adapters", "adapters/planted.py", "import yidan.store.unit_of_work"),
    ("adapters", "adapters/planted.py", "import ledger"),
    ("ledger", "ledger/planted.py", "from yidan.kernel import reasons"),
    ("ledger", "ledger/planted.py", "import adapters"),
    ("ledger-users", "platform/yidan/store/planted.py", "from ledger import merkle"),
    ("rules", "platform/yidan/planted/rules.py", "import time"),
    ("rules", "platform/yidan/planted/rules.py", "import yidan.planted.tables"),
    ("rules", "platform/yidan/planted/rules/sub.py", "import yidan.store"),
    ("sql", "platform/yidan/planted/actions.py", "from sqlalchemy import text"),
]


@pytest.fixture
def copy(tmp_path):
    """The sources and their contracts in a folder of their own."""
    for source in ("platform", "ledger", "adapters"):
        shutil.copytree(
            ROOT / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder, *contracts):
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", *chosen],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}/platform:{folder}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_sources_keep_every_contract(copy):
    answer = lint(copy, *CONTRACTS)
    assert answer.returncode == 0, answer.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in answer.stdout


@pytest.mark.parametrize(("contract", "file", "bad_import"), PLANTED)
def test_one_bad_import_breaks_the_contract(copy, contract, file, bad_import):
    planted = copy / file
    room = copy / "platform/yidan/planted"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "tables.py").touch()
    planted.parent.mkdir(exist_ok=True)
    (planted.parent / "__init__.py").touch()
    planted.write_text(bad_import + "\n")
    answer = lint(copy, contract)
    assert answer.returncode == 1, answer.stdout
    assert f"{CONTRACTS[contract]['name']} BROKEN" in answer.stdout
    assert "planted" in answer.stdout.split("Broken contracts")[1]


def test_every_contract_is_seen_to_break():
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)


def test_every_module_of_the_core_has_its_floor():
    floors = {
        name.strip().removeprefix("yidan.")
        for layer in CONTRACTS["house"]["layers"]
        for name in layer.replace("|", ":").split(":")
    }
    modules = {path.stem for path in HOUSE.iterdir() if path.name[0] not in "_."}
    assert modules <= floors


def test_every_floor_stands_and_no_import_is_excused():
    house = CONTRACTS["house"]
    assert not any("(" in layer for layer in house["layers"])
    assert "ignore_imports" not in house
