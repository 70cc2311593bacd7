"""A witness's memory: it only moves from where the caller saw it, and it lasts."""

import pytest

from ledger.witness.state import Head, WitnessState

ONE = Head(1, bytes([1]) * 32, b"one")
TWO = Head(2, bytes([2]) * 32, b"two")


@pytest.fixture
def state(tmp_path):
    return WitnessState(tmp_path / "w.db")


def test_a_log_never_seen_has_the_empty_tree(state):
    assert state.head("log") == Head()


def test_a_head_moves_from_the_old_one_only(state):
    assert state.advance("log", Head(), ONE)
    assert not state.advance("log", Head(), TWO)
    assert state.head("log") == ONE
    assert state.advance("log", ONE, TWO)
    assert state.head("log") == TWO


def test_a_head_of_the_same_size_and_another_root_is_not_the_old_one(state):
    state.advance("log", Head(), ONE)
    assert not state.advance("log", Head(1, bytes(32), b""), TWO)


def test_logs_are_kept_apart(state):
    state.advance("log", Head(), ONE)
    assert state.head("other") == Head()


def test_what_was_written_is_there_after_a_restart(state, tmp_path):
    state.advance("log", Head(), ONE)
    assert WitnessState(tmp_path / "w.db").head("log") == ONE
