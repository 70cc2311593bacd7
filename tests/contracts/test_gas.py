"""Gas is what the snapshot says, and within the budgets of LEDGER 5."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

import gas

EXPLANATION = Path(__file__).resolve().parents[2] / "docs/explanation/ledger.md"
SHOWN = {
    "issue": "issue",
    "transfer": "transfer",
    "surrender": "surrender",
    "release; theirs: burn": "release",
    "whole life": "cycle",
    "whole life, for one of 50 relayed together": "cycle_batch50",
    "whole life with three gates": "cycle_gated",
    "the same, for one of 50 relayed together": "cycle_gated_batch",
    "whole life in two steps: offer, acceptance, order, collection": "cycle_two_step",
    "release of a box: one bit of a full word": "nullifier_full_word",
    "checkpoint, with its cosignature logged": "anchor_cosigned",
    "deploy everything": "deploy",
}


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


def test_the_explanation_shows_these_figures(measured):
    text = EXPLANATION.read_text(encoding="utf-8")
    shown = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in rows(text)}
    assert shown == {title: f"{measured[name]:,}" for title, name in SHOWN.items()}


def rows(text):
    """The rows of the table of costs."""
    table = text.partition("| operation |")[2].partition("\n\n")[0]
    return table.splitlines()[2:]
