"""The client against the embedded node: every instruction, every reading, every failure."""

from __future__ import annotations

import threading

import chain_story
import pytest
from eth_abi.abi import encode

from ledger.chain import instructions
from ledger.chain.client import (
    ChainClient,
    ChainUnavailableError,
    RefusedByContractError,
    WrongChainError,
)
from ledger.chain.events import UnknownEventError, anchor_of_log, decode_log, topic
from ledger.chain.node import open_readonly
from ledger.chain.node.server import open_node
from ledger.chain.reverts import ERROR_SELECTOR, revert_reason
from ledger.chain.rules import RecordReverted
from ledger.chain.signing import address_of
from ledger.chain.words import OrderWord, TitleState

pytestmark = pytest.mark.integration

CHAIN_ID = 515


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("client") / "chain.sqlite3"


@pytest.fixture(scope="module")
def url(path):
    funded = {bytes.fromhex(address_of(chain_story.RELAYER)[2:]): 10**24}
    node = open_node(
        path, port=0, genesis_accounts=funded, chain_id=CHAIN_ID, block_interval_s=0.02
    )
    thread = threading.Thread(target=node.run)
    thread.start()
    host, port = node.address
    yield f"http://{host}:{port}"
    node.stop()
    thread.join()


@pytest.fixture(scope="module")
def told(url):
    client = ChainClient.connect(url, CHAIN_ID)
    contract, sender = chain_story.tell(client)
    return client, contract, sender


def test_a_title_a_serial_and_the_anchors_are_read_back(told):
    client, contract, _ = told
    word = client.title_word(contract, chain_story.TITLE)
    assert (word.state, word.collected, word.sequence) == (TitleState.RELEASED, 1_000, 3)
    assert client.order_word(contract, chain_story.TITLE, 3) == OrderWord()
    used = [client.is_nullified(contract, 1, serial) for serial in (3, 4, 299, 300)]
    assert used == [True, False, False, True]
    assert client.latest_anchor(contract) == (34, b"\x22" * 32)


def test_an_anchor_is_found_by_its_size_however_old(told):
    client, contract, _ = told
    assert [anchor.size for anchor in client.anchors(contract)] == [12, 34]
    old = client.anchor_of(contract, 12)
    assert (old.root, old.signers, old.aggregate) == (b"\x0c" * 32, 7, b"\x05" * 96)
    assert client.anchor_of(contract, 13) is None


def test_the_store_answers_the_same_while_it_is_opened_read_only(told, path):
    client, contract, _ = told
    chain = open_readonly(path)
    address = bytes.fromhex(contract[2:])
    assert chain.chain_id == CHAIN_ID
    found = [anchor_of_log(*row) for row in chain.logs(address, [[topic("Anchored")]])]
    assert found == client.anchors(contract)
    data = instructions.call_data("latest_anchor")
    assert chain.call(address, data) == client.call(contract, "latest_anchor")
    assert len(chain.code(address)) > 10_000
    assert chain.block_hash(1) == client.block(1).hash
    chain.close()


def test_every_event_is_decoded(told):
    client, contract, _ = told
    names = [event.name for event in client.events(contract, 0, client.head().number)]
    assert names[:10] == [
        "OfficeChanged", "OfficeChanged", "PartyRegistered", "Issued", "Surrendered", "Released",
        "Nullified", "Nullified", "Anchored", "Anchored",
    ]  # fmt: skip


def test_blocks_follow_their_parents(told):
    client, _, _ = told
    head = client.head()
    assert client.block(head.number - 1).hash == head.parent_hash
    assert client.block(head.number + 1_000) is None


def test_a_refusal_is_known_before_anything_is_sent(told):
    client, contract, sender = told
    with pytest.raises(RefusedByContractError) as caught:
        client.call(contract, "surrender", chain_story.TITLE, 3, sender=sender.address)
    assert caught.value.code == "NotActive"
    data = instructions.call_data("surrender", chain_story.TITLE, 3)
    with pytest.raises(RefusedByContractError, match="NotActive"):
        client.estimate_gas(sender.address, contract, data)


def test_a_reverted_receipt_is_reported_at_depth_and_not_tried_again(told):
    _, contract, sender = told
    data = instructions.call_data("surrender", chain_story.TITLE, 3)
    _, action = sender.submit(contract, data, 100_000)
    assert isinstance(action, RecordReverted)


def test_an_estimate_leaves_a_tenth_to_spare(told):
    client, contract, sender = told
    data = instructions.anchor(99, b"\x01" * 32, 1, b"")
    assert 38_000 < client.estimate_gas(sender.address, contract, data) < 43_000
    assert client.balance_wei(sender.address) > 10**23


def test_the_same_bytes_may_be_sent_after_they_were_mined(told):
    client, contract, sender = told
    row, _ = sender.submit(contract, instructions.nullify(1, [700]), 100_000)
    client.broadcast(row.attempts[0].raw)
    with pytest.raises(ChainUnavailableError, match="invalid transaction"):
        client.broadcast(b"\x02\xc0")


def test_another_chain_or_another_code_is_refused(told, url):
    client, _, _ = told
    with pytest.raises(WrongChainError, match=f"chain {CHAIN_ID}, not 1"):
        ChainClient.connect(url, 1)
    with pytest.raises(WrongChainError, match="does not hold"):
        client.check_contract("0x" + "11" * 20)


def test_a_node_that_does_not_answer_is_unavailable():
    with pytest.raises(ChainUnavailableError, match="eth_chainId"):
        ChainClient.connect("http://127.0.0.1:9", timeout_s=1)


@pytest.mark.parametrize("reason", [b"\xff\xfe", b"a\0b"])
def test_a_log_with_text_that_no_database_takes_is_of_no_event(reason):
    topics = [topic("InstructionRefused"), bytes(32), bytes(32)]
    assert decode_log(topics, encode(["uint256", "bytes"], [0, b"Paused"]), 1).name
    with pytest.raises(UnknownEventError, match="InstructionRefused: "):
        decode_log(topics, encode(["uint256", "bytes"], [0, reason]), 1)
    for cut in (topics[:2], [*topics, bytes(32)]):
        with pytest.raises(UnknownEventError, match="InstructionRefused: "):
            decode_log(cut, encode(["uint256", "bytes"], [0, b"Paused"]), 1)


def test_logs_of_other_contracts_are_not_taken_for_ours():
    for topics in ([], [b"\x01" * 32]):
        with pytest.raises(UnknownEventError):
            decode_log(topics, b"", 1)
    with pytest.raises(UnknownEventError, match="Paused"):
        anchor_of_log([topic("Paused"), bytes(32)], b"", 1)
    with pytest.raises(UnknownEventError, match="Nothing"):
        topic("Nothing")
    with pytest.raises(KeyError):
        instructions.call_data("nothing")


def test_a_revert_without_a_readable_reason_has_none():
    assert revert_reason(b"") is None
    assert revert_reason(ERROR_SELECTOR + b"\x01") is None


def test_titles_that_a_contract_adopted_are_listed_with_those_it_issued(monkeypatch):
    logs = {
        name: {"topics": ["0x" + topic(name).hex(), "0x" + name.encode().hex()]}
        for name in ("Issued", "Adopted", "Transferred")
    }
    client = object.__new__(ChainClient)

    def asked(_method, wanted):
        (first,) = wanted["topics"]
        return [log for log in logs.values() if log["topics"][0] in first]

    monkeypatch.setattr(client, "_asked", asked)
    assert client.issued("0x" + "22" * 20, 9) == [b"Issued", b"Adopted"]
