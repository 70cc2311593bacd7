"""A chain in memory that a test writes, forks and lets lie; it answers as a client does."""

from dataclasses import dataclass, field

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from ledger import artifacts
from ledger.chain.client import Block, ChainUnavailableError, RawLog
from ledger.chain.events import topic
from ledger.chain.words import TitleWord

CONTRACT = "0x" + "22" * 20
TITLE = keccak(text="the title")


def word(**fields):
    usual = {"state": 1, "quantity": 9, "owner": 1, "holder": 1, "issuer": 1, "sequence": 1}
    return TitleWord(**{**usual, **fields}).pack()


def log(name, **arguments):
    """A log of the contract as (topics, data)."""
    (entry,) = [e for e in artifacts.abi() if e["type"] == "event" and e["name"] == name]
    indexed = [each for each in entry["inputs"] if each["indexed"]]
    plain = [each for each in entry["inputs"] if not each["indexed"]]
    topics = (topic(name), *(encode([e["type"]], [arguments[e["name"]]]) for e in indexed))
    data = encode([e["type"] for e in plain], [arguments[e["name"]] for e in plain])
    return topics, data


def issued(title=TITLE, **fields):
    return log("Issued", title=title, word=word(**fields))


@dataclass
class Story:
    """Blocks by number, from 0 on; `fork` rewrites those above one."""

    blocks: list = field(default_factory=list)
    logs: dict = field(default_factory=dict)
    away: bool = False

    def __post_init__(self):
        if not self.blocks:
            self.mine()

    def mine(self, *logs, fork="", count=1):
        """Add blocks; the logs stand in the first of them."""
        for _ in range(count):
            parent = self.blocks[-1].hash if self.blocks else bytes(32)
            number = len(self.blocks)
            made = keccak(parent + fork.encode() + repr(logs).encode())
            self.blocks.append(Block(number, made, parent, 1_000_000 + number))
            self.logs[made] = [
                RawLog(topics, data, number, keccak(made + bytes([at])), at)
                for at, (topics, data) in enumerate(logs)
            ]
            logs = ()
        return self

    def drop(self, count):
        """Take the newest blocks back."""
        del self.blocks[-count:]
        return self

    def copy(self):
        return Story(list(self.blocks), dict(self.logs))

    # What a client answers.

    def head(self):
        if self.away:
            raise ChainUnavailableError("away")
        return self.blocks[-1]

    def block(self, number):
        if self.away:
            raise ChainUnavailableError("away")
        return self.blocks[number] if 0 <= number < len(self.blocks) else None

    def logs_of_block(self, _contract, block_hash):
        return list(self.logs[block_hash])
