"""The pages of bulk lots: balances in kilograms for owners, terminals and banks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask import Blueprint, Response, request, url_for

from yidan.http.auth import needs
from yidan.http.page import show
from yidan.kernel.reasons import Role
from yidan.parties import tables as parties
from yidan.parties.involvement import roles_among
from yidan.release.bulk import actions, tables
from yidan.release.bulk.rules import Balance, OrderState
from yidan.release.wording import Shown
from yidan.store.unit_of_work import UnitOfWork

bp = Blueprint("bulk_pages", __name__, url_prefix="/lots")

PAGE: Final = 50
"""Rows on a page."""
BAR: Final = 1_000
"""Width of a balance's bar, in its own units."""
_SEE_ORDERS: Final = frozenset({Role.CONSIGNEE, Role.TERMINAL})

ORDER_STATES: Final[Mapping[OrderState, Shown]] = MappingProxyType(
    {
        OrderState.ACTIVE: (("active", "有效"), "yes"),
        OrderState.SUSPENDED: (("suspended", "已暂停"), "look"),
        OrderState.EXHAUSTED: (("delivered in full", "已提完"), "plain"),
        OrderState.CANCELLED: (("cancelled", "已取消"), "plain"),
    }
)


@bp.get("")
@needs("lot:read")
def lots() -> Response:
    """My lots, the newest first, each with its balance."""
    before = request.args.get("before", "")[:36]
    return show("release/lots.html", lambda uow: _list(uow, before))


@bp.get("/<lot_id>")
@needs("lot:read")
def lot(lot_id: str) -> Response:
    """One lot: its balance, its pledges, its orders."""
    return show("release/lot.html", lambda uow: _one(uow, lot_id))


def bar(received_kg: int, balance: Balance) -> list[tuple[str, int, int]]:
    """The parts of a lot as (name, left edge, width) of a bar `BAR` wide: free kilograms first."""
    parts = (
        ("free", balance.free_kg),
        ("reserved", balance.reserved_kg),
        ("pledged", balance.pledged_kg),
    )
    left, found = 0, []
    for name, part_kg in parts:
        width = part_kg * BAR // received_kg if received_kg else 0
        found.append((name, left, width))
        left += width
    return found


def _list(uow: UnitOfWork, before: str) -> dict[str, Any]:
    found = tables.page(uow.connection, uow.actor.party, before=before, limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    subjects = [f"lot:{one.id}" for one in shown]
    return {
        "lots": shown,
        "bar": bar,
        "mine": roles_among(uow.connection, subjects, uow.actor.party),
        "names": parties.names(uow.connection, {one.owner for one in shown}),
        "older": url_for(".lots", before=shown[-1].id) if more else None,
    }


def _one(uow: UnitOfWork, lot_id: str) -> dict[str, Any]:
    seen = actions.see_lot(lot_id, uow)
    subject = f"lot:{lot_id}"
    mine = roles_among(uow.connection, [subject], uow.actor.party)[subject]
    orders = tables.orders_of(uow.connection, lot_id) if mine & _SEE_ORDERS else []
    people = {seen.lot.owner, seen.lot.terminal}
    people |= {one.bank for one in seen.pledges} | {one.nominee for one in orders}
    return {
        "lot": seen.lot,
        "bar": bar,
        "mine": mine,
        "pledges": seen.pledges,
        "orders": orders,
        "order_states": ORDER_STATES,
        "names": parties.names(uow.connection, people),
    }
