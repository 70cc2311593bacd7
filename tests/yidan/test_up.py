import socket

import pytest
from click.testing import CliRunner

from yidan.cli import main
from yidan.config import Settings
from yidan.up import parts, ports_in_use

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
