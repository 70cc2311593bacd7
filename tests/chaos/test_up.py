"""`yidan up`: what is killed is started again, and nothing outlives it, however it ends."""

import http.client
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.yidan.proof.test_service import free_port
from yidan.up import Part, Supervisor

PATIENCE_S = 300
"""A busy machine starts nine processes slowly."""


def processes_of(var):
    """Processes that carry this installation's setting, by id, with their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                settings = (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if f"YIDAN_VAR={var}".encode() in settings and command:
                found[int(folder.name)] = command.strip()
    return found


def until(condition, seconds=PATIENCE_S):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.1)
    return found


@pytest.fixture
def place(tmp_path):
    """Environment of an installation of its own, on free ports."""
    web, node, *witnesses = (free_port() for _ in range(5))
    return {
        "PATH": os.environ["PATH"],
        "YIDAN_VAR": str(tmp_path / "var"),
        "YIDAN_BIND": f"127.0.0.1:{web}",
        "YIDAN_NODE_PORT": str(node),
        "YIDAN_WITNESS_PORTS": ",".join(str(port) for port in witnesses),
    }


@pytest.fixture
def started(place):
    """`yidan up` in that place; whatever is left of it afterwards is killed."""
    process = subprocess.Popen([sys.executable, "-m", "yidan.cli", "up"], env=place)
    yield process
    for left in processes_of(place["YIDAN_VAR"]):
        os.kill(left, signal.SIGKILL)
    process.wait()


def status(place, path="/readyz"):
    connection = http.client.HTTPConnection(place["YIDAN_BIND"], timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


PARTS = {
    "redis": "redis-server",
    "node": "yidan.cli node",
    "witness-1": "yidan.cli witness 1",
    "witness-2": "yidan.cli witness 2",
    "witness-3": "yidan.cli witness 3",
    "ledger": "yidan.cli ledger",
    "worker": "yidan.cli worker",
    "web": "gunicorn",
}


def parts_of(place, supervisor):
    """Process id by part: children of the supervisor itself."""
    found = {}
    for process, command in processes_of(place["YIDAN_VAR"]).items():
        stat = Path(f"/proc/{process}/stat").read_text()
        if int(stat.rpartition(") ")[2].split()[1]) == supervisor:
            found |= {name: process for name, words in PARTS.items() if words in command}
    return found


@pytest.mark.e2e
@pytest.mark.timeout(1_200)
def test_killed_parts_come_back_and_sigterm_leaves_no_orphan(place, started):
    var = place["YIDAN_VAR"]
    until(lambda: status(place) == 200)
    before = until(lambda: (p := parts_of(place, started.pid)).keys() == PARTS.keys() and p)
    for process in before.values():
        os.kill(process, signal.SIGKILL)

    def all_back():
        now = parts_of(place, started.pid)
        return now.keys() == PARTS.keys() and not set(now.values()) & set(before.values())

    until(all_back)
    until(lambda: status(place) == 200)
    assert started.poll() is None

    started.send_signal(signal.SIGTERM)
    assert started.wait(PATIENCE_S) == 0
    assert processes_of(var) == {}
    assert not (Path(var) / "redis.sock").exists()


@pytest.mark.e2e
@pytest.mark.timeout(1_200)
def test_when_the_supervisor_is_killed_its_parts_die_with_it(place, started):
    var = place["YIDAN_VAR"]
    until(lambda: status(place) == 200)
    assert len(processes_of(var)) > len(PARTS)
    started.kill()
    started.wait()
    until(lambda: not processes_of(var), seconds=60)


@pytest.mark.integration
def test_a_part_that_dies_at_once_is_tried_more_slowly_each_time(tmp_path):
    """Every look at a dead part counted as another failure: the second try took ten seconds."""
    told = tmp_path / "told"
    part = Part("short", ("/bin/sh", "-c", f"echo x >> {told}"))
    supervisor = Supervisor([part], tmp_path / "logs")
    supervisor.start()
    began, starts = time.monotonic(), []
    while len(starts) < 4 and time.monotonic() - began < 20:
        supervisor.tend()
        if told.exists() and len(told.read_text().split()) > len(starts):
            starts.append(time.monotonic() - began)
        time.sleep(0.02)
    supervisor.stop()
    first, second, third = (b - a for a, b in pairwise(starts))
    assert first < second < third < 6


@pytest.mark.integration
def test_a_part_that_lived_is_started_again_at_once(tmp_path):
    supervisor = Supervisor([Part("long", ("/bin/sleep", "60"))], tmp_path / "logs")
    supervisor.start()
    (process,) = supervisor.alive().values()
    supervisor._running["long"].started -= 60
    os.kill(process, signal.SIGKILL)

    def started_again():
        supervisor.tend()
        return supervisor.alive().get("long", process) != process

    until(started_again, seconds=10)
    supervisor.stop()
    assert supervisor.alive() == {}
