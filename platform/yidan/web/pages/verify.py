"""`/verify`: the public page for papers and proofs; a QR code on a paper leads to it."""

from typing import Final

from flask import Blueprint, Response, request

from yidan.http.auth import anyone
from yidan.http.page import led_to, rendered
from yidan.http.wiring import services
from yidan.kernel.errors import NotFoundError
from yidan.store.engine import reading
from yidan.web import verify

bp = Blueprint("verify", __name__, url_prefix="/verify")

WHY_OPEN: Final = "whoever holds a paper or a proof may check it"


@bp.get("")
@anyone(WHY_OPEN)
def ask() -> Response:
    """The form; `?document=` is the older form of a paper's own address."""
    if document_id := request.args.get("document"):
        return led_to(".paper", document_id=document_id[:36])
    return rendered("web/verify.html", result=None)


@bp.post("")
@anyone(WHY_OPEN)
def check() -> Response:
    """Check an uploaded bundle or PDF."""
    file = request.files.get("file")
    data = file.read() if file else b""
    if not data:
        return led_to(".ask")
    given = services()
    with reading(given.engine) as connection:
        result = verify.check_upload(data, connection, given.settings)
    return rendered("web/verify.html", result=result)


@bp.get("/<document_id>")
@anyone(WHY_OPEN)
def paper(document_id: str) -> Response:
    """What is on record under a paper's code."""
    given = services()
    with reading(given.engine) as connection:
        result = verify.look_up(document_id, connection, given.settings)
    return rendered("web/verify.html", result=result)


@bp.get("/<document_id>/bundle.json")
@anyone(WHY_OPEN)
def bundle(document_id: str) -> Response:
    """The paper's proof bundle, to be checked offline by anyone."""
    given = services()
    with reading(given.engine) as connection:
        data = verify.public_bundle(document_id, connection, given.settings)
    if data is None:
        raise NotFoundError
    response = Response(data, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="bundle-{document_id}.json"'
    return response
