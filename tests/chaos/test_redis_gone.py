"""Redis gone, back, flushed: requests and holds go on, and the work is late by the poll at most.

A real Redis, killed and started again; the worker is a process of its own. Work here is a message
to a counterpart about a gate-out (QUALITY G5: latency of background work ≤ poll interval + 3 s).
"""

import os
import signal
import subprocess
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.chaos.test_killed_workers import PlainRenderer
from tests.chaos.truck_lanes import ready_to_leave
from tests.counterparts.wire import Receiver
from tests.port import Port
from tests.portal import Portal
from yidan import bootstrap, up, worker
from yidan.config import Settings
from yidan.exchange import actions
from yidan.kernel.reasons import Role

pytestmark = pytest.mark.integration

LATE_S = worker.POLL_S + 3
BOXES = 5


def until(condition, seconds=30.0):
    """Wait for a condition; answer how long it took, in seconds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "did not come true in time"
        time.sleep(0.02)
    return time.monotonic() - began


class RedisServer:
    """The embedded Redis, as `yidan up` runs it."""

    def __init__(self, settings):
        self._command = up.parts(settings)[0].command
        self.connection = Redis.from_url(bootstrap.redis_url(settings), socket_timeout=2)
        self.start()

    def start(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until(self.answers)

    def kill(self):
        self._process.kill()
        self._process.wait()
        self.connection.connection_pool.disconnect()

    def answers(self):
        try:
            return self.connection.ping()
        except RedisError:
            return False

    def heard_by_a_worker(self):
        return self.connection.scard("rq:workers") > 0


@pytest.fixture
def receiver():
    with Receiver() as server:
        yield server


@pytest.fixture
def platform(tmp_path):
    settings = Settings(
        var=tmp_path / "var", decision_ttl_s=3600, token_ttl_s=3600, private_endpoints=True
    )
    built = bootstrap.build(settings)
    yield replace(built, renderer=PlainRenderer())
    built.engine.dispose()


@pytest.fixture
def redis(platform):
    server = RedisServer(platform.settings)
    yield server
    server.kill()
    server.connection.close()


@pytest.fixture
def working(platform, redis):
    """A worker in a process of its own; its id."""
    platform.engine.dispose()
    child = os.fork()
    if child == 0:
        worker.run(platform, bootstrap.redis_url(platform.settings))
        os._exit(0)
    until(redis.heard_by_a_worker)
    yield child
    os.kill(child, signal.SIGTERM)
    ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
    try:
        until(lambda: os.waitid(os.P_PID, child, ended) is not None)
    finally:
        os.kill(child, signal.SIGKILL)  # does nothing to one that ended by itself
    assert os.waitpid(child, 0) == (child, 0)


def alive(child):
    return os.waitpid(child, os.WNOHANG) == (0, 0)


def test_without_redis_requests_and_holds_go_on_and_work_follows(
    platform, redis, working, receiver
):
    portal, port = Portal(platform), Port(SimpleNamespace(open=platform.unit_of_work))
    kiosk = portal.kiosk(port.people().ids["terminal"])
    customs = portal.machine(Role.CUSTOMS, party=port.ids["customs"])
    endpoint = actions.SetEndpoint(adapter="shipping_agent.edifact", url=receiver.url)
    port.do("agent", lambda uow: actions.set_endpoint(endpoint, uow))
    decisions = ready_to_leave(port, kiosk, BOXES)
    boxes = iter(decisions)

    def leave(box):
        decision, lane = decisions[box]
        answer = kiosk.post(f"/v1/gate/decisions/{decision}/opening", {"lane": lane})
        assert answer.status_code == 201, answer.get_data(as_text=True)

    def told_after(count):
        return until(lambda: len(receiver.got) == count)

    leave(next(boxes))
    told_after(1)

    redis.kill()
    leave(next(boxes))
    assert told_after(2) <= LATE_S
    held = next(boxes)
    hold = {"scope": "CONTAINER", "key": held, "kind": "CUSTOMS", "reason": "seal looks wrong"}
    placed = customs.post("/v1/holds", hold)
    assert placed.status_code == 201, placed.get_data(as_text=True)
    decision, lane = decisions[held]
    refused = kiosk.post(f"/v1/gate/decisions/{decision}/opening", {"lane": lane})
    assert refused.status_code == 409
    assert "hold-active" in [reason["code"] for reason in refused.json["reasons"]]
    assert alive(working)

    # RQ tries again ever more slowly, up to a minute apart; the poll does not wait for it.
    redis.start()
    leave(next(boxes))
    assert told_after(3) <= LATE_S

    redis.connection.flushall()
    leave(next(boxes))
    assert told_after(4) <= LATE_S
    assert alive(working)
    keys = [got.headers["Idempotency-Key"] for got in receiver.got]
    assert len(set(keys)) == 4
