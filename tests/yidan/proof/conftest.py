"""A log in one process: a database, its checkpointer, and three witnesses behind a transport."""

import base64
import json
from dataclasses import dataclass

import httpx
import pytest

from ledger.witness import TIME_HEADER
from ledger.witness.cosigner import Cosigner, SystemClock
from ledger.witness.keys import load_or_create
from ledger.witness.state import WitnessState
from yidan.kernel.events import Actor, Event, event
from yidan.proof import setup
from yidan.proof.checkpointer import Checkpointer
from yidan.proof.sequencer import LEASE, sequence
from yidan.store import leases
from yidan.store.engine import reading, writing


@event("testing.weighed.v1")
@dataclass(frozen=True, kw_only=True)
class Weighed(Event):
    """What the tests record."""

    box: str
    mass_kg: int


class Witnesses:
    """The embedded witnesses of an installation, answering an HTTP client in this process."""

    def __init__(self, settings) -> None:
        self.down = set()
        self._settings = settings
        self._cosigners = {}
        for number, port in enumerate(settings.witness_ports.split(","), start=1):
            own = setup.witness_settings(settings, number)
            state = WitnessState(own.folder / "state.db")
            keys = load_or_create(own.folder, own.name)
            self._cosigners[int(port)] = number, Cosigner(keys, state, SystemClock())

    def answer(self, request: httpx.Request) -> httpx.Response:
        number, cosigner = self._cosigners[request.url.port]
        if number in self.down:
            raise httpx.ConnectError("down", request=request)
        trust = setup.read_trust(self._settings)
        if request.method == "GET":
            found = cosigner.latest(trust, request.url.path.split("/")[1])
        else:
            wanted = request.headers.get(TIME_HEADER, "")
            found = cosigner.add_checkpoint(trust, request.content, wanted)
        return httpx.Response(
            found.status, content=found.body, headers={"Content-Type": found.content_type}
        )

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.answer))


class House:
    """A log with what it needs."""

    def __init__(self, services) -> None:
        self.services = services
        self.settings = services.settings
        setup.prepare(self.settings)
        self.witnesses = Witnesses(self.settings)
        self.http = self.witnesses.client()

    @property
    def policy(self):
        return setup.read_policy(self.settings)

    @property
    def trust(self):
        return setup.read_trust(self.settings)

    @property
    def checkpointer(self) -> Checkpointer:
        return Checkpointer(self.services, self.http)

    def weigh(self, *masses: int, box: str = "MSKU1234565") -> list[str]:
        """Record events; answer their ids."""
        with self.services.unit_of_work(Actor(party="terminal", user="u1")) as uow:
            ids = [
                uow.record(f"box:{box}", Weighed(box=box, mass_kg=mass)).event_id for mass in masses
            ]
            uow.commit()
        return ids

    def sequence(self) -> None:
        leases.acquire(self.services.engine, LEASE, "test", seconds=60)
        while sequence(self.services, "test"):
            pass

    def log(self):
        """Sequence and checkpoint; answer the checkpoint."""
        self.sequence()
        return self.checkpointer.checkpoint()

    def reading(self):
        return reading(self.services.engine)

    def change(self, *statements: str) -> None:
        """What an intruder in the database would do: drop the guards, then change rows."""
        with writing(self.services.engine) as connection:
            for table in ("event", "event_content", "erasure"):
                for verb in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
            for statement in statements:
                connection.exec_driver_sql(statement)


@pytest.fixture
def house(services):
    built = House(services)
    yield built
    built.http.close()


@pytest.fixture
def house_on(services_on):
    """The same on each kind of database."""
    built = House(services_on)
    yield built
    built.http.close()


@pytest.fixture
def saved(tmp_path):
    """Write bytes into a new file and answer its path as text."""

    def save(data: bytes) -> str:
        name = base64.b32encode(json.dumps(len(list(tmp_path.iterdir()))).encode()).decode()
        path = tmp_path / name.strip("=")
        path.write_bytes(data)
        return str(path)

    return save
