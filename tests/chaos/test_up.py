"""`yidan up`: what is killed is started again, and nothing outlives it, however it ends."""

import http.client
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.yidan.proof.test_service import free_port
from yidan.up import Part, Supervisor

PATIENCE_S = 300
"""A busy machine starts nine processes slowly."""


@dataclass(frozen=True)
class Running:
    """A process, told from a later one with the same id by when it started."""

    id: int
    parent: int
    started: int
    command: str


def running():
    """Every process of this machine that has not ended."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(") ")[2].split()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            if stat[0] not in "ZX":
                found.append(Running(int(folder.name), int(stat[1]), int(stat[19]), command))
    return found


def descendants(process):
    """Children of a process and theirs."""
    everyone, found, ahead = running(), set(), {process}
    while ahead:
        more = {one for one in everyone if one.parent in ahead} - found
        found |= more
        ahead = {one.id for one in more}
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
    for left in descendants(process.pid):
        os.kill(left.id, signal.SIGKILL)
    process.kill()
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


def parts_of(supervisor):
    """Process id by part: children of the supervisor itself."""
    children = [one for one in running() if one.parent == supervisor]
    return {
        name: child.id
        for child in children
        for name, words in PARTS.items()
        if words in child.command
    }


@pytest.mark.e2e
@pytest.mark.timeout(1_200)
def test_killed_parts_come_back_and_sigterm_leaves_no_orphan(place, started):
    until(lambda: status(place) == 200)
    before = until(lambda: (p := parts_of(started.pid)).keys() == PARTS.keys() and p)
    for process in before.values():
        os.kill(process, signal.SIGKILL)

    def all_back():
        now = parts_of(started.pid)
        return now.keys() == PARTS.keys() and not set(now.values()) & set(before.values())

    until(all_back)
    until(lambda: status(place) == 200)
    assert started.poll() is None

    family = descendants(started.pid)
    assert len(family) > len(PARTS)
    known = {(one.id, one.started) for one in family}
    started.send_signal(signal.SIGTERM)
    assert started.wait(PATIENCE_S) == 0
    assert not [one for one in running() if (one.id, one.started) in known]


@pytest.mark.e2e
@pytest.mark.timeout(1_200)
def test_when_the_supervisor_is_killed_its_parts_die_with_it(place, started):
    until(lambda: status(place) == 200)
    until(lambda: parts_of(started.pid).keys() == PARTS.keys())
    family = descendants(started.pid)
    assert len(family) > len(PARTS)
    started.kill()
    started.wait()
    known = {(one.id, one.started) for one in family}
    until(lambda: not [one for one in running() if (one.id, one.started) in known], seconds=60)


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
