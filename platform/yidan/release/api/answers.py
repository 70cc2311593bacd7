"""What releases, rights, holds and visits look like on the wire."""

from datetime import date
from typing import Any, Self

from pydantic import Field

from yidan.http.languages import language
from yidan.http.models import Id, Instant, ReasonAnswer, WireModel
from yidan.http.paging import cursor_of
from yidan.kernel.reasons import Reason
from yidan.release.actions.acknowledgements import ReleaseChanged
from yidan.release.actions.cancellations import ReleaseOutcome
from yidan.release.actions.holds import HoldChanged
from yidan.release.actions.looking import Readiness, ReleaseView, RightView, Turn
from yidan.release.actions.positions import Position
from yidan.release.actions.rights import RightChanged
from yidan.release.actions.visits import VisitChanged
from yidan.release.rules.holds import Hold
from yidan.release.tables.releases import Release
from yidan.release.tables.rights import Right
from yidan.release.tables.visits import Visit


def said(reason: Reason) -> ReasonAnswer:
    """A reason in the caller's language."""
    return ReasonAnswer(
        code=reason.code,
        message=reason.text(language()),
        at=reason.at,
        owner=reason.owner.value if reason.owner else None,
        since=reason.since,
    )


class NextAction(ReasonAnswer):
    """What comes next (下一步), and who has to do it."""

    mine: bool
    """Whether it is the caller's turn."""

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """The answer about a turn."""
        return cls(**said(turn.next_action).model_dump(by_alias=False), mine=turn.mine)


class ReleaseLineAnswer(WireModel):
    """One box of a release."""

    equipment_reference: str
    state: str
    right_id: str
    """Its release right, or empty."""
    right_state: str


class ReleaseSummary(WireModel):
    """A commercial release (商务放货)."""

    id: Id
    delivery_order_reference: str
    transport_document_reference: str
    state: str
    """By the clock: past `validUntil` a granted release is expired."""
    version: int
    pending_update: bool
    """Boxes of an update wait for the terminal; the rest stands."""
    release_to: str
    first_holder: str
    valid_from: Instant
    valid_until: Instant
    vessel_imo_number: str
    voyage: str
    terminal_location: str
    blocked_by: list[str]
    """Party ids of everybody whose block stands; nothing leaves while one does."""
    letter_of_indemnity: bool
    """Granted on a letter of indemnity; the bill is still out (保函)."""
    state_since: Instant
    lines: list[ReleaseLineAnswer]


class ReleaseAnswer(ReleaseSummary):
    """A release as the caller sees it."""

    my_roles: list[str]
    next_action: NextAction

    @classmethod
    def of(cls, view: ReleaseView) -> Self:
        """The answer about a release."""
        lines = [
            ReleaseLineAnswer(
                equipment_reference=box,
                state=state.value,
                right_id=view.rights[box].id if box in view.rights else "",
                right_state=view.rights[box].state.value if box in view.rights else "",
            )
            for box, state in view.lines.items()
        ]
        return cls(
            **{**_release(view.release), "state": view.state.value, "lines": lines},
            blocked_by=[block.party_id for block in view.blocks],
            my_roles=[role.value for role in view.turn.my_roles],
            next_action=NextAction.of(view.turn),
        )


class ReleaseList(WireModel):
    """A page of releases."""

    items: list[ReleaseAnswer]
    next_cursor: str = Field(max_length=400)
    """Empty on the last page."""

    @classmethod
    def of(cls, found: list[ReleaseView], limit: int) -> Self:
        """A page."""
        more = cursor_of(found[-1].release.id) if len(found) == limit else ""
        return cls(items=[ReleaseAnswer.of(view) for view in found], next_cursor=more)


class ReleaseChange(WireModel):
    """What became of a release."""

    event_id: str
    release_id: Id
    state: str

    @classmethod
    def of(cls, done: ReleaseChanged) -> Self:
        """The answer."""
        return cls(
            event_id=done.event_id, release_id=done.release.id, state=done.release.state.value
        )


class LineOutcomeAnswer(WireModel):
    """What became of one box of an order."""

    equipment_reference: str
    applied: bool
    reasons: list[ReasonAnswer]


class ReleaseOutcomeAnswer(WireModel):
    """What became of an order, box by box."""

    event_ids: list[str]
    release_id: Id
    lines: list[LineOutcomeAnswer]

    @classmethod
    def of(cls, done: ReleaseOutcome) -> Self:
        """The answer."""
        lines = [
            LineOutcomeAnswer(
                equipment_reference=line.reference,
                applied=line.applied,
                reasons=[said(reason) for reason in line.reasons],
            )
            for line in done.lines
        ]
        return cls(event_ids=list(done.event_ids), release_id=done.release_id, lines=lines)


class LightsAnswer(WireModel):
    """The lights of a box (状态灯)."""

    total: str
    """GREEN, YELLOW or RED; only GREEN leaves."""
    commercial: str
    discharge: str
    terminal: str
    customs: str
    charges: str
    gate: str


class BoxReadiness(WireModel):
    """Whether a box may leave now, and every reason why not."""

    equipment_reference: str
    right_id: str
    ready: bool
    lights: LightsAnswer
    reasons: list[ReasonAnswer]

    @classmethod
    def of(cls, position: Position) -> Self:
        """The answer about a box."""
        lights = {
            name: getattr(position.lights, name).value
            for name in LightsAnswer.model_fields
            if name != "total"
        }
        reasons = [said(reason) for reason in position.reasons()]
        return cls(
            equipment_reference=position.equipment_reference,
            right_id=position.right.id if position.right else "",
            ready=not reasons,
            lights=LightsAnswer(total=position.total.value, **lights),
            reasons=reasons,
        )


class ReadinessAnswer(WireModel):
    """Whether the boxes of a release may leave now (可提箱判断)."""

    release_id: Id
    ready: bool
    """All boxes."""
    customs_progress: str
    boxes: list[BoxReadiness]

    @classmethod
    def of(cls, found: Readiness) -> Self:
        """The answer."""
        boxes = [BoxReadiness.of(position) for position in found.positions]
        return cls(
            release_id=found.release_id,
            ready=bool(boxes) and all(box.ready for box in boxes),
            customs_progress=found.progress.value,
            boxes=boxes,
        )


class RightSummary(WireModel):
    """A release right (提货权)."""

    id: Id
    serial_number: int
    release_id: Id
    visit_id: Id
    equipment_reference: str
    transport_document_reference: str
    state: str
    state_since: Instant
    suspended: bool
    holder: str
    """Party id; empty while nobody is named."""
    chain: list[str]
    """Party ids of the holders, the first one first."""
    offered_to: str
    offer_expires_at: Instant | None
    plate: str
    driver_id: str
    planned_at: Instant | None


class RightAnswer(RightSummary):
    """A right as the caller sees it."""

    my_roles: list[str]
    next_action: NextAction

    @classmethod
    def of(cls, view: RightView) -> Self:
        """The answer about a right."""
        return cls(
            **_right(view.right),
            my_roles=[role.value for role in view.turn.my_roles],
            next_action=NextAction.of(view.turn),
        )


class RightList(WireModel):
    """A page of rights."""

    items: list[RightAnswer]
    next_cursor: str = Field(max_length=400)
    """Empty on the last page."""

    @classmethod
    def of(cls, found: list[RightView], limit: int) -> Self:
        """A page."""
        more = cursor_of(found[-1].right.id) if len(found) == limit else ""
        return cls(items=[RightAnswer.of(view) for view in found], next_cursor=more)


class RightChange(RightSummary):
    """What became of a right."""

    event_id: str

    @classmethod
    def of(cls, done: RightChanged) -> Self:
        """The answer."""
        return cls(**_right(done.right), event_id=done.event_id)


class HoldSummary(WireModel):
    """A hold (扣留)."""

    id: Id
    guardian: str
    """What it hangs on: `bill:…`, `box:…`, `visit:…`, `lot:…`, `organisation:…`, `vehicle:…`."""
    kind: str
    placed_by: str
    placed_role: str
    placed_at: Instant
    lifted_at: Instant | None
    why: str

    @classmethod
    def of_hold(cls, hold: Hold) -> Self:
        """The answer about a hold."""
        return cls(**_hold(hold))


class HoldList(WireModel):
    """A page of holds."""

    items: list[HoldSummary]
    next_cursor: str = Field(max_length=400)
    """Empty on the last page."""

    @classmethod
    def of(cls, found: list[Hold], limit: int) -> Self:
        """A page."""
        more = cursor_of(found[-1].id) if len(found) == limit else ""
        return cls(items=[HoldSummary.of_hold(hold) for hold in found], next_cursor=more)


class HoldChange(HoldSummary):
    """What became of a hold."""

    event_id: str

    @classmethod
    def of(cls, done: HoldChanged) -> Self:
        """The answer."""
        return cls(**_hold(done.hold), event_id=done.event_id)


class VisitAnswer(WireModel):
    """A box's visit and what the terminal says of it (箱的一次到港)."""

    id: Id
    equipment_reference: str
    iso_equipment_code: str
    vessel_imo_number: str
    voyage: str
    un_location_code: str
    transport_document_reference: str
    further_bills: list[str]
    """The other bills under which the terminal's list has the box."""
    seal_numbers: list[str]
    gross_mass_kg: int | None
    damage_codes: list[str]
    discharge: str
    discharged_at: Instant | None
    terminal_status: str
    charges: str
    paid_through_on: date | None

    @classmethod
    def of_visit(cls, visit: Visit) -> Self:
        """The answer about a visit."""
        return cls(**_visit(visit))


class VisitList(WireModel):
    """A page of visits."""

    items: list[VisitAnswer]
    next_cursor: str = Field(max_length=400)
    """Empty on the last page."""

    @classmethod
    def of(cls, found: list[Visit], limit: int) -> Self:
        """A page."""
        more = cursor_of(found[-1].id) if len(found) == limit else ""
        return cls(items=[VisitAnswer.of_visit(visit) for visit in found], next_cursor=more)


class VisitChange(VisitAnswer):
    """What became of a visit."""

    event_id: str

    @classmethod
    def of(cls, done: VisitChanged) -> Self:
        """The answer."""
        return cls(**_visit(done.visit), event_id=done.event_id)


def _release(release: Release) -> dict[str, Any]:
    names = set(ReleaseSummary.model_fields) - {"state", "lines", "blocked_by"}
    return {name: getattr(release, name) for name in names}


def _right(right: Right) -> dict[str, Any]:
    values = {name: getattr(right, name) for name in RightSummary.model_fields}
    return {**values, "state": right.state.value, "chain": list(right.chain)}


def _hold(hold: Hold) -> dict[str, Any]:
    values = {name: getattr(hold, name) for name in HoldSummary.model_fields}
    return {**values, "kind": hold.kind.value, "placed_role": hold.placed_role.value}


def _visit(visit: Visit) -> dict[str, Any]:
    values = {name: getattr(visit, name) for name in VisitAnswer.model_fields}
    return {
        **values,
        "further_bills": list(visit.further_bills),
        "seal_numbers": list(visit.seal_numbers),
        "damage_codes": list(visit.damage_codes),
        "discharge": visit.discharge.value,
        "terminal_status": visit.terminal_status.value,
        "charges": visit.charges.value,
    }
