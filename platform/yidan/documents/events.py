"""What happens to an electronic document (电子单证): issued, rendered once, voided.

Its JSON is committed when it is issued and its PDF's digest when it is rendered (ARCHITECTURE 2):
the paper can be shown to be the one the record speaks of, and a second rendering can never stand
beside the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from yidan.kernel.events import Event, event
from yidan.kernel.reasons import Role


@event("document.issued.v1")
@dataclass(frozen=True, kw_only=True)
class DocumentIssued(Event):
    """A document was issued (签发)."""

    document_id: str
    kind: str
    """Name of its kind, e.g. `delivery_order`."""
    version: int
    """Version of the kind's schema, counted from 1."""
    number: str
    """The document's own number (单证号), as it stands in the body."""
    about: str
    """Subject it speaks of, e.g. `waybill:0190…`."""
    json_sha256: str
    """SHA-256 of the canonical JSON of the body, 64 lower-case hex digits."""
    involved: Mapping[str, Role]
    """Who may see it, by party id."""
    body: Mapping[str, Any]
    """The document itself, valid by its kind's schema."""


@event("document.rendered.v1")
@dataclass(frozen=True, kw_only=True)
class DocumentRendered(Event):
    """The document's PDF was made and stored; it is never made again."""

    document_id: str
    pdf_sha256: str
    """SHA-256 of the PDF and its name in the blob store, 64 lower-case hex digits."""
    size: int
    """Bytes."""


@event("document.voided.v1")
@dataclass(frozen=True, kw_only=True)
class DocumentVoided(Event):
    """The document no longer counts (作废); why stands in the envelope's reason."""

    document_id: str


SAMPLES: Final = (
    DocumentIssued(
        document_id="01935300-0000-7000-8000-000000000001",
        kind="delivery_order",
        version=1,
        number="DO20261122-7F3K9Q2M",
        about="release:01935300-0000-7000-8000-000000000002",
        json_sha256="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        involved=MappingProxyType({"01935300-0000-7000-8000-00000000000a": Role.CONSIGNEE}),
        body=MappingProxyType({}),
    ),
    DocumentRendered(
        document_id="01935300-0000-7000-8000-000000000001",
        pdf_sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        size=48_213,
    ),
    DocumentVoided(document_id="01935300-0000-7000-8000-000000000001"),
)
