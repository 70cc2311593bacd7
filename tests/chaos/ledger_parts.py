"""A chain node and three witnesses in threads of the test, to be stopped and started again."""

import threading
import time
from contextlib import ExitStack, contextmanager

from ledger.chain.node.machine import Machine
from ledger.chain.node.server import Node
from ledger.witness.cosigner import SystemClock
from ledger.witness.server import WitnessServer
from yidan.proof import setup


@contextmanager
def witnesses(settings, *numbers):
    """Embedded witnesses of these numbers, answering."""
    with ExitStack() as stack:
        for number in numbers:
            stack.enter_context(_witness(settings, number))
        yield


@contextmanager
def _witness(settings, number):
    with WitnessServer(setup.witness_settings(settings, number), SystemClock()) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


@contextmanager
def chain_node(settings, block_interval_s=0.05, now=time.time):
    """The embedded chain, answering, with quick blocks, by the clock `now`."""
    address = bytes.fromhex(setup.relayer(settings).address.removeprefix("0x"))
    accounts = {address: setup.GENESIS_BALANCE_WEI}
    machine = Machine.open(settings.var / "chain.db", settings.chain_id, accounts, now)
    node = Node(machine, "127.0.0.1", settings.node_port, block_interval_s)
    thread = threading.Thread(target=node.run)
    thread.start()
    yield node
    node.stop()
    thread.join()
