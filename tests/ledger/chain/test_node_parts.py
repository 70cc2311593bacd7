"""The parts of the node without a process of their own: what goes wrong inside, rarer answers."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
from types import SimpleNamespace

import pytest
from eth_account import Account

from ledger.chain.node import Machine, __main__, serve
from ledger.chain.node import server as server_module
from ledger.chain.node.formats import ParameterError, to_bytes, to_int
from ledger.chain.node.machine import Call, CallError, WrongChainError
from ledger.chain.node.methods import Methods
from ledger.chain.node.pool import POOL_LIMIT, Pool, RefusedError
from ledger.chain.node.rpc import answer
from ledger.chain.node.server import Node, open_node
from ledger.chain.node.store import SqliteStore, StoreBusyError
from ledger.chain.reasons import UNKNOWN, sentence

pytestmark = pytest.mark.integration

KEY = Account.from_key(b"\x11" * 32)
SENDER = bytes.fromhex(KEY.address[2:])
# Creation code that reverts without a reason, and one that runs into an invalid instruction.
REVERTS, INVALID = bytes.fromhex("5f5ffd"), bytes.fromhex("fe")


@pytest.fixture
def machine(tmp_path):
    machine = Machine.open(tmp_path / "chain.sqlite3", 7, {SENDER: 10**24})
    yield machine
    machine.close()


@pytest.fixture
def methods(machine):
    return Methods(machine, added=lambda: None)


def signed(nonce, **changes):
    fields = {
        "to": KEY.address, "gas": 21_000, "nonce": nonce, "chainId": 7,
        "maxFeePerGas": 3 * 10**9, "maxPriorityFeePerGas": 10**9,
    }  # fmt: skip
    return KEY.sign_transaction(fields | changes)


def ask(methods, method, *params, identifier=1):
    body = {"jsonrpc": "2.0", "id": identifier, "method": method, "params": list(params)}
    return json.loads(answer(methods, json.dumps(body).encode()))


# --- machine and store --------------------------------------------------------------------------


def test_a_store_has_one_chain_and_one_writer(tmp_path, machine):
    path = tmp_path / "chain.sqlite3"
    with pytest.raises(StoreBusyError):
        Machine.open(path, 7, {})
    machine.close()
    with pytest.raises(WrongChainError, match="holds chain 7, not 8"):
        Machine.open(path, 8, {})
    empty = SqliteStore(tmp_path / "empty.sqlite3")
    with pytest.raises(WrongChainError, match="no chain"):
        Machine(empty)
    empty.close()


def test_nothing_is_left_of_a_block_that_fails(machine, monkeypatch):
    before = machine.head.hash
    transaction = machine.decode(bytes(signed(0).raw_transaction))

    def full(_rows):
        raise OSError("disk full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
        patch.setattr(machine.store, "add_logs", full)
        machine.mine([transaction])
    assert machine.head.hash == before
    assert machine.mine([transaction]) == []
    assert machine.head.block_number == 1


def test_a_transaction_that_cannot_be_applied_is_left_out_of_its_block(machine):
    good, gapped = (machine.decode(bytes(signed(n).raw_transaction)) for n in (0, 5))
    ((left_out, reason),) = machine.mine([gapped, good])
    assert left_out == gapped.hash
    assert "nonce" in reason.lower()
    assert machine.state(machine.head).get_nonce(SENDER) == 1


def test_failed_calls_say_how_they_failed(machine):
    head = machine.head
    for gas, value, data in ((100_000, 0, INVALID), (100_000, 1, b"")):
        call = Call(to=b"", data=data, value=value, gas=gas)
        with pytest.raises(CallError):
            machine.call(call, head)
        with pytest.raises(CallError):
            machine.estimate_gas(call, head)


def test_the_store_forgets_keys(machine):
    machine.store[b"k"] = b"v"
    del machine.store[b"k"]
    assert b"k" not in machine.store


# --- pool ---------------------------------------------------------------------------------------


def waiting(nonce, number, sender=SENDER):
    key = number.to_bytes(32, "big")
    return SimpleNamespace(
        hash=key, sender=sender, nonce=nonce, max_fee_per_gas=9, max_priority_fee_per_gas=1
    )


def test_a_full_pool_takes_replacements_only():
    pool = Pool()
    for nonce in range(POOL_LIMIT):
        pool.add(waiting(nonce, nonce), 0)
    with pytest.raises(RefusedError, match="full"):
        pool.add(waiting(POOL_LIMIT, POOL_LIMIT), 0)
    richer = waiting(0, POOL_LIMIT + 1)
    richer.max_fee_per_gas, richer.max_priority_fee_per_gas = 10, 2
    pool.add(richer, 0)
    assert len(pool) == POOL_LIMIT


def test_what_is_ready_has_no_gap_and_pays_the_base_fee():
    pool = Pool()
    for nonce in (3, 4, 6):
        pool.add(waiting(nonce, nonce), 3)
    assert [each.nonce for each in pool.ready(lambda _: 3, 9)] == [3, 4]
    assert pool.ready(lambda _: 3, 10) == []
    assert pool.next_nonce(SENDER, 3) == 5
    pool.remove(waiting(4, 4))
    pool.remove(waiting(6, 6))
    pool.remove(waiting(7, 7))
    assert len(pool) == 0


def test_a_block_takes_what_fits_and_the_rest_waits(machine):
    node = Node(machine, "127.0.0.1", 0, 1.0)
    try:
        for nonce in range(3):
            raw = signed(nonce, gas=14_000_000).raw_transaction
            node.methods.send_raw_transaction("0x" + bytes(raw).hex())
        assert [node.mine_once(), node.mine_once()] == [2, 1]
    finally:
        node._server.server_close()


def test_what_a_block_refuses_is_forgotten_and_mining_goes_on(machine, monkeypatch):
    node = Node(machine, "127.0.0.1", 0, 1.0)
    try:
        node.methods.send_raw_transaction("0x" + bytes(signed(0).raw_transaction).hex())
        monkeypatch.setattr(machine, "mine", lambda ready: [(bytes(ready[0].hash), "no")])
        node._mine_logged()
        assert len(node.methods.pool) == 0
        monkeypatch.setattr(machine, "mine", lambda _: 1 / 0)
        node._mine_logged()
    finally:
        node._server.server_close()


# --- methods ------------------------------------------------------------------------------------


def test_every_kind_of_transaction_is_shown(machine, methods):
    old = {"to": KEY.address, "gas": 30_000, "gasPrice": 3 * 10**9, "chainId": 7}
    listed = [{"address": KEY.address, "storageKeys": ["0x" + "01" * 32]}]
    raws = [
        KEY.sign_transaction(old | {"nonce": 0}).raw_transaction,
        KEY.sign_transaction(old | {"nonce": 1, "type": 1, "accessList": listed}).raw_transaction,
        signed(2).raw_transaction,
        signed(3, to="", data=b"\x5f\x5f\xf3", gas=100_000).raw_transaction,
    ]
    keys = [ask(methods, "eth_sendRawTransaction", "0x" + bytes(r).hex())["result"] for r in raws]
    assert ask(methods, "eth_getTransactionCount", KEY.address, "pending")["result"] == "0x4"
    waiting_one = ask(methods, "eth_getTransactionByHash", keys[0])["result"]
    assert waiting_one["blockHash"] is None
    assert machine.mine(methods.pool.ready(lambda _: 0, 0)) == []
    shown = [ask(methods, "eth_getTransactionByHash", key)["result"] for key in keys]
    assert [each["type"] for each in shown] == ["0x0", "0x1", "0x2", "0x2"]
    assert shown[1]["accessList"][0]["storageKeys"] == ["0x" + "01" * 32]
    receipts = [ask(methods, "eth_getTransactionReceipt", key)["result"] for key in keys]
    assert [each["contractAddress"] is None for each in receipts] == [True, True, True, False]
    assert int(receipts[1]["cumulativeGasUsed"], 16) > int(receipts[1]["gasUsed"], 16)


def test_blocks_are_named_in_every_usual_way(machine, methods):
    machine.mine([])
    head = ask(methods, "eth_getBlockByNumber", "latest", False)["result"]
    for tag in ("0x1", 1, "pending", {"blockNumber": "0x1"}, {"blockHash": head["hash"]}):
        assert ask(methods, "eth_getBlockByNumber", tag, True)["result"]["hash"] == head["hash"]
    first = ask(methods, "eth_getBlockByNumber", "earliest")["result"]
    assert first["number"] == "0x0"
    assert ask(methods, "eth_getBlockByHash", "0x" + "00" * 32)["result"] is None
    assert "reward" not in ask(methods, "eth_feeHistory", "0x5", "latest")["result"]


def test_calls_that_fail_are_told_apart(methods):
    reverted = ask(methods, "eth_call", {"data": "0x" + REVERTS.hex()})["error"]
    assert reverted == {"code": 3, "message": "execution reverted", "data": "0x"}
    failed = ask(methods, "eth_call", {"data": "0x" + INVALID.hex(), "from": KEY.address})["error"]
    assert failed["code"] == -32000


@pytest.mark.parametrize("value", ["12", "0xzz", 5, None])
def test_data_that_is_no_hex_is_refused(value):
    with pytest.raises(ParameterError):
        to_bytes(value)


@pytest.mark.parametrize("value", ["12", "0xzz", None, True, 1.5])
def test_quantities_that_are_none_are_refused(value):
    with pytest.raises(ParameterError):
        to_int(value)


def test_a_filter_that_is_none_is_refused(methods):
    assert ask(methods, "eth_getLogs", 7)["error"]["code"] == -32602
    assert ask(methods, "eth_getLogs", {"fromBlock": "earliest"})["result"] == []


# --- JSON-RPC -----------------------------------------------------------------------------------


def test_notifications_are_not_answered(methods):
    note = b'{"jsonrpc":"2.0","method":"eth_chainId"}'
    assert answer(methods, note) == answer(methods, b"[" + note + b"]") == b""


def test_parameters_must_be_a_list(methods):
    body = b'{"id":1,"method":"eth_chainId","params":{"a":1}}'
    assert json.loads(answer(methods, body))["error"]["code"] == -32602


def test_an_unforeseen_failure_is_an_internal_error_without_details(methods, caplog):
    methods.table["eth_chainId"] = lambda: 1 / 0
    assert ask(methods, "eth_chainId")["error"] == {"code": -32603, "message": "internal error"}
    assert "ZeroDivisionError" in caplog.text


# --- server -------------------------------------------------------------------------------------


def test_bodies_without_length_or_too_long_are_refused(tmp_path):
    node = open_node(tmp_path / "chain.sqlite3", port=0)
    thread = threading.Thread(target=node.run)
    thread.start()
    try:
        for length, status in (("x", 411), ("5000001", 413)):
            connection = http.client.HTTPConnection(*node.address, timeout=5)
            connection.putrequest("POST", "/")
            connection.putheader("Content-Length", length)
            connection.endheaders()
            assert connection.getresponse().status == status
            connection.close()
    finally:
        node.stop()
        thread.join()


def test_a_taken_port_frees_the_store(tmp_path):
    path = tmp_path / "chain.sqlite3"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            serve(path, port=taken.getsockname()[1])
    Machine.open(path, server_module.DEFAULT_CHAIN_ID, {}).close()


def test_the_empty_blocks_that_are_owed_are_counted_again_after_a_restart(tmp_path):
    path = tmp_path / "chain.sqlite3"
    machine = Machine.open(path, 7, {SENDER: 10**24})
    node = Node(machine, "127.0.0.1", 0, 1.0)
    owed = [node._tail_left()]
    machine.mine([machine.decode(bytes(signed(0).raw_transaction))])
    owed.append(node._tail_left())
    for _ in range(3):
        machine.mine([])
    owed.append(node._tail_left())
    for _ in range(9):
        machine.mine([])
    owed.append(node._tail_left())
    assert owed == [0, 8, 5, 0]
    node._server.server_close()
    machine.close()


@pytest.fixture
def handlers():
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_the_command_serves_until_it_is_told_to_stop(tmp_path, capsys, handlers):
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    path = str(tmp_path / "chain.sqlite3")
    assert __main__.main([path, "--port", "0", "--fund", KEY.address]) == 0
    timer.join()
    assert capsys.readouterr().out.startswith("listening http://127.0.0.1:")
    assert __main__.main([path, "--port", "0", "--chain-id", "9"]) == 1
    assert "not 9" in capsys.readouterr().err


def test_an_unknown_reason_has_a_sentence_too():
    assert sentence("Whatever") == UNKNOWN
    assert sentence("NotActive") != UNKNOWN
