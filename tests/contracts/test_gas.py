"""Gas is what the snapshot says, and within the budgets of LEDGER 5."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

import gas


@pytest.fixture(scope="module")
def measured():
    return gas.measure()


def test_gas_is_what_the_snapshot_in_git_says(measured):
    assert measured == json.loads(gas.SNAPSHOT.read_text(encoding="utf-8"))


def test_every_operation_stays_within_its_budget(measured):
    assert {name: used for name, used in measured.items() if used > gas.BUDGETS[name]} == {}


def test_a_cycle_is_the_sum_of_four_calls_that_real_parties_make(measured):
    parts = ("issue", "transfer", "surrender", "release")
    assert measured["cycle"] == sum(measured[name] for name in parts)
