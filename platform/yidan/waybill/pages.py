"""The pages of bills: my waybills, and one bill with its timeline."""

from typing import Any, Final

from flask import Blueprint, Response, request, url_for

from yidan.http.auth import needs
from yidan.http.languages import Words
from yidan.http.page import show
from yidan.kernel.reasons import Role
from yidan.parties import tables as parties
from yidan.parties.involvement import roles_among
from yidan.store import standing
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill import actions
from yidan.waybill.rules.states import LegState, WaybillState
from yidan.waybill.tables import BillSummary

bp = Blueprint("waybill_pages", __name__, template_folder="templates", url_prefix="/waybills")

PAGE: Final = 50
"""Rows on a page."""

STATES: Final[dict[WaybillState, tuple[Words, str]]] = {
    WaybillState.DRAFT: (("draft", "草稿"), "plain"),
    WaybillState.SUBMITTED: (("submitted", "已提交"), "look"),
    WaybillState.RETURNED: (("returned", "已退回"), "no"),
    WaybillState.ACCEPTED: (("accepted", "已接受"), "yes"),
    WaybillState.BOOKED: (("booked", "全程已确认"), "yes"),
    WaybillState.IN_EXECUTION: (("on the way", "执行中"), "yes"),
    WaybillState.DELIVERED: (("delivered", "已交付"), "plain"),
}
LEG_STATES: Final[dict[LegState, Words]] = {
    LegState.PLANNED: ("planned", "计划"),
    LegState.REQUESTED: ("requested", "已委托"),
    LegState.CONFIRMED: ("confirmed", "已确认"),
    LegState.LOADED: ("loaded", "已装载"),
    LegState.DEPARTED: ("departed", "已发出"),
    LegState.ARRIVED: ("arrived", "已到达"),
    LegState.UNLOADED: ("unloaded", "已卸载"),
    LegState.HANDED_OVER: ("handed over", "已交接"),
    LegState.FAILED: ("failed", "失败"),
    LegState.REPLANNED: ("replanned", "已改派"),
}
MODES: Final[dict[str, Words]] = {
    "SEA": ("sea", "海运"),
    "BARGE": ("barge", "驳船"),
    "RAIL": ("rail", "铁路"),
    "ROAD": ("road", "公路"),
}
_CARRIER: Final = frozenset({Role.CARRIER, Role.SHIPPING_AGENT})
_NEXT: Final[dict[WaybillState, tuple[frozenset[Role], Words]]] = {
    WaybillState.SUBMITTED: (_CARRIER, ("accept the bill, or return it", "接受或退回运单")),
    WaybillState.RETURNED: (
        frozenset({Role.FORWARDER}),
        ("mend the bill and submit it again", "更正后重新提交"),
    ),
    WaybillState.ACCEPTED: (
        frozenset({Role.CARRIER, Role.RAIL_OPERATOR, Role.HAULIER}),
        ("confirm every leg", "确认各运输段"),
    ),
    WaybillState.BOOKED: (frozenset({Role.CARRIER}), ("load the goods", "装载货物")),
    WaybillState.IN_EXECUTION: (
        frozenset({Role.CARRIER, Role.RAIL_OPERATOR, Role.HAULIER}),
        ("report the next movement", "上报下一运输动态"),
    ),
}
"""Who has the next step on a bill in each state, and which (DOMAIN U1)."""


@bp.get("")
@needs("waybill:read")
def waybills() -> Response:
    """My waybills, the newest first, each with my role and the next step."""
    before = request.args.get("before", "")[:36]
    return show("waybill/list.html", lambda uow: _list(uow, before))


@bp.get("/<waybill_id>")
@needs("waybill:read")
def waybill(waybill_id: str) -> Response:
    """One bill with its legs, boxes and timeline."""
    before = request.args.get("before", default=None, type=int)
    return show("waybill/one.html", lambda uow: _one(uow, waybill_id, before))


def next_step(state: WaybillState, mine: frozenset[Role]) -> dict[str, Any] | None:
    """The next step on a bill, and whether it is one of my roles that owes it."""
    if state not in _NEXT:
        return None
    owners, what = _NEXT[state]
    own = sorted(owners & mine)
    return {"mine": bool(own), "who": (own or sorted(owners))[0], "what": what}


def _list(uow: UnitOfWork, before: str) -> dict[str, Any]:
    found = actions.list_waybills(uow, before=before, limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    mine = roles_among(uow.connection, [f"waybill:{b.id}" for b in shown], uow.actor.party)
    return {
        "rows": [_row(bill, mine.get(f"waybill:{bill.id}", frozenset())) for bill in shown],
        "states": STATES,
        "older": url_for(".waybills", before=shown[-1].id) if more else None,
    }


def _row(bill: BillSummary, mine: frozenset[Role]) -> dict[str, Any]:
    return {"bill": bill, "mine": mine, "next": next_step(bill.state, mine)}


def _one(uow: UnitOfWork, waybill_id: str, before: int | None) -> dict[str, Any]:
    bill = actions.look_at_waybill(waybill_id, uow)
    found = actions.timeline_of(waybill_id, uow, before=before, limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    names = parties.names(uow.connection, {recorded.actor.party for recorded in shown})
    subject = f"waybill:{waybill_id}"
    mine = roles_among(uow.connection, [subject], uow.actor.party)[subject]
    older = url_for(".waybill", waybill_id=waybill_id, before=shown[-1].number) if more else None
    return {
        "row": _row(bill, mine),
        "events": shown,
        "names": names,
        "proofs": standing.of_events(uow.connection, [recorded.event_id for recorded in shown]),
        "states": STATES,
        "leg_states": LEG_STATES,
        "modes": MODES,
        "older": older,
    }
