"""The worker: works off the outbox, woken by RQ, never trusting it.

Redis is a bell: a lost queue, a killed worker or a Redis that is gone costs at most `POLL_S`
seconds, because a poller finds in the outbox what the bell missed (QUALITY finding 10). Every
handler is idempotent by event id. Jobs run in the worker's own process (`SimpleWorker`), so that a
killed worker leaves no orphan behind.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import FrameType
from typing import Final, TypeAlias

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.timeouts import TimerDeathPenalty
from typing_extensions import override

from yidan.kernel.events import SYSTEM
from yidan.ports import Services
from yidan.store import edge, idempotency, outbox
from yidan.store.engine import database_now, reading, writing
from yidan.store.outbox import Errand

Handler: TypeAlias = Callable[[Services, Errand], None]
Chore: TypeAlias = Callable[[Services], object]
"""Something to look after at every poll, e.g. a folder where partners drop files."""

QUEUE: Final = "yidan"
POLL_S: Final = 2.0
"""Longest time a lost bell costs, in seconds."""
CLAIM_S: Final = 60
"""How long one worker has one piece of work for itself, in seconds."""
BACK_OFF_S: Final = (1, 5, 30, 120, 600, 3600)
"""Waiting times between tries, in seconds; the last one repeats and the row stays visible."""

EXPIRE_AT_ONCE: Final = 100
"""Releases whose end is written down in one round."""
TIDY_UP: Final = timedelta(hours=1)
"""How often what is old is dropped."""

log = structlog.get_logger()


class _Bound:
    """What the jobs of this process work with; bound once by `run`."""

    services: Services
    handlers: Mapping[str, Handler]
    stop: threading.Event


def drain(consumer: str) -> int:
    """Work off everything open of one consumer; answer how much was done. The RQ job."""
    return drain_with(_Bound.services, consumer, _Bound.handlers[consumer])


def drain_with(services: Services, consumer: str, handler: Handler, *, limit: int = 200) -> int:
    """Work off up to `limit` open errands of a consumer with a handler."""
    with reading(services.engine) as connection:
        errands = outbox.pending(connection, consumer, now=database_now(connection), limit=limit)
    return sum(_work_off(services, errand, handler) for errand in errands)


def _work_off(services: Services, errand: Errand, handler: Handler) -> bool:
    with writing(services.engine) as connection:
        now = database_now(connection)
        until = now + timedelta(seconds=CLAIM_S)
        if not outbox.claim(connection, errand, now=now, until=until):
            return False
    try:
        handler(services, errand)
    except Exception as error:
        log.exception("errand failed", consumer=errand.consumer, event_id=errand.event_id)
        _postpone(services, errand, f"{type(error).__name__}: {error}")
        return False
    with writing(services.engine) as connection:
        outbox.done(connection, [errand.id], now=database_now(connection))
    return True


def _postpone(services: Services, errand: Errand, error: str) -> None:
    pause_s = BACK_OFF_S[min(errand.attempts, len(BACK_OFF_S) - 1)]
    with writing(services.engine) as connection:
        not_before = database_now(connection) + timedelta(seconds=pause_s)
        outbox.postpone(connection, errand.id, not_before=not_before, error=error)


def poll(stop: threading.Event, work: Callable[[], object]) -> None:
    """Do one piece of work each `POLL_S` until told to stop: what makes a lost bell harmless."""
    while not stop.wait(POLL_S):
        try:
            work()
        except Exception:
            log.exception("poll failed; the next round tries again")


def handlers() -> Mapping[str, Handler]:
    """Who works off which consumer's errands."""
    from yidan.documents.actions import render_pending  # noqa: PLC0415 - only the worker needs them
    from yidan.exchange import deliveries, tables  # noqa: PLC0415
    from yidan.exchange.pint import deliveries as bills  # noqa: PLC0415
    from yidan.exchange.pint import tables as pint  # noqa: PLC0415

    def render(services: Services, errand: Errand) -> None:
        render_pending(errand.subject.partition(":")[2], services)

    return {
        "render": render,
        tables.CONSUMER: deliveries.deliver,
        pint.CONSUMER: bills.deliver,
    }


def chores() -> Sequence[Chore]:
    """What is looked after at every poll."""
    from yidan.exchange import drops  # noqa: PLC0415 - only the worker needs it

    return (drops.collect, expire_releases, seldom(forget_answers, TIDY_UP))


def expire_releases(services: Services) -> int:
    """Write down which releases ran out, each in a transaction of its own; answer how many.

    Nothing waits for it: every use judges by the clock. It tells the parties' lists and systems.
    """
    from yidan.release.actions import cancellations  # noqa: PLC0415 - only the worker needs them
    from yidan.release.tables import releases  # noqa: PLC0415

    with services.unit_of_work(SYSTEM, reading=True) as uow:
        due = releases.overdue(uow.connection, now=uow.now, limit=EXPIRE_AT_ONCE)
    one = partial(cancellations.expire_overdue, limit=1)
    return sum(edge.run(services, SYSTEM, one) for _ in due)


def forget_answers(services: Services) -> int:
    """Drop kept first answers that are too old to be asked for again; answer how many."""
    with writing(services.engine) as connection:
        return idempotency.forget_old(connection, now=database_now(connection))


def seldom(chore: Chore, every: timedelta) -> Chore:
    """The chore, done at the first poll and then once a period; one that failed is done again."""
    due: list[datetime] = []

    def done_when_due(services: Services) -> object:
        now = services.clock.now()
        if due and now < due[0]:
            return None
        answer = chore(services)
        due[:] = [now + every]
        return answer

    return done_when_due


class _Worker(SimpleWorker):
    """RQ's in-process worker with a time-out that works beside other threads."""

    death_penalty_class = TimerDeathPenalty

    @override
    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Remember that a signal asked us to stop, then stop as RQ does."""
        _Bound.stop.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ has no type


def run(services: Services, redis_url: str) -> None:
    """Work until stopped by a signal: RQ in this thread, the pollers in others."""
    _Bound.services, _Bound.handlers = services, handlers()
    stop = _Bound.stop = threading.Event()
    # A thread each, so that no message waits behind a PDF.
    works: list[Callable[[], object]] = [partial(drain, name) for name in _Bound.handlers]
    works += [partial(chore, services) for chore in chores()]
    pollers = [threading.Thread(target=poll, args=(stop, work), daemon=True) for work in works]
    for poller in pollers:
        poller.start()
    try:
        while not stop.is_set():
            _listen(redis_url)
            stop.wait(POLL_S)
    except StopRequested:
        log.info("stopped while redis was away")
    finally:
        stop.set()
        for poller in pollers:
            poller.join(timeout=CLAIM_S)


def _listen(redis_url: str) -> None:
    """Work off RQ's jobs until a signal comes or Redis goes; RQ's loop returns for both."""
    try:
        connection = Redis.from_url(redis_url, socket_connect_timeout=2)
        _Worker([Queue(QUEUE, connection=connection)], connection=connection).work(
            logging_level="WARNING"
        )
    except RedisError as error:
        log.warning("redis is away, polling goes on", error=str(error))
