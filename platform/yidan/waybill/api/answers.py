"""What bills look like on the wire."""

from typing import Any, Self

from pydantic import Field

from yidan.http.models import Id, Instant, WireModel
from yidan.http.paging import cursor_of
from yidan.kernel.events import Event, Recorded, content_of
from yidan.kernel.reasons import Reason
from yidan.waybill.actions import WaybillChanged
from yidan.waybill.tables import Bill, BillSummary, BoxOnBill, LegOnBill


class WaybillPartyAnswer(WireModel):
    """A party as the bill names it."""

    role: str
    name: str
    identifiers: list[str]
    """`scheme:value`."""
    party_id: str
    """Registered organisation; empty while not registered."""


class WaybillLegAnswer(WireModel):
    """One leg (运输段)."""

    sequence: int
    mode: str
    carrier_identifier: str
    carrier_id: str
    from_location: str
    to_location: str
    planned_departure_at: Instant
    planned_arrival_at: Instant
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    train_number: str
    state: str

    @classmethod
    def of(cls, leg: LegOnBill) -> Self:
        """The answer about a leg."""
        return cls(**{name: getattr(leg, name) for name in cls.model_fields})


class WaybillEquipmentAnswer(WireModel):
    """One box with the seals it should have."""

    equipment_reference: str
    iso_equipment_code: str
    fullness: str
    billed_seal_numbers: list[str]
    seal_numbers: list[str]
    seal_differs: bool
    """Other seals were seen, and nobody has resealed the box since (铅封不符)."""
    package_quantity: int
    gross_mass_kg: int
    arrived_leg: int

    @classmethod
    def of(cls, box: BoxOnBill) -> Self:
        """The answer about a box."""
        values: dict[str, Any] = {name: getattr(box, name) for name in cls.model_fields}
        seals = ("billed_seal_numbers", "seal_numbers")
        return cls(**(values | {name: list(values[name]) for name in seals}))


class WaybillSummary(WireModel):
    """A bill in a list."""

    id: Id
    transport_document_reference: str
    state: str
    version: int
    """How often it was submitted."""
    carrier_id: str
    agent_id: str
    forwarder_id: str
    negotiable: bool
    freight_payment: str
    package_quantity: int
    gross_mass_kg: int
    equipment_quantity: int
    bulk: bool
    document_id: str
    """The multimodal waybill issued at acceptance, or empty."""
    submitted_at: Instant
    accepted_at: Instant | None

    @classmethod
    def of(cls, bill: BillSummary) -> Self:
        """The answer about a bill in a list."""
        return cls(**summary_of(bill))


class WaybillAnswer(WaybillSummary):
    """A whole bill."""

    main_leg: int
    parties: list[WaybillPartyAnswer]
    legs: list[WaybillLegAnswer]
    equipment: list[WaybillEquipmentAnswer]

    @classmethod
    def whole(cls, bill: Bill) -> Self:
        """The answer about a bill."""
        return cls(**whole_of(bill))


class WaybillFinding(WireModel):
    """Something noticed and recorded without refusing the report."""

    code: str
    message: str


class WaybillChange(WaybillAnswer):
    """What a call made of a bill."""

    event_ids: list[str]
    findings: list[WaybillFinding]

    @classmethod
    def changed(cls, done: WaybillChanged, language: str) -> Self:
        """The answer to a change."""
        return cls(
            **whole_of(done.bill),
            event_ids=list(done.event_ids),
            findings=[_finding(found, language) for found in done.findings],
        )


class WaybillList(WireModel):
    """A page of bills, the newest first."""

    items: list[WaybillSummary]
    next_cursor: str
    """Empty: this is the last page."""

    @classmethod
    def of(cls, found: list[BillSummary], limit: int) -> Self:
        """The answer for up to `limit` bills."""
        return cls(
            items=[WaybillSummary.of(bill) for bill in found],
            next_cursor=cursor_of(found[-1].id) if len(found) == limit else "",
        )


class WaybillEvent(WireModel):
    """One event of a bill or of what is about it."""

    event_id: str
    type: str
    subject: str
    position: int
    occurred_at: Instant
    recorded_at: Instant
    actor_party: str
    actor_user: str
    on_behalf_of: str
    reason: str
    content: dict[str, Any] = Field(json_schema_extra={"type": "object"})
    """The event's own fields, the body of a document or bill aside."""

    @classmethod
    def of(cls, recorded: Recorded[Event]) -> Self:
        """The answer about an event."""
        content = {k: v for k, v in content_of(recorded.event).items() if k != "body"}
        return cls(
            event_id=recorded.event_id,
            type=recorded.event.TYPE,
            subject=recorded.subject,
            position=recorded.position,
            occurred_at=recorded.occurred_at,
            recorded_at=recorded.recorded_at,
            actor_party=recorded.actor.party,
            actor_user=recorded.actor.user,
            on_behalf_of=recorded.actor.on_behalf_of,
            reason=recorded.reason,
            content=content,
        )


class WaybillEventList(WireModel):
    """A page of a bill's timeline, the newest first."""

    items: list[WaybillEvent]
    next_cursor: str
    """Empty: this is the last page."""

    @classmethod
    def of(cls, found: list[Recorded[Event]], limit: int) -> Self:
        """The answer for up to `limit` events."""
        return cls(
            items=[WaybillEvent.of(recorded) for recorded in found],
            next_cursor=cursor_of(str(found[-1].number)) if len(found) == limit else "",
        )


def summary_of(bill: BillSummary) -> dict[str, Any]:
    """A bill's own fields."""
    values = {name: getattr(bill, name) for name in WaybillSummary.model_fields}
    return {**values, "state": bill.state.value}


def whole_of(bill: Bill) -> dict[str, Any]:
    """A bill with everything on it."""
    return {
        **summary_of(bill),
        "main_leg": bill.main_leg,
        "parties": [
            WaybillPartyAnswer(
                role=one.role,
                name=one.name,
                identifiers=list(one.identifiers),
                party_id=one.party_id,
            )
            for one in bill.named
        ],
        "legs": [WaybillLegAnswer.of(leg) for leg in bill.legs],
        "equipment": [WaybillEquipmentAnswer.of(box) for box in bill.boxes],
    }


def _finding(found: Reason, language: str) -> WaybillFinding:
    return WaybillFinding(code=found.code, message=found.text(language))
