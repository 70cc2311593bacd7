"""The frame of every EDIFACT adapter: interchange in, one reader per message type, APERAK out.

A message of an unknown type, and one that may be cut off or altered, is kept with its findings and
no command: nothing of it is done, and the sender is told.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from adapters.codecs import edifact
from adapters.codecs.aperak import aperak
from adapters.codecs.edifact import EdifactError, RawInterchange, RawMessage
from adapters.codecs.edifact_fields import FIELD_TOO_LONG, document_reference, party_code
from adapters.codecs.edifact_syntax import MAX_FINDINGS
from adapters.codecs.edifact_writer import MAX_COMPONENT, MAX_PARTNER, interchange
from yidan.kernel.identifiers.plain import shown
from yidan.kernel.reasons import Reason, reason
from yidan.ports import Command, Interchange, Message, MessageOutcome, Notice

UNKNOWN_MESSAGE = reason(
    "message-type-unknown",
    en="Messages of type {kind} are not read here; send one of {known}.",
    zh="此处不接收 {kind} 报文；请发送 {known} 之一。",
)
NOTHING_DONE = reason(
    "message-not-applied",
    en="Nothing of this message was applied; mend the other findings and send it again.",
    zh="该报文未被执行；请更正其他问题后重新发送。",
)

Reader: TypeAlias = Callable[[RawMessage], tuple[tuple[Command, ...], list[Reason]]]
"""Reads one whole message: its commands, and findings; no commands when it is not understood."""

_MAX_KIND: Final = 40


@dataclass(frozen=True)
class Settings:
    """What an installation may set."""

    identification: str = "YIDAN"
    """Our identification in UNB where the partner's message does not name it."""


@dataclass(frozen=True)
class EdifactExchange:
    """An adapter that reads EDIFACT messages and answers them with APERAK (a `ports.Adapter`)."""

    name: str
    readers: Mapping[str, Reader]
    settings: Settings = Settings()
    content_type: str = "application/edifact"
    authority: bool = False

    def parse(self, raw: bytes) -> Interchange:
        """Understand one transmission; never raises."""
        digest = hashlib.sha256(raw).hexdigest()
        try:
            found = edifact.read(raw)
        except EdifactError as refused:
            return Interchange(
                sender="", recipient="", reference=digest, messages=(), findings=refused.reasons
            )
        return Interchange(
            sender=found.sender[:MAX_PARTNER],
            recipient=found.recipient[:MAX_PARTNER],
            reference=found.reference[:_MAX_KIND] or digest,
            messages=tuple(self._message(message, found) for message in found.messages),
            findings=tuple(found.findings),
            claimed_senders=tuple(dict.fromkeys(_claims(found))),
        )

    def acknowledge(
        self,
        received: Interchange,
        outcomes: Sequence[MessageOutcome],
        *,
        reference: str,
        at: datetime,
    ) -> bytes | None:
        """One APERAK a message, in one interchange; None where nobody can be answered."""
        partner = received.sender or next(iter(received.claimed_senders), "")
        if not partner or not outcomes:
            return None
        return interchange(
            [aperak(outcome, number, at=at) for number, outcome in enumerate(outcomes, start=1)],
            sender=received.recipient or self.settings.identification,
            recipient=partner[:MAX_PARTNER],
            reference=reference,
            at=at,
        )

    def build(
        self, notice: Notice, *, recipient: str, reference: str, at: datetime
    ) -> bytes | None:
        """This exchange is told of nothing."""
        del notice, recipient, reference, at
        return None

    def _message(self, raw: RawMessage, found: RawInterchange) -> Message:
        commands: tuple[Command, ...] = ()
        findings = [*raw.findings, *_length_findings(raw)]
        reader = self.readers.get(raw.kind)
        if reader is None:
            known = ", ".join(self.readers)
            findings.append(UNKNOWN_MESSAGE(kind=shown(raw.kind), known=known))
        elif found.broken or raw.broken or len(findings) > len(raw.findings):
            findings.append(NOTHING_DONE())
        else:
            commands, read = reader(raw)
            findings += read if commands else [*read, NOTHING_DONE()]
        return Message(
            reference=raw.reference[:_MAX_KIND],
            kind=raw.kind,
            commands=commands,
            findings=(*findings[: MAX_FINDINGS - 1], *findings[MAX_FINDINGS - 1 :][-1:]),
            document_reference=document_reference(raw)[:_MAX_KIND],
        )


def _claims(found: RawInterchange) -> Iterable[str]:
    for message in found.messages:
        for claim in (message.group_sender, party_code(message.segments, "MS")):
            if claim:
                yield claim[:MAX_PARTNER]


def _length_findings(raw: RawMessage) -> list[Reason]:
    for segment in raw.segments:
        for element in segment.elements:
            for component in element:
                if len(component) > MAX_COMPONENT:
                    return [
                        FIELD_TOO_LONG(at=segment.at, value=shown(component), limit=MAX_COMPONENT)
                    ]
    return []
