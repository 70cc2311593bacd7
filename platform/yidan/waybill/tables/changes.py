"""How events change the rows of bills, and who thereby becomes a party to what."""

from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from yidan.kernel.events import Recorded
from yidan.kernel.reasons import Role
from yidan.parties.events import OrganisationRegistered
from yidan.parties.involvement import involve, involved, withdraw
from yidan.store.projections import changed_one, projects
from yidan.waybill.events import (
    ExecutionStarted,
    NamedParty,
    TrainArrived,
    WaybillAccepted,
    WaybillBooked,
    WaybillDelivered,
    WaybillReturned,
    WaybillSubmitted,
)
from yidan.waybill.rules import reading
from yidan.waybill.rules.states import WAYBILL, WaybillState
from yidan.waybill.tables import boxes as box_rows
from yidan.waybill.tables import legs as leg_rows
from yidan.waybill.tables.bills import ROW, get_bill
from yidan.waybill.tables.timeline import relate
from yidan.waybill.tables.waiting import replace_waiting, take_waiting

_LEG_ROLE: Final = MappingProxyType(
    {"SEA": Role.CARRIER, "BARGE": Role.CARRIER, "RAIL": Role.RAIL_OPERATOR, "ROAD": Role.HAULIER}
)
"""As what a leg's carrier is a party to the bill, by mode."""


@projects(WaybillSubmitted)
def _submitted(connection: Connection, recorded: Recorded[WaybillSubmitted]) -> None:
    happened, body = recorded.event, recorded.event.body
    boxes, legs = reading.boxes(body), reading.legs(body)
    before = get_bill(connection, happened.waybill_id)
    values = {
        "agent_id": happened.agent_id,
        "forwarder_id": _party(happened, "FORWARDER"),
        "main_leg": happened.main_leg,
        "negotiable": body["terms"]["negotiable"],
        "freight_payment": body["terms"]["freightPayment"],
        "package_quantity": body["totals"]["packageQuantity"],
        "gross_mass_kg": body["totals"]["grossMassKg"],
        "equipment_quantity": body["totals"]["equipmentQuantity"],
        "bulk": not boxes,
        "parties": [_party_row(one) for one in happened.parties],
        "submitted_at": recorded.recorded_at,
    }
    if before is None:
        connection.execute(
            insert(ROW).values(
                id=happened.waybill_id,
                transport_document_reference=happened.transport_document_reference,
                carrier_id=happened.carrier_id,
                state=WAYBILL.advance(WAYBILL.initial, WaybillSubmitted).value,
                version=1,
                document_id="",
                **values,
            )
        )
    else:
        _advance(connection, recorded, version=before.version + 1, **values)
    box_rows.replace_boxes(connection, happened.waybill_id, boxes)
    leg_rows.replace_legs(connection, happened.waybill_id, legs, happened.leg_carriers)
    replace_waiting(connection, happened.waybill_id, happened.parties)
    _involve(connection, recorded.subject, happened, legs)


def _party(happened: WaybillSubmitted, role: str) -> str:
    return next((one.party_id for one in happened.parties if one.role == role), "")


def _party_row(one: NamedParty) -> dict[str, Any]:
    return {
        "role": one.role,
        "name": one.name,
        "identifiers": list(one.identifiers),
        "party_id": one.party_id,
    }


def _involve(
    connection: Connection, subject: str, happened: WaybillSubmitted, legs: list[reading.Leg]
) -> None:
    for party_id, role in involved(connection, subject):
        withdraw(connection, subject, party_id, role)
    modes = {leg.sequence: leg.mode for leg in legs}
    for one in happened.parties:
        if one.party_id and one.role.lower() in set(Role):
            involve(connection, subject, one.party_id, Role(one.role.lower()))
    for carrier in happened.leg_carriers:
        if carrier.party_id:
            involve(connection, subject, carrier.party_id, _LEG_ROLE[modes[carrier.sequence]])


@projects(WaybillAccepted)
def _accepted(connection: Connection, recorded: Recorded[WaybillAccepted]) -> None:
    happened = recorded.event
    _advance(
        connection,
        recorded,
        accepted_at=recorded.recorded_at,
        document_id=happened.document_id,
    )
    relate(connection, happened.transport_document_reference, f"document:{happened.document_id}")


def _moved_on(connection: Connection, recorded: Recorded[Any]) -> None:
    _advance(connection, recorded)


for _happened in (WaybillReturned, WaybillBooked, ExecutionStarted, WaybillDelivered):
    projects(_happened)(_moved_on)


def _advance(connection: Connection, recorded: Recorded[Any], **values: object) -> None:
    waybill_id, happened = recorded.event.waybill_id, type(recorded.event)
    here = ROW.c.id == waybill_id
    decided_from = WaybillState(connection.execute(select(ROW.c.state).where(here)).scalar_one())
    after = WAYBILL.advance(decided_from, happened)
    changed_one(
        connection.execute(
            update(ROW)
            .where(here, ROW.c.state == decided_from.value)
            .values(state=after.value, **values)
        )
    )


@projects(TrainArrived)
def _train_arrived(connection: Connection, recorded: Recorded[TrainArrived]) -> None:
    involve(connection, recorded.subject, recorded.actor.party, Role.RAIL_OPERATOR)


@projects(OrganisationRegistered)
def _party_registered(connection: Connection, recorded: Recorded[OrganisationRegistered]) -> None:
    """Whom a bill named by identifier only is a party to it from its registration on."""
    happened = recorded.event
    for waybill_id, role in take_waiting(connection, happened.identifiers):
        here = ROW.c.id == waybill_id
        named = connection.execute(select(ROW.c.parties).where(here)).scalar_one()
        known = [_registered(one, role, happened) for one in named]
        connection.execute(update(ROW).where(here).values(parties=known))
        if role.lower() in set(Role):
            subject = f"waybill:{waybill_id}"
            involve(connection, subject, happened.organisation_id, Role(role.lower()))


def _registered(one: dict[str, Any], role: str, happened: OrganisationRegistered) -> dict[str, Any]:
    same = one["role"] == role and set(one["identifiers"]) & set(happened.identifiers)
    return {**one, "party_id": happened.organisation_id} if same else one
