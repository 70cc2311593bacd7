"""Serve a witness over HTTP (见证服务).

Source: C2SP tlog-witness: ``POST /add-checkpoint`` and ``GET /<origin hash>/checkpoint``. Of our
own: ``GET /`` tells the witness's public keys, as JSON, for registration; and the request header
``Yidan-Checkpoint-Time`` proposes the time of the BLS line.

The server listens where its settings say, by default on loopback only, and speaks plain HTTP: TLS
and access from outside are a proxy's task.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, Final

from ledger.note import MAX_SIZE
from ledger.policy import Policy, PolicyError
from ledger.succession import History, SuccessionError
from ledger.succession_files import TrustReader
from ledger.witness import TIME_HEADER
from ledger.witness.cosigner import Answer, Clock, Cosigner, SystemClock
from ledger.witness.keys import WitnessKeys, load_or_create
from ledger.witness.state import WitnessState

STATE_FILE: Final = "witness.db"
"""Name of the state file in the witness's folder."""

_IDLE_S: Final = 30
"""Seconds after which a silent connection is closed."""

_UNREADABLE: Final = Answer(HTTPStatus.SERVICE_UNAVAILABLE, b"the policy file cannot be read\n")


@dataclass(frozen=True)
class WitnessSettings:
    """How a witness runs."""

    folder: Path
    """Its own folder: keys and state."""
    name: str
    """Its key name, e.g. ``witness.customs.example``."""
    policy: Path
    """Policy file that names the log; absent: no log is watched yet.

    It is read again when it or the folder ``successions`` beside it changes.
    """
    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    with_mldsa44: bool = False
    """Whether to make an ML-DSA-44 key, if there is none, and to sign with it too."""

    def keys(self) -> WitnessKeys:
        """Return the witness's keys, made now if there are none; raises as ``load_or_create``."""
        return load_or_create(self.folder, self.name, with_mldsa44=self.with_mldsa44)


_NOBODY: Final = History(Policy((), (), (), "none"))
"""Whom a witness without a policy file trusts."""


class WitnessServer(ThreadingHTTPServer):
    """A listening witness; ``serve_forever`` answers until ``shutdown``."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, settings: WitnessSettings, clock: Clock) -> None:
        keys = settings.keys()
        state = WitnessState(settings.folder / STATE_FILE)
        self.cosigner: Final = Cosigner(keys, state, clock)
        self.trust: Final = TrustReader(settings.policy)
        self.information: Final = information(keys)
        super().__init__((settings.host, settings.port), _Handler)


def information(keys: WitnessKeys) -> bytes:
    """Return what a witness tells of itself for registration, as JSON."""
    vkeys = zip(("vkey", "mldsa44Vkey"), keys.vkeys, strict=False)
    about = {
        "name": keys.name,
        **{member: vkey.encode() for member, vkey in vkeys},
        "blsPublicKey": keys.bls.public_key.hex(),
        "blsProofOfPossession": keys.bls.proof.hex(),
    }
    return json.dumps(about, indent=1).encode() + b"\n"


def serve(settings: WitnessSettings, ready: Callable[[int], None] = lambda _port: None) -> None:
    """Serve until the process ends.

    Args:
        settings: How to run.
        ready: Called with the port once the witness listens.

    Raises:
        KeyFileError: When the key file is readable by others, malformed, or another witness's.
        OSError: When the port is taken.
    """
    with WitnessServer(settings, SystemClock()) as server:
        ready(server.server_port)
        server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    """One connection, kept alive between requests."""

    protocol_version = "HTTP/1.1"
    timeout: ClassVar[int] = _IDLE_S
    server: WitnessServer

    def do_GET(self) -> None:
        """Answer the information or a monitor."""
        if self.path == "/":
            self._send(Answer(HTTPStatus.OK, self.server.information, "application/json"))
            return
        origin_hash, slash, rest = self.path.removeprefix("/").partition("/")
        if not slash or rest != "checkpoint":
            self._send(Answer(HTTPStatus.NOT_FOUND, b"not here\n"))
            return
        self._with_trust(lambda trust: self.server.cosigner.latest(trust, origin_hash))

    def do_POST(self) -> None:
        """Answer a request to cosign."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_SIZE:
            self.close_connection = True  # The body stays unread.
            self._send(Answer(HTTPStatus.BAD_REQUEST, b"a body of at most 64 KiB is needed\n"))
            return
        body = self.rfile.read(int(length))
        if self.path != "/add-checkpoint":
            self._send(Answer(HTTPStatus.NOT_FOUND, b"not here\n"))
            return
        wanted = self.headers.get(TIME_HEADER, "")
        self._with_trust(lambda trust: self.server.cosigner.add_checkpoint(trust, body, wanted))

    def _with_trust(self, answer: Callable[[History], Answer]) -> None:
        try:
            trust = self.server.trust.current() or _NOBODY
        except (PolicyError, SuccessionError):
            self._send(_UNREADABLE)
            return
        self._send(answer(trust))

    def _send(self, answer: Answer) -> None:
        # Not send_response, which logs every request: what was cosigned is in the state file.
        self.send_response_only(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
