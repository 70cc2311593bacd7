"""A signer elsewhere: JSON-RPC `eth_signTransaction` as Web3Signer and geth's clef answer it."""

import json
from dataclasses import dataclass, field

from eth_account import Account

from tests.counterparts.wire import Answer, Receiver

NUMBERS = ("nonce", "gas", "value", "chainId", "maxFeePerGas", "maxPriorityFeePerGas")


@dataclass
class SignerElsewhere:
    """Holds one key; `changes` are made to what it signs, `says` replaces its answer."""

    key: bytes = b"\x77" * 32
    wraps: bool = False
    """Answer an object with `raw`, as geth does, instead of the bytes alone."""
    changes: dict = field(default_factory=dict)
    says: object = None

    @property
    def address(self):
        return Account.from_key(self.key).address

    def __enter__(self):
        self._server = Receiver(self._judge).__enter__()
        return self

    def __exit__(self, *details):
        self._server.__exit__(*details)

    @property
    def url(self):
        return self._server.url

    def _judge(self, got):
        asked = json.loads(got.body)
        answer = {"jsonrpc": "2.0", "id": asked["id"], **self._answer(asked)}
        body = self.says if isinstance(self.says, bytes) else json.dumps(answer).encode()
        return Answer(200, "application/json", body)

    def _answer(self, asked):
        if self.says is not None and not isinstance(self.says, bytes):
            return self.says
        (given,) = asked["params"]
        if asked["method"] != "eth_signTransaction" or given["from"] != self.address:
            return {"error": {"code": -32000, "message": "no key of that account"}}
        fields = {name: int(given[name], 16) for name in NUMBERS}
        fields |= {"type": 2, "data": given["data"], "to": given.get("to", "")} | self.changes
        raw = "0x" + Account.sign_transaction(fields, self.key).raw_transaction.hex()
        return {"result": {"raw": raw, "tx": {}} if self.wraps else raw}
