"""Chain gone, witnesses gone, log and chain at odds: LEDGER 0.8, on a real node and real witnesses.

The node and the witnesses run in threads of the test and stop when it says so; the ledger's rounds
are driven by hand, as often as they are needed.
"""

import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from ledger.chain import instructions
from ledger.chain.client import ChainClient
from ledger.chain.signing import Fees, address_of, sign_transaction
from tests.chaos.ledger_parts import chain_node, witnesses
from tests.port import BOX, Port
from tests.portal import Portal
from tests.yidan.proof.test_service import free_port
from yidan import bootstrap
from yidan.config import Settings
from yidan.kernel.errors import RefusedError
from yidan.kernel.reasons import Role
from yidan.proof import fsck, lag, setup
from yidan.proof.service import Ledger
from yidan.store import ledger_state, log
from yidan.store.alarms import open_alarms
from yidan.store.engine import reading, writing

pytestmark = pytest.mark.integration


class Sea:
    """A platform with its ledger, and the parts outside it that come and go."""

    def __init__(self, folder, database_url=""):
        ports = [free_port() for _ in range(4)]
        settings = Settings(
            var=folder / "var",
            database_url=database_url,
            node_port=ports[0],
            witness_ports=",".join(str(port) for port in ports[1:]),
            anchor_age_s=0,
            checkpoint_every_s=0,
            confirmations=1,
            decision_ttl_s=3600,
            token_ttl_s=3600,
        )
        self.services = bootstrap.build(settings)
        self.settings = settings
        setup.prepare(settings)
        self.portal = Portal(self.services)
        self.port = Port(SimpleNamespace(open=self.services.unit_of_work))
        self.ledger = Ledger(self.services)
        self.chain, self.witnesses = ExitStack(), ExitStack()

    def chain_comes(self):
        self.node = self.chain.enter_context(chain_node(self.settings))

    def chain_goes(self):
        self.chain.close()

    def witnesses_come(self, *numbers):
        self.witnesses.enter_context(witnesses(self.settings, *numbers))

    def witnesses_go(self):
        """They stop, and with them the connections that a thread of theirs would still serve."""
        self.witnesses.close()
        self.ledger.close()
        self.ledger = Ledger(self.services)

    def round(self):
        self.ledger._next_chain = 0.0
        self.ledger.round()

    def until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.measured()
            self.round()

    def measured(self):
        with reading(self.services.engine) as connection:
            return lag.measure(connection, self.services.clock.now())

    def all_anchored(self):
        found = self.measured()
        return 0 < found.leaves == found.anchored_size and found.instructions_open == 0

    def anchors(self):
        """Sizes anchored on the chain."""
        client = ChainClient.connect(self.settings.chain_rpc_url, self.settings.chain_id)
        contract = setup.read_policy(self.settings).chain.contract
        return [anchor.size for anchor in client.anchors(contract)]

    def alarms(self):
        with reading(self.services.engine) as connection:
            return {alarm.kind for alarm in open_alarms(connection)}

    def close(self):
        self.chain_goes()
        self.witnesses.close()
        self.ledger.close()
        self.services.engine.dispose()


@pytest.fixture
def sea(tmp_path):
    found = Sea(tmp_path)
    yield found
    found.close()


def test_the_house_goes_on_while_chain_and_witnesses_are_gone_and_anchors_once_after(sea):
    regulator = sea.portal.machine(Role.REGULATOR)
    sea.chain_comes()
    sea.witnesses_come(1, 2, 3)
    right = sea.port.ready()
    sea.until(sea.all_anchored)
    first = sea.anchors()

    # The chain goes: business goes on, checkpoints go on, the lag can be seen.
    sea.chain_goes()
    sea.port.assigned(right.id, plate="苏GA9999")
    for _ in range(3):
        sea.round()
    seen = regulator.get("/v1/proof/status").json
    assert seen["cosignedSize"] == seen["leaves"] > seen["anchoredSize"] == first[-1]
    assert (seen["eventsNotLogged"], seen["stopped"]) == (0, "")
    assert seen["oldestUnanchoredAt"] is not None

    # The witnesses go too: logging goes on; nothing is cosigned, so nothing will be anchored, and
    # a ledger that began since cannot ask whether its log is the newest, so it signs nothing.
    sea.witnesses_go()
    sea.port.assigned(right.id, plate="苏GA8888")
    sea.chain_comes()
    for _ in range(3):
        sea.round()
    seen = regulator.get("/v1/proof/status").json
    assert seen["leaves"] > seen["checkpointSize"] == seen["cosignedSize"]
    assert seen["eventsNotLogged"] == 0
    assert seen["stopped"] == ""
    sea.until(lambda: sea.measured().instructions_open == 0)
    assert seen["cosignedSize"] >= sea.anchors()[-1]

    # One witness is no quorum; two are: everything is anchored, each size once.
    sea.witnesses_come(3)
    sea.round()
    assert sea.measured().cosigned_size == seen["cosignedSize"]
    sea.witnesses_come(1)
    sea.until(sea.all_anchored)
    anchored = sea.anchors()
    assert len(set(anchored)) == len(anchored)
    assert anchored == sorted(anchored)
    assert anchored[-1] == sea.measured().leaves
    assert sea.alarms() == set()
    assert fsck.check(sea.services.engine, sea.settings).findings == ()


def damaged_tile(sea):
    """A hash of the log is changed behind the platform's back."""
    with writing(sea.services.engine) as connection:
        tile = log.DatabaseTiles(connection)
        width = log.size(connection) % 256
        data = bytearray(tile.read_tile(0, 0, width))
        data[7] ^= 1
        tile.write_tile(0, 0, bytes(data))


def lost_tile(sea):
    """A tile is gone."""
    with writing(sea.services.engine) as connection:
        connection.execute(text("DELETE FROM log_tile"))


def shortened_log(sea):
    """The newest leaves and checkpoints are cut off, as by an old backup."""
    with writing(sea.services.engine) as connection:
        connection.execute(text("DELETE FROM log_checkpoint"))
        connection.execute(text('DELETE FROM log_leaf WHERE "index" > 1'))
        data = log.DatabaseTiles(connection).read_tile(0, 0, 2)
        connection.execute(text("UPDATE log_tile SET data = :data"), {"data": data})


def foreign_anchor(sea):
    """Somebody with the relayer's key anchors another log of more leaves."""
    key = setup.relayer_key(sea.settings)
    client = ChainClient.connect(sea.settings.chain_rpc_url, sea.settings.chain_id)
    contract = setup.read_policy(sea.settings).chain.contract
    data = instructions.anchor(sea.measured().leaves + 5, b"\x66" * 32, 0, bytes(96))
    nonce = client.nonce(address_of(key))
    fees = Fees(10**11, 10**9)
    signed = sign_transaction(
        key, nonce, contract, data, 300_000, fees, sea.settings.chain_id
    )  # fmt: skip
    client.broadcast(signed.raw)
    while client.nonce(address_of(key)) == nonce:
        time.sleep(0.02)


@pytest.mark.parametrize(
    "harm", [damaged_tile, lost_tile, shortened_log, foreign_anchor], ids=lambda harm: harm.__name__
)
def test_when_log_and_chain_disagree_releases_stop_and_holds_still_work(sea, harm):
    sea.chain_comes()
    sea.witnesses_come(1, 2, 3)
    right = sea.port.ready()
    sea.until(sea.all_anchored)
    regulator = sea.portal.machine(Role.REGULATOR)
    customs = sea.portal.machine(Role.CUSTOMS, party=sea.port.ids["customs"])

    harm(sea)
    for _ in range(2):
        sea.round()
    assert regulator.get("/v1/proof/status").json["stopped"] != ""
    assert "ledger-stopped" in sea.alarms()

    with pytest.raises(RefusedError) as refused:
        sea.port.assigned(right.id, plate="苏GA7777")
    assert "releases-stopped" in [reason.code for reason in refused.value.reasons]
    body = {"scope": "CONTAINER", "key": BOX, "kind": "CUSTOMS", "reason": "sampling"}
    assert customs.post("/v1/holds", body).status_code == 201

    with writing(sea.services.engine) as connection:
        ledger_state.resume_releases(connection)
    assert regulator.get("/v1/proof/status").json["stopped"] == ""
    for _ in range(2):
        sea.round()
    assert regulator.get("/v1/proof/status").json["stopped"] != "", "resumed over a damaged log"
