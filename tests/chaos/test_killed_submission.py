"""Kill -9 between any two commits of submission: each instruction's work is done once (S70).

The chain is a file, so that what was sent outlives the child. That no write of the log and of
submission is left out is seen from the code: whoever adds one has to kill it here too.
"""

import ast
import inspect
import pickle
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from ledger.chain.client import ChainClient
from ledger.chain.signers import LocalSigner
from tests.chaos.killing import Kills, Snapshot, census
from tests.chaos.ledger_parts import witnesses
from tests.chaos.test_killed_ledger import fill
from tests.chaos.test_killed_workers import let_claims_end
from tests.counterparts.chain import ChainInMemory, fields_of
from tests.yidan.proof.test_service import free_port
from yidan.proof import anchoring as anchorings
from yidan.proof import checkpointer as checkpointers
from yidan.proof import sender as senders
from yidan.proof import sequencer as sequencers
from yidan.proof import setup
from yidan.proof.anchoring import Anchoring
from yidan.proof.checkpointer import Checkpointer
from yidan.proof.sender import Sender
from yidan.store import chain, log
from yidan.store.engine import database_now, reading, writing
from yidan.store.ledger_tables import ChainAttempt, ChainInstruction

pytestmark = pytest.mark.integration

SIGNER = LocalSigner(b"\x11" * 32)
HOUR = 3600
ROUNDS = 4


@dataclass
class ChainOnFile:
    """A chain that every process finds as the last one left it; it mines what it is sent."""

    path: object
    mines: bool = True

    def make_request(self, method, params):
        node = self.load()
        answer = node.make_request(method, params)
        if method == "eth_sendRawTransaction" and self.mines:
            node.mine(3)
        self.save(node)
        return answer

    def load(self):
        return pickle.loads(self.path.read_bytes()) if self.path.exists() else ChainInMemory()  # noqa: S301 - written by this test

    def save(self, node):
        self.path.write_bytes(pickle.dumps(node))

    def mined(self):
        """All transactions in blocks: nonce, who is called, with what."""
        raws = [raw for block in self.load().blocks for raw in block.raws]
        told = [fields_of(raw) for raw in raws]
        return [(one["nonce"], one["to"].hex(), one["data"].hex()) for one in told]


class BareClient(ChainClient):
    """A client that takes the contract's code for granted."""

    def check_contract(self, contract):
        pass

    def broadcast(self, raw):
        super().broadcast(raw)


@pytest.fixture
def recorded(platform_here, port_here):
    """A platform with a log of a port's people, witnessed, so that an anchor is due."""
    port_here.people()
    ports = ",".join(str(free_port()) for _ in range(3))
    settings = replace(
        platform_here.settings,
        witness_ports=ports,
        anchor_age_s=0,
        nullify_age_s=0,
        confirmations=2,
    )
    return replace(platform_here, settings=settings)


def witnessed(recorded):
    """Log and checkpoint; the aggregate is put in, since no chain is named in the policy yet."""
    setup.prepare(recorded.settings)
    fill(recorded, "first")
    with witnesses(recorded.settings, 1, 2, 3), httpx.Client(timeout=5.0) as http:
        found = Checkpointer(recorded, http).checkpoint()
    with writing(recorded.engine) as connection:
        log.store_cosignatures(
            connection, replace(found, bls_aggregate=b"\x05" * 96, bls_signers="1")
        )


def life(recorded, node):
    """One life of submission, from the deployment to an anchor, as far as it comes."""
    client = BareClient(node)
    sender = Sender(recorded, client, SIGNER)
    sender.begin()
    anchoring = Anchoring(recorded, client, sender)
    for _ in range(ROUNDS):
        if anchoring.ensure_contract():
            anchoring.plan()
        sender.push()


def stuck(recorded, node):
    """One life of a sender whose transaction was lost long ago."""
    settings = replace(recorded.settings, cancel_after_s=HOUR)
    sender = Sender(replace(recorded, settings=settings), BareClient(node), SIGNER)
    sender.begin()
    for _ in range(ROUNDS):
        sender.push()


def lost_long_ago(recorded, node):
    """An anchor was sent an hour ago, and no node knows it any more."""
    silent = replace(node, mines=False)
    sender = Sender(recorded, BareClient(silent), SIGNER)
    sender.begin()
    with writing(recorded.engine) as connection:
        chain.plan(
            connection,
            chain_id=recorded.settings.chain_id,
            address=SIGNER.address,
            key="anchor:1",
            kind="anchor",
            payload={"to": "0x" + "22" * 20, "data": "01", "gas": 100_000},
            now=database_now(connection),
        )
    sender.push()
    forgotten = node.load()
    forgotten.pool.clear()
    node.save(forgotten)
    earlier = {"signed_at": ago(recorded), "sent_at": ago(recorded)}
    with writing(recorded.engine) as connection:
        connection.execute(update(ChainAttempt.__table__).values(**earlier))


def ago(recorded):
    with reading(recorded.engine) as connection:
        return database_now(connection) - timedelta(seconds=HOUR)


def states(recorded):
    table = ChainInstruction.__table__
    with reading(recorded.engine) as connection:
        found = select(table.c.key, table.c.nonce, table.c.state).order_by(table.c.nonce)
        return [tuple(row) for row in connection.execute(found)]


@pytest.mark.parametrize("story", [life, stuck], ids=lambda story: story.__name__)
def test_s70_killed_between_any_two_commits_or_sendings_submission_does_each_work_once(
    recorded, tmp_path, story
):
    node = ChainOnFile(tmp_path / "chain")
    witnessed(recorded) if story is life else lost_long_ago(recorded, node)
    start = Snapshot(recorded.engine)
    before = node.path.read_bytes() if node.path.exists() else None
    kills = Kills(recorded.engine, ((BareClient, "broadcast"), (LocalSigner, "sign")))
    kills.count(lambda: story(recorded, node))
    names, wanted = kills.names, (states(recorded), node.mined(), census(recorded.engine))
    assert any(key.startswith("anchor:") for key, _, _ in wanted[0])
    assert all(state in {"confirmed", "cancelled"} for _, _, state in wanted[0])
    assert {name for name in names if "sign" in name} == {"before sign", "after sign"}
    assert "after broadcast" in names
    for number, name in enumerate(names, 1):
        if not name.startswith(("before ", "after ")):
            continue
        start.restore()
        node.path.unlink() if before is None else node.path.write_bytes(before)
        assert kills.kill_at(number, lambda: story(recorded, node)), name
        story(recorded, node)
        assert (states(recorded), node.mined()) == wanted[:2], f"{number} ({name})"
        assert census(recorded.engine) == wanted[2], f"{number} ({name})"
    start.drop()


def writers(*modules):
    """Functions of modules that open a transaction to write, "module.name"."""
    return {
        f"{module.__name__.removeprefix('yidan.proof.')}.{function.name}"
        for module in modules
        for function in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"writing", "uow.commit"}
    }


NOT_KILLED = {"sender._alarm"}
"""An alarm comes before what it tells of is stored: after a kill it is raised again, as one."""


def test_s61_every_write_of_the_log_and_of_submission_is_one_that_is_killed(recorded, tmp_path):
    settings = recorded.settings
    kills = Kills(recorded.engine, ((checkpointers, "ask"),))
    setup.prepare(settings)
    kills.count(lambda: fill(recorded, "first"))
    with witnesses(settings, 1, 2, 3), httpx.Client(timeout=5.0) as http:
        kills.count(Checkpointer(recorded, http).checkpoint)
    let_claims_end(recorded.engine)
    witnessed(recorded)
    kills.count(lambda: life(recorded, ChainOnFile(tmp_path / "life")))
    with writing(recorded.engine) as connection:
        for table in (ChainAttempt.__table__, ChainInstruction.__table__):
            connection.execute(table.delete())
    node = ChainOnFile(tmp_path / "stuck")
    node.save(ChainInMemory())
    lost = replace(recorded, settings=replace(settings, chain_id=20_252))
    lost_long_ago(lost, node)
    kills.count(lambda: stuck(lost, node))
    written = writers(sequencers, checkpointers, senders, anchorings)
    assert len(written) > 8
    assert written - kills.sites == NOT_KILLED
