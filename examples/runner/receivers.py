"""The other ends of the wire: HTTP servers of the ship's agent and of customs that keep what comes.

They answer as such systems do: an EDIFACT receiver with a plain 200, customs with a receipt.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from typing_extensions import override


@dataclass
class Receiver:
    """A party's HTTP endpoint on a free port of this machine; `with` starts and stops it."""

    name: str
    folder: Path
    suffix: str
    got: list[bytes] = field(default_factory=list)
    """Bodies in the order of their arrival; each also lies in `folder`."""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._take))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where the party receives."""
        return f"http://127.0.0.1:{self._server.server_port}/in"

    def find(self, mark: bytes) -> bytes | None:
        """The first message that holds these bytes; None while there is none."""
        return next((body for body in tuple(self.got) if mark in body), None)

    def _take(self, body: bytes) -> None:
        self.got.append(body)
        (self.folder / f"{self.name}-{len(self.got):02}{self.suffix}").write_bytes(body)


def _handler(take: Callable[[bytes], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            take(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing: the runner tells what arrived."""

    return Handler
