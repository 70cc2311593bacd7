"""The client and the rules of submission on anvil: reorgs, dropped and stuck transactions.

Run by `make drills`; not collected by default, since it needs npm at set-up. anvil comes from the
npm package `@foundry-rs/anvil-linux-amd64`, unpacked into a cache folder, without install script.

Source: LEDGER 8 and 9 (S71, S72).
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from web3 import HTTPProvider

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ledger" / "chain"))

import chain_story

from ledger.chain.client import ChainClient
from ledger.chain.rules import (
    Broadcast,
    Instruction,
    Patience,
    RecordConfirmed,
    RecordMined,
    RollBack,
    Sign,
    State,
    Wait,
)
from ledger.chain.signing import address_of
from ledger.chain.words import TitleState

PACKAGE = "@foundry-rs/anvil-linux-amd64@1.7.1"
CACHE = Path.home() / ".cache" / "yidan-drills"


@pytest.fixture(scope="session")
def anvil():
    binary = CACHE / "package" / "bin" / "anvil"
    if not binary.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(
            ["npm", "pack", PACKAGE, "--silent"],
            cwd=CACHE,
            check=True,
            capture_output=True,
            text=True,
        )
        with tarfile.open(CACHE / packed.stdout.strip()) as archive:
            archive.extractall(CACHE, filter="data")
        binary.chmod(0o755)
    return binary


class Anvil:
    """One anvil that mines only when told to."""

    def __init__(self, url):
        self.provider = HTTPProvider(url, exception_retry_configuration=None)
        self.client = ChainClient(self.provider)

    def ask(self, method, *params):
        answer = self.provider.make_request(method, list(params))
        assert "error" not in answer, answer
        return answer["result"]

    def mine(self, blocks=1):
        self.ask("anvil_mine", hex(blocks))


@pytest.fixture
def node(anvil):
    process = subprocess.Popen(
        [str(anvil), "--port", "0", "--hardfork", "prague", "--no-request-size-limit"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("Listening on "):
            break
    node = Anvil("http://" + line.split()[-1])
    node.ask("anvil_setBalance", address_of(chain_story.RELAYER), hex(10**24))
    yield node
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def sender(node):
    node.ask("evm_setAutomine", False)
    return chain_story.Sender(node.client, Patience(depth=2, resend_after_s=0, bump_after_s=10**6))


TO = "0x" + "22" * 20


def planned(sender):
    row = Instruction(State.PLANNED, nonce=sender.nonce)
    sender.nonce += 1
    row, action = sender.step(row, TO, b"", 30_000)
    assert isinstance(action, Sign)
    row, action = sender.step(row, TO, b"", 30_000)
    assert isinstance(action, Broadcast)
    return row


def step(sender, row, kind):
    row, action = sender.step(row, TO, b"", 30_000)
    assert isinstance(action, kind), action
    return row, action


def rolled_back(row):
    return Instruction(State.SENT, row.nonce, row.attempts)


def drill_the_same_story_on_anvil(node):
    node.ask("evm_setIntervalMining", 1)
    contract, _ = chain_story.tell(node.client)
    assert node.client.title_word(contract, chain_story.TITLE).state == TitleState.RELEASED
    assert [anchor.size for anchor in node.client.anchors(contract)] == [12, 34]
    assert node.client.anchor_of(contract, 12).root == b"\x0c" * 32
    with pytest.raises(Exception, match="SizeNotIncreasing"):
        node.client.call(
            contract,
            "anchor",
            1,
            bytes(32),
            0,
            [bytes(32)] * 3,
            sender=address_of(chain_story.RELAYER),
        )


@pytest.mark.parametrize("depth", [1, 2])
def drill_s71_a_reorg_that_drops_the_transaction_sends_the_same_bytes_again(node, sender, depth):
    row = planned(sender)
    node.mine()
    row, _ = step(sender, row, RecordMined)
    node.mine(depth - 1) if depth > 1 else None
    node.ask("anvil_reorg", depth, [])
    row, _ = step(sender, row, RollBack)
    row, action = step(sender, rolled_back(row), Broadcast)
    assert action.attempt.raw == row.attempts[0].raw
    node.mine()
    row, _ = step(sender, row, RecordMined)
    node.mine(2)
    step(sender, row, RecordConfirmed)


def drill_s71_a_reorg_that_mines_the_transaction_again_elsewhere(node, sender):
    row = planned(sender)
    node.mine()
    row, _ = step(sender, row, RecordMined)
    first = row.block_hash
    raw = "0x" + row.attempts[0].raw.hex()
    node.ask("anvil_reorg", 1, [[raw, 0]])
    row, _ = step(sender, row, RollBack)
    row, action = step(sender, rolled_back(row), RecordMined)
    assert action.receipt.block_hash != first


def drill_s71_beyond_depth_k_the_outcome_stays_confirmed(node, sender):
    row = planned(sender)
    node.mine()
    row, _ = step(sender, row, RecordMined)
    node.mine(2)
    _, action = step(sender, row, RecordConfirmed)
    done = Instruction(State.CONFIRMED, row.nonce, row.attempts, row.block_number, row.block_hash)
    node.ask("anvil_reorg", 3, [])
    step(sender, done, Wait)
    assert node.client.receipt(action.receipt.hash) is None


def drill_s72_a_dropped_transaction_is_sent_again(node, sender):
    row = planned(sender)
    node.ask("anvil_dropTransaction", "0x" + row.attempts[0].hash.hex())
    node.mine()
    assert node.client.receipt(row.attempts[0].hash) is None
    row, _ = step(sender, row, Broadcast)
    node.mine()
    step(sender, row, RecordMined)


def drill_s72_a_replacement_at_the_same_nonce_is_taken_and_one_of_both_is_mined(node, sender):
    row = planned(sender)
    sender.patience = Patience(depth=2, resend_after_s=10**6, bump_after_s=0)
    row, _ = step(sender, row, Sign)
    sender.patience = Patience(depth=2)
    row, _ = step(sender, row, Broadcast)
    node.mine()
    _, action = step(sender, row, RecordMined)
    assert [a.hash for a in row.attempts].index(action.receipt.hash) == 1


def drill_s74_a_base_fee_jump_is_followed_by_the_next_replacement(node, sender):
    row = planned(sender)
    node.ask("anvil_setNextBlockBaseFeePerGas", hex(row.attempts[0].fees.max_fee_wei * 3))
    node.mine()
    assert node.client.receipt(row.attempts[0].hash) is None
    sender.patience = Patience(depth=2, resend_after_s=10**6, bump_after_s=0)
    row, action = step(sender, row, Sign)
    assert action.fees.max_fee_wei > row.attempts[0].fees.max_fee_wei * 9 // 8
    sender.patience = Patience(depth=2)
    row, _ = step(sender, row, Broadcast)
    node.mine()
    step(sender, row, RecordMined)


def drill_s72_bytes_that_the_node_has_are_no_error(node, sender):
    row = planned(sender)
    node.client.broadcast(row.attempts[0].raw)
    node.mine()
    node.client.broadcast(row.attempts[0].raw)
