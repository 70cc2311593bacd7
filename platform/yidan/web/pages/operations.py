"""What went on between systems: a party's own messages; the operator's alarms and ledger lag."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request, url_for

from yidan.http import auth
from yidan.http.auth import needs
from yidan.http.languages import Words
from yidan.http.page import do, led_to, show
from yidan.kernel.content import from_json
from yidan.kernel.errors import NotFoundError
from yidan.kernel.reasons import Reason, Role
from yidan.parties import tables as parties
from yidan.ports import MessageOutcome
from yidan.store import inbox, ledger_state, log, outbox, standing
from yidan.store.alarms import acknowledge, open_alarms
from yidan.store.unit_of_work import UnitOfWork

bp = Blueprint("operations", __name__)

PAGE: Final = 50
"""Rows on a page."""
SEQUENCER: Final = "log"
"""The outbox consumer that gives events their leaves."""

INBOX_STATES: Final[dict[str, tuple[Words, str]]] = {
    "applied": (("applied", "已处理"), "yes"),
    "partly_applied": (("partly applied", "部分处理"), "look"),
    "refused": (("refused", "已拒绝"), "no"),
    "unreadable": (("not understood", "无法识别"), "no"),
    "conflict": (("reference used twice", "编号重复"), "no"),
}


@dataclass(frozen=True, kw_only=True)
class Lag:
    """How far the proof is behind the business."""

    leaves: int
    waiting: int
    """Events without a leaf, counted up to 10,000."""
    signed: int
    witnessed: int
    anchored: int
    oldest_unanchored_at: datetime | None
    stopped: str


@bp.get("/messages")
@needs("exchange:write")
def messages() -> Response:
    """What the own organisation's systems sent, the newest first."""
    before = request.args.get("before", "")[:36]
    return show("web/messages.html", lambda uow: _inbox(uow, uow.actor.party, before))


@bp.get("/operator")
@needs("party:admin")
def operator() -> Response:
    """Alarms, everybody's messages, the ledger's lag."""
    _administrators_only()
    before = request.args.get("before", "")[:36]
    return show("web/operator.html", lambda uow: _operations(uow, before))


@bp.post("/operator/alarms/<int:alarm_id>")
@needs("party:admin")
def acknowledge_alarm(alarm_id: int) -> Response:
    """Take an alarm off the list."""
    _administrators_only()
    do(lambda uow: acknowledge(uow.connection, alarm_id, now=uow.now))
    return led_to(".operator")


def _administrators_only() -> None:
    if Role.ADMINISTRATOR not in auth.principal().roles:
        raise NotFoundError


def _operations(uow: UnitOfWork, before: str) -> dict[str, Any]:
    seen = _inbox(uow, None, before)
    return {**seen, "alarms": open_alarms(uow.connection), "lag": _lag(uow)}


def _lag(uow: UnitOfWork) -> Lag:
    connection = uow.connection
    signed = log.latest_checkpoint(connection)
    witnessed = log.latest_checkpoint(connection, cosigned=True)
    anchored = standing.anchored_size(connection)
    return Lag(
        leaves=log.size(connection),
        waiting=outbox.backlog(connection, SEQUENCER),
        signed=signed.size if signed else 0,
        witnessed=witnessed.size if witnessed else 0,
        anchored=anchored,
        oldest_unanchored_at=log.oldest_leaf_at(connection, anchored),
        stopped=ledger_state.releases_stopped(connection) or "",
    )


def _inbox(uow: UnitOfWork, partner: str | None, before: str) -> dict[str, Any]:
    found = inbox.listed(uow.connection, partner, before=before, limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    return {
        "messages": [(one, _reasons(one)) for one in shown],
        "names": parties.names(uow.connection, {one.partner for one in shown}),
        "states": INBOX_STATES,
        "older": url_for(request.endpoint or "", before=shown[-1].id) if more else None,
    }


def _reasons(message: inbox.Received) -> tuple[Reason, ...]:
    """Everything the platform had to say of a message, each thing once."""
    kept: Any = message.findings
    found = from_json(tuple[Reason, ...], kept["findings"])
    outcomes = from_json(tuple[MessageOutcome, ...], kept["outcomes"])
    lines = [reason for one in outcomes for line in one.lines for reason in line.reasons]
    return tuple(dict.fromkeys((*found, *lines)))
