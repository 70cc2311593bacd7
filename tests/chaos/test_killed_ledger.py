"""Kill -9 of the ledger between any two steps: every event one leaf, every instruction one call.

The sequencer, the checkpointer (with real witnesses) and the sender, each in a child killed at
every step. The sender's chain is a file here, so that what was broadcast outlives the child; the
rules and the client are drilled on real nodes elsewhere.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from sqlalchemy import select

from ledger.chain import rules
from ledger.chain.signers import LocalSigner
from tests.chaos.killing import Kills, Snapshot, census, steps_to_kill
from tests.chaos.ledger_parts import witnesses
from tests.chaos.test_killed_workers import let_claims_end
from tests.yidan.proof.test_service import free_port
from yidan.proof import checkpointer as checkpointing
from yidan.proof import fsck, setup
from yidan.proof.checkpointer import Checkpointer
from yidan.proof.sender import Sender
from yidan.proof.sequencer import LEASE, sequence
from yidan.store import chain, leases, log
from yidan.store.engine import database_now, reading, writing
from yidan.store.ledger_tables import ChainAttempt

pytestmark = pytest.mark.integration


@pytest.fixture
def recorded(platform_on, port_on):
    """A platform whose log has nothing of its events yet."""
    port_on.people()
    ports = ",".join(str(free_port()) for _ in range(3))
    return replace(platform_on, settings=replace(platform_on.settings, witness_ports=ports))


def fill(services, holder):
    """One life of the sequencer, as far as it comes."""
    if leases.acquire(services.engine, LEASE, holder) is not None:
        while sequence(services, holder):
            pass


def test_s61_a_killed_sequencer_leaves_every_event_one_leaf_without_gaps(recorded, server):
    engine = recorded.engine
    events = census(engine)[0]["event"]
    start, kills = Snapshot(engine, server), Kills(engine)
    kills.count(lambda: fill(recorded, "first"))
    names, wanted = kills.names, census(engine)
    assert wanted[0]["log_leaf"] == events
    for number, name in steps_to_kill(names, server):
        start.restore()
        assert kills.kill_at(number, lambda: fill(recorded, "first")), name
        let_claims_end(engine)
        fill(recorded, "second")
        assert census(engine) == wanted, name
        with reading(engine) as connection:
            assert [leaf.index for leaf in log.leaves(connection)] == list(range(events)), name
        assert fsck.check(engine, recorded.settings).findings == (), name
    start.drop()


def test_a_sequencer_whose_lease_ended_logs_nothing(recorded, server):
    fill(recorded, "first")
    let_claims_end(recorded.engine)
    assert leases.acquire(recorded.engine, LEASE, "second") is not None
    before = census(recorded.engine)
    assert sequence(recorded, "first") == 0
    assert census(recorded.engine) == before


def test_s61_a_killed_checkpointer_leaves_one_checkpoint_that_its_witnesses_signed(
    recorded, server
):
    engine, settings = recorded.engine, recorded.settings
    setup.prepare(settings)
    fill(recorded, "first")

    def work():
        with httpx.Client(timeout=5.0) as http:
            return Checkpointer(recorded, http).checkpoint()

    start, kills = Snapshot(engine, server), Kills(engine, ((checkpointing, "ask"),))
    with witnesses(settings, 1, 2, 3):
        assert kills.count(work).cosigned_at is not None
        names, wanted = kills.names, census(engine)
        assert names.count("after ask") == 3
        for number, name in steps_to_kill(names, server):
            start.restore()
            assert kills.kill_at(number, work), name
            assert work().cosigned_at is not None, f"{number} ({name})"
            assert census(engine) == wanted, name
            report = fsck.check(engine, settings)
            assert (report.checkpoints, report.findings) == (1, ()), name
    start.drop()


@dataclass
class ChainFile:
    """A chain in a file: each broadcast is a line, mined at once if its nonce is free."""

    path: Path
    engine: object

    def nonce(self, _address):
        return len(self._mined())

    def broadcast(self, raw):
        """Take bytes, but only such as the database holds already."""
        with reading(self.engine) as connection:
            stored = connection.execute(select(ChainAttempt.__table__.c.raw)).scalars().all()
        assert raw in [bytes(one) for one in stored], "sent before it was stored"
        with self.path.open("a") as file:
            file.write(raw.hex() + "\n")

    def lines(self):
        return self.path.read_text().split() if self.path.exists() else []

    def _mined(self):
        mined = {}
        for line in self.lines():
            raw = bytes.fromhex(line)
            nonce = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["nonce"]
            mined.setdefault(nonce, raw)
        return mined

    def view(self, _sender, *, hashes, numbers):
        mined = self._mined()
        receipts = {}
        for nonce, raw in mined.items():
            found = keccak(raw)
            receipts[found] = rules.Receipt(
                found, nonce + 1, bytes([nonce + 1]) * 32, succeeded=True
            )
        return rules.ChainView(
            head_number=len(mined) + 5,
            base_fee_wei=10**9,
            priority_fee_wei=10**9,
            account_nonce=len(mined),
            receipts={h: r for h, r in receipts.items() if h in hashes},
            block_hashes={n: bytes([n]) * 32 for n in numbers},
        )


def test_s70_a_killed_sender_makes_one_transaction_of_each_instruction(recorded, server, tmp_path):
    engine, settings = recorded.engine, recorded.settings
    node = ChainFile(tmp_path / "chain", engine)
    key = bytes(Account.from_key("0x" + "11" * 32).key)

    def work():
        sender = Sender(recorded, node, LocalSigner(key))
        sender.begin()
        for _ in range(4):
            with writing(engine) as connection:
                for number in (1, 2):
                    chain.plan(
                        connection,
                        chain_id=settings.chain_id,
                        address=sender.address,
                        key=f"anchor:{number}",
                        kind="anchor",
                        payload={"to": "0x" + "22" * 20, "data": "", "gas": 100_000},
                        now=database_now(connection),
                    )
            sender.push()

    start, kills = Snapshot(engine, server), Kills(engine, ((node, "broadcast"),))
    kills.count(work)
    names, wanted = kills.names, census(engine)
    assert names.count("after broadcast") == len(node.lines()) == 2
    for number, name in steps_to_kill(names, server):
        start.restore()
        node.path.unlink()
        assert kills.kill_at(number, work), name
        assert len(node.lines()) == len(set(node.lines()))
        work()
        assert len(set(node.lines())) == 2, f"{number} ({name})"
        assert census(engine) == wanted, name
        with reading(engine) as connection:
            states = [(one.nonce, one.state) for one in chain.confirmed(connection, "anchor")]
        assert states == [(0, "confirmed"), (1, "confirmed")], name
    start.drop()
