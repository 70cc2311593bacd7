"""The whole round: three witness servers, a real node and contract, and a stranger who verifies."""

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from threading import Thread

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from web3 import HTTPProvider, Web3

from ledger import aggregate, bundle, commitment, merkle, policy_file
from ledger import checkpoint as checkpoints
from ledger.chain import instructions
from ledger.chain.instructions import anchor as anchor_call
from ledger.checkpoint import Checkpoint
from ledger.note import Note, VerifierKey
from ledger.policy import BlsKey, ChainReference, Group, Log, Policy, Witness
from ledger.verify import main
from ledger.witness import client
from ledger.witness.server import WitnessServer, WitnessSettings

pytestmark = pytest.mark.integration

ORIGIN = "yidan.example/log"
LOG = Ed25519PrivateKey.from_private_bytes(bytes(32))
RELAYER = Account.from_key(b"\x11" * 32)
FEES = {"maxFeePerGas": 3_000_000_000, "maxPriorityFeePerGas": 1_000_000_000}
SALT = bytes(range(32))
NOW = 1_700_000_000


class StandingClock:
    def now(self) -> int:
        return NOW


@contextmanager
def running_witness(folder, name):
    """Run a witness and yield its URL."""
    settings = WitnessSettings(folder / name, f"{name}.example/w", folder / "policy")
    with WitnessServer(settings, StandingClock()) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextmanager
def running_node(folder):
    """Run the embedded node and yield a connection to it."""
    command = [sys.executable, "-m", "ledger.chain.node", str(folder / "chain.sqlite3")]
    command += ["--port", "0", "--chain-id", "4711", "--block-interval", "0.05"]
    command += ["--fund", RELAYER.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            web3 = Web3(HTTPProvider(process.stdout.readline().split()[1]))
            yield web3
            web3.provider._request_session_manager.session_cache.clear()
        finally:
            process.kill()


def send(web3, nonce, data, to=None):
    call = {"chainId": 4711, "nonce": nonce, "gas": 8_000_000, "data": data, "value": 0, **FEES}
    signed = RELAYER.sign_transaction({**call, "to": to} if to else call)
    key = web3.eth.send_raw_transaction(signed.raw_transaction)
    receipt = web3.eth.wait_for_transaction_receipt(key, timeout=20, poll_latency=0.02)
    assert receipt.status == 1
    return receipt


def registered(http, name, url):
    about = http.get(url).json()
    proof = bytes.fromhex(about["blsProofOfPossession"])
    bls = BlsKey(bytes.fromhex(about["blsPublicKey"]), proof)
    return Witness(name, VerifierKey.parse(about["vkey"]), url, f"The {name} office", bls)


def test_from_an_event_to_a_strangers_verdict(tmp_path, capsys):
    names = ("customs", "carrier", "terminal")
    documents = [{"eventId": f"e{i}", "grossMassKg": 20_000 + i} for i in range(5)]
    with ExitStack() as stack:
        http = stack.enter_context(httpx.Client())
        web3 = stack.enter_context(running_node(tmp_path))
        contract = send(web3, 0, instructions.creation()).contractAddress
        urls = [stack.enter_context(running_witness(tmp_path, name)) for name in names]
        witnesses = tuple(registered(http, *pair) for pair in zip(names, urls, strict=True))
        policy = Policy(
            (Log(checkpoints.log_key(ORIGIN, LOG)),),
            witnesses,
            (Group("two", 2, names),),
            "two",
            ChainReference(4711, contract.lower()),
        )
        (tmp_path / "policy").write_bytes(policy_file.write(policy))

        store = merkle.MemoryTiles()
        leaves = [
            commitment.leaf_data(ORIGIN, d["eventId"], commitment.commit(d, SALT))
            for d in documents
        ]
        size, root = merkle.append(store, 0, [merkle.leaf_hash(leaf) for leaf in leaves])
        checkpoint = Checkpoint(ORIGIN, size, root)
        own = checkpoints.sign(checkpoint, LOG)
        cosigned = [
            client.ask(
                http,
                policy,
                witness,
                checkpoint,
                own,
                proof_from=lambda old: merkle.consistency_proof(store, old, size),
                old_size=0,
                time=NOW,
            )
            for witness in witnesses
        ]
        total = aggregate.combine(policy, {c.witness.name: c.bls for c in cosigned})
        note = Note(checkpoint.body(), (own, *(c.cosignature for c in cosigned))).encode()
        event = bundle.prove(store, size, "e3", 3, bundle.show_whole(documents[3], SALT))
        (tmp_path / "bundle.json").write_bytes(bundle.build(policy, note, [event]))

        command = [str(tmp_path / "bundle.json"), "--policy", str(tmp_path / "policy")]
        online = [*command, "--chain", web3.provider.endpoint_uri, "--bls"]
        assert main(command) == 0
        assert main(online) == 2
        assert "5 leaves are not anchored" in capsys.readouterr().out
        send(web3, 1, anchor_call(size, root, total.signers_word, total.signature), contract)
        assert main(online) == 0
        told = capsys.readouterr().out
        assert f"anchored: 5 leaves on chain 4711, {contract.lower()}" in told
        assert "aggregate: signed with BLS by" in told
