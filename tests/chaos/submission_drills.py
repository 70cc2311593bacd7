"""Drills of the platform's sender: database, rules and client are the real ones (S71, S72, S74).

Played in every run on a chain in memory (`test_submission_drills`), and on anvil by `make drills`
(`drill_anvil`). A node is something with `client`, `mine`, `reorg`, `drop`, `ask_for`, `goes`,
`comes_back`, `empties` and `fills`; k is 2.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from eth_utils.crypto import keccak
from sqlalchemy import select, update

from ledger.chain.client import ChainClient, ChainUnavailableError, UnderpricedError
from ledger.chain.pair import EndpointsDisagreeError, Pair
from ledger.chain.rules import Patience
from ledger.chain.signers import LocalSigner
from tests.counterparts.chain import fields_of
from yidan.proof.sender import Sender
from yidan.store import chain
from yidan.store.alarms import open_alarms
from yidan.store.engine import database_now, reading, writing
from yidan.store.ledger_tables import ChainAttempt

SIGNER = LocalSigner(b"\x11" * 32)
TO = "0x" + "22" * 20
K = 2
HOUR = 3600
CAP = Patience().fee_cap_wei


@dataclass
class Desk:
    """A sender with its database, and what can be seen of both."""

    services: object
    node: object
    client: object
    second: object = None

    def __post_init__(self):
        pair = Pair(self.client, self.second, K) if self.second else None
        self.sender = Sender(self.services, self.client, SIGNER, pair)
        self.sender.begin()

    def plan(self, key="anchor:1"):
        with writing(self.services.engine) as connection:
            return chain.plan(
                connection,
                chain_id=self.services.settings.chain_id,
                address=SIGNER.address,
                key=key,
                kind="anchor",
                payload={"to": TO, "data": "01", "gas": 100_000},
                now=database_now(connection),
            )

    def push(self):
        self.sender.push()

    def sent(self, key="anchor:1"):
        """Plan an instruction and send it."""
        self.plan(key)
        self.push()

    def goes_through(self, key="anchor:1"):
        """Mine what lies there until the instruction counts."""
        self.node.mine(1)
        self.push()
        self.node.mine(K)
        self.push()
        assert self.state(key) == "confirmed"

    def row(self, key="anchor:1"):
        with reading(self.services.engine) as connection:
            return chain.find(connection, key)

    def state(self, key="anchor:1"):
        return self.row(key).state

    def attempts(self, key="anchor:1"):
        with reading(self.services.engine) as connection:
            return chain.attempts_of(connection, [self.row(key).id])

    def receipts(self, key="anchor:1"):
        """Which of the attempts are in a block."""
        hashes = [keccak(one.raw) for one in self.attempts(key)]
        return [one for one in hashes if self.node.client.receipt(one)]

    def passes(self, seconds):
        passes(self.services, seconds)

    def alarms(self):
        with reading(self.services.engine) as connection:
            return [alarm.what for alarm in open_alarms(connection)]


def passes(services, seconds):
    """Time goes by: everything that was done is so much longer ago."""
    longer = timedelta(seconds=seconds)
    table = ChainAttempt.__table__
    with writing(services.engine) as connection:
        for row in connection.execute(select(table)).all():
            sent_at = row.sent_at and row.sent_at - longer
            connection.execute(
                update(table)
                .where(table.c.transaction_hash == row.transaction_hash)
                .values(signed_at=row.signed_at - longer, sent_at=sent_at)
            )


class LyingNode(ChainClient):
    """A first endpoint that tells of failures that never were."""

    def receipt(self, transaction_hash):
        found = super().receipt(transaction_hash)
        return found and replace(found, succeeded=False)


class SubmissionDrills:
    """What may happen to a transaction, and what the sender makes of it."""

    @pytest.fixture
    def desk(self, services, node):
        return Desk(services, node, node.client)

    @pytest.mark.parametrize("depth", [1, K])
    def test_s71_a_reorg_that_drops_it_sends_the_same_bytes_again(self, desk, depth):
        desk.sent()
        desk.node.mine(depth)
        desk.push()
        assert desk.state() == "mined"
        desk.node.reorg(depth)
        assert desk.receipts() == []
        desk.passes(10)
        desk.push()
        assert desk.state() == "sent"
        desk.goes_through()
        assert len(desk.attempts()) == len(desk.receipts()) == 1

    @pytest.mark.parametrize("depth", [1, K])
    def test_s71_a_reorg_that_mines_it_again_elsewhere_is_followed(self, desk, depth):
        desk.sent()
        desk.node.mine(depth)
        desk.push()
        before = desk.row().block_hash
        desk.node.reorg(depth, [desk.attempts()[0].raw])
        desk.push()
        assert desk.state() == "mined"
        assert desk.row().block_hash != before
        desk.node.mine(K)
        desk.push()
        assert (desk.state(), len(desk.receipts())) == ("confirmed", 1)

    def test_s71_deeper_than_k_what_was_dropped_is_sent_again_and_closes_the_gap(self, desk):
        desk.sent()
        desk.goes_through()
        desk.node.reorg(K + 1)
        assert desk.receipts() == []
        desk.plan("anchor:2")
        desk.passes(10)
        desk.push()
        assert desk.state() == "sent"
        assert any("took nonce 0 back" in what for what in desk.alarms())
        desk.goes_through()
        desk.goes_through("anchor:2")
        assert len(desk.attempts()) == len(desk.receipts()) == 1

    def test_s71_deeper_than_k_what_was_mined_again_stays_confirmed(self, desk):
        desk.sent()
        desk.goes_through()
        desk.node.reorg(K + 1, [desk.attempts()[0].raw])
        desk.push()
        assert (desk.state(), len(desk.receipts()), desk.alarms()) == ("confirmed", 1, [])

    def test_s74_with_an_empty_account_it_waits_and_goes_when_there_is_money(self, desk):
        desk.node.empties(SIGNER.address)
        desk.sent()
        desk.push()
        assert (desk.receipts(), desk.alarms()) == ([], [])
        desk.node.fills(SIGNER.address)
        desk.push()
        desk.goes_through()
        assert len(desk.attempts()) == len(desk.receipts()) == 1

    def test_s72_a_dropped_transaction_is_sent_again(self, desk):
        desk.sent()
        desk.node.drop(desk.attempts()[0].raw)
        desk.node.mine()
        desk.push()
        assert desk.receipts() == []
        desk.passes(10)
        desk.push()
        desk.goes_through()
        assert len(desk.attempts()) == 1

    def test_s72_of_a_replacement_and_what_it_replaces_one_is_mined(self, desk):
        desk.sent()
        desk.passes(60)
        desk.push()
        first, second = desk.attempts()
        with pytest.raises(UnderpricedError):
            desk.client.broadcast(first.raw)
        desk.goes_through()
        assert desk.receipts() == [keccak(second.raw)]

    def test_s72_a_stuck_nonce_is_cancelled_and_what_waited_behind_it_goes_on(self, desk):
        desk.sent()
        desk.sent("anchor:2")
        desk.node.drop(desk.attempts()[0].raw)
        desk.node.mine()
        desk.push()
        assert desk.state("anchor:2") == "sent", "it waits behind the gap"
        desk.passes(HOUR)
        desk.push()
        cancelling = desk.attempts()[-1]
        told = fields_of(cancelling.raw)
        assert (told["value"], told["data"], told["gas"], told["nonce"]) == (0, b"", 21_000, 0)
        assert told["to"].hex() == SIGNER.address[2:].lower()
        desk.node.mine()
        desk.push()
        desk.node.mine(K)
        desk.push()
        assert desk.state("anchor:1#0") == "cancelled"
        assert desk.row("anchor:1").nonce == 2
        for _ in range(2):
            desk.push()
            desk.node.mine(K + 1)
        desk.push()
        assert desk.state("anchor:1") == desk.state("anchor:2") == "confirmed"

    def test_s72_a_cancellation_taken_back_deeper_than_k_is_not_planned_a_third_time(self, desk):
        desk.sent()
        desk.node.drop(desk.attempts()[0].raw)
        desk.passes(HOUR)
        desk.push()
        desk.node.mine()
        desk.push()
        desk.node.mine(K)
        desk.push()
        assert desk.state("anchor:1#0") == "cancelled"
        desk.node.reorg(K + 1)
        for _ in range(3):
            desk.passes(10)
            desk.push()
            desk.node.mine(K + 1)
        desk.push()
        assert (desk.state("anchor:1#0"), desk.state("anchor:1")) == ("cancelled", "confirmed")
        assert desk.row("anchor:1#0#0") is None
        assert desk.client.nonce(SIGNER.address) == 2

    def test_s72_a_nonce_too_low_from_the_node_is_no_error(self, desk, monkeypatch):
        desk.sent()
        plain = desk.client.broadcast

        def late(raw):
            desk.node.mine()  # between the look and the sending, somebody mined it
            plain(raw)

        monkeypatch.setattr(desk.client, "broadcast", late)
        desk.passes(10)
        desk.push()
        desk.push()
        desk.node.mine(K)
        desk.push()
        assert (desk.state(), len(desk.attempts()), desk.alarms()) == ("confirmed", 1, [])

    def test_s72_bytes_refused_as_too_cheap_are_replaced_in_time(self, desk, monkeypatch):
        desk.node.ask_for(10**9)
        plain = desk.client.broadcast

        def after_a_jump(raw):
            desk.node.ask_for(100 * 10**9)  # between the signing and the sending
            plain(raw)

        monkeypatch.setattr(desk.client, "broadcast", after_a_jump)
        desk.sent()
        monkeypatch.setattr(desk.client, "broadcast", plain)
        assert desk.receipts() == []
        desk.passes(60)
        desk.push()
        desk.push()
        first, second = desk.attempts()
        assert fields_of(second.raw)["maxFeePerGas"] > 100 * 10**9
        desk.goes_through()
        assert desk.receipts() == [keccak(second.raw)]
        assert first.nonce == second.nonce

    def test_s74_a_base_fee_a_hundred_times_as_high_is_followed(self, desk):
        desk.sent()
        top = fields_of(desk.attempts()[0].raw)["maxFeePerGas"]
        desk.node.ask_for(top * 50)
        desk.node.mine()
        desk.push()
        assert desk.receipts() == []
        desk.passes(60)
        desk.push()
        desk.goes_through()
        assert len(desk.attempts()) == 2

    def test_s74_above_the_cap_it_waits_and_signs_nothing_dearer(self, desk):
        desk.sent()
        desk.node.ask_for(CAP * 2)
        for _ in range(3):
            desk.node.mine()
            desk.passes(60)
            desk.push()
        fees = [fields_of(one.raw)["maxFeePerGas"] for one in desk.attempts()]
        assert max(fees) <= CAP
        assert desk.receipts() == []
        assert desk.state() == "sent"
        desk.node.ask_for(10**9)
        desk.passes(10)
        desk.push()
        desk.goes_through()

    def test_g6_a_node_that_is_down_changes_nothing_and_back_it_goes_on(self, desk):
        desk.sent()
        desk.plan("anchor:2")
        before = desk.row(), desk.attempts(), desk.row("anchor:2")
        desk.node.goes()
        with pytest.raises(ChainUnavailableError):
            desk.push()
        assert (desk.row(), desk.attempts(), desk.row("anchor:2")) == before
        desk.node.comes_back()
        desk.push()
        desk.goes_through()
        desk.push()
        assert desk.state("anchor:2") == "confirmed"
        assert len(desk.attempts()) == len(desk.attempts("anchor:2")) == 1

    def test_s72_a_receipt_that_the_second_endpoint_tells_otherwise_counts_for_nothing(
        self, services, node
    ):
        liar = LyingNode(node.client._provider)
        desk = Desk(services, node, liar, second=node.client)
        desk.sent()
        node.mine()
        desk.push()
        node.mine(K)
        with pytest.raises(EndpointsDisagreeError):
            desk.push()
        assert desk.state() == "mined"
        assert desk.alarms() == []
