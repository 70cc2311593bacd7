"""The platform itself, as anybody runs it: `yidan up` in a process of its own."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from runner.access import Access
from runner.client import UnexpectedError

PORTS: Final = {"web": 8600, "witness_1": 8611, "witness_2": 8612, "witness_3": 8613, "node": 8645}
"""The usual ports; another free one is taken where one is in use."""
_ONE_TIME: Final = re.compile(
    r"First administrator: sign in as (\S+) with the one-time password (\S+)"
)
_START_WITHIN_S: Final = 240
_STOP_WITHIN_S: Final = 30
_PR_SET_PDEATHSIG: Final = 1


class CannotStartError(Exception):
    """The installation cannot be started; the message says what to do."""


@dataclass
class Installation:
    """A running platform; `with` starts and stops it."""

    var: Path
    access: Access
    one_time_password: str = ""
    """Of the first administrator, if this is the first start."""
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the platform is reached."""
        return f"http://127.0.0.1:{self.access.ports['web']}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings, for `yidan up` and for every other `yidan` command about it."""
        ports = self.access.ports
        kept = {n: v for n, v in os.environ.items() if not n.startswith("YIDAN_")}
        for name in ("DATABASE_URL", "REDIS_URL", "CHAIN_URL"):
            kept.pop(name, None)
        return kept | {
            "YIDAN_VAR": str(self.var),
            "YIDAN_BIND": f"127.0.0.1:{ports['web']}",
            "YIDAN_PUBLIC_URL": self.url,
            "YIDAN_WITNESS_PORTS": ",".join(str(ports[f"witness_{n}"]) for n in (1, 2, 3)),
            "YIDAN_NODE_PORT": str(ports["node"]),
            "YIDAN_ANCHOR_AGE_S": "5",
            "YIDAN_PRIVATE_ENDPOINTS": "1",
            "YIDAN_DEMO": "1",
        }

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another `yidan` command on this installation."""
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "yidan.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "yidan.cli", "up"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no threads run here yet
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop every part and make sure that no process of it is left.

        Raises:
            UnexpectedError: a process was left, and was killed.
        """
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=5)
        if left := self._left():
            os.killpg(self._process.pid, signal.SIGKILL)
            raise UnexpectedError(f"processes were left behind: {left}")

    def wait(self) -> None:
        """Serve until the platform ends or somebody presses Ctrl-C."""
        self._process.wait()

    def _left(self) -> list[int]:
        """Living processes of the platform's session."""
        deadline = time.monotonic() + 5
        while left := [pid for pid in _processes() if _session_of(pid) == self._process.pid]:
            if time.monotonic() > deadline:
                return left
            time.sleep(0.1)
        return []

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            if found := _ONE_TIME.search(line):
                # Kept before it is used: it is said once.
                self.access.one_time_password = found[2]
                self.access.save()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_WITHIN_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if any("Yidan runs at" in line for line in self.said) and self._answers():
                self._check_it_is_ours()
                return
            time.sleep(0.2)
        raise CannotStartError("`yidan up` did not come up:\n" + "\n".join(self.said[-20:]))

    def _check_it_is_ours(self) -> None:
        """Another installation may have taken the port in between: no password goes to it."""
        served = httpx.get(f"{self.url}/v1/policy", timeout=10).content
        if _log_line(served) != _log_line((self.var / "policy").read_bytes()):
            raise CannotStartError(f"{self.url} 是另一个安装 is another installation's. Try again.")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


def choose_ports(access: Access) -> None:
    """Choose free ports at the first start; later the same ones must be free.

    Raises:
        CannotStartError: a port of the first start is in use now.
    """
    if not access.ports:
        access.ports = {
            name: port if _is_free(port) else _any_free() for name, port in PORTS.items()
        }
        access.save()
        return
    taken = [str(port) for port in access.ports.values() if not _is_free(port)]
    if taken:
        raise CannotStartError(
            f"端口被占用 Ports in use: {', '.join(taken)}. Stop what uses them (another demo?), or"
            " take another folder: YIDAN_VAR=/some/folder make demo"
        )


def _log_line(policy: bytes) -> bytes:
    """The line of a trust policy that names the log and its key."""
    return next(line for line in policy.splitlines() if line.startswith(b"log "))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _session_of(pid: int) -> int:
    """The session of a process; 0 if it has ended or is a zombie."""
    try:
        state, _parent, _group, session = (
            (Path("/proc") / str(pid) / "stat").read_text().rpartition(") ")[2].split()[:4]
        )
    except OSError:
        return 0
    return 0 if state == "Z" else int(session)


def _end_with_parent() -> None:
    """In the child, before exec: if this runner is killed, the platform stops too."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
