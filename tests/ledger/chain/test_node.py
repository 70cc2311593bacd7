"""The embedded node as a process of its own, spoken to through web3's HTTPProvider."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from eth_account import Account
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, Web3RPCError

from ledger import artifacts
from ledger.chain.node import open_readonly
from ledger.chain.node.server import open_node

pytestmark = pytest.mark.integration

RELAYER = Account.from_key(b"\x11" * 32)
FEES = {"maxFeePerGas": 3_000_000_000, "maxPriorityFeePerGas": 1_000_000_000}
CHAIN_ID = 4_711


@contextmanager
def running_node(path, chain_id=CHAIN_ID):
    process = subprocess.Popen(
        [
            sys.executable, "-m", "ledger.chain.node", str(path), "--port", "0",
            "--chain-id", str(chain_id), "--block-interval", "0.05", "--fund", RELAYER.address,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert line.startswith("listening http://127.0.0.1:"), line
        web3 = Web3(HTTPProvider(line.split()[1]))
        web3.process = process
        yield web3
        web3.provider._request_session_manager.session_cache.clear()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def node_of_this_process(path, interval_s=0.05):
    """The same node in a thread, where its lines can be counted."""
    funded = {bytes.fromhex(RELAYER.address[2:]): 10**27}
    node = open_node(
        path, port=0, genesis_accounts=funded, chain_id=CHAIN_ID, block_interval_s=interval_s
    )
    thread = threading.Thread(target=node.run)
    thread.start()
    host, port = node.address
    web3 = Web3(HTTPProvider(f"http://{host}:{port}"))
    web3.node = node
    try:
        yield web3
    finally:
        node.stop()
        thread.join()


def deploy(web3):
    artifact = artifacts.load()
    contract = web3.eth.contract(abi=list(artifact.abi), bytecode=artifact.bytecode)
    parts = [artifacts.load(name).bytecode for name in artifacts.PARTS]
    data = contract.constructor(*parts).build_transaction(
        {"from": RELAYER.address, "nonce": 0, "gas": 8_000_000, **FEES}
    )
    receipt = send(web3, data)
    return web3.eth.contract(address=receipt.contractAddress, abi=list(artifact.abi))


def send(web3, transaction):
    signed = RELAYER.sign_transaction(transaction)
    key = web3.eth.send_raw_transaction(signed.raw_transaction)
    return web3.eth.wait_for_transaction_receipt(key, timeout=20, poll_latency=0.02)


def anchor(web3, contract, size, nonce):
    call = contract.functions.anchor(size, bytes([size]) * 32, 7, [b"\x01" * 32] * 3)
    return send(web3, call.build_transaction({"nonce": nonce, "gas": 80_000, **FEES}))


def post(web3, body, content_type="application/json"):
    request = urllib.request.Request(  # noqa: S310  # a loopback URL of this test
        web3.provider.endpoint_uri, data=body, headers={"Content-Type": content_type}
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310  # likewise
        return json.loads(response.read())


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    path = tmp_path_factory.mktemp("node") / "chain.sqlite3"
    with node_of_this_process(path) as web3:
        contract = deploy(web3)
        anchor(web3, contract, 5, 1)
        yield web3, contract


def test_the_chain_has_the_id_and_the_funds_that_it_was_started_with(deployed):
    web3, _ = deployed
    assert web3.eth.chain_id == CHAIN_ID
    assert web3.net.version == str(CHAIN_ID)
    assert web3.client_version.startswith("yidan-node/")
    assert web3.eth.syncing is False
    assert 10**26 < web3.eth.get_balance(RELAYER.address) < 10**27
    assert web3.eth.get_balance(RELAYER.address, 0) == 10**27


def test_the_deployed_code_is_the_artifact_whatever_its_immutables(deployed):
    web3, contract = deployed
    code = web3.eth.get_code(contract.address)
    assert artifacts.load().matches(code)
    assert not artifacts.load().matches(code[:-129] + b"\x00" + code[-128:])


def test_a_mined_call_is_found_by_hash_block_receipt_and_log(deployed):
    web3, contract = deployed
    (event,) = contract.events.Anchored().get_logs(from_block=0, argument_filters={"size": 5})
    receipt = web3.eth.get_transaction_receipt(event.transactionHash)
    block = web3.eth.get_block(receipt.blockNumber, full_transactions=True)
    assert receipt.status == 1
    assert receipt.logs[0].logIndex == event.logIndex == 0
    assert block.transactions[0].hash == event.transactionHash
    assert web3.eth.get_block(block.hash).transactions == [event.transactionHash]
    assert web3.eth.get_transaction(event.transactionHash).blockHash == block.hash
    assert web3.eth.get_block(block.number - 1).hash == block.parentHash
    assert event.args.root == b"\x05" * 32
    assert contract.functions.latest_anchor().call() == [5, b"\x05" * 32]
    assert web3.eth.get_storage_at(contract.address, 6) == b"\x05" * 32


def test_logs_are_filtered_by_address_topic_and_block(deployed):
    web3, contract = deployed
    topic = contract.events.Anchored().topic
    found = web3.eth.get_logs({"fromBlock": 0, "address": contract.address, "topics": [topic]})
    assert len(found) == 1
    assert web3.eth.get_logs({"fromBlock": 0, "topics": [None, "0x" + "00" * 32]}) == []
    assert web3.eth.get_logs({"fromBlock": 0, "address": RELAYER.address}) == []
    assert web3.eth.get_logs({"blockHash": found[0].blockHash}) == found
    assert web3.eth.get_logs({"fromBlock": 10**9, "toBlock": 10**9 + 1}) == []


def test_a_revert_carries_its_reason_and_data(deployed):
    _, contract = deployed
    call = contract.functions.anchor(5, b"\x05" * 32, 7, [b"\x01" * 32] * 3)
    with pytest.raises(ContractLogicError, match="SizeNotIncreasing") as caught:
        call.call({"from": RELAYER.address})
    assert caught.value.data.startswith("0x08c379a0")
    with pytest.raises(ContractLogicError, match="SizeNotIncreasing"):
        call.estimate_gas({"from": RELAYER.address})


def test_an_estimate_suffices_and_is_close(deployed):
    _, contract = deployed
    call = contract.functions.anchor(6, b"\x06" * 32, 7, [b"\x01" * 32] * 3)
    assert 35_000 < call.estimate_gas({"from": RELAYER.address}) < 39_000


def test_fees_can_be_asked_for(deployed):
    web3, _ = deployed
    history = web3.eth.fee_history(2, "latest", [50])
    assert len(history.baseFeePerGas) == 3
    assert history.reward == [[10**9], [10**9]]
    assert web3.eth.max_priority_fee == 10**9
    assert 10**9 < web3.eth.gas_price < 2 * 10**9


def test_what_is_not_there_is_null_and_what_is_wrong_is_an_error(deployed):
    web3, _ = deployed
    nothing = "0x" + "12" * 32
    for method, params in (
        ("eth_getTransactionByHash", [nothing]),
        ("eth_getTransactionReceipt", [nothing]),
        ("eth_getBlockByHash", [nothing, False]),
        ("eth_getBlockByNumber", ["0xffffff", False]),
    ):
        answer = web3.provider.make_request(method, params)
        assert answer["result"] is None
    codes = [
        web3.provider.make_request(method, params)["error"]["code"]
        for method, params in (
            ("eth_mine", []),
            ("eth_getBalance", ["0x12"]),
            ("eth_getBalance", []),
            ("eth_getBalance", [RELAYER.address, "0xffffff"]),
            ("eth_call", [7]),
            ("eth_sendRawTransaction", ["0x02abcdef"]),
        )
    ]
    assert codes == [-32601, -32602, -32602, -32602, -32602, -32000]


def test_batches_are_answered_in_order_and_broken_bodies_with_an_error(deployed):
    web3, _ = deployed
    batch = [{"jsonrpc": "2.0", "id": n, "method": "eth_chainId"} for n in (3, 1)] + [7]
    answers = post(web3, json.dumps(batch).encode())
    assert [each["id"] for each in answers] == [3, 1, None]
    assert answers[2]["error"]["code"] == -32600
    assert post(web3, b"{")["error"]["code"] == -32700
    assert post(web3, b"[]")["error"]["code"] == -32600
    assert post(web3, b"[" * 100_000)["error"]["code"] == -32700


def test_a_body_that_a_web_page_could_send_unasked_is_refused(deployed):
    web3, _ = deployed
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(web3, b'{"method":"eth_chainId"}', "text/plain")
    assert caught.value.code == 415
    caught.value.close()


def test_transactions_that_could_never_be_mined_are_refused(deployed):
    web3, _ = deployed
    good = {"to": RELAYER.address, "value": 0, "gas": 21_000, "nonce": 50, "chainId": CHAIN_ID}
    good |= FEES
    for change, message in (
        ({"chainId": 1}, "invalid chain id"),
        ({"gas": 20_999}, "intrinsic gas too low"),
        ({"gas": 30_000_001}, "exceeds block gas limit"),
        ({"value": 10**28}, "insufficient funds"),
        ({"nonce": 0}, "nonce too low"),
    ):
        signed = RELAYER.sign_transaction(good | change)
        with pytest.raises(Web3RPCError, match=message):
            web3.eth.send_raw_transaction(signed.raw_transaction)


def test_the_same_bytes_may_be_sent_again_and_a_replacement_must_pay_a_tenth_more(deployed):
    web3, _ = deployed
    waiting = {"to": RELAYER.address, "gas": 21_000, "nonce": 60, "chainId": CHAIN_ID}
    first = RELAYER.sign_transaction(waiting | FEES)
    bumped = RELAYER.sign_transaction(waiting | {k: v * 9 // 8 for k, v in FEES.items()})
    low = RELAYER.sign_transaction(waiting | {k: v + 1 for k, v in FEES.items()})
    key = web3.eth.send_raw_transaction(first.raw_transaction)
    assert web3.eth.send_raw_transaction(first.raw_transaction) == key
    assert web3.eth.get_transaction(key).get("blockNumber") is None
    with pytest.raises(Web3RPCError, match="underpriced"):
        web3.eth.send_raw_transaction(low.raw_transaction)
    web3.eth.send_raw_transaction(bumped.raw_transaction)
    assert (
        web3.provider.make_request("eth_getTransactionByHash", [key.to_0x_hex()])["result"] is None
    )


def test_a_killed_node_goes_on_with_the_same_chain(tmp_path):
    path = tmp_path / "chain.sqlite3"
    with running_node(path) as web3:
        contract = deploy(web3)
        anchor(web3, contract, 1, 1)
        seen = web3.eth.get_block("latest")
        web3.process.kill()
    with running_node(path) as web3:
        assert web3.eth.get_block(seen.number).hash == seen.hash
        contract = web3.eth.contract(address=contract.address, abi=contract.abi)
        assert contract.functions.latest_anchor().call() == [1, b"\x01" * 32]
        anchor(web3, contract, 2, 2)
        sizes = [e.args.size for e in contract.events.Anchored().get_logs(from_block=0)]
        assert sizes == [1, 2]


def test_kills_at_any_moment_leave_a_chain_without_gap_or_double(tmp_path):
    path = tmp_path / "chain.sqlite3"
    with running_node(path) as web3:
        contract = deploy(web3)
    size = 0
    for delay_ms in (0, 7, 21, 40):
        with running_node(path) as web3:
            mined = web3.eth.get_transaction_count(RELAYER.address)
            call = contract.functions.anchor
            for extra in range(3):
                size += 1
                data = call(size, bytes([size]) * 32, 1, [b"\x01" * 32] * 3).build_transaction(
                    {"nonce": mined + extra, "gas": 80_000, "chainId": CHAIN_ID, **FEES}
                )
                raw = RELAYER.sign_transaction(data).raw_transaction
                web3.eth.send_raw_transaction(raw)
            web3.process.kill() if not delay_ms else kill_after(web3.process, delay_ms)
    chain = open_readonly(path)
    hashes = [chain.block_hash(number) for number in range(chain.block_number + 1)]
    logs = chain.logs(bytes.fromhex(contract.address[2:]))
    chain.close()
    assert len(set(hashes)) == len(hashes)
    sizes = [int.from_bytes(topics[1], "big") for topics, _, _ in logs if len(topics) == 2]
    assert sizes == sorted(set(sizes))


def kill_after(process, delay_ms):
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=delay_ms / 1_000)
    process.kill()


def test_one_store_has_one_node_and_one_chain_id(tmp_path):
    path = tmp_path / "chain.sqlite3"
    command = [sys.executable, "-m", "ledger.chain.node", str(path), "--port", "0"]
    with running_node(path):
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "locked" in second.stderr
    third = subprocess.run(
        [*command, "--chain-id", "1"], capture_output=True, text=True, check=False
    )
    assert third.returncode == 1
    assert f"holds chain {CHAIN_ID}" in third.stderr


def test_a_store_that_is_not_there_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_readonly(Path(tmp_path / "none.sqlite3"))


def test_an_idle_chain_rests_though_something_waits_behind_a_nonce_gap(tmp_path):
    with running_node(tmp_path / "chain.sqlite3") as web3:
        gapped = {"to": RELAYER.address, "gas": 21_000, "chainId": CHAIN_ID, **FEES}
        late = RELAYER.sign_transaction(gapped | {"nonce": 1})
        web3.eth.send_raw_transaction(late.raw_transaction)
        send(web3, gapped | {"nonce": 0})
        web3.eth.wait_for_transaction_receipt(late.hash, timeout=20, poll_latency=0.02)
        web3.eth.send_raw_transaction(
            RELAYER.sign_transaction(gapped | {"nonce": 5}).raw_transaction
        )
        with pytest.raises(subprocess.TimeoutExpired):
            web3.process.wait(timeout=2)
        rested = web3.eth.block_number
        with pytest.raises(subprocess.TimeoutExpired):
            web3.process.wait(timeout=0.5)
        assert web3.eth.block_number == rested
