"""`yidan monitor`: follow the log from where others see it, and stop releases if it has two faces.

Two watches in one process. The first compares, every few seconds, the published checkpoint with
those the witnesses keep, those the chain anchors and the one seen last time (`ledger.monitor`).
The second recomputes every leaf from its event (`rows`). What either finds is an alarm, is kept as
evidence under `var/monitor`, and stops releases (LEDGER 0.8). A witness that shows what the log
did not sign is an alarm only: it is the witness that is wrong.

A place that does not answer says nothing; the age alarm watches for that. A watch that fails is an
alarm by name until it looks again (`passes`).
"""

import hashlib
import itertools
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import structlog
from eth_utils.address import to_checksum_address

from ledger import merkle
from ledger import monitor as comparing
from ledger.chain.client import ChainClient, ChainError
from ledger.monitor import PUBLISHED, Disagreement, Kind, View
from ledger.policy import Policy, Witness
from ledger.succession import History
from yidan.ports import Services
from yidan.proof import lag, rows, setup
from yidan.proof.passes import Pass
from yidan.proof.stopping import stop
from yidan.store import chain, keys, log
from yidan.store.engine import reading

logger = structlog.get_logger()

TIMEOUT_S: Final = 5.0
NEWEST_ANCHORS: Final = 64
"""So many anchors are compared in each round; `yidan fsck` compares all."""
SLICE_PAUSE_S: Final = 0.05
"""Rest between two slices of rows, so that a pass leaves the machine to others."""
REST: Final = 3
"""After a pass over the rows, rest so many times as long as it took."""
REMEMBERED: Final = "the last round"
ROUND: Final = "monitor-round"
"""Alarm of a comparison that fails."""
ROWS: Final = "row-check"
"""Alarm of a pass over the rows that fails."""


class Monitor:
    """Compares what places show of one log, a round at a time."""

    def __init__(self, services: Services, http: httpx.Client) -> None:
        self._services = services
        self._settings = services.settings
        self._http = http
        self._folder = services.settings.var / "monitor"
        self.silent: list[str] = []
        """Places that did not answer in the last round."""

    def round(self) -> list[Disagreement]:
        """Look once at every place; raise the alarm for what is wrong and stop releases."""
        lag.watch(self._services)  # as the ledger does, which may be what is gone
        self.silent = []
        if not setup.policy_path(self._settings).exists():
            self.silent.append("there is no policy yet")
            return []
        trust = setup.read_trust(self._settings)
        claimed = self._claimed()
        elsewhere = [*self._remembered(), *self._witnessed(trust)]
        anchors = self._anchored(trust.newest)
        self._compare_claimed(claimed, anchors)
        # Read last: a checkpoint is published before anybody else has it.
        published = list(self._published())
        origin = self._settings.log_origin
        found = comparing.compare(trust, origin, [*published, *elsewhere], anchors, self._prove)
        for one in found:
            self._report(one)
        if published and not found:
            _keep(self._folder, "head", published[0].note)
        return found

    def _published(self) -> Iterator[View]:
        with reading(self._services.engine) as connection:
            latest = log.latest_checkpoint(connection)
        if latest is not None:
            yield View(PUBLISHED, latest.note)

    def _remembered(self) -> Iterator[View]:
        path = self._folder / "head"
        if path.exists():
            yield View(REMEMBERED, path.read_bytes())

    def _witnessed(self, trust: History) -> Iterator[View]:
        origin = hashlib.sha256(self._settings.log_origin.encode()).hexdigest()
        for witness in {one.url: one for p in trust.policies for one in p.witnesses}.values():
            note = self._ask(witness, origin) if witness.url else None
            if note is not None:
                yield View(f"witness {witness.name}", note)

    def _ask(self, witness: Witness, origin: str) -> bytes | None:
        try:
            answer = self._http.get(f"{witness.url.rstrip('/')}/{origin}/checkpoint")
        except httpx.HTTPError as error:
            self._is_silent(f"witness {witness.name}", error)
            return None
        return answer.content if answer.status_code == httpx.codes.OK else None

    def _anchored(self, policy: Policy) -> Mapping[int, bytes]:
        if policy.chain is None:
            return {}
        try:
            client = ChainClient.connect(self._settings.chain_rpc_url, policy.chain.chain_id)
            anchors = client.anchors(to_checksum_address(policy.chain.contract))
        except (ChainError, OSError) as error:
            self._is_silent("the chain", error)
            return {}
        return {anchor.size: anchor.root for anchor in anchors[-NEWEST_ANCHORS:]}

    def _is_silent(self, place: str, error: Exception) -> None:
        logger.warning("a place does not answer", place=place, why=str(error))
        self.silent.append(f"{place} does not answer: {error}")

    def _claimed(self) -> set[int]:
        """Sizes that the rows say are anchored for good."""
        with reading(self._services.engine) as connection:
            confirmed = chain.confirmed(connection, "anchor")
        return {int(one.key.removeprefix("anchor:")) for one in confirmed}

    def _compare_claimed(self, claimed: set[int], anchors: Mapping[int, bytes]) -> None:
        """Raise the alarm where a row says anchored and the chain, that shows others, does not."""
        for size in sorted(claimed - anchors.keys()):
            if anchors and (len(anchors) < NEWEST_ANCHORS or size > min(anchors)):
                why = f"anchor {size} is stored as confirmed, but the chain does not have it"
                lag.alarm(self._services, "chain-incident", why)

    def _prove(self, old: int, new: int) -> list[bytes]:
        with reading(self._services.engine) as connection:
            return merkle.consistency_proof(log.DatabaseTiles(connection), old, new)

    def _report(self, found: Disagreement) -> None:
        evidence = {
            "kind": str(found.kind),
            "message": found.message,
            "notes": [note.decode("utf-8", "backslashreplace") for note in found.notes],
        }
        data = json.dumps(evidence, ensure_ascii=False, indent=1).encode()
        name = hashlib.sha256(data).hexdigest()[:16]
        _keep(self._folder, f"evidence-{name}.json", data)
        if found.kind is Kind.FORGED:
            lag.alarm(self._services, "witness-shows-forgery", found.message)
        else:
            stop(self._services, f"{found.kind}: {found.message}")


def check_rows(services: Services, rest: threading.Event) -> Iterator[str]:
    """Walk all rows once; raise the alarm for what was changed and stop releases."""
    engine, origin = services.engine, services.settings.log_origin
    walks = (
        rows.check(engine, origin, lambda: rest.wait(SLICE_PAUSE_S)),
        rows.check_anchors(engine),
        rows.check_projections(engine),
    )
    for line in itertools.chain.from_iterable(walks):
        stop(services, f"a row was changed: {line}")
        yield line


@dataclass(frozen=True)
class Seen:
    """What one look at everything came to."""

    wrong: tuple[str, ...]
    unseen: tuple[str, ...]
    """What could not be looked at, and why."""


def look_once(services: Services) -> Seen:
    """One round and one pass over the rows."""
    comparing_all, checking = Pass(services, ROUND), Pass(services, ROWS)
    wrong: list[str] = []
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as http:
        monitor = Monitor(services, http)
        with comparing_all.tried():
            wrong += [f"{one.kind}: {one.message}" for one in monitor.round()]
    with checking.tried():
        for line in check_rows(services, threading.Event()):
            wrong.append(line)
    failed = [one.failure for one in (comparing_all, checking) if one.failure]
    return Seen(tuple(wrong), (*monitor.silent, *failed))


def run(services: Services, end: threading.Event) -> None:
    """Watch until told to end."""
    every = services.settings.monitor_every_s
    walker = threading.Thread(target=_walk, args=(services, end, every), daemon=True)
    walker.start()
    one = Pass(services, ROUND)
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as http:
        monitor = Monitor(services, http)
        for _ in _until(end, every):
            with one.tried():
                monitor.round()
    walker.join(timeout=TIMEOUT_S)


def _walk(services: Services, end: threading.Event, every: int) -> None:
    one = Pass(services, ROWS)
    for _ in _until(end, every):
        began = time.monotonic()
        with one.tried():
            list(check_rows(services, end))
        end.wait((time.monotonic() - began) * REST)


def _until(end: threading.Event, every: int) -> Iterable[None]:
    while not end.is_set():
        yield
        end.wait(every)


def _keep(folder: Path, name: str, data: bytes) -> None:
    """Write a file whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{name}.draft"
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / name)
    keys.sync_folder(folder)
