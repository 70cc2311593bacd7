"""Whatever a server answers, the one who asked learns it or is told why not."""

import threading

import pytest

from ledger import remote
from ledger.remote import UnreachableError, ask, parse_json
from tests.ledger.webs import NOT_FOUND, ok, serving

pytestmark = pytest.mark.integration


@pytest.fixture
def answers():
    return {}


@pytest.fixture
def url(answers):
    with serving(answers) as found:
        yield found


def test_what_is_there_is_answered_and_what_is_not_is_none(answers, url):
    answers["/a"] = ok(b"this")
    assert ask(f"{url}/a") == b"this"
    assert ask(f"{url}/a", b"{}") == b"this"
    assert ask(f"{url}/b") is None


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "does not answer: Remote end closed"),
        (b"nonsense\r\n\r\n", "does not answer: nonsense"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "breaks off its answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "does not answer"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "answers 503"),
        (b"HTTP/1.1 302 Go\r\nLocation: file:///etc/hostname\r\n\r\n", "answers 302"),
        (b"HTTP/1.1 302 Go\r\nLocation: ftp://127.0.0.1:9/\r\n\r\n", "unknown url type: ftp"),
    ],
)
def test_a_hostile_answer_is_told_as_one(answers, url, answer, why):
    answers["/a"] = answer
    with pytest.raises(UnreachableError, match=why):
        ask(f"{url}/a")


def test_an_answer_that_is_too_long_is_none(answers, url, monkeypatch):
    monkeypatch.setattr(remote, "MAX_ANSWER", 4)
    answers["/a"] = ok(b"this")
    assert ask(f"{url}/a") == b"this"
    answers["/a"] = ok(b"these")
    with pytest.raises(UnreachableError, match="answers more than 4 bytes"):
        ask(f"{url}/a")


def test_an_answer_that_drips_is_not_waited_for(answers, url, monkeypatch):
    heard = threading.Event()

    def drip(out):
        while not heard.wait(0.01):
            out.write(b"H")
            out.flush()
        out.write(NOT_FOUND)

    monkeypatch.setattr(remote, "LONGEST_S", 0.1)
    answers["/a"] = drip
    try:
        with pytest.raises(UnreachableError, match="takes longer than"):
            ask(f"{url}/a")
    finally:
        heard.set()


def test_only_http_is_spoken_and_a_port_where_nobody_listens_does_not_answer():
    with pytest.raises(UnreachableError, match="is not http or https"):
        ask("file:///etc/hostname")
    with pytest.raises(UnreachableError, match="does not answer"):
        ask("http://127.0.0.1:9/")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 200_000, b"9" * 5_000])
def test_what_is_no_json_is_told(data):
    assert parse_json("a", b'{"a": 1}') == {"a": 1}
    with pytest.raises(UnreachableError, match="a is no JSON that can be read"):
        parse_json("a", data)
