"""`/verify`: the public page for papers and proofs; a QR code on a paper leads to it."""

from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Final

import segno
from flask import Blueprint, Response, request

from yidan.http.auth import anyone
from yidan.http.page import led_to, rendered
from yidan.http.wiring import services
from yidan.kernel.errors import NotFoundError
from yidan.store.engine import reading
from yidan.web import verify

bp = Blueprint("verify", __name__, url_prefix="/verify")

FORMS: Final[Mapping[str, tuple[str, Callable[[bytes], bytes | str]]]] = MappingProxyType(
    {
        "json": ("application/json", bytes),
        "bin": ("application/octet-stream", verify.as_compact),
        "txt": ("text/plain; charset=us-ascii", verify.as_text),
    }
)
"""Media type of each form of a bundle, and what writes it."""

WHY_OPEN: Final = "whoever holds a paper or a proof may check it"


@bp.get("")
@anyone(WHY_OPEN)
def ask() -> Response:
    """The form; `?document=` is the older form of a paper's own address."""
    if document_id := request.args.get("document"):
        return led_to(".paper", document_id=document_id[:36])
    return _page(None)


@bp.post("")
@anyone(WHY_OPEN)
def check() -> Response:
    """Check an uploaded bundle or PDF; a bundle gets here only from a browser without scripts."""
    file = request.files.get("file")
    data = (file.read() if file else b"") or request.form.get("text", "").strip().encode()
    if not data:
        return led_to(".ask")
    given = services()
    with reading(given.engine) as connection:
        result = verify.check_upload(data, connection, given.settings)
    return _page(result)


@bp.get("/<document_id>")
@anyone(WHY_OPEN)
def paper(document_id: str) -> Response:
    """What is on record under a paper's code."""
    given = services()
    with reading(given.engine) as connection:
        result = verify.look_up(document_id, connection, given.settings)
    return _page(result)


@bp.get("/policy")
@anyone("the trust policy is public: it names keys, no secrets")
def policy() -> Response:
    """The policy that the page came with, to be kept and compared."""
    found = verify.trusted(services().settings)
    if found is None:
        raise NotFoundError
    response = Response(found.text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="policy"'
    return response


@bp.get("/<document_id>/bundle.json", defaults={"form": "json"})
@bp.get("/<document_id>/bundle.bin", defaults={"form": "bin"})
@bp.get("/<document_id>/bundle.txt", defaults={"form": "txt"})
@anyone(WHY_OPEN)
def bundle(document_id: str, form: str) -> Response:
    """The paper's proof bundle, for anyone to check offline: JSON, compact, or compact as text."""
    content_type, written = FORMS[form]
    response = Response(written(_bundle(document_id)), content_type=content_type)
    disposition = f'attachment; filename="bundle-{document_id}.{form}"'
    response.headers["Content-Disposition"] = disposition
    return response


@bp.get("/<document_id>/code.svg")
@anyone(WHY_OPEN)
def code(document_id: str) -> Response:
    """The paper's proof as a QR code: this page's link, and the proof where no server sees it."""
    given = services()
    with reading(given.engine) as connection:
        text = verify.code_text(document_id, connection, given.settings)
    if not text:
        raise NotFoundError
    link = f"{given.settings.public_url}/verify#"
    drawn = BytesIO()
    # segno takes a code's segments too, and finds the densest mode of each.
    segno.make((link, text), micro=False, error="l").save(  # type: ignore[arg-type]  # see above
        drawn, kind="svg", border=4, light="white"
    )
    return Response(drawn.getvalue(), content_type="image/svg+xml")


def _bundle(document_id: str) -> bytes:
    given = services()
    with reading(given.engine) as connection:
        data = verify.public_bundle(document_id, connection, given.settings)
    if data is None:
        raise NotFoundError
    return data


def _page(result: verify.Result | None) -> Response:
    trusted = verify.trusted(services().settings)
    return rendered("web/verify.html", result=result, trusted=trusted)
