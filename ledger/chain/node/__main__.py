"""Run the embedded node: `python -m ledger.chain.node PATH --port 8545 --fund 0x… `.

Prints one line `listening http://127.0.0.1:8545` when it answers; SIGTERM and SIGINT stop it.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from ledger.chain.node.machine import WrongChainError
from ledger.chain.node.server import DEFAULT_CHAIN_ID, DEFAULT_PORT, open_node
from ledger.chain.node.store import StoreBusyError

GENESIS_BALANCE_WEI: Final = 10**27


def main(arguments: list[str]) -> int:
    """Parse the arguments and serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ledger.chain.node", description=__doc__)
    parser.add_argument("path", type=Path, help="the chain's SQLite file")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--chain-id", type=int, default=DEFAULT_CHAIN_ID)
    parser.add_argument("--block-interval", type=float, default=1.0, help="seconds")
    parser.add_argument(
        "--fund", action="append", default=[], help="address funded in the genesis block"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    accounts = {bytes.fromhex(a.removeprefix("0x")): GENESIS_BALANCE_WEI for a in options.fund}
    try:
        node = open_node(
            options.path,
            options.host,
            options.port,
            accounts,
            chain_id=options.chain_id,
            block_interval_s=options.block_interval,
        )
    except (StoreBusyError, WrongChainError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=node.stop).start())
    host, port = node.address
    sys.stdout.write(f"listening http://{host}:{port}\n")
    sys.stdout.flush()
    node.run()
    return 0


if __name__ == "__main__":  # pragma: no cover  # main is tested
    sys.exit(main(sys.argv[1:]))
