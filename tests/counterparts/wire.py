"""What all counterparts share: a real HTTP server that keeps what it got, and a real HTTP client.

Only the standard library, so that a counterpart never works because it runs our code.
"""

import http.client
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Got:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer to give, or one that was got."""

    status: int = 200
    content_type: str = "text/plain"
    body: bytes = b""


@dataclass
class Receiver:
    """An HTTP server on a free port of this machine, with faults to order.

    `with Receiver(judge) as receiver:` starts and stops it. `judge` turns a request into an answer.
    """

    judge: Callable[[Got], Answer] = lambda _: Answer()
    got: list[Got] = field(default_factory=list)
    """Every request that was read whole, refused ones included, in order of arrival."""
    faults: list[str] = field(default_factory=list)
    """Faults for the next requests: "refuse" answers 503, "drop" closes without an answer after
    the request was taken, "lose" closes without reading it."""

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self._arrived = threading.Condition()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self):
        """Where to send to."""
        return f"http://127.0.0.1:{self._server.server_port}/in"

    def wait_for(self, count, timeout_s=10.0):
        """The first `count` requests, once they have arrived."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.got) >= count, timeout_s):
                raise TimeoutError(f"{len(self.got)} of {count} messages arrived")
        return self.got[:count]

    def take(self, got):
        """Keep a request and judge it."""
        with self._arrived:
            self.got.append(got)
            self._arrived.notify_all()
        return self.judge(got)


def _handler(receiver):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self):
            self.do_POST()

        def do_POST(self):
            fault = receiver.faults.pop(0) if receiver.faults else ""
            self.close_connection = bool(fault)
            if fault == "lose":
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if fault == "refuse":
                self.answer(Answer(503))
                return
            answer = receiver.take(Got(self.path, dict(self.headers), body))
            if not fault:
                self.answer(answer)

        def answer(self, answer):
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_):
            """Say nothing: the test looks at `got`."""

    return Handler


def post(url, body, content_type, *, headers=None, key=None, timeout_s=10.0):
    """Send a message as another organisation's system does, and give its answer.

    `headers` carry the caller's access token; `key` repeats an earlier Idempotency-Key.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)
    try:
        sent = {
            "Content-Type": content_type,
            "Idempotency-Key": key or str(uuid.uuid4()),
            **(headers or {}),
        }
        connection.request("POST", parts.path, body, sent)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheader("Content-Type", ""), answer.read())
    finally:
        connection.close()
