"""The sender's rows: nonces taken once, cancelled work planned anew, two endpoints (S72, S75)."""

import threading
from dataclasses import dataclass, field, replace

import pytest
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from ledger.chain import rules
from ledger.chain.client import WrongChainError
from ledger.chain.pair import EndpointsDisagreeError, Pair
from ledger.chain.signers import LocalSigner
from yidan.proof.sender import ForeignNonceError, Sender
from yidan.store import chain
from yidan.store.engine import database_now, reading, writing

SIGNER = LocalSigner(b"\x11" * 32)
TO = "0x" + "22" * 20


@dataclass
class Node:
    """A chain in memory; mines what it is told to mine."""

    mined: dict = field(default_factory=dict)
    """Raw bytes by nonce."""
    pool: list = field(default_factory=list)
    head: int = 100
    account: int | None = None
    lies: bool = False

    def nonce(self, _address):
        return len(self.mined) if self.account is None else self.account

    def broadcast(self, raw):
        self.pool.append(raw)

    def mine(self, raw=None):
        chosen = raw or self.pool[-1]
        found = TypedTransaction.from_bytes(HexBytes(chosen)).as_dict()
        self.mined.setdefault(found["nonce"], chosen)
        return found

    def receipt(self, key):
        for nonce, raw in self.mined.items():
            if keccak(raw) == key:
                return rules.Receipt(key, nonce, bytes([nonce]) * 32, succeeded=not self.lies)
        return None

    def view(self, _sender, *, hashes, numbers):
        receipts = {key: self.receipt(key) for key in hashes}
        return rules.ChainView(
            head_number=self.head,
            base_fee_wei=10**9,
            priority_fee_wei=10**9,
            account_nonce=self.nonce(""),
            receipts={key: found for key, found in receipts.items() if found},
            block_hashes={number: bytes([number]) * 32 for number in numbers},
        )


def plan(services, key="anchor:1", kind="anchor"):
    with writing(services.engine) as connection:
        return chain.plan(
            connection,
            chain_id=services.settings.chain_id,
            address=SIGNER.address,
            key=key,
            kind=kind,
            payload={"to": TO, "data": "01", "gas": 100_000},
            now=database_now(connection),
        )


def states(services, key):
    with reading(services.engine) as connection:
        found = chain.find(connection, key)
    return found and (found.nonce, found.state)


def sender_of(services, node, second=None, **settings):
    changed = replace(services, settings=replace(services.settings, **settings))
    pair = Pair(node, second, depth=2) if second else None
    made = Sender(changed, node, SIGNER, pair)
    made.begin()
    return made


def test_s72_a_stuck_nonce_is_cancelled_and_its_work_planned_anew(services_on):
    node = Node()
    sender = sender_of(services_on, node, cancel_after_s=0)
    plan(services_on)
    sender.push()
    sender.push()
    (first, *_rest, cancelling) = node.pool
    found = node.mine(cancelling)
    assert (found["value"], found["data"], found["gas"]) == (0, b"", 21_000)
    assert found["to"].hex() == SIGNER.address.lower().removeprefix("0x")
    assert found["maxFeePerGas"] >= node_fee(first) * 9 // 8
    sender.push()
    assert states(services_on, "anchor:1#0") == (0, "cancelled")
    nonce, state = states(services_on, "anchor:1")
    assert (nonce, state) in {(1, "planned"), (1, "sent")}
    calm = sender_of(services_on, node)
    calm.push()
    node.mine(node.pool[-1])
    calm.push()
    assert states(services_on, "anchor:1") == (1, "confirmed")


def node_fee(raw):
    return TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["maxFeePerGas"]


def test_s72_an_attempt_mined_after_all_counts_and_nothing_is_done_twice(services_on):
    node = Node()
    sender = sender_of(services_on, node, cancel_after_s=0)
    plan(services_on)
    sender.push()
    sender.push()
    node.mine(node.pool[0])
    sender.push()
    assert states(services_on, "anchor:1") == (0, "confirmed")
    assert states(services_on, "anchor:1#0") is None


@pytest.mark.parametrize("kind", ["deploy", "office"])
def test_what_decides_the_contracts_address_is_never_cancelled(services, kind):
    node = Node()
    sender = sender_of(services, node, cancel_after_s=0)
    plan(services, kind=kind)
    sender.push()
    sender.push()
    assert len(set(node.pool)) == 1


def test_c2_an_account_further_than_the_database_sends_nothing(services_on):
    sender_of(services_on, Node())
    with pytest.raises(ForeignNonceError, match="has sent 3 transactions, this database knows 0"):
        sender_of(services_on, Node(account=3))


def test_s73_a_chain_without_the_deployment_that_was_final_is_another_chain(services):
    node = Node()
    sender = sender_of(services, node)
    plan(services, "deploy", kind="deploy")
    sender.push()
    node.mine()
    sender.push()
    assert states(services, "deploy") == (0, "confirmed")
    node.mined.clear()
    sent = len(node.pool)
    with pytest.raises(WrongChainError, match="lost its history"):
        sender.push()
    assert (states(services, "deploy"), len(node.pool)) == ((0, "confirmed"), sent)


@pytest.mark.parametrize("lies", [False, True])
def test_s72_an_outcome_counts_only_once_the_second_endpoint_has_the_same(services_on, lies):
    node, second = Node(), Node(lies=lies)
    sender = sender_of(services_on, node, second)
    plan(services_on)
    sender.push()
    node.mine()
    sender.push()
    assert states(services_on, "anchor:1") == (0, "mined"), "the second has no receipt yet"
    second.mine(node.pool[0])
    if lies:
        with pytest.raises(EndpointsDisagreeError):
            sender.push()
        assert states(services_on, "anchor:1") == (0, "mined")
    else:
        sender.push()
        assert states(services_on, "anchor:1") == (0, "confirmed")


def test_s75_planners_at_once_take_every_nonce_once(services_on):
    sender_of(services_on, Node())
    taken = []

    def work(number):
        taken.extend(plan(services_on, f"anchor:{number}-{turn}") for turn in range(8))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(24))
