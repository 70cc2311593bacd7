"""The embedded Ethereum node 内置节点: py-evm's chain over SQLite, as JSON-RPC on loopback.

Source of the rule: LEDGER 0.2. At most one block a second, one SQLite transaction per block, no
journal and no replay: a restart goes on from the stored head. Transactions that wait are kept in
memory only; senders keep their signed bytes and send them again (LEDGER 8.3).

`serve` runs a node, `open_readonly` reads a store while no node runs.
"""

from ledger.chain.node.machine import Machine
from ledger.chain.node.readonly import ReadOnlyChain, open_readonly
from ledger.chain.node.server import serve

__all__ = ["Machine", "ReadOnlyChain", "open_readonly", "serve"]
