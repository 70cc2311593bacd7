import socket
import sys
import threading

import pytest
from click.testing import CliRunner

from yidan.cli import main
from yidan.config import Settings
from yidan.up import Part, Supervisor, all_answer, parts, ports_in_use

pytestmark = pytest.mark.integration


@pytest.fixture
def taken():
    """A port that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_every_port_that_somebody_else_listens_on_is_named(taken, free):
    settings = Settings(bind=f"127.0.0.1:{taken}", witness_ports=f"{taken},{free}", node_port=taken)
    assert ports_in_use(settings, 0) == [f"127.0.0.1:{taken}"] * 3


def test_a_chain_elsewhere_needs_no_port_here(taken, free):
    settings = Settings(
        bind="unix:/run/yidan.sock",
        witness_ports=str(free),
        node_port=taken,
        chain_url="http://chain.example:8545",
    )
    assert ports_in_use(settings, 0) == []
    assert "node" not in {part.name for part in parts(settings)}


def test_yidan_up_does_not_start_beside_another(taken, free, tmp_path, monkeypatch):
    monkeypatch.setattr(ports_in_use, "__defaults__", (0,))
    place = {
        "YIDAN_VAR": str(tmp_path / "var"),
        "YIDAN_BIND": f"127.0.0.1:{taken}",
        "YIDAN_WITNESS_PORTS": str(free),
        "YIDAN_NODE_PORT": str(free),
    }
    done = CliRunner().invoke(main, ["up"], env=place)
    assert done.exit_code == 2
    assert f"Ports in use: 127.0.0.1:{taken}." in done.output
    assert not (tmp_path / "var").exists()


@pytest.fixture(params=["port", "unix"])
def web(request, tmp_path):
    """A web server that gives the first line it is told, and where it listens."""
    unix = request.param == "unix"
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as server:
        server.bind(str(tmp_path / "web") if unix else ("127.0.0.1", 0))
        server.listen()
        where = f"unix:{tmp_path / 'web'}" if unix else f"127.0.0.1:{server.getsockname()[1]}"

        def saying(line):
            def once():
                with server.accept()[0] as call:
                    assert call.recv(100).startswith(b"GET /readyz ")
                    call.sendall(line)

            threading.Thread(target=once).start()
            return where

        yield saying


def test_all_answer_when_the_web_server_is_ready_and_those_behind_it_listen(taken, free, web):
    here = {"witness_ports": str(taken), "node_port": taken}
    assert all_answer(Settings(bind=web(b"HTTP/1.1 200 OK\r\n"), **here))
    for line in (b"HTTP/1.1 503 Service Unavailable\r\n", b""):
        assert not all_answer(Settings(bind=web(line), **here))
    for nowhere in (f"127.0.0.1:{free}", "unix:/nowhere/web"):
        assert not all_answer(Settings(bind=nowhere, **here))
    assert not all_answer(Settings(witness_ports=f"{taken},{free}", node_port=taken))


def test_it_is_told_once_that_all_parts_are_there(tmp_path):
    alive = (sys.executable, "-c", "import time; time.sleep(60)")
    supervisor = Supervisor([Part("one", alive), Part("two", alive)], tmp_path)
    asked, told = [], []

    def answer():
        asked.append(len(supervisor.alive()))
        return len(asked) > 1

    def tend():
        if len(told) > 0 or len(asked) > 9:
            rounds.append(1)
        supervisor._stopping = len(rounds) > 2

    rounds = []
    supervisor.tend = tend
    supervisor.start()
    try:
        supervisor.watch(answer, lambda: told.append(len(asked)), 0.01)
    finally:
        supervisor.stop()
    assert (asked, told) == ([2, 2], [2])
