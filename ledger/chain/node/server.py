"""The node's process: an HTTP server for JSON-RPC and one miner.

Source of the rule: LEDGER 0.2: at most one block a second. A block is mined when something waits,
then a few empty ones, so that what was mined reaches its confirmation depth; then the chain
rests.
"""

from __future__ import annotations

import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from ledger.chain.node.machine import BLOCK_GAS_LIMIT, Machine
from ledger.chain.node.methods import Methods
from ledger.chain.node.rpc import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

DEFAULT_CHAIN_ID: Final = 861_755
DEFAULT_PORT: Final = 8545
BODY_LIMIT: Final = 5_000_000
TAIL_BLOCKS: Final = 8
"""Empty blocks after the last transaction: confirmation depths up to this are reached."""
BLOCK_LIMIT: Final = 200
"""Transactions in one block at most."""

_log = logging.getLogger(__name__)


class Node:
    """A machine, its methods, its miner and its HTTP server."""

    def __init__(self, machine: Machine, host: str, port: int, block_interval_s: float) -> None:
        self._machine = machine
        self._interval_s = block_interval_s
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self.methods = Methods(machine, added=self._wake.set)
        self._tail = self._tail_left()
        handler = type("Handler", (_Handler,), {"methods": self.methods})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self._miner = threading.Thread(target=self._mine_until_stopped, name="miner", daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that the server listens on."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def run(self) -> None:
        """Serve until `stop`; then close the store."""
        self._miner.start()
        try:
            self._server.serve_forever(poll_interval=0.1)
        finally:
            self._stopped.set()
            self._wake.set()
            self._miner.join()
            self._server.server_close()
            self._machine.close()

    def stop(self) -> None:
        """Make `run` return; safe from another thread or a signal handler's thread."""
        self._stopped.set()
        self._server.shutdown()

    def mine_once(self) -> int:
        """Mine one block of what is ready; return how many transactions it took."""
        with self.methods.lock:
            pool, machine = self.methods.pool, self._machine
            ready = _fitting(pool.ready(self._nonce_at_head(), machine.next_base_fee()))
            for transaction_hash, reason in machine.mine(ready):
                _log.warning("left out %s: %s", transaction_hash.hex(), reason)
            for transaction in ready:
                pool.remove(transaction)
            return len(ready)

    def _tail_left(self) -> int:
        """Return how many empty blocks the newest transaction still needs behind it."""
        for behind in range(TAIL_BLOCKS):
            number = int(self._machine.head.block_number) - behind
            if number <= 0:
                return 0
            if self._machine.header(number).gas_used:
                return TAIL_BLOCKS - behind
        return 0

    def _mine_until_stopped(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            if not self._has_work():
                self._wake.wait(timeout=1)
                continue
            started = time.monotonic()
            self._mine_logged()
            self._stopped.wait(max(0.0, started + self._interval_s - time.monotonic()))

    def _has_work(self) -> bool:
        """Tell whether a block is due: empty ones still owed, or a transaction without a gap.

        One that pays less than the base fee counts too, since every block lowers that fee.
        """
        if self._tail:
            return True
        with self.methods.lock:
            return bool(self.methods.pool.ready(self._nonce_at_head(), base_fee=0))

    def _nonce_at_head(self) -> Callable[[bytes], int]:
        state: Any = self._machine.state(self._machine.head)
        return lambda address: int(state.get_nonce(address))

    def _mine_logged(self) -> None:
        try:
            mined = self.mine_once()
        except Exception:  # noqa: BLE001  # see the next line
            # Nothing of the block is stored: say so, and try again at the next beat.
            _log.exception("a block could not be mined")
            return
        self._tail = TAIL_BLOCKS if mined else max(0, self._tail - 1)


def _fitting(ready: list[Any]) -> list[Any]:
    """Return the first of them that certainly fit into one block; the others wait for the next."""
    gas = 0
    for count, transaction in enumerate(ready):
        gas += transaction.gas
        if gas > BLOCK_GAS_LIMIT or count == BLOCK_LIMIT:
            return ready[:count]
    return ready


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    methods: Methods

    def do_POST(self) -> None:
        """Answer one JSON-RPC body."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self._send(411, b"")
        elif int(length) > BODY_LIMIT:
            self._send(413, b"")
        elif self.headers.get_content_type() != "application/json":
            # A web page cannot send this type to another origin without asking first.
            self._send(415, b"")
        else:
            self._send(200, answer(self.methods, self.rfile.read(int(length))))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status != 200:  # noqa: PLR2004  # HTTP OK
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        _log.debug(format, *args)


def open_node(
    path: Path,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    genesis_accounts: Mapping[bytes, int] | None = None,
    *,
    chain_id: int = DEFAULT_CHAIN_ID,
    block_interval_s: float = 1.0,
) -> Node:
    """Open the store and bind the port; `run` then serves.

    Raises:
        StoreBusyError: another node runs on the store.
        WrongChainError: the store holds a chain with another id.
        OSError: the port is taken.
    """
    machine = Machine.open(path, chain_id, genesis_accounts or {})
    try:
        return Node(machine, host, port, block_interval_s)
    except BaseException:
        machine.close()
        raise


def serve(
    path: Path,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    genesis_accounts: Mapping[bytes, int] | None = None,
    *,
    chain_id: int = DEFAULT_CHAIN_ID,
    block_interval_s: float = 1.0,
) -> None:
    """Run a node until the process is told to stop (blocks).

    Args:
        path: The SQLite file; made at the first start.
        host: Address to listen on; keep it loopback, JSON-RPC has no authentication.
        port: TCP port; 0 takes a free one.
        genesis_accounts: 20-byte address to wei, funded at the first start, ignored later.
        chain_id: EIP-155 id of the chain.
        block_interval_s: Least seconds between two blocks.

    Raises:
        StoreBusyError: another node runs on the store.
        WrongChainError: the store holds a chain with another id.
        OSError: the port is taken.
    """
    open_node(
        path,
        host,
        port,
        genesis_accounts,
        chain_id=chain_id,
        block_interval_s=block_interval_s,
    ).run()
