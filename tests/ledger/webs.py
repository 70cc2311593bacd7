"""What a log may publish: kept in a dict, or answered byte for byte over real HTTP."""

import json
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

URL = "http://log.example/log"


class Published(dict):
    """What a log publishes, by URL; an exception is raised, what is absent is not found."""

    def __call__(self, url):
        found = self.get(url)
        if isinstance(found, Exception):
            raise found
        return found


def told(*steps):
    """The steps of a trust as a log tells them."""
    return json.dumps({"first": "", "steps": list(steps)}).encode()


def ok(body):
    """A body as a whole HTTP answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class _Server(ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def serving(answers):
    """Serve on loopback: by path, the very bytes to send, or what writes them; answers the URL."""

    class Handler(StreamRequestHandler):
        def handle(self):
            path = self.rfile.readline().split(b" ")[1].decode()
            length = 0
            while line := self.rfile.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            self.rfile.read(length)
            answer = answers.get(path, NOT_FOUND)
            if callable(answer):
                answer(self.wfile)
            else:
                self.wfile.write(answer)

        def finish(self):
            try:
                super().finish()
            except OSError:  # the client had enough
                self.rfile.close()

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
