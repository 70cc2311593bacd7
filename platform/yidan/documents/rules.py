"""The life of a document: issued, rendered once, perhaps voided; canonical bytes and numbers.

Sources: ARCHITECTURE 2 (JSON committed at issue, PDF rendered once), RFC 8785 (canonical JSON).
What a document of a kind must hold is not here but in its kind's schema.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from yidan.documents.events import DocumentIssued, DocumentRendered, DocumentVoided
from yidan.kernel.machine import Machine
from yidan.kernel.reasons import reason


class DocumentState(StrEnum):
    """Where a document is in its life."""

    NONE = "none"
    """Before its issue."""
    ISSUED = "issued"
    """已签发，PDF 待生成"""
    RENDERED = "rendered"
    """已签发并已生成 PDF"""
    VOIDED = "voided"
    """已作废"""


DOCUMENT: Final = Machine(
    name="document",
    initial=DocumentState.NONE,
    transitions=MappingProxyType(
        {
            (DocumentState.NONE, DocumentIssued): DocumentState.ISSUED,
            (DocumentState.ISSUED, DocumentRendered): DocumentState.RENDERED,
            (DocumentState.ISSUED, DocumentVoided): DocumentState.VOIDED,
            (DocumentState.RENDERED, DocumentVoided): DocumentState.VOIDED,
        }
    ),
)

NOT_RENDERED_YET = reason(
    "document-not-rendered-yet",
    en="The PDF of {number} is being made; ask again in a few seconds.",
    zh="单证 {number} 的 PDF 正在生成；请数秒后再试。",
)
NEVER_RENDERED = reason(
    "document-voided-before-rendering",
    en="{number} was voided before its PDF was made; its JSON can still be read.",
    zh="单证 {number} 在生成 PDF 之前已作废；仍可读取其 JSON。",
)

_BASE32: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's letters: none that is taken for another when read aloud."""


def canonical(body: Mapping[str, Any]) -> bytes:
    """The body's canonical JSON (RFC 8785; our names are ASCII, our numbers integers), UTF-8."""
    return json.dumps(
        dict(body), ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False
    ).encode()


def json_sha256(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, 64 lower-case hex digits."""
    return hashlib.sha256(canonical(body)).hexdigest()


def number(prefix: str, at: datetime, unique: str) -> str:
    """A number such as `DO20261122-7F3K9Q2M`: prefix, UTC day, 40 random bits of a UUIDv7."""
    tail = int(unique.replace("-", ""), 16) & (2**40 - 1)
    letters = "".join(_BASE32[tail >> 5 * place & 31] for place in reversed(range(8)))
    return f"{prefix}{at:%Y%m%d}-{letters}"


def verify_url(public_url: str, document_id: str) -> str:
    """Where the QR code on the paper leads: the public page that checks this document."""
    return f"{public_url}/verify/{document_id}"
