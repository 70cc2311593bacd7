"""Reading a node's store while no node runs, for `fsck` and the verifier.

Source of the rule: issue text of the ledger and LEDGER 0.2: the chain's store can be opened read-
only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.chain.node.machine import Call, Machine
from ledger.chain.node.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ReadOnlyChain:
    """A stored chain: calls, code and logs, and no way to change it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @property
    def chain_id(self) -> int:
        """The EIP-155 id."""
        return self._machine.chain_id

    @property
    def block_number(self) -> int:
        """The number of the newest block."""
        return int(self._machine.head.block_number)

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block.

        Raises:
            HeaderNotFound: there is no such block.
        """
        return bytes(self._machine.header(number).hash)

    def code(self, address: bytes) -> bytes:
        """Return the code at a 20-byte address in the newest state."""
        return bytes(self._machine.state(self._machine.head).get_code(address))  # type: ignore[arg-type]  # an Address is bytes

    def call(self, to: bytes, data: bytes, at: int | None = None) -> bytes:
        """Execute a call on the state of a block, the newest if none is named.

        Raises:
            RevertedError: the contract reverted.
            CallError: it failed otherwise.
        """
        header = self._machine.head if at is None else self._machine.header(at)
        return self._machine.call(Call(to=to, data=data), header)

    def logs(
        self, address: bytes, topics: Sequence[Sequence[bytes]] = ()
    ) -> list[tuple[tuple[bytes, ...], bytes, int]]:
        """Return (topics, data, block number) of a contract's logs, oldest first."""
        rows = self._machine.store.logs(0, self.block_number, [address], topics)
        return [(_topics(row), bytes(row[10]), int(row[0])) for row in rows]

    def close(self) -> None:
        """Close the store."""
        self._machine.close()


def open_readonly(path: Path) -> ReadOnlyChain:
    """Open a node's store for reading; a node may run on it or not.

    Raises:
        FileNotFoundError: there is no store.
        WrongChainError: it holds no chain.
    """
    return ReadOnlyChain(Machine(SqliteStore(path, read_only=True)))


def _topics(row: tuple[Any, ...]) -> tuple[bytes, ...]:
    return tuple(bytes(topic) for topic in row[6:10] if topic is not None)
