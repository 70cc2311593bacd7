"""Attack A1 over HTTP: many lanes ask for the same barrier in the same moment; it opens once.

2,000 attempts on twenty rights, by processes of their own, each over its own connection to a real
server, every attempt with a key of its own. Which of them won is checked against history.
"""

import http.client
import json
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from ledger.commitment import commit
from tests.chaos.truck_lanes import ready_to_leave
from tests.port import Port
from tests.portal import Portal
from tests.yidan.proof.test_service import free_port
from yidan import bootstrap
from yidan.config import Settings
from yidan.store import rebuild
from yidan.store.engine import reading

pytestmark = pytest.mark.integration

RIGHTS, CLIENTS, ATTEMPTS = 20, 8, 2_000


@pytest.fixture
def served(tmp_path):
    """A platform on SQLite behind gunicorn: its services here, and its port."""
    settings = Settings(var=tmp_path / "var", decision_ttl_s=3600, token_ttl_s=3600)
    services = bootstrap.build(settings)
    port = free_port()
    environment = {
        **os.environ,
        "YIDAN_VAR": str(settings.var),
        "YIDAN_BIND": f"127.0.0.1:{port}",
        "YIDAN_DECISION_TTL_S": "3600",
        "YIDAN_TOKEN_TTL_S": "3600",
    }
    web = subprocess.Popen([sys.executable, "-m", "yidan.cli", "web"], env=environment)
    yield services, port
    web.terminate()
    web.wait(30)
    services.engine.dispose()


def wait_for(port):
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/readyz")
            assert connection.getresponse().status == 200
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()


def client(port, token, decisions, attempts, told):
    """One process's attempts, over the decisions in turn; what it was answered goes to a file."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    answers = []
    for number in range(attempts):
        decision, lane = decisions[number * len(decisions) // attempts]
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        body = json.dumps({"lane": lane})
        connection.request("POST", f"/v1/gate/decisions/{decision}/opening", body, headers)
        answer = connection.getresponse()
        answers.append([decision, answer.status, answer.headers["Content-Type"]])
        answer.read()
    told.write_text(json.dumps(answers))


def test_a1_of_2000_attempts_over_http_one_opens_each_barrier(served, tmp_path):
    services, at = served
    portal, port = Portal(services), Port(SimpleNamespace(open=services.unit_of_work))
    kiosk = portal.kiosk(port.people().ids["terminal"])
    decisions = list(ready_to_leave(port, kiosk, RIGHTS).values())
    token = kiosk.token
    services.engine.dispose()
    wait_for(at)

    files = [tmp_path / f"client-{n}.json" for n in range(CLIENTS)]
    children = []
    for told in files:
        child = os.fork()
        if child == 0:
            client(at, token, decisions, ATTEMPTS // CLIENTS, told)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * CLIENTS

    answers = [answer for told in files for answer in json.loads(told.read_text())]
    assert len(answers) == ATTEMPTS
    assert Counter(status for _, status, _ in answers) == {201: RIGHTS, 409: ATTEMPTS - RIGHTS}
    assert {kind for _, status, kind in answers if status == 409} == {"application/problem+json"}
    won = [decision for decision, status, _ in answers if status == 201]
    assert sorted(won) == sorted(decision for decision, _ in decisions)
    with reading(services.engine) as connection:
        for kind in ("release.right_consumed.v1", "gate.gated_out.v1"):
            found = connection.execute(
                text("SELECT subject FROM event WHERE type = :kind"), {"kind": kind}
            ).scalars()
            assert len(list(found)) == RIGHTS, kind
    assert rebuild.check(services.engine, commit).findings == ()
