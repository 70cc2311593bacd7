"""The drills of submission on anvil, which forks, drops and refuses as real nodes do.

Run by `make drills`; not collected by default, since it needs npm at set-up. anvil comes from the
npm package `@foundry-rs/anvil-linux-amd64`, unpacked into a cache folder, without install script.
Every run plays the drills of the sender on a chain in memory (`test_submission_drills`). Those of
titles need the contract, and so a node that both runs it and forks.

Source: LEDGER 8 and 9 (S71, S72, S74).
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from eth_utils.crypto import keccak
from web3 import HTTPProvider

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ledger" / "chain"))

import chain_story

from ledger.chain.client import ChainClient
from ledger.chain.following import DeepReorgError
from ledger.chain.signing import address_of
from ledger.chain.words import TitleState
from tests.chaos.submission_drills import SIGNER, SubmissionDrills
from tests.chaos.titled_forks import ForkedRoads, K

PACKAGE = "@foundry-rs/anvil-linux-amd64@1.7.1"
CACHE = Path.home() / ".cache" / "yidan-drills"
CHAIN_ID = 20_251
TIMEOUT_S = 2


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

    def __init__(self, url, process):
        self.process = process
        self.provider = HTTPProvider(
            url, request_kwargs={"timeout": TIMEOUT_S}, exception_retry_configuration=None
        )
        self.client = ChainClient(self.provider)

    def ask(self, method, *params):
        answer = self.provider.make_request(method, list(params))
        assert "error" not in answer, answer
        return answer["result"]

    def mine(self, blocks=1):
        self.ask("anvil_mine", hex(blocks))

    def reorg(self, depth, again=()):
        self.ask("anvil_reorg", depth, [["0x" + raw.hex(), 0] for raw in again])

    def drop(self, raw):
        self.ask("anvil_dropTransaction", "0x" + keccak(raw).hex())

    def ask_for(self, base_fee_wei):
        """From the next block on; that block is mined at once, so that it is seen."""
        self.ask("anvil_setNextBlockBaseFeePerGas", hex(base_fee_wei))
        self.mine()

    def empties(self, address):
        self.ask("anvil_setBalance", address, hex(0))

    def fills(self, address):
        self.ask("anvil_setBalance", address, hex(10**24))

    def goes(self):
        self.process.send_signal(signal.SIGSTOP)

    def comes_back(self):
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def node(anvil):
    process = subprocess.Popen(
        [
            str(anvil), "--port", "0", "--hardfork", "prague", "--no-request-size-limit",
            "--chain-id", str(CHAIN_ID),
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("Listening on "):
            break
    node = Anvil("http://" + line.split()[-1], process)
    for address in (address_of(chain_story.RELAYER), SIGNER.address):
        node.ask("anvil_setBalance", address, hex(10**24))
    yield node
    process.kill()
    process.wait()
    process.stdout.close()


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


class TestOnAnvil(SubmissionDrills):
    """All of them."""

    @pytest.fixture(autouse=True)
    def _by_hand(self, node):
        node.ask("evm_setAutomine", False)


class TestTitlesOnAnvil:
    """A surrender in a block that the chain gives up again: the follower under it (S71)."""

    @pytest.fixture
    def roads(self, platform_here, port_here, node):
        node.ask("evm_setAutomine", False)
        return ForkedRoads(platform_here, port_here.people(), node).begin()

    @pytest.mark.parametrize("depth", [1, K])
    def test_s71_a_dropped_instruction_is_sent_again_and_has_one_outcome(self, roads, depth):
        title, _ = roads.surrender()
        roads.node.mine(depth)
        roads.follow()
        roads.node.reorg(depth)
        roads.node.mine(K)
        roads.follow()
        assert (roads.title(title).state, roads.outcomes(title)) == ("active", ["Issued"])
        roads.sends_again()
        roads.node.mine(1 + K)
        roads.follow()
        assert roads.title(title).state == "surrendered"
        assert roads.outcomes(title) == ["Issued", "Surrendered"]

    @pytest.mark.parametrize("depth", [1, K])
    def test_s71_an_instruction_that_is_mined_again_has_one_outcome(self, roads, depth):
        title, raw = roads.surrender()
        roads.node.mine(depth)
        roads.follow()
        roads.node.reorg(depth, [raw])
        roads.follow()
        assert roads.outcomes(title) == ["Issued"]
        roads.node.mine(K)
        roads.follow()
        roads.follow()
        assert roads.title(title).state == "surrendered"
        assert roads.outcomes(title) == ["Issued", "Surrendered"]

    @pytest.mark.parametrize("is_mined_again", [False, True])
    def test_s71_deeper_than_k_nothing_is_undone_and_people_have_to_look(
        self, roads, is_mined_again
    ):
        title, raw = roads.surrender()
        roads.node.mine(1 + K)
        roads.follow()
        assert roads.outcomes(title) == ["Issued", "Surrendered"]
        roads.node.reorg(K + 1, [raw] if is_mined_again else [])
        for _ in range(2):
            with pytest.raises(DeepReorgError):
                roads.follow()
            roads.node.mine()
        assert roads.title(title).state == "surrendered"
        assert roads.outcomes(title) == ["Issued", "Surrendered"]
