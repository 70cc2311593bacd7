"""Turning a document's JSON into its PDF: PDF/A-3b (ISO 19005-3), JSON attached, QR to verify it.

WeasyPrint 70 draws what the kind's Jinja2 template says, with the cut font of `fonts`. Nothing but
`data:` URLs is ever fetched for a document, whatever stands in it: WeasyPrint would attach `file:`
otherwise (QUALITY finding 12). Rows are capped by the schema, and a document that fails its schema
is not rendered. With libharfbuzz-subset the same document gives the same bytes again; `doctor` says
when that library is missing. WeasyPrint is imported at the first page, not with the module (QUALITY
P10).
"""

import threading
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import segno
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from typing_extensions import override

from yidan.documents import code_words, fonts, kinds, rules, schemas
from yidan.kernel.content import JsonValue
from yidan.kernel.errors import InvalidError
from yidan.kernel.reasons import Reason, Role, reason
from yidan.ports import Renderer

CHINA: Final = timezone(timedelta(hours=8), "UTC+8")
"""The zone in which Chinese ports print local time (北京时间)."""
ATTACHMENT_NAME: Final = "document.json"

_HERE: Final = Path(__file__).parent

SLOW_PDF: Final = reason(
    "pdf-slow-path",
    en="libharfbuzz-subset is not installed: a PDF page takes several times longer and its bytes"
    " are not reproducible. Install it (Debian: apt-get install libharfbuzz-subset0).",
    zh="未安装 libharfbuzz-subset：PDF 渲染慢数倍，且输出字节不可复现。"
    "请安装（Debian：apt-get install libharfbuzz-subset0）。",
    owner=Role.ADMINISTRATOR,
)


def doctor() -> list[Reason]:
    """What keeps rendering from being fast and reproducible here; [] when nothing does."""
    return [] if _weasyprint("text.ffi").harfbuzz_subset is not None else [SLOW_PDF()]


class WeasyRenderer(Renderer):
    """Renders documents with WeasyPrint; one page at a time per process."""

    def __init__(self, font_folder: Path, zone: tzinfo = CHINA) -> None:
        """Use the cut fonts in `font_folder`, made there at the first page; print `zone`'s time."""
        self._font_folder = font_folder
        self._zone = zone
        self._turn = threading.Lock()

    @override
    def render(
        self, kind: str, version: int, body: Mapping[str, JsonValue], verify_url: str
    ) -> bytes:
        """The PDF/A-3b of a document, its JSON attached, a QR code to `verify_url` on it.

        Raises:
            NotFoundError: there is no such kind or version.
            InvalidError: the document does not keep to its kind's schema; carries every finding.
        """
        found = kinds.find(kind, version)
        if wrong := schemas.findings(found, body):
            raise InvalidError(*wrong)
        html = fonts.printable(self.page(found, body, verify_url))
        with self._turn:
            return self.draw(html, rules.canonical(body), _issued_at(body))

    def page(self, kind: kinds.Kind, body: Mapping[str, JsonValue], verify_url: str) -> str:
        """The document as HTML."""
        template = self._templates.get_template(kind.template)
        number = body[kind.reference]
        qr = segno.make(verify_url, micro=False, error="m").svg_data_uri(border=0)
        issued = _issued_at(body).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return template.render(
            kind=kind,
            doc=body,
            number=number,
            qr=qr,
            verify_url=verify_url,
            created=issued,
            zone=self._zone.tzname(_issued_at(body)),
        )

    def draw(self, html: str, json_bytes: bytes, at: datetime) -> bytes:
        """Draw HTML as PDF/A-3b with one attachment, every date in the file being `at`."""
        weasyprint = _weasyprint()
        moment = at.astimezone(UTC).replace(tzinfo=None)
        source = weasyprint.Attachment(
            string=json_bytes,
            name=ATTACHMENT_NAME,
            description="The document's data; the page is drawn from it",
            created=moment,
            modified=moment,
            relationship="Source",
        )
        config, sheet = self._type_for(html)
        drawn = weasyprint.HTML(string=html, url_fetcher=_only_data_urls()).render(
            font_config=config,
            stylesheets=[sheet],
            pdf_variant="pdf/a-3b",
            output_intent="srgb",
            attachments=[source],
        )
        with warnings.catch_warnings():
            # WeasyPrint 70 opens its own colour profile and leaves closing it to the collector.
            warnings.filterwarnings("ignore", "unclosed file .*sRGB2014.icc", ResourceWarning)
            pdf: bytes = drawn.write_pdf(
                pdf_variant="pdf/a-3b",
                output_intent="srgb",
                attachments=[source],
                finisher=_name_each_attachment_once,
            )
        return pdf

    def _type_for(self, html: str) -> tuple[Any, Any]:
        """Fonts and style sheet for a page: the shared ones, unless it holds rare characters."""
        rare = fonts.rare_faces(self._font_folder, html)
        return self._typeset(*rare) if rare else self._usual_type

    @cached_property
    def _usual_type(self) -> tuple[Any, Any]:
        return self._typeset()

    def _typeset(self, *more: fonts.Face) -> tuple[Any, Any]:
        weasyprint = _weasyprint()
        faces = (*fonts.prepare(self._font_folder), *more)
        config = _weasyprint("text.fonts").FontConfiguration()
        css = "".join(
            f"@font-face{{font-family:'{face.family}';font-weight:{face.weight};"
            f"src:url('{face.path.resolve().as_uri()}')}}"
            for face in faces
        )
        style = (_HERE / "layout" / "page.css").read_text("utf-8")
        fetcher = _weasyprint("urls").URLFetcher(allowed_protocols=["file"])
        return config, weasyprint.CSS(string=css + style, font_config=config, url_fetcher=fetcher)

    @cached_property
    def _templates(self) -> Environment:
        loaders = [FileSystemLoader(_HERE / "kinds"), FileSystemLoader(_HERE / "layout")]
        templates = Environment(
            loader=ChoiceLoader(loaders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.filters.update(
            word=code_words.word,
            whole=lambda value: f"{value:,}".replace(",", "\N{NO-BREAK SPACE}"),
            local=self._local,
            stated=self._stated,
        )
        return templates

    def _stated(self, text: str) -> str:
        """An instant as stated, with its offset; one kept in UTC is put into our zone first."""
        at = datetime.fromisoformat(text)
        if not at.utcoffset():
            at = at.astimezone(self._zone)
        return f"{at:%Y-%m-%d\N{NO-BREAK SPACE}%H:%M}\N{NO-BREAK SPACE}{at.isoformat()[-6:]}"

    def _local(self, text: str) -> str:
        at = datetime.fromisoformat(text).astimezone(self._zone)
        return at.strftime("%Y-%m-%d\N{NO-BREAK SPACE}%H:%M")


def _issued_at(body: Mapping[str, JsonValue]) -> datetime:
    return datetime.fromisoformat(str(body["issuedAt"]))


def _only_data_urls() -> Any:
    return _weasyprint("urls").URLFetcher(allowed_protocols=["data"], allow_redirects=False)


def _name_each_attachment_once(_document: Any, pdf: Any) -> None:
    """WeasyPrint 70 lists an attachment twice in the catalogue's /AF; name it once."""
    associated = pdf.catalog["AF"]
    associated[:] = dict.fromkeys(associated)


def _weasyprint(module: str = "") -> Any:
    """Import WeasyPrint or a module of it, late.

    Its warnings at import are silenced: `doctor` speaks of HarfBuzz, and we bring our own font.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "HarfBuzz-Subset will be required", DeprecationWarning)
        warnings.filterwarnings("ignore", "No fonts configured in FontConfig", UserWarning)
        warnings.filterwarnings("ignore", "FontConfig cannot load default config", UserWarning)
        return import_module(f"weasyprint.{module}" if module else "weasyprint")
