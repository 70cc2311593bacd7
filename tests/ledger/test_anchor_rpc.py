"""Asking a chain for an anchor over JSON-RPC: a small node answers."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from eth_utils import keccak

from ledger import anchor_rpc
from ledger.anchor_rpc import Anchor, ChainError, all_anchors, find_anchor
from ledger.policy import ChainReference

CHAIN = ChainReference(31337, "0x" + "ab" * 20)
DATA = "0x" + "11" * 32 + f"{7:064x}" + "22" * 96
pytestmark = pytest.mark.integration


def logged(size):
    """An anchor's log as a node tells it, as far as it is read."""
    return {"topics": [anchor_rpc.ANCHORED, f"0x{size:064x}"], "data": DATA}


@pytest.fixture
def node():
    """Answers of a node by method, its URL, and what it was asked."""
    answers = {"eth_chainId": "0x7a69", "eth_getCode": "0x6000", "eth_getLogs": [logged(9)]}
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(request)
            answer = answers[request["method"]]
            body = answer if isinstance(answer, bytes) else json.dumps({"result": answer}).encode()
            self.send_response_only(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield answers, f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_the_event_is_the_contracts():
    assert keccak(text="Anchored(uint64,bytes32,uint256,bytes32[3])").hex() == (
        anchor_rpc.ANCHORED.removeprefix("0x")
    )


def test_an_anchor_is_found_by_its_size(node):
    _, url, asked = node
    assert find_anchor(url, CHAIN, 9) == Anchor(b"\x11" * 32, 7, b"\x22" * 96)
    assert asked[-1]["params"] == [
        {
            "address": CHAIN.contract,
            "fromBlock": "0x0",
            "toBlock": "latest",
            "topics": [anchor_rpc.ANCHORED, f"0x{9:064x}"],
        }
    ]


def test_all_anchors_are_found_by_their_sizes(node):
    answers, url, asked = node
    answers["eth_getLogs"] = [logged(9), logged(12)]
    one = Anchor(b"\x11" * 32, 7, b"\x22" * 96)
    assert all_anchors(url, CHAIN) == {9: one, 12: one}
    assert asked[-1]["params"][0]["topics"] == [anchor_rpc.ANCHORED]
    assert find_anchor(url, CHAIN, 10) is None  # a node that answers with other sizes


def test_no_event_is_no_anchor(node):
    answers, url, _ = node
    answers["eth_getLogs"] = []
    assert find_anchor(url, CHAIN, 9) is None


@pytest.mark.parametrize(
    ("method", "answer", "reason"),
    [
        ("eth_chainId", "0x1", "is of chain 0x1, not 0x7a69"),
        ("eth_getCode", "0x", "no contract"),
        ("eth_getLogs", [{**logged(9), "data": "0x11"}], "not of the known form"),
        ("eth_getLogs", [{**logged(9), "topics": ["", "-5"]}], "not of the known form"),
        ("eth_getLogs", [{**logged(9), "topics": ["", "1" + 16 * "0"]}], "not of the known form"),
        ("eth_getLogs", [{**logged(9), "data": "0xzz"}], "cannot be read"),
        ("eth_getLogs", [{}], "cannot be read"),
        ("eth_getLogs", [{"topics": [], "data": DATA}], "cannot be read"),
        ("eth_getLogs", [{**logged(9), "data": 1}], "cannot be read"),
        ("eth_getLogs", 1, "cannot be read"),
        ("eth_getLogs", b"nonsense", "does not answer eth_getLogs"),
        ("eth_getLogs", b'{"error": {}}', "does not answer"),
        ("eth_getLogs", b"[]", "does not answer"),
        ("eth_getLogs", b"[" * 100_000, "no JSON that can be read"),
    ],
)
def test_what_a_node_says_wrong_is_named(node, method, answer, reason):
    answers, url, _ = node
    answers[method] = answer
    with pytest.raises(ChainError, match=reason):
        find_anchor(url, CHAIN, 9)


def test_a_node_that_is_not_there_is_named():
    with pytest.raises(ChainError, match="does not answer eth_chainId"):
        find_anchor("http://127.0.0.1:9/", CHAIN, 9)


def test_only_http_is_spoken():
    with pytest.raises(ChainError, match="http"):
        find_anchor("file:///etc/hostname", CHAIN, 9)
