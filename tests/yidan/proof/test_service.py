"""The ledger's loop on real parts: node, contract, witnesses; from event to verified bundle."""

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx
import pytest

from ledger import verify
from ledger.chain.client import ChainClient
from yidan import bootstrap
from yidan.config import Settings
from yidan.kernel.events import Actor, Event, event
from yidan.proof import bundles, fsck, lag, setup
from yidan.proof.monitoring import Monitor
from yidan.proof.service import Ledger
from yidan.store.engine import reading, writing

pytestmark = pytest.mark.integration


@event("testing.logged.v1")
@dataclass(frozen=True, kw_only=True)
class Logged(Event):
    what: str


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    ports = [free_port() for _ in range(4)]
    return Settings(
        var=tmp_path_factory.mktemp("var"),
        node_port=ports[0],
        witness_ports=",".join(str(port) for port in ports[1:]),
        anchor_age_s=0,
        checkpoint_every_s=0,
        confirmations=1,
    )


@pytest.fixture(scope="module")
def parts(settings):
    environment = {
        "YIDAN_VAR": str(settings.var),
        "YIDAN_WITNESS_PORTS": settings.witness_ports,
        "YIDAN_NODE_PORT": str(settings.node_port),
        "PATH": "/usr/bin:/bin",
    }
    setup.prepare(settings)
    setup.relayer_key(settings)
    running = [
        subprocess.Popen([sys.executable, "-m", "yidan.cli", *command], env=environment)
        for command in (["node"], ["witness", "1"], ["witness", "2"], ["witness", "3"])
    ]
    yield running
    for process in running:
        process.terminate()
        process.wait()


def until(condition, ledger, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ledger.round()
        if condition():
            return
        time.sleep(0.2)
    pytest.fail("did not come true in time")


def test_an_event_is_logged_witnessed_anchored_and_its_bundle_verifies(settings, parts, tmp_path):
    services = bootstrap.build(settings)
    with services.unit_of_work(Actor(party="p")) as uow:
        uow.record("box:1", Logged(what="discharged"))
        uow.commit()
    ledger = Ledger(services)

    def measured():
        with reading(services.engine) as connection:
            return lag.measure(connection, services.clock.now())

    until(lambda: measured().anchored_size == 1, ledger)
    policy = setup.read_policy(settings)
    with reading(services.engine) as connection:
        data = bundles.of_subject(connection, setup.read_trust(settings), "box:1")
    bundle, trusted = tmp_path / "bundle.json", tmp_path / "policy"
    bundle.write_bytes(data)
    trusted.write_bytes(setup.policy_path(settings).read_bytes())
    good = [str(bundle), "--policy", str(trusted)]
    assert verify.main(good) == 0
    assert verify.main([*good, "--chain", settings.chain_rpc_url, "--bls"]) == 0

    bundle.write_bytes(data.replace(b"discharged", b"discharge_"))
    assert verify.main(good) == 1

    assert fsck.check(services.engine, settings).findings == ()
    client = ChainClient.connect(settings.chain_rpc_url, settings.chain_id)
    assert policy.chain is not None
    assert [anchor.size for anchor in client.anchors(policy.chain.contract)] == [1]

    with httpx.Client() as http:
        monitor = Monitor(services, http)
        assert list(monitor._anchored(policy)) == [1]
        assert [view.place for view in monitor._witnessed(setup.read_trust(settings))] == [
            f"witness witness-{number}" for number in (1, 2, 3)
        ]
        assert monitor.round() == []

    parts[0].terminate()
    parts[0].wait()
    with httpx.Client() as http:
        assert Monitor(services, http)._anchored(policy) == {}
    assert fsck.check(services.engine, settings).findings == ()

    with writing(services.engine) as connection:
        connection.exec_driver_sql("DROP TRIGGER event_content_no_update")
        connection.exec_driver_sql('UPDATE event_content SET content = \'{"what":"kept"}\'')
    (finding, *_rest) = fsck.check(services.engine, settings).findings
    event_id = json.loads(data)["events"][0]["eventId"]
    assert event_id in finding
    ledger.close()
    services.engine.dispose()
