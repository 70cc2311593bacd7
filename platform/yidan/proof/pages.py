"""`/log`: the release log as anybody may read it, without signing in (公开日志).

Source: C2SP tlog-tiles: `checkpoint`, `tile/<L>/<N>` and `tile/<L>/<N>.p/<W>`. What is served are
hashes of salted commitments and signatures over them: nothing of what was recorded, and no
`tile/entries`, since leaf data is kept with its event and shown by proof bundles alone.

Nothing is served beyond the newest cosigned checkpoint, so that a tile never changes once anybody
could have seen it: caches may keep tiles for ever. `successions` tells how the trust policy of now
followed from the first one.
"""

import hashlib
import json
from typing import Final

from flask import Blueprint, Response, request

from ledger import policy_file
from ledger.policy import PolicyError
from ledger.succession import SuccessionError
from ledger.tiles import TILE_WIDTH, parse_tile_path
from yidan.http.auth import anyone
from yidan.http.wiring import services
from yidan.kernel.errors import NotFoundError
from yidan.proof import setup, successions
from yidan.store import log
from yidan.store.engine import reading

bp = Blueprint("log", __name__, url_prefix="/log")

WHY_OPEN: Final = "hashes and signatures: what makes the log checkable by anybody"
FOR_EVER: Final = "public, max-age=31536000, immutable"
BRIEFLY: Final = "public, max-age=1, must-revalidate"
"""A checkpoint may be a second old: so many readers cost the database one question a second."""


@bp.get("/checkpoint")
@anyone(WHY_OPEN)
def checkpoint() -> Response:
    """The newest checkpoint that a quorum of the witnesses has cosigned."""
    with reading(services().engine) as connection:
        found = log.latest_checkpoint(connection, cosigned=True)
    if found is None:
        raise NotFoundError
    return _answer(found.note, "text/plain; charset=utf-8", BRIEFLY)


@bp.get("/<path:path>")
@anyone(WHY_OPEN)
def tile(path: str) -> Response:
    """A full tile, or the first so many hashes of one, up to the newest cosigned checkpoint."""
    try:
        level, index, width = parse_tile_path(path)
    except ValueError:
        raise NotFoundError from None
    with reading(services().engine) as connection:
        newest = log.latest_checkpoint(connection, cosigned=True)
        in_level = newest.size >> (8 * level) if newest else 0
        if index * TILE_WIDTH + width > in_level:
            raise NotFoundError
        data = log.DatabaseTiles(connection).read_tile(level, index, width)
    return _answer(data, "application/octet-stream", FOR_EVER)


@bp.get("/successions")
@anyone("the trust policy is public: it names keys, no secrets")
def handed_over() -> Response:
    """The first trust policy, and policy file and note of each step that followed."""
    settings = services().settings
    try:
        first = policy_file.write(setup.read_trust(settings).first).decode()
        told = [(new.decode(), note.decode()) for new, note in successions.told(settings)]
    except (FileNotFoundError, PolicyError, SuccessionError):
        raise NotFoundError from None
    steps = [{"policy": new, "note": note} for new, note in told]
    content = {"first": first, "steps": steps}
    data = json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"
    return _answer(data, "application/json", BRIEFLY)


def _answer(data: bytes, content_type: str, cache: str) -> Response:
    response = Response(data, content_type=content_type)
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.headers["Cache-Control"] = cache
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns itself
