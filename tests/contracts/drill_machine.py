"""The long run: 100,000 random acts on model and contract, and 500,000 calls of any bytes.

`make machine` collects it, CI does not. `ARGS="--randomly-seed=N"` repeats one. What was run
is written to `results` beside this page: seed, count, minutes, commit and machine.
"""

from __future__ import annotations

import json
import platform
import subprocess
import time
from pathlib import Path

import pytest
from test_fuzz import Fuzzer
from test_state_machine import fresh_machine, missing, run

ROOT = Path(__file__).resolve().parents[2]
ACTS, CALLS = 100_000, 500_000


@pytest.fixture
def result(request, pytestconfig):
    """Write what a run came to, if it ended well."""
    begun, figures = time.monotonic(), {}
    yield figures
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    figures |= {
        "seed": pytestconfig.getoption("randomly_seed", 0),
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "commit": commit.stdout.strip(),
        "machine": f"{platform.machine()}, {platform.python_version()}",
    }
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{request.node.name}.json").write_text(json.dumps(figures, indent=1) + "\n")


@pytest.mark.timeout(7_200)
def drill_model_and_contract(result, pytestconfig):
    seed = (pytestconfig.getoption("randomly_seed", 0) or 0) * 1_000_000
    machine = fresh_machine(seed)
    while machine.steps < ACTS:
        seed += 1
        machine._hypothesis_internal_use_seed = seed
        run(machine)
    assert missing(machine) == (set(), set())
    result |= {"acts": machine.steps}


@pytest.mark.timeout(7_200)
def drill_any_bytes(result, pytestconfig):
    fuzzer = Fuzzer(pytestconfig.getoption("randomly_seed", 0) or 0)
    while fuzzer.calls < CALLS:
        fuzzer.step()
    result |= {"calls": fuzzer.calls}
