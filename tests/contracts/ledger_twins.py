"""One ledger twice: the contract on its chain and the model, asked the same and compared."""

from __future__ import annotations

from typing import Any

import ledger_chain as lc
from ledger_chain import refused
from title_model import Refusal, TitleModel

from ledger.chain import instructions
from ledger.chain.words import TitleState

NAMES = {
    lc.ADMIN: "admin", lc.CARRIER: "carrier", lc.RIVAL_CARRIER: "rival", lc.TERMINAL: "terminal",
    lc.CUSTOMS: "customs", lc.COURT: "court", lc.PAYMENT: "payment", lc.SHIPPER: "shipper",
    lc.CONSIGNEE: "consignee", lc.BANK: "bank", lc.STRANGER: "stranger",
}  # fmt: skip
OFFICES = {instructions.REGISTRAR: lc.ADMIN, **lc.OFFICES}
COURT_ID, CUSTOMS_ID = 0xC0DE, 0xC057
"""Handles under which two authorities can take a title."""


class Twins:
    """A furnished contract, and the model of it from the same beginning."""

    def __init__(self, chain: lc.LedgerChain) -> None:
        self.chain = chain
        self.model = TitleModel(
            {office: NAMES[keeper] for office, keeper in OFFICES.items()},
            {handle: NAMES[keeper] for handle, keeper in lc.HANDLES.items()},
            owner="admin",
            voices={lc.CUSTOMS_BIT, lc.COURT_BIT},
            lineage=instructions.successor_lineage(chain.contract),
        )

    def __call__(self, reason: str, who: lc.Key, function: str, *arguments: Any) -> None:
        """Let both do it: done if the reason is empty, else refused for it by both."""
        self.told(reason, who, function, arguments, instructions.call_data(function, *arguments))

    def told(
        self,
        reason: str,
        who: lc.Key,
        function: str,
        arguments: tuple[Any, ...],
        data: bytes,
        **named: Any,
    ) -> None:
        """The same, where the model is asked by other arguments than the contract."""
        self.model.now = self.chain.now + 1
        try:
            getattr(self.model, function)(NAMES[who], *arguments, **named)
        except Refusal as refusal:
            found = refusal.args[0]
        else:
            found = ""
        assert found == reason
        if reason:
            with refused(reason):
                self.chain.send_data(who, data)
        else:
            self.chain.send_data(who, data)
        for title, word in self.model.titles.items():
            assert self.chain.title(title) == word
            if word.state < TitleState.RELEASED and title in self.model.pledges:
                assert self.chain.pledge(title) == self.model.pledges[title]

    def issue(self, title: bytes, quantity: int = 1_000, gates: int = 0) -> None:
        """A new title of the shipper."""
        terms = (title, lc.CARRIER_NO, quantity, lc.SHIPPER_ID, gates)
        self("", lc.CARRIER, "issue", *terms)

    def hold(self, title: bytes, *, by: lc.Key, bit: int) -> None:
        """An authority's hold."""
        data = instructions.call_data("hold", title, bit, bytes(32))
        self.told("", by, "hold", (title, bit), data)

    def unhold(self, title: bytes, *, by: lc.Key, bit: int) -> None:
        """The end of it."""
        data = instructions.call_data("unhold", title, bit, bytes(32))
        self.told("", by, "unhold", (title, bit), data)

    def join(self, handle: int, party: lc.Key) -> None:
        """A further party."""
        self.chain.register(handle, party)
        self.model.parties[handle] = NAMES[party]
