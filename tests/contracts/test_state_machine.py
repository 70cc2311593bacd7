"""Model, contract and the platform's rows: same verdict, reason and words, every step (LEDGER 9).

The machine is `ledger_machine` with what `whole_machine` adds, the model `title_model`, written
from LEDGER 2 to 4; the rows are `projected_titles`, which the platform's own code makes of the
contract's logs. Every run draws other acts; `pytest -p randomly --randomly-seed=N` with the number
that pytest prints at its beginning repeats a run, and what fails is shrunk to the fewest steps.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from ledger_machine import FUNCTIONS
from title_model import TitleModel, demand
from whole_machine import WholeMachine

from yidan.proof.titles import follower
from yidan.release.titles import word

CASES = 4
STEPS = 5_000
"""By each case: 20,000 together."""


def fresh_machine(seed):
    """Return a machine that counts for itself and draws by this seed."""

    class Machine(WholeMachine):
        _hypothesis_internal_use_seed = seed

    Machine.forget()
    return Machine


def run(machine, examples=10, phases=(Phase.generate, Phase.shrink)):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=80,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def missing(machine):
    """Functions that were never accepted, and those that were never refused."""
    names = set(FUNCTIONS.values())
    return names - set(machine.accepted), names - set(machine.refused)


@pytest.mark.parametrize("case", range(CASES))
def test_model_and_contract_agree_on_thousands_of_random_acts(case, pytestconfig):
    seed = (pytestconfig.getoption("randomly_seed", 0) or 0) * 1_000_000 + case * 10_000
    machine = fresh_machine(seed)
    while machine.steps < STEPS or (any(missing(machine)) and machine.steps < 4 * STEPS):
        seed += 1
        machine._hypothesis_internal_use_seed = seed
        run(machine)
    assert machine.steps >= STEPS
    assert missing(machine) == (set(), set()), "every function was accepted and refused"


@pytest.mark.parametrize("reason", [None, "NotHeld"])
def test_the_machine_notices_a_model_that_answers_otherwise(monkeypatch, reason):
    def hold(*_):
        demand(reason is None, reason)

    monkeypatch.setattr(TitleModel, "hold", hold)
    with pytest.raises(AssertionError, match=f"hold: the model says {reason}, the|a word differs"):
        run(fresh_machine(1), examples=40, phases=[Phase.generate])


def test_the_machine_notices_a_platform_that_leaves_out_what_happened(monkeypatch):
    record = follower.record_outcomes

    def but_holds(uow, found):
        record(uow, [each for each in found if each.happened != "Held"])

    monkeypatch.setattr(follower, "record_outcomes", but_holds)
    with pytest.raises(AssertionError, match="a row differs"):
        run(fresh_machine(1), examples=40, phases=[Phase.generate])


def test_the_machine_notices_a_platform_that_forgets_a_pledge(monkeypatch):
    monkeypatch.setattr(word, "second_after", lambda _before, told, _word: told)
    with pytest.raises(AssertionError, match="a row differs"):
        run(fresh_machine(1), examples=40, phases=[Phase.generate])
