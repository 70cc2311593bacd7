"""Ask a server that is not believed, over HTTP (不可信的远端).

Whatever it answers, or however slowly, ends in an answer or in ``UnreachableError``: what a client
of a log, a witness or a node has to cope with is one exception. Only http and https are spoken.

Deliberately not here: what an answer means.
"""

import http.client
import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import Future
from http import HTTPStatus
from typing import Any, Final

from ledger import jcs

MAX_ANSWER: Final = 2**24
"""Most bytes of an answer that are read."""

TIMEOUT_S: Final = 10
"""Seconds that the next byte is waited for."""

LONGEST_S: Final = 60
"""Seconds that a whole answer may take: one that drips is none."""

_HANDLERS: Final = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPRedirectHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
    urllib.request.UnknownHandler,
)
"""All that is spoken, and what to do with its answers."""


class UnreachableError(Exception):
    """A place does not answer, or not with what was asked for."""


def ask(url: str, body: bytes | None = None) -> bytes | None:
    """Return what a server answers, ``None`` where it has no such thing.

    Args:
        url: Of http or https.
        body: JSON to post; ``None`` asks with GET.

    Raises:
        UnreachableError: When there is no whole answer, or another one than 200 and 404.
    """
    if not url.startswith(("http://", "https://")):
        raise UnreachableError(f"{url} is not http or https")
    answer = Future[bytes | None]()
    threading.Thread(target=_into, args=(answer, url, body), daemon=True).start()
    try:
        return answer.result(LONGEST_S)
    except TimeoutError as error:
        raise UnreachableError(f"{url} takes longer than {LONGEST_S} s") from error


def parse_json(url: str, data: bytes) -> Any:
    """Return an answer's JSON value.

    Raises:
        UnreachableError: When it is none, or one nested too deep to be read.
    """
    try:
        jcs.check_depth(data)
        return json.loads(data)
    except ValueError as error:
        raise UnreachableError(f"{url} is no JSON that can be read") from error


def _opener() -> urllib.request.OpenerDirector:
    """Return what opens URLs: the usual one would follow a redirection to ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    return opener


def _into(answer: Future[bytes | None], url: str, body: bytes | None) -> None:
    """Ask in a thread of its own: a server holds up the thread, never the one who asks."""
    try:
        answer.set_result(_ask(url, body))
    except Exception as error:  # noqa: BLE001 - raised again by whoever waits
        answer.set_exception(error)


def _ask(url: str, body: bytes | None) -> bytes | None:
    kind = {"Content-Type": "application/json"} if body is not None else {}
    try:
        request = urllib.request.Request(url, body, kind)  # noqa: S310 - checked by the caller
        with _opener().open(request, timeout=TIMEOUT_S) as answer:
            data, missing = bytes(answer.read(MAX_ANSWER + 1)), answer.length
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.NOT_FOUND:
            return None
        raise UnreachableError(f"{url} answers {error.code}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UnreachableError(f"{url} does not answer: {error}") from error
    if len(data) > MAX_ANSWER:
        raise UnreachableError(f"{url} answers more than {MAX_ANSWER} bytes")
    if missing:
        raise UnreachableError(f"{url} breaks off its answer")
    return data
