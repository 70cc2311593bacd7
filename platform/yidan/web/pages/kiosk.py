"""`/kiosk`: one lane's screen for drivers and clerks (DOMAIN 2(d), kiosk rules).

A terminal's clerk opens it for a lane with their own session. The page makes each transaction's id
and stores it before it sends; that id is the idempotency key, so a reload or a second badge goes on
with the open transaction. All decisions are the gate's (`/v1/gate/…`); the page only shows them.
"""

import re
from typing import Final

from flask import Blueprint, Response, request

from yidan.http.auth import needs
from yidan.http.page import led_to, rendered
from yidan.parties.authentication import csrf_token
from yidan.web.words import ROLES

bp = Blueprint("kiosk", __name__, url_prefix="/kiosk")

LANE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}")


@bp.get("")
@needs("gate:write")
def lane() -> Response:
    """Choose a lane, or open the screen of the one asked for."""
    chosen = request.args.get("lane", "").strip().upper()
    if not LANE.fullmatch(chosen):
        return rendered("web/kiosk_lane.html", wrong=bool(chosen))
    if chosen != request.args["lane"]:
        return led_to(".lane", lane=chosen)
    return rendered("web/kiosk.html", lane=chosen, token=csrf_token(), roles=ROLES)
