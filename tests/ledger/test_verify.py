"""The verifier: its three outcomes, what it says, and what it needs to run."""

import json
import runpy
import subprocess
import sys
from dataclasses import replace

import pytest

from ledger import policy_file, verify
from ledger.anchor_rpc import Anchor, ChainError
from ledger.bundle import Bare
from ledger.verify import Outcome, main, verify_bundle


@pytest.fixture
def anchor(proved):
    """The anchor that the chain would hold."""
    total = proved.aggregate
    return Anchor(proved.checkpoint.root, total.signers_word, total.signature)


@pytest.fixture
def files(tmp_path, cast, proved):
    """A bundle and a policy as files."""
    (tmp_path / "bundle.json").write_bytes(proved.data)
    (tmp_path / "policy").write_bytes(policy_file.write(cast.policy))
    return str(tmp_path / "bundle.json"), str(tmp_path / "policy")


def test_a_true_bundle_is_valid_and_tells_who_runs_the_witnesses(cast, proved):
    verdict = verify_bundle(proved.data, cast.policy)
    assert verdict.outcome is Outcome.VALID
    assert verdict.headline == "VALID"
    root = proved.checkpoint.root.hex()
    assert verdict.checked == (
        f"log: yidan.example/log, 9 leaves, root {root}",
        "leaf 3: event event-3, all 7 fields shown",
        "witness: carrier, run by The carrier office, signed at 2023-11-14T22:13:21Z",
        "witness: customs, run by The customs office, signed at 2023-11-14T22:13:20Z",
        "quorum: any-two",
    )


def test_a_changed_bundle_is_invalid_and_proves_nothing(cast, proved):
    verdict = verify_bundle(proved.data.replace(b"21350", b"21351"), cast.policy)
    assert verdict.outcome is Outcome.INVALID
    assert verdict.headline == "INVALID: the digest is of other content"
    assert verdict.to_json()["events"] == []


def test_without_a_policy_nothing_is_checked(proved):
    verdict = verify_bundle(proved.data, None)
    assert verdict.outcome is Outcome.NOT_CHECKED
    assert verdict.headline == "NOT CHECKED: no policy says whom to trust"


def test_an_unnamed_operator_is_called_so(cast, proved):
    nameless = tuple(replace(witness, operator="") for witness in cast.policy.witnesses)
    verdict = verify_bundle(proved.data, replace(cast.policy, witnesses=nameless))
    assert "run by an unnamed operator" in verdict.checked[2]


def check(cast, proved, found, *, with_bls=False, policy=None):
    def find(chain, size):
        assert (chain, size) == (cast.policy.chain, 9)
        if isinstance(found, Exception):
            raise found
        return found

    return verify_bundle(proved.data, policy or cast.policy, find_anchor=find, with_bls=with_bls)


def test_the_same_root_on_the_chain_is_told(cast, proved, anchor):
    verdict = check(cast, proved, anchor)
    assert verdict.outcome is Outcome.VALID
    assert verdict.checked[-1] == "anchored: 9 leaves on chain 31337, 0x" + "ab" * 20


def test_another_root_on_the_chain_is_invalid(cast, proved, anchor):
    verdict = check(cast, proved, replace(anchor, root=bytes(32)))
    assert verdict.outcome is Outcome.INVALID
    assert "another root of 9 leaves" in verdict.reason


@pytest.mark.parametrize(
    ("found", "reason"), [(None, "are not anchored"), (ChainError("gone"), "gone")]
)
def test_what_the_chain_cannot_say_is_not_checked(cast, proved, found, reason):
    verdict = check(cast, proved, found)
    assert verdict.outcome is Outcome.NOT_CHECKED
    assert reason in verdict.reason


def test_a_policy_without_a_chain_cannot_check_an_anchor(cast, proved, anchor):
    verdict = check(cast, proved, anchor, policy=replace(cast.policy, chain=None))
    assert verdict.headline == "NOT CHECKED: the policy names no chain"


def test_a_false_bundle_is_invalid_whatever_the_chain_says(cast, proved, anchor):
    damaged = proved.data.replace(b"21350", b"21351")
    verdict = verify_bundle(damaged, cast.policy, find_anchor=lambda *_: anchor)
    assert verdict.outcome is Outcome.INVALID


def test_the_aggregate_in_the_anchor_is_checked(cast, proved, anchor):
    verdict = check(cast, proved, anchor, with_bls=True)
    assert verdict.outcome is Outcome.VALID
    assert verdict.checked[-1].startswith("aggregate: signed with BLS by ")
    assert verdict.checked[-1].endswith(" at 2023-11-14T22:13:20Z")


@pytest.mark.parametrize("change", [{"signers": 7}, {"signature": bytes(96)}])
def test_a_false_aggregate_is_invalid(cast, proved, anchor, change):
    verdict = check(cast, proved, replace(anchor, **change), with_bls=True)
    assert verdict.outcome is Outcome.INVALID


def test_an_anchor_without_an_aggregate_is_not_checked(cast, proved, anchor):
    verdict = check(cast, proved, replace(anchor, signers=0), with_bls=True)
    assert verdict.headline == "NOT CHECKED: the anchor carries no aggregate"


def test_without_a_bls_library_the_aggregate_is_not_checked(cast, proved, anchor, monkeypatch):
    monkeypatch.setitem(sys.modules, "ledger.aggregate", None)
    monkeypatch.delattr("ledger.aggregate")
    verdict = check(cast, proved, anchor, with_bls=True)
    assert verdict.headline == "NOT CHECKED: no BLS library is installed"


def test_the_command_exits_0_1_and_2(files, tmp_path, proved, capsys):
    path, policy = files
    assert main([path, "--policy", policy]) == 0
    assert capsys.readouterr().out.startswith("VALID\n  log: yidan.example/log")
    assert main([path]) == 2
    assert capsys.readouterr().out.startswith("NOT CHECKED: no policy")
    (tmp_path / "bundle.json").write_bytes(proved.data + b"\n")
    assert main([path, "--policy", policy]) == 1
    assert capsys.readouterr().out == "INVALID: not canonical JSON: not in canonical form\n"


def test_files_that_cannot_be_read_are_not_checked(files, tmp_path, capsys):
    path, policy = files
    assert main([str(tmp_path / "absent"), "--policy", policy]) == 2
    assert main([path, "--policy", str(tmp_path / "absent")]) == 2
    (tmp_path / "policy").write_text("nonsense\n")
    assert main([path, "--policy", policy]) == 2
    assert "line 1: not a line of a policy" in capsys.readouterr().out


def test_the_command_asks_the_chain_it_is_given(files, capsys):
    path, policy = files
    assert main([path, "--policy", policy, "--chain", "ftp://nowhere"]) == 2
    assert "is not http or https" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        main([path, "--policy", policy, "--bls"])
    assert "--bls needs --chain" in capsys.readouterr().err


def test_the_verdict_is_told_as_json(files, capsys):
    path, policy = files
    main([path, "--policy", policy, "--json"])
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["outcome"], verdict["reason"]) == ("VALID", "")
    assert ["/content/grossMassKg", 21350] in verdict["events"][0]["fields"]
    assert verdict["events"][0]["eventId"] == "event-3"


def test_the_text_shows_the_fields_and_no_control_characters(cast, proved):
    event = proved.event(5, "/content/grossMassKg")
    verdict = verify_bundle(proved.data, cast.policy)
    shown = replace(verdict, bundle=replace(verdict.bundle, events=(event,)))
    assert "    leaf 5 /content/grossMassKg = 21350\n" in verify.as_text(shown)
    sneaky = replace(shown, checked=("a\x1b[2J\u202eb",))
    assert "a\\u001b[2J\\u202eb" in verify.as_text(sneaky)


def test_a_bare_event_shows_no_field(proved):
    bare = replace(proved.event(3), evidence=Bare(bytes(32)))
    assert verify.shown_fields(bare) == []


def test_a_time_beyond_the_calendar_is_shown_as_a_number():
    assert verify._time(253_402_300_799) == "9999-12-31T23:59:59Z"
    assert verify._time(253_402_300_800) == "253402300800"


def test_the_verifier_imports_the_standard_library_and_cryptography_alone(files):
    code = (
        "import sys; before = set(sys.modules)\n"
        "from ledger.verify import main\n"
        f"status = main([{files[0]!r}, '--policy', {files[1]!r}])\n"
        "names = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "known = {'ledger', 'cryptography', '_cffi_backend', '_openssl'}\n"
        "foreign = names - sys.stdlib_module_names - known\n"
        "print(status, sorted(foreign))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines()[-1] == "0 []"


def test_it_runs_as_a_module(files, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["verify", files[0], "--policy", files[1]])
    monkeypatch.delitem(sys.modules, "ledger.verify")
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("ledger.verify", run_name="__main__")
    assert capsys.readouterr().out.startswith("VALID\n")


def test_octets_of_a_policy_that_are_no_text_are_shown_escaped(cast, proved, tmp_path, capsys):
    text = policy_file.write(cast.policy).replace(b"The customs office", b"The \xff office")
    (tmp_path / "bundle").write_bytes(proved.data)
    (tmp_path / "policy").write_bytes(text)
    for form in ([], ["--json"]):
        assert main([str(tmp_path / "bundle"), "--policy", str(tmp_path / "policy"), *form]) == 0
        assert "run by The \\udcff office" in capsys.readouterr().out
    (tmp_path / "policy").write_bytes(text.replace(b"customs.example/w", b"customs.\xff/w"))
    assert main([str(tmp_path / "bundle"), "--policy", str(tmp_path / "policy")]) == 2
    assert "not UTF-8" in capsys.readouterr().out
