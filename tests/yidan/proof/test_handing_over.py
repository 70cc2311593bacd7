"""One witness of three is replaced under a running ledger and node: checkpoints go on."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx
import pytest
from click.testing import CliRunner

from ledger import policy_file, verify
from ledger.note import Note
from yidan import bootstrap
from yidan.cli import main
from yidan.config import Settings
from yidan.kernel.events import Actor, Event, event
from yidan.proof import fsck, setup
from yidan.proof.monitoring import Monitor
from yidan.store import log
from yidan.store.engine import reading

pytestmark = pytest.mark.integration


@event("testing.handed.v1")
@dataclass(frozen=True, kw_only=True)
class Handed(Event):
    what: str


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Running:
    """An installation with its processes: node, three witnesses, ledger, and a fourth witness."""

    def __init__(self, folder) -> None:
        ports = [free_port() for _ in range(5)]
        self.settings = Settings(
            var=folder / "var",
            node_port=ports[0],
            witness_ports=",".join(str(port) for port in ports[1:4]),
            anchor_age_s=0,
            checkpoint_every_s=0,
            confirmations=1,
        )
        self.environment = {
            **os.environ,
            "YIDAN_VAR": str(self.settings.var),
            "YIDAN_WITNESS_PORTS": self.settings.witness_ports,
            "YIDAN_NODE_PORT": str(self.settings.node_port),
            "YIDAN_ANCHOR_AGE_S": "0",
            "YIDAN_CHECKPOINT_EVERY_S": "0",
            "YIDAN_CONFIRMATIONS": "1",
        }
        self.services = bootstrap.build(self.settings)
        setup.prepare(self.settings)
        setup.relayer_key(self.settings)
        self.bank = folder / "bank"
        self.bank_url = f"http://127.0.0.1:{ports[4]}"
        self.processes = []

    def start(self, *command, module="yidan.cli") -> None:
        self.processes.append(
            subprocess.Popen([sys.executable, "-m", module, *command], env=self.environment)
        )

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)

    def yidan(self, *command):
        done = CliRunner().invoke(main, command, env=self.environment)
        return done.exit_code, done.output

    def record(self, box, count=1) -> None:
        with self.services.unit_of_work(Actor(party="p")) as uow:
            for number in range(count):
                uow.record(f"box:{box}", Handed(what=f"{box} {number}"))
            uow.commit()

    def cosigned(self) -> int:
        with reading(self.services.engine) as connection:
            found = log.latest_checkpoint(connection, cosigned=True)
        return found.size if found else 0

    def until(self, condition, seconds=90):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "did not come true in time"
            time.sleep(0.1)


@pytest.fixture
def running(tmp_path):
    built = Running(tmp_path)
    built.start("node")
    for number in ("1", "2", "3"):
        built.start("witness", number)
    built.start("ledger")
    yield built
    built.stop()
    built.services.engine.dispose()


def with_the_bank(running):
    """The policy of now with the bank's witness in the third one's place, as its page tells it."""
    arguments = ["--folder", str(running.bank), "--name", "bank.example/witness"]
    arguments += ["--policy", str(running.bank / "policy"), "--port"]
    running.start(*arguments, running.bank_url.rpartition(":")[2], module="ledger.witness")

    def about():
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{running.bank_url}/").json()

    running.until(about)
    told = about()
    text = setup.policy_path(running.settings).read_text()
    lines = [line for line in text.splitlines() if line.split()[1:2] != ["witness-3"]]
    at = next(i for i, line in enumerate(lines) if line.startswith("group"))
    lines[at] = lines[at].replace("witness-3", "bank")
    lines[at:at] = [
        f"witness bank {told['vkey']} {running.bank_url}",
        "operator bank The bank",
        f"bls bank {told['blsPublicKey']} {told['blsProofOfPossession']}",
    ]
    new = "".join(f"{line}\n" for line in lines).encode()
    (running.bank / "policy").write_bytes(new)
    return policy_file.parse(new)


def test_one_witness_of_three_is_replaced_while_checkpoints_go_on(running, tmp_path):
    running.record("OLD")
    running.until(lambda: running.cosigned() == 1)
    running.until(lambda: setup.read_policy(running.settings).chain)
    running.record("OLD")
    running.until(lambda: running.cosigned() == 2)
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(setup.policy_path(running.settings).read_bytes())
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    assert running.yidan("prove", "box:OLD", "--out", str(old))[0] == 0

    second.write_bytes(policy_file.write(with_the_bank(running)))
    out = str(tmp_path / "out")
    code, said = running.yidan("succession", "propose", out, "--policy", str(second), "--at", "5")
    assert code == 0, said
    assert running.yidan("succession", "sign", "1", out)[0] == 0
    running.record("MEANWHILE")
    running.until(lambda: running.cosigned() == 3)
    code, said = running.yidan("succession", "apply", out)
    assert (code, "no quorum" in said) == (1, True)
    assert running.yidan("succession", "sign", "2", out)[0] == 0
    code, said = running.yidan("succession", "apply", out)
    assert code == 0, said
    running.until(lambda: running.cosigned() == 4)  # the step itself, by the old set

    running.record("NEW", 3)
    running.until(lambda: running.cosigned() == 7)
    running.processes[2].terminate()  # two of three are enough; the bank is one of them
    running.record("NEW")
    running.until(lambda: running.cosigned() == 8)
    assert running.yidan("prove", "box:NEW", "--out", str(new))[0] == 0
    names = [one["name"] for one in json.loads(new.read_bytes())["checkpoint"]["cosignatures"]]
    assert "bank.example/witness" in names

    note = tmp_path / "out" / "note"
    followed = ["--policy", str(first), "--next", str(second), str(note)]
    assert verify.main([str(old), "--policy", str(first)]) == 0
    assert verify.main([str(old), *followed]) == 0
    assert verify.main([str(new), *followed]) == 0
    assert verify.main([str(new), "--policy", str(first)]) == 1
    parsed = Note.parse(note.read_bytes())
    forged = tmp_path / "forged"
    forged.write_bytes(Note(parsed.text, parsed.signatures[:2]).encode())
    assert verify.main([str(new), "--policy", str(first), "--next", str(second), str(forged)]) == 2

    def anchored():
        with reading(running.services.engine) as connection:
            return fsck.chain.newest(connection, "anchor", state="confirmed")

    running.until(lambda: anchored().key == "anchor:8")
    url = running.settings.chain_rpc_url
    assert running.yidan("prove", "box:NEW", "--out", str(new))[0] == 0
    assert verify.main([str(new), *followed, "--chain", url, "--bls"]) == 0
    assert fsck.check(running.services.engine, running.settings).findings == ()
    with httpx.Client() as http:
        assert Monitor(running.services, http).round() == []
