"""A policy file and the steps beside it: followed in order, kept durably, read again on change."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint as checkpoints
from ledger import policy_file, succession_files
from ledger.policy import Log, PolicyError
from ledger.succession import History, SuccessionError
from ledger.succession_files import TrustReader

NEXT = Ed25519PrivateKey.from_private_bytes(b"next log key".ljust(32))


@pytest.fixture
def rotated(cast):
    """The policy after the log's own key was rotated."""
    return replace(cast.policy, logs=(Log(checkpoints.log_key(cast.origin, NEXT)),))


@pytest.fixture
def first(tmp_path, cast):
    """A policy file."""
    path = tmp_path / "policy"
    path.write_bytes(policy_file.write(cast.policy))
    return path


def test_a_policy_alone_is_a_history_without_steps(first, cast):
    assert succession_files.read(first) == History(cast.policy)
    assert succession_files.steps(first) == []


def test_steps_are_kept_and_followed_in_order(first, cast, rotated, hand_over):
    one = hand_over(cast.policy, rotated, 9)
    back = hand_over(rotated, cast.policy, 12, log=NEXT)
    succession_files.add(first, policy_file.write(rotated), one)
    kept = succession_files.add(first, policy_file.write(cast.policy), back)
    assert kept == succession_files.read(first)
    assert kept.policies == (cast.policy, rotated, cast.policy)
    assert [path.name for step in succession_files.steps(first) for path in step] == [
        "0001.policy",
        "0001.note",
        "0002.policy",
        "0002.note",
    ]


def test_keeping_the_last_step_again_changes_nothing(first, cast, rotated, hand_over):
    note, new = hand_over(cast.policy, rotated, 9), policy_file.write(rotated)
    once = succession_files.add(first, new, note)
    assert succession_files.add(first, new, note) == once
    assert len(succession_files.steps(first)) == 1


def test_a_step_that_the_old_trust_did_not_sign_is_not_kept(first, cast, rotated, hand_over):
    forged = hand_over(cast.policy, rotated, 9, names=("customs",))
    with pytest.raises(SuccessionError, match="no quorum"):
        succession_files.add(first, policy_file.write(rotated), forged)
    assert succession_files.steps(first) == []


def test_a_step_that_was_cut_off_before_its_note_is_none(first, cast, rotated):
    (first.parent / "successions").mkdir()
    (first.parent / "successions" / "0001.policy").write_bytes(policy_file.write(rotated))
    (first.parent / "successions" / ".0001.note.new").write_bytes(b"half")
    assert succession_files.read(first) == History(cast.policy)


def test_whom_to_trust_is_read_again_when_a_file_changes(tmp_path, cast, rotated, hand_over):
    reader = TrustReader(tmp_path / "policy")
    assert reader.current() is None
    (tmp_path / "policy").write_bytes(policy_file.write(cast.policy))
    assert reader.current() == History(cast.policy)
    assert reader.current() is reader.current()
    note = hand_over(cast.policy, rotated, 9)
    followed = succession_files.add(tmp_path / "policy", policy_file.write(rotated), note)
    assert reader.current() == followed
    (tmp_path / "successions" / "0001.policy").unlink()
    assert reader.current() is None
    (tmp_path / "successions" / "0001.policy").write_bytes(policy_file.write(cast.policy))
    with pytest.raises(SuccessionError):
        reader.current()
    (tmp_path / "policy").write_text("nonsense\n")
    with pytest.raises(PolicyError):
        reader.current()
