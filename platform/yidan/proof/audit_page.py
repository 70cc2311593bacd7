"""The audit of a bill as a PDF for people who keep paper (审计报告), Chinese and English.

Drawn by the documents' renderer with the documents' look, PDF/A-3b with the audit's JSON attached.
"""

from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from yidan.documents import fonts
from yidan.documents.rendering import CHINA, WeasyRenderer
from yidan.proof.audit import FINDINGS_ZH, Audit, Finding, as_json_text

_LAYOUT: Final = Path(__file__).parent / "layout"


def html(found: Audit, zone: tzinfo = CHINA) -> str:
    """The report as HTML."""
    templates = Environment(
        loader=FileSystemLoader(_LAYOUT),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template("audit.html").render(
        audit=found,
        counts=found.counts,
        zh=FINDINGS_ZH,
        bad=Finding.CHANGED,
        zone=zone,
        created=found.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def pdf(found: Audit, font_folder: Path) -> bytes:
    """The report as PDF/A-3b."""
    renderer = WeasyRenderer(font_folder)
    return renderer.draw(fonts.printable(html(found)), as_json_text(found).encode(), found.at)
