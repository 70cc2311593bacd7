"""The port day as a user runs it: once, again on what it left, and then somebody tampers."""

import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger import policy_file
from ledger.verify import Outcome, verify_bundle

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500), pytest.mark.xdist_group("machine")]

ROOT = Path(__file__).parents[2]
STEPS = 50
CHANGES = 1000
PORTS = ("web", "witness_1", "witness_2", "witness_3", "node")
BUNDLES = ("gate-out.bundle.json", "weighbridge-ticket.bundle.json")


def run_day(var):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("YIDAN_")}
    return subprocess.run(
        [sys.executable, ROOT / "examples/port_day.py", "--once"],
        env=environ | {"YIDAN_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
        cwd=var.parent,
    )


def yidan(var, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "yidan.cli", *arguments],
        env=os.environ | {"YIDAN_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
    )


def running_with(var):
    """Living processes whose settings name this folder."""
    mark = f"YIDAN_VAR={var}".encode()
    found = []
    for path in Path("/proc").iterdir():
        try:
            if path.name.isdigit() and mark in (path / "environ").read_bytes():
                found.append((path.name, (path / "cmdline").read_bytes()))
        except OSError:
            continue
    return found


@dataclass(frozen=True)
class Demo:
    """A finished port day."""

    var: Path
    done: subprocess.CompletedProcess[str]
    left_running: list[tuple[str, bytes]]

    @property
    def out(self):
        return self.var / "demo"


def choose_ports(var):
    """Ports of its own for a demo: the usual ones may be another demo's."""
    with ExitStack() as open_now:
        probes = [open_now.enter_context(socket.socket()) for _ in PORTS]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        ports = dict(zip(PORTS, (probe.getsockname()[1] for probe in probes), strict=True))
    (var / "demo").mkdir(mode=0o700, parents=True)
    access = json.dumps({"ports": ports, "parties": {}})
    (var / "demo" / "access.json").write_text(access, encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    var = tmp_path_factory.mktemp("port") / "var"
    choose_ports(var)
    done = run_day(var)
    return Demo(var, done, running_with(var))


@pytest.fixture
def tampered(demo, tmp_path):
    """A copy of what the day left, its event rows no longer guarded."""
    copy = tmp_path / "var"
    shutil.copytree(demo.var, copy, ignore=shutil.ignore_patterns("*.sock"))
    connection = sqlite3.connect(copy / "yidan.db", isolation_level=None)
    connection.execute("DROP TRIGGER event_no_update")
    yield copy, connection
    connection.close()


def test_every_step_and_every_refusal_comes_out_as_expected(demo):
    assert demo.done.returncode == 0, demo.done.stdout + demo.done.stderr
    lines = demo.done.stdout.splitlines()
    assert lines[-1] == "DEMO OK"
    assert [line[:4].strip() for line in lines if "✓" in line] == [
        str(number) for number in range(1, STEPS + 1)
    ]
    refused = [line.split("✗", 1)[1].split("  ")[1] for line in lines if "✗" in line]
    assert refused == [
        "Gate-out under the hold: REFUSED",
        "A second gate-out: REFUSED",
        "The same decision again: REFUSED",
        "One more kilogram: REFUSED",
    ]
    for code in ("hold-active", "right-consumed", "gate-decision-used", "bulk-beyond-free"):
        assert f"· {code}: " in demo.done.stdout


def test_nothing_keeps_running_afterwards(demo):
    assert demo.left_running == []


def test_secrets_are_for_the_owner_only(demo):
    assert (demo.out / "access.json").stat().st_mode & 0o777 == 0o600
    kept = json.loads((demo.out / "access.json").read_text(encoding="utf-8"))
    passwords = [kept["admin_password"], *(one["password"] for one in kept["parties"].values())]
    assert len(set(passwords)) == len(passwords)
    for password in passwords:
        assert len(password) >= 16
        assert password not in demo.done.stdout


def test_the_counterparts_got_their_messages(demo):
    received = demo.out / "received"
    assert b"MT5101" in (received / "customs-01.xml").read_bytes()
    assert b"CODECO" in (received / "agent-01.edi").read_bytes()
    assert b"APERAK" in (received / "agent-aperak.edi").read_bytes()


def test_the_papers_are_pdfs(demo):
    for name in ("waybill.pdf", "eir.pdf"):
        assert (demo.out / name).read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("name", BUNDLES)
def test_a_stranger_finds_the_bundle_valid(demo, name):
    done = yidan(
        demo.var / "nothing-here", "verify", demo.out / name, "--policy", demo.out / "policy"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("VALID")


def changed_byte(data, chance):
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1 :]


def leaves(value, path=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def changed_value(data, chance):
    whole = json.loads(data)
    path, value = chance.choice(list(leaves(whole)))
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = other_than(value, chance)
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def other_than(value, chance):
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 1000))
    if not value:
        return "x"
    at = chance.randrange(len(value))
    other = chance.choice([c for c in "0123456789abcdefXYZ" if c != value[at]])
    return value[:at] + other + value[at + 1 :]


def test_none_of_a_thousand_changes_is_found_valid(demo):
    chance = random.Random(20_261_122)  # noqa: S311 - a test that repeats itself
    policy = policy_file.parse((demo.out / "policy").read_bytes())
    bundles = [(demo.out / name).read_bytes() for name in BUNDLES]
    for data in bundles:
        assert verify_bundle(data, policy).outcome is Outcome.VALID
    changes = [
        change(chance.choice(bundles), chance)
        for change in (changed_byte, changed_value)
        for _ in range(CHANGES // 2)
    ]
    assert len(changes) == CHANGES
    assert not set(changes) & set(bundles)
    assert [data for data in changes if verify_bundle(data, policy).outcome is Outcome.VALID] == []


def test_rebuild_and_fsck_find_nothing_wrong(demo):
    for command in (("rebuild", "--check"), ("fsck",)):
        done = yidan(demo.var, *command)
        assert (done.returncode, "0 findings" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize(
    ("column", "value"),
    [("actor_user", "somebody-else"), ("occurred_at", "2026-01-01T00:00:00.000000Z")],
)
def test_an_event_row_changed_by_hand_is_named(tampered, column, value):
    var, connection = tampered
    (event_id,) = connection.execute(
        "SELECT event_id FROM event WHERE type = 'gate.gated_out.v1'"
    ).fetchone()
    statement = f"UPDATE event SET {column} = ? WHERE event_id = ?"
    connection.execute(statement, (value, event_id))
    for command in (("rebuild", "--check"), ("fsck",)):
        done = yidan(var, *command)
        assert done.returncode == 1, done.stdout + done.stderr
        assert event_id in done.stdout


def test_a_second_day_goes_on_with_the_same_parties(demo):
    again = run_day(demo.var)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.splitlines()[-1] == "DEMO OK"
    assert "EOCLYG002" in again.stdout
    assert running_with(demo.var) == []


def test_an_installation_that_is_not_the_demos_is_left_alone(tmp_path):
    var = tmp_path / "var"
    var.mkdir()
    (var / "yidan.db").write_bytes(b"somebody's")
    done = run_day(var)
    assert done.returncode == 2
    assert "YIDAN_VAR=" in done.stdout
    assert sorted(path.name for path in var.iterdir()) == ["yidan.db"]
