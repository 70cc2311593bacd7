"""The examples in the docstrings are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["jcs", "tiles", "commitment", "checkpoint"])
def test_the_examples_of_a_module_are_true(name):
    result = doctest.testmod(importlib.import_module(f"ledger.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
