"""A bundle is checked by the policy of its size, found by following the old trust to the new."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import bundle_compact, policy_file, succession, verify
from ledger import checkpoint as checkpoints
from ledger.note import Note, VerifierKey
from ledger.policy import Log, Witness
from ledger.witness.__main__ import main as witness_main
from ledger.witness.keys import load_or_create

NEXT_KEY = Ed25519PrivateKey.from_private_bytes(b"next log key".ljust(32))
NEXT_LOG = "yidan.example/log2"


@pytest.fixture
def files(tmp_path, cast, proved):
    """The bundle of nine leaves and the policy that it was witnessed under."""
    (tmp_path / "bundle").write_bytes(proved.data)
    (tmp_path / "first").write_bytes(policy_file.write(cast.policy))
    return tmp_path


@pytest.fixture
def handed_over(files, cast):
    """Write the policy that follows, and the note that the old trust signed."""

    def write(new, size, successor="", names=("customs", "carrier")):
        step = succession.propose(cast.policy, new, cast.origin, size, successor)
        lines = [succession.sign(step, cast.origin, cast.log)]
        lines += [succession.sign(step, f"{name}.example/w", cast.keys[name]) for name in names]
        (files / "second").write_bytes(policy_file.write(new))
        (files / "note").write_bytes(succession.encode(step, lines))

    return write


def rotated(cast):
    return replace(cast.policy, logs=(Log(checkpoints.log_key(cast.origin, NEXT_KEY)),))


def check(files, *more):
    paths = [str(files / name) for name in ("bundle", "first", "second", "note")]
    return verify.main([paths[0], "--policy", paths[1], "--next", *paths[2:], *more])


def test_an_old_bundle_still_verifies_after_the_logs_key_was_rotated(files, cast, handed_over):
    handed_over(rotated(cast), 9)
    assert check(files) == 0
    found = bundle_compact.read((files / "bundle").read_bytes())
    for form in (bundle_compact.pack(found), bundle_compact.pack_text(found).encode()):
        (files / "bundle").write_bytes(form)
        assert check(files) == 0


def test_the_old_key_proves_nothing_beyond_the_size_it_spoke_for(files, cast, handed_over, capsys):
    handed_over(rotated(cast), 8)
    assert check(files) == 1
    assert capsys.readouterr().out.startswith("INVALID")


def test_s62_a_bundle_of_a_frozen_log_beyond_its_last_size_is_invalid(
    files, cast, handed_over, capsys
):
    successor = Log(checkpoints.log_key(NEXT_LOG, NEXT_KEY))
    new = replace(cast.policy, logs=(*cast.policy.logs, successor))
    handed_over(new, 9, NEXT_LOG)
    assert check(files) == 0
    handed_over(new, 8, NEXT_LOG)
    assert check(files) == 1
    assert "frozen at 8 leaves" in capsys.readouterr().out


def test_a_succession_that_the_old_trust_did_not_sign_checks_nothing(
    files, cast, handed_over, capsys
):
    handed_over(rotated(cast), 9, names=("customs",))
    assert check(files) == 2
    assert "no quorum" in capsys.readouterr().out


def test_bytes_that_are_no_bundle_are_invalid_with_a_history_too(files, cast, handed_over):
    handed_over(rotated(cast), 9)
    (files / "bundle").write_bytes(b"nothing")
    assert check(files) == 1


def test_what_follows_needs_something_that_is_trusted_first(files, capsys):
    with pytest.raises(SystemExit):
        verify.main([str(files / "bundle"), "--next", "a", "b"])
    assert "--policy" in capsys.readouterr().err


def test_a_witnesss_operator_signs_a_succession_by_hand(files, cast, handed_over, capsys):
    """The witness's own key file stands in the first policy; its line completes the quorum."""
    folder = files / "witness"
    keys = load_or_create(folder, "customs.example/w")
    own = replace(cast.policy.witnesses[0], key=keys.vkey)
    first = replace(cast.policy, witnesses=(own, *cast.policy.witnesses[1:]))
    second = replace(rotated(cast), witnesses=first.witnesses)
    step = succession.propose(first, second, cast.origin, 9)
    lines = [succession.sign(step, cast.origin, cast.log)]
    lines += [succession.sign(step, "carrier.example/w", cast.keys["carrier"])]
    (files / "first").write_bytes(policy_file.write(first))
    (files / "second").write_bytes(policy_file.write(second))
    (files / "note").write_bytes(succession.encode(step, lines))
    arguments = ["--folder", str(folder), "--name", "customs.example/w"]
    arguments += ["--policy", str(files / "first")]
    paths = [str(files / name) for name in ("first", "second", "note")]
    assert witness_main([*arguments, "--hand-over", paths[0], paths[2]]) == 1
    assert "other policies" in capsys.readouterr().err
    assert witness_main([*arguments, "--hand-over", *paths[1:]]) == 0
    assert capsys.readouterr().out == step.body()
    history = succession.History(first).then(second, (files / "note").read_bytes())
    assert history.newest == second


def test_the_operators_hand_signs_with_the_additional_key_too(files, cast, capsys):
    folder = ["--folder", str(files / "witness"), "--name", "customs.example/w", "--mldsa44"]
    assert witness_main([*folder, "--show"]) == 0
    about = json.loads(capsys.readouterr().out)
    own = Witness("pq", VerifierKey.parse(about["mldsa44Vkey"]))
    assert own.key.key_type == 6
    first = replace(cast.policy, witnesses=(*cast.policy.witnesses, own), quorum="pq")
    step = succession.propose(first, cast.policy, cast.origin, 9)
    (files / "first").write_bytes(policy_file.write(first))
    (files / "second").write_bytes(policy_file.write(cast.policy))
    lines = [succession.sign(step, cast.origin, cast.log)]
    (files / "note").write_bytes(succession.encode(step, lines))
    arguments = [*folder[:-1], "--policy", str(files / "first")]
    assert (
        witness_main([*arguments, "--hand-over", str(files / "second"), str(files / "note")]) == 0
    )
    note = (files / "note").read_bytes()
    assert len(Note.parse(note).signatures) == 3
    assert succession.History(first).then(cast.policy, note).newest == cast.policy
