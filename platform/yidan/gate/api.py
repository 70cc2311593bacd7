"""`/v1/gate`: captures of kiosks, clerks' resolutions, the barrier."""

from typing import Annotated, Self
from zoneinfo import ZoneInfo

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from yidan.gate.actions import barriers, captures, resolutions
from yidan.gate.actions.barriers import Opened, TruckLeft
from yidan.gate.actions.captures import Answered, Site
from yidan.gate.events import Direction
from yidan.gate.rules.states import TransactionState
from yidan.gate.tables import Transaction
from yidan.http.auth import needs
from yidan.http.edge import look, perform
from yidan.http.languages import language
from yidan.http.models import Id, IdPath, Instant, ReasonAnswer, Text, WireModel
from yidan.http.openapi import answers
from yidan.http.paging import PageQuery, cursor_of, keys_of
from yidan.http.wiring import services
from yidan.kernel.reasons import Reason

bp = APIBlueprint("gate", __name__)

DeviceId = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,63}$")]
Lane = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9./-]{0,16}$")]
Read = Annotated[str, Field(max_length=40)]
Seals = Annotated[list[Annotated[str, Field(min_length=1, max_length=35)]], Field(max_length=6)]
Damages = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=50)]
MassKg = Annotated[int, Field(ge=1, le=200_000)]
PerMille = Annotated[int, Field(ge=0, le=1000)]


class Confidences(WireModel):
    """How sure each reading is, per mille; a field left out counts as unread."""

    plate: PerMille = 0
    driver_id: PerMille = 0
    equipment_reference: PerMille = 0
    seal_numbers: PerMille = 0


class CaptureBody(WireModel):
    """What a kiosk saw; sent as read, nothing mended."""

    transaction_id: DeviceId
    """Made and stored by the device before sending; also its Idempotency-Key."""
    direction: Direction
    lane: Lane
    plate: Read
    driver_id: Read
    equipment_reference: Read = ""
    seal_numbers: Seals = Field(default_factory=list)
    gross_mass_kg: MassKg | None = None
    damage_codes: Damages = Field(default_factory=list)
    """ISO 9897 (CEDEX): component-location-damage, e.g. `PAA-LB3N-DT`."""
    confidence: Confidences
    captured_at: Instant
    """By the device's clock: recorded, never trusted."""

    def command(self) -> captures.RecordCapture:
        """The capture as a command."""
        return captures.RecordCapture(
            device_transaction_id=self.transaction_id,
            direction=self.direction,
            lane=self.lane,
            plate=self.plate,
            driver_id=self.driver_id,
            equipment_reference=self.equipment_reference,
            seal_numbers=tuple(self.seal_numbers),
            gross_mass_kg=self.gross_mass_kg,
            damage_codes=tuple(self.damage_codes),
            confidences=self.confidence.model_dump(by_alias=True),
            captured_at=self.captured_at,
        )


class ReadingsBody(WireModel):
    """What the clerk read; a field left out stays as the lane read it."""

    plate: Read | None = None
    driver_id: Read | None = None
    equipment_reference: Read | None = None
    seal_numbers: Seals | None = None
    gross_mass_kg: MassKg | None = None
    damage_codes: Damages | None = None


class ResolutionBody(WireModel):
    """A clerk's decision, with the readings replaced and the reason why."""

    approve: bool
    reason: Text
    readings: ReadingsBody = Field(default_factory=ReadingsBody)

    def command(self, transaction_id: str) -> resolutions.ResolveTransaction:
        """The resolution as a command."""
        read = self.readings
        return resolutions.ResolveTransaction(
            transaction_id=transaction_id,
            approve=self.approve,
            why=self.reason,
            readings=resolutions.Readings(
                plate=read.plate,
                driver_id=read.driver_id,
                equipment_reference=read.equipment_reference,
                seal_numbers=None if read.seal_numbers is None else tuple(read.seal_numbers),
                gross_mass_kg=read.gross_mass_kg,
                damage_codes=None if read.damage_codes is None else tuple(read.damage_codes),
            ),
        )


class OpeningBody(WireModel):
    """The lane that asks to open."""

    lane: Lane


class LeavingBody(WireModel):
    """Why the truck leaves without its box."""

    reason: Text


class GateTransactionAnswer(WireModel):
    """What the lane is told, and who can mend it."""

    id: Id
    transaction_id: str
    """The device's own id."""
    direction: str
    lane: str
    plate: str
    equipment_reference: str
    verdict: str
    """APPROVE, REFER or DENY."""
    state: str
    reasons: list[ReasonAnswer]
    findings: list[ReasonAnswer]
    """Noticed; no ground for the verdict."""
    decision_id: str | None
    """Opens the barrier once, at this lane, until `expiresAt`."""
    expires_at: Instant | None
    truck_visit_id: str
    opened_at: Instant | None
    resumed: bool
    """It goes on with an earlier transaction of the lane."""

    @classmethod
    def of(cls, found: Transaction, *, resumed: bool = False) -> Self:
        """The answer about a transaction."""
        return cls(
            id=found.id,
            transaction_id=found.device_transaction_id,
            direction=found.direction.value,
            lane=found.lane,
            plate=found.plate,
            equipment_reference=found.equipment_reference,
            verdict=_VERDICTS[found.state],
            state=found.state.value,
            reasons=[_said(reason) for reason in found.reasons],
            findings=[_said(reason) for reason in found.findings],
            decision_id=found.decision_id,
            expires_at=found.expires_at,
            truck_visit_id=found.truck_visit_id,
            opened_at=found.opened_at,
            resumed=resumed,
        )

    @classmethod
    def answered(cls, done: Answered) -> Self:
        """The answer to a capture or a resolution."""
        return cls.of(done.transaction, resumed=done.resumed)


_VERDICTS = {
    TransactionState.NONE: "REFER",
    TransactionState.REFERRED: "REFER",
    TransactionState.APPROVED: "APPROVE",
    TransactionState.COMPLETE: "APPROVE",
    TransactionState.REJECTED: "DENY",
}


class GateTransactionList(WireModel):
    """A page of transactions."""

    items: list[GateTransactionAnswer]
    next_cursor: str = Field(max_length=400)
    """Empty on the last page."""

    @classmethod
    def page(cls, found: list[Transaction], limit: int) -> Self:
        """A page."""
        more = cursor_of(found[-1].id) if len(found) == limit else ""
        return cls(items=[GateTransactionAnswer.of(one) for one in found], next_cursor=more)


class GateQuery(PageQuery):
    """Which transactions."""

    state: Annotated[str, Field(max_length=10)] = ""
    """`referred`: those that wait for a clerk."""


class OpeningAnswer(WireModel):
    """The barrier opens."""

    event_id: Id
    gate_transaction_id: Id
    opened_at: Instant
    eir_document_id: str
    """The equipment interchange receipt (设备交接单) of a box that left, or empty."""

    @classmethod
    def of(cls, done: Opened) -> Self:
        """The answer."""
        return cls(
            event_id=done.event_id,
            gate_transaction_id=done.transaction.id,
            opened_at=done.transaction.opened_at or done.transaction.decided_at,
            eir_document_id=done.eir_document_id,
        )


class LeavingAnswer(WireModel):
    """The truck left as it came."""

    event_id: Id
    truck_visit_id: Id
    plate: str

    @classmethod
    def of(cls, done: TruckLeft) -> Self:
        """The answer."""
        return cls(event_id=done.event_id, truck_visit_id=done.truck.id, plate=done.truck.plate)


def _said(reason: Reason) -> ReasonAnswer:
    return ReasonAnswer(
        code=reason.code,
        message=reason.text(language()),
        at=reason.at,
        owner=reason.owner.value if reason.owner else None,
        since=reason.since,
    )


def _site() -> Site:
    settings = services().settings
    return Site(zone=ZoneInfo(settings.site_timezone), decision_ttl_s=settings.decision_ttl_s)


@bp.post("/v1/gate/transactions", responses=answers(GateTransactionAnswer))
@needs("gate:write")
def record_capture(body: CaptureBody) -> Response:
    """Decide on what a kiosk saw: approve, refer or deny, with every reason."""
    command, site = body.command(), _site()
    return perform(
        lambda uow: captures.record_capture(command, site, uow),
        GateTransactionAnswer.answered,
        location=lambda done: f"/v1/gate/transactions/{done.transaction.id}",
    )


@bp.get("/v1/gate/transactions", responses=answers(GateTransactionList, 200))
@needs("gate:write")
def list_transactions(query: GateQuery) -> Response:
    """List the terminal's transactions, the newest first."""
    before = keys_of(query.cursor, 1)
    return look(
        lambda uow: barriers.list_transactions(
            uow, before=before[0] if before else "", state=query.state, limit=query.limit
        ),
        lambda found: GateTransactionList.page(found, query.limit),
    )


@bp.get("/v1/gate/transactions/<id>", responses=answers(GateTransactionAnswer, 200))
@needs("gate:write")
def see_transaction(path: IdPath) -> Response:
    """Show how a transaction stands; a kiosk asks this while a clerk looks."""
    return look(lambda uow: barriers.look_at_transaction(path.id, uow), GateTransactionAnswer.of)


@bp.post("/v1/gate/transactions/<id>/resolution", responses=answers(GateTransactionAnswer))
@needs("gate:write")
def resolve_transaction(path: IdPath, body: ResolutionBody) -> Response:
    """Approve or deny a referred transaction, by a clerk."""
    command, site = body.command(path.id), _site()
    return perform(
        lambda uow: resolutions.resolve_transaction(command, site, uow),
        GateTransactionAnswer.answered,
    )


@bp.post("/v1/gate/decisions/<id>/opening", responses=answers(OpeningAnswer))
@needs("gate:write")
def open_barrier(path: IdPath, body: OpeningBody) -> Response:
    """Open the barrier, once; at gate-out the box's right is consumed with it."""
    command, site = barriers.OpenBarrier(decision_id=path.id, lane=body.lane), _site()
    return perform(lambda uow: barriers.open_barrier(command, site, uow), OpeningAnswer.of)


@bp.post("/v1/gate/truck-visits/<id>/leaving", responses=answers(LeavingAnswer))
@needs("gate:write")
def leave_without_box(path: IdPath, body: LeavingBody) -> Response:
    """Let a truck leave as it came."""
    site = _site()
    return perform(
        lambda uow: barriers.leave_without_box(path.id, body.reason, site, uow),
        LeavingAnswer.of,
    )
