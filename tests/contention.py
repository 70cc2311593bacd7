"""Kiosks of a terminal that let the same trucks out at the same time, each a process of its own.

For every truck all processes start at the same instant. Each opens the barrier, again and again, on
the one decision that was given for it (a kiosk whose request was doubled, replayed, copied), and
tries in between to get a decision of its own at another lane. Every attempt is an action of the
gate in a transaction of its own. Each process writes down what it was told; the test compares that
with the database's history.
"""

import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from ledger.commitment import commit
from tests.lanes import SITE, SURE
from yidan.gate.actions import barriers, captures
from yidan.gate.actions.captures import RecordCapture
from yidan.gate.events import Direction
from yidan.gate.rules.states import TransactionState
from yidan.kernel.errors import ConflictError, RefusedError
from yidan.kernel.events import Actor
from yidan.store import edge, followers
from yidan.store.engine import make_engine
from yidan.store.unit_of_work import Workshop

PROCESSES = 8
DECIDED_AT = "OUT-A"
"""The lane the decisions were given to."""


@dataclass(frozen=True)
class Target:
    """A truck that stands at the barrier with its box and a decision."""

    right_id: str
    plate: str
    box: str
    decision_id: str


@dataclass(frozen=True)
class Task:
    """What every process does."""

    url: str
    terminal: str
    targets: list[Target]
    openings: int


@dataclass(frozen=True)
class Told:
    """What one process heard in all its attempts."""

    attempts: int
    won: tuple[str, ...]
    """Right ids of the boxes it let out."""
    answers: dict[str, int]
    seconds: int


@dataclass(frozen=True)
class Platform:
    """As much of the services as the edge needs."""

    unit_of_work: object


def contend(url: str, terminal: str, targets: list[Target], openings: int) -> list[Told]:
    """Let all processes at all trucks: `openings` on the decision and one capture, each.

    The caller has closed its own connections: the processes are forked.
    """
    context = multiprocessing.get_context("fork")
    line = context.Barrier(PROCESSES)
    told = context.Queue()
    kiosks = [
        context.Process(
            target=_run, args=(Task(url, terminal, targets, openings), number, line, told)
        )
        for number in range(PROCESSES)
    ]
    for kiosk in kiosks:
        kiosk.start()
    heard = [told.get(timeout=1200) for _ in kiosks]
    for kiosk in kiosks:
        kiosk.join()
    return heard


def _run(task: Task, number: int, line, told) -> None:
    engine = make_engine(task.url)
    platform = Platform(Workshop(engine, commit, followers.consumers_of).open)
    kiosk = Kiosk(platform, task.terminal, number)
    answers: Counter[str] = Counter()
    won: list[str] = []
    line.wait()
    began = time.monotonic()
    for index, target in enumerate(task.targets):
        line.wait()
        for attempt in range(task.openings + 1):
            own_turn = attempt == (index + number) % 3
            answer = kiosk.captures(target) if own_turn else kiosk.opens(target.decision_id)
            answers[answer] += 1
            if answer == "opened":
                won.append(target.right_id)
    engine.dispose()
    seconds = round(time.monotonic() - began)
    told.put(Told(answers.total(), tuple(won), dict(answers), seconds))


@dataclass(frozen=True)
class Kiosk:
    """One process: the decided kiosk's double, and a kiosk at a lane of its own."""

    platform: Platform
    terminal: str
    number: int

    def opens(self, decision_id: str, *, lane: str = DECIDED_AT, user: str = "kiosk A") -> str:
        """Try to open on a decision; what became of it."""
        command = barriers.OpenBarrier(decision_id=decision_id, lane=lane)
        device = Actor(party=self.terminal, user=user)
        try:
            edge.run(self.platform, device, lambda uow: barriers.open_barrier(command, SITE, uow))
        except (RefusedError, ConflictError) as refused:
            return refused.reasons[0].code
        return "opened"

    def captures(self, target: Target) -> str:
        """Try to get a decision of one's own, and open on it."""
        device = Actor(party=self.terminal, user=f"kiosk {self.number}")
        try:
            found = edge.run(self.platform, device, lambda uow: self._capture(target, uow))
        except (RefusedError, ConflictError) as refused:
            return refused.reasons[0].code
        if found.state is TransactionState.APPROVED:
            return self.opens(found.decision_id, lane=found.lane, user=device.user)
        return found.reasons[0].code

    def _capture(self, target: Target, uow):
        command = RecordCapture(
            device_transaction_id=target.right_id,
            direction=Direction.OUT,
            lane=f"OUT-{self.number}",
            plate=target.plate,
            driver_id=target.plate,
            equipment_reference=target.box,
            seal_numbers=("EO7781203",),
            gross_mass_kg=25_300,
            damage_codes=(),
            confidences=SURE,
            captured_at=uow.now - timedelta(seconds=1),
        )
        return captures.record_capture(command, SITE, uow).transaction
