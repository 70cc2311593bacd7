"""The witness over HTTP, and as a process of its own."""

import hashlib
import json
import os
import runpy
import signal
import subprocess
import sys
from dataclasses import replace
from threading import Thread, Timer

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint as checkpoints
from ledger import merkle, policy_file, succession_files
from ledger.note import VerifierKey
from ledger.policy import BlsKey, Log, Witness
from ledger.witness import TIME_HEADER, client
from ledger.witness.__main__ import main
from ledger.witness.server import WitnessServer, WitnessSettings, serve


class StandingClock:
    def now(self) -> int:
        return 1_700_000_000


@pytest.fixture
def running(tmp_path):
    """A server on a free port, and its URL."""
    settings = WitnessSettings(tmp_path / "w", "w.example", tmp_path / "policy")
    with WitnessServer(settings, StandingClock()) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}") as http:
            yield http
        server.shutdown()
        thread.join()


def registered(cast, http, url):
    """Return a policy with the witness as it tells of itself."""
    about = http.get("/").json()
    bls = BlsKey(bytes.fromhex(about["blsPublicKey"]), bytes.fromhex(about["blsProofOfPossession"]))
    me = Witness("me", VerifierKey.parse(about["vkey"]), url, "", bls)
    return replace(cast.policy, witnesses=(me,), groups=(), quorum="me")


@pytest.mark.integration
def test_a_witness_registers_cosigns_and_shows_what_it_signed(running, tmp_path, cast, head, tree):
    policy = registered(cast, running, str(running.base_url))
    (tmp_path / "policy").write_bytes(policy_file.write(policy))
    for old, size in [(0, 5), (0, 9)]:
        cosigned = client.ask(
            running,
            policy,
            policy.witnesses[0],
            head(size),
            checkpoints.sign(head(size), cast.log),
            proof_from=lambda told, size=size: merkle.consistency_proof(tree.store, told, size),
            old_size=old,
            time=1_700_000_000,
        )
        assert cosigned.bls is not None
    name = hashlib.sha256(cast.origin.encode()).hexdigest()
    shown = running.get(f"/{name}/checkpoint")
    assert checkpoints.parse_signed(shown.content)[0] == head(9)


@pytest.mark.integration
def test_http_answers_carry_status_type_and_body(running, tmp_path, cast, request_for):
    assert running.post("/add-checkpoint", content=request_for(0, 5)).status_code == 404
    policy = registered(cast, running, "")
    (tmp_path / "policy").write_bytes(policy_file.write(policy))
    body = request_for(0, 5)
    assert running.post("/add-checkpoint", content=body).status_code == 200
    conflict = running.post("/add-checkpoint", content=body)
    assert (conflict.status_code, conflict.text) == (409, "5\n")
    assert conflict.headers["Content-Type"] == "text/x.tlog.size"
    late = running.post("/add-checkpoint", content=request_for(5, 9), headers={TIME_HEADER: "1"})
    assert late.status_code == 400
    assert running.post("/elsewhere", content=b"x").status_code == 404
    for path in ("/elsewhere", "/00/other", "/00/checkpoint"):
        assert running.get(path).status_code == 404
    assert running.post("/add-checkpoint", content=b"x" * 65_537).status_code == 400
    assert running.post("/add-checkpoint", content=iter([b"chunked"])).status_code == 400
    (tmp_path / "policy").write_text("nonsense\n")
    assert running.post("/add-checkpoint", content=body).status_code == 503


@pytest.mark.integration
def test_a_witness_runs_as_a_process_and_keeps_its_keys(tmp_path):
    arguments = ["--folder", str(tmp_path / "w"), "--name", "w.example"]
    command = [sys.executable, "-m", "ledger.witness", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            port = int(line.rsplit(" ", 1)[1])
            about = httpx.get(f"http://127.0.0.1:{port}/").json()
        finally:
            process.terminate()
    shown = subprocess.run([*command, "--show"], capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == about


def test_the_command_shows_the_public_keys(tmp_path, capsys):
    assert main(["--folder", str(tmp_path), "--name", "w.example", "--show"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert set(about) == {"name", "vkey", "blsPublicKey", "blsProofOfPossession"}


def test_the_command_names_what_keeps_it_from_starting(tmp_path, capsys):
    main(["--folder", str(tmp_path), "--name", "w.example", "--show"])
    capsys.readouterr()
    assert main(["--folder", str(tmp_path), "--name", "other.example"]) == 1
    assert "not of other.example" in capsys.readouterr().err


@pytest.fixture
def keyboard():
    """Let Ctrl-C reach this process: the workers that run tests side by side ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_soon(_port: int = 0) -> None:
    """Press Ctrl-C as soon as the witness listens."""
    Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()


@pytest.mark.integration
@pytest.mark.usefixtures("keyboard")
def test_serving_tells_its_port_and_ends_with_the_user(tmp_path):
    settings = WitnessSettings(tmp_path, "w.example", tmp_path / "policy")
    with pytest.raises(KeyboardInterrupt):
        serve(settings, interrupt_soon)


@pytest.mark.integration
@pytest.mark.usefixtures("keyboard")
def test_the_command_ends_quietly_with_the_user(tmp_path):
    said = []

    def say(text):
        said.append(text)
        interrupt_soon()

    assert main(["--folder", str(tmp_path), "--name", "w.example"], say) == 0
    assert said[0].startswith("w.example listens on port ")


def test_the_package_runs_as_a_command(tmp_path, monkeypatch, capsys):
    arguments = ["witness", "--folder", str(tmp_path), "--name", "w.example", "--show"]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.delitem(sys.modules, "ledger.witness.__main__")
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("ledger.witness", run_name="__main__")
    assert "vkey" in capsys.readouterr().out


def test_a_running_witness_goes_by_the_policy_of_a_checkpoints_size(
    running, cast, tmp_path, request_for, hand_over
):
    """Up to the size in the note the log's old key counts, after it the new one alone."""
    new_key = Ed25519PrivateKey.from_private_bytes(b"next log key".ljust(32))
    rotated = replace(cast.policy, logs=(Log(checkpoints.log_key(cast.origin, new_key)),))
    (tmp_path / "policy").write_bytes(policy_file.write(cast.policy))
    assert running.post("/add-checkpoint", content=request_for(0, 5)).status_code == 200
    (tmp_path / "new").write_bytes(policy_file.write(rotated))
    arguments = ["--folder", str(tmp_path / "w"), "--name", "w.example"]
    arguments += ["--policy", str(tmp_path / "policy")]
    follow = [*arguments, "--follow", str(tmp_path / "new"), str(tmp_path / "note")]
    (tmp_path / "note").write_bytes(hand_over(cast.policy, rotated, 9, names=("customs",)))
    assert main(follow) == 1
    (tmp_path / "note").write_bytes(hand_over(cast.policy, rotated, 9))
    assert main(follow) == 0
    assert running.post("/add-checkpoint", content=request_for(5, 9)).status_code == 200
    old = request_for(9, 20)
    new = request_for(9, 20, key=new_key)
    assert running.post("/add-checkpoint", content=old).status_code == 403
    assert running.post("/add-checkpoint", content=new).status_code == 200
    name = hashlib.sha256(cast.origin.encode()).hexdigest()
    assert running.get(f"/{name}/checkpoint").text.startswith(f"{cast.origin}\n20\n")


def test_s62_a_witness_signs_nothing_of_a_log_beyond_where_it_was_frozen(
    running, cast, tmp_path, request_for, hand_over
):
    key = Ed25519PrivateKey.from_private_bytes(b"next log key".ljust(32))
    successor = replace(
        cast.policy, logs=(*cast.policy.logs, Log(checkpoints.log_key("log.example/2", key)))
    )
    (tmp_path / "policy").write_bytes(policy_file.write(cast.policy))
    note = hand_over(cast.policy, successor, 9, "log.example/2")
    succession_files.add(tmp_path / "policy", policy_file.write(successor), note)
    assert running.post("/add-checkpoint", content=request_for(0, 9)).status_code == 200
    beyond = running.post("/add-checkpoint", content=request_for(9, 20))
    assert (beyond.status_code, beyond.text) == (403, "the log was frozen at 9 leaves\n")
