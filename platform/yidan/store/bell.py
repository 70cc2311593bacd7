"""The bell: tell the workers through Redis that the outbox has something. Only a bell.

A ring never raises and never costs a request more than a moment: short time-outs, and after a
failure no further try for some seconds. A lost ring costs what the worker's poller takes, not work.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from typing_extensions import override

from yidan.ports import Bell

QUEUE: Final = "yidan"
JOB: Final = "yidan.worker.drain"
TIMEOUT_S: Final = 0.3
"""Longest time one ring waits for Redis, in seconds."""
REST_S: Final = 5.0
"""After a failure, so long no ring is tried, in seconds."""

_log = structlog.get_logger("yidan.bell")


class RedisBell(Bell):
    """Rings by putting a job into RQ's queue."""

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._queue: Any = None
        self._silent_until = 0.0

    @override
    def ring(self, consumer: str) -> None:
        """Say that the consumer's outbox has something. Never raises."""
        if self._monotonic() < self._silent_until:
            return
        try:
            self._ready_queue().enqueue(JOB, consumer, result_ttl=0, ttl=60, failure_ttl=60)
        except Exception as error:  # noqa: BLE001 - whatever ails Redis, the outbox is the truth
            self._silent_until = self._monotonic() + REST_S
            _log.warning("bell not heard", consumer=consumer, error=type(error).__name__)

    def _ready_queue(self) -> Any:
        from redis import Redis  # noqa: PLC0415 - RQ costs a quarter second to import
        from rq import Queue  # noqa: PLC0415 - likewise

        with self._lock:
            if self._queue is None:
                redis = Redis.from_url(
                    self._url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
                )
                self._queue = Queue(QUEUE, connection=redis)
            return self._queue
