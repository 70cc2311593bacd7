"""The pages of release: what may leave, what stands against it, whose turn it is; and holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request, url_for

from yidan.http.auth import needs
from yidan.http.page import show
from yidan.http.wiring import services
from yidan.kernel.reasons import Reason, Role
from yidan.parties import tables as parties
from yidan.parties.involvement import roles_among
from yidan.release import wording
from yidan.release.actions import holds as hold_actions
from yidan.release.actions import looking, positions
from yidan.release.actions.looking import ReleaseView, Turn
from yidan.release.actions.positions import Position
from yidan.release.rules.right import RightState
from yidan.release.tables.bills import BillKey
from yidan.release.tables.releases import Release
from yidan.release.titles import words
from yidan.release.titles.actions.sight import may_see
from yidan.release.titles.goods import titles_over
from yidan.release.titles.tables import Title
from yidan.store.unit_of_work import UnitOfWork

bp = Blueprint("release_pages", __name__, template_folder="templates", url_prefix="/releases")

PAGE: Final = 20
"""Releases on a page; each of their boxes is judged anew."""
RIGHTS: Final = 100
"""Newest rights that are looked at for the reader's turn."""
HOLDS_PAGE: Final = 50
_OVER: Final = frozenset({RightState.CONSUMED, RightState.VOID})


@dataclass(frozen=True, kw_only=True)
class Step:
    """The next step, in one line (DOMAIN U1)."""

    kind: str
    """`mine`, `wait`, `ok` or `done`."""
    reason: Reason | None = None


@bp.get("")
@needs("release:read")
def releases() -> Response:
    """My releases and rights, each with my role and the next step; `?mine=1`: my turn only."""
    before, only_mine = request.args.get("before", "")[:36], request.args.get("mine") == "1"
    return show("release/list.html", lambda uow: _list(uow, before, only_mine=only_mine))


@bp.get("/<release_id>")
@needs("release:read")
def release(release_id: str) -> Response:
    """One release: every box with its lights and every reason against its leaving."""
    return show("release/one.html", lambda uow: _release(uow, release_id))


@bp.get("/rights/<right_id>")
@needs("release:read")
def right(right_id: str) -> Response:
    """One right: its box, as a haulier sees it who is no party to the whole release."""
    return show("release/one.html", lambda uow: _right(uow, right_id))


@bp.get("/holds")
@needs("release:read")
def holds() -> Response:
    """Holds the own organisation placed or may lift."""
    before = request.args.get("before", "")[:36]
    return show("release/holds.html", lambda uow: _holds(uow, before))


def next_step(boxes: Iterable[Position], mine: frozenset[Role], turns: Mapping[str, Turn]) -> Step:
    """The next step over some boxes: my own first; `turns` by right id."""
    staying = [one for one in boxes if one.right is None or one.right.state not in _OVER]
    if not staying:
        return Step(kind="done")
    standing = [reason for one in staying for reason in one.reasons() if reason.owner]
    held = [turns[one.right.id] for one in staying if one.right and _can_act(one, turns)]
    own = [turn.next_action for turn in held if turn.mine]
    own += [reason for reason in standing if reason.owner in mine]
    if own:
        return Step(kind="mine", reason=own[0])
    if any(not one.reasons() for one in staying) and not standing:
        return Step(kind="ok")
    return Step(kind="wait", reason=standing[0]) if standing else Step(kind="done")


def _can_act(one: Position, turns: Mapping[str, Turn]) -> bool:
    """Whether the step its right waits for makes sense now: no truck is sent for a box in vain."""
    if one.right is None or one.right.id not in turns:
        return False
    return one.right.state is not RightState.ASSIGNED or not one.reasons()


def _list(uow: UnitOfWork, before: str, *, only_mine: bool) -> dict[str, Any]:
    found = looking.list_releases(uow, before=before, limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    turns = _turns(uow)
    listed = [_release_row(uow, one, turns) for one in shown]
    if not before:
        listed += _right_rows(uow, {one.release.id for one in found}, turns)
    kept = [row for row in listed if not only_mine or row["step"].kind == "mine"]
    older = url_for(".releases", before=shown[-1].release.id, mine=int(only_mine)) if more else None
    return {
        "states": wording.RELEASE_STATES,
        "rows": kept,
        "only_mine": only_mine,
        "older": older,
    }


def _turns(uow: UnitOfWork) -> dict[str, Turn]:
    return {one.right.id: one.turn for one in looking.list_rights(uow, limit=RIGHTS)}


def _release_row(uow: UnitOfWork, seen: ReleaseView, turns: Mapping[str, Turn]) -> dict[str, Any]:
    found = positions.of_release(uow, seen.release, _zone())
    mine = frozenset(seen.turn.my_roles)
    return {
        "release": seen.release,
        "state": seen.state,
        "mine": mine,
        "ready": sum(not position.reasons() for position in found),
        "boxes": [position.equipment_reference for position in found],
        "step": next_step(found, mine, turns),
        "right": None,
    }


def _right_rows(uow: UnitOfWork, seen: set[str], turns: Mapping[str, Turn]) -> list[dict[str, Any]]:
    """Rights whose release this party does not see as a whole: it holds or is offered one."""
    found = []
    for one in looking.list_rights(uow, limit=RIGHTS):
        whole = roles_among(uow.connection, [f"release:{one.right.release_id}"], uow.actor.party)
        if one.right.release_id in seen or whole:
            continue
        position = positions.read(uow, one.right.id, _zone())
        mine = frozenset(one.turn.my_roles)
        found.append(
            {
                "release": position.release,
                "state": position.release.state,
                "mine": mine,
                "ready": int(not position.reasons()),
                "boxes": [one.right.equipment_reference],
                "step": next_step([position], mine, turns),
                "right": one.right,
            }
        )
    return found


def _release(uow: UnitOfWork, release_id: str) -> dict[str, Any]:
    seen = looking.look_at_release(release_id, uow)
    boxes = looking.readiness_of(release_id, _zone(), uow).positions
    return _shown(uow, seen.release, list(boxes), seen.turn)


def _right(uow: UnitOfWork, right_id: str) -> dict[str, Any]:
    turn = looking.look_at_right(right_id, uow).turn
    position = looking.readiness_of_right(right_id, _zone(), uow)
    return _shown(uow, position.release, [position], turn)


def _shown(uow: UnitOfWork, found: Release, boxes: list[Position], turn: Turn) -> dict[str, Any]:
    chain = [party for one in boxes if one.right for party in one.right.chain]
    offered = [one.right.offered_to for one in boxes if one.right and one.right.offered_to]
    people = {found.carrier, found.agent, found.consignee, *chain, *offered}
    mine = frozenset(turn.my_roles)
    return {
        "states": wording.RELEASE_STATES,
        "release": found,
        "boxes": boxes,
        "mine": mine,
        "step": next_step(boxes, mine, _turns(uow)),
        "names": parties.names(uow.connection, people),
        "shown_lights": wording.shown_lights,
        "right_states": wording.RIGHT_STATES,
        "titles": _titles(uow, found),
        "title_states": words.STATES,
    }


def _titles(uow: UnitOfWork, found: Release) -> list[Title]:
    """The titles on the chain behind a release, those of them that the reader may see."""
    bill = BillKey(found.carrier, found.transport_document_reference)
    return [one for one in titles_over(uow.connection, bill) if may_see(uow, one)]


def _holds(uow: UnitOfWork, before: str) -> dict[str, Any]:
    found = hold_actions.list_holds(uow, before=before, limit=HOLDS_PAGE + 1)
    shown, more = found[:HOLDS_PAGE], len(found) > HOLDS_PAGE
    return {
        "holds": shown,
        "kinds": wording.HOLD_KINDS,
        "guardians": wording.GUARDIANS,
        "names": parties.names(uow.connection, {one.placed_by for one in shown}),
        "older": url_for(".holds", before=shown[-1].id) if more else None,
    }


def _zone() -> ZoneInfo:
    return ZoneInfo(services().settings.site_timezone)
