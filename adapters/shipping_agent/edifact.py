"""Shipping agents and carriers over UN/EDIFACT: COREOR in, APERAK and CODECO out.

Counterpart: any carrier's or agent's EDI system that follows SMDG's container messages, directories
D.95B and D.00B in, D.00B out. Source: UN/EDIFACT directories and the layout of `coreor`.
"""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from typing_extensions import override

from adapters.codecs.edifact_exchange import EdifactExchange
from adapters.codecs.edifact_writer import interchange
from adapters.messages import Spoken
from adapters.shipping_agent import coreor
from adapters.shipping_agent.codeco import codeco
from yidan.ports import GateMovement, Notice


@dataclass(frozen=True)
class ShippingAgentEdifact(EdifactExchange):
    """Reads release orders and reports gate movements."""

    @override
    def build(
        self, notice: Notice, *, recipient: str, reference: str, at: datetime
    ) -> bytes | None:
        """CODECO for a gate movement; None for anything else.

        Raises:
            EdifactError: a field cannot be written.
        """
        if not isinstance(notice, GateMovement):
            return None
        sender = self.settings.identification
        message = codeco(notice, sender=sender, recipient=recipient, at=at)
        return interchange(
            [message], sender=sender, recipient=recipient, reference=reference, at=at
        )


MESSAGES: Final = (
    Spoken("in", "COREOR", "D.95B, D.00B", "UN/EDIFACT, SMDG container messages", "HTTP, file"),
    Spoken("out", "APERAK", "D.00B", "UN/EDIFACT", "HTTP answer"),
    Spoken("out", "CODECO", "D.00B (SMDG20)", "UN/EDIFACT, SMDG container messages", "HTTP"),
)
"""What is spoken with shipping agents."""

ADAPTER: Final = ShippingAgentEdifact(
    name="shipping_agent.edifact", readers=MappingProxyType({"COREOR": coreor.read})
)
