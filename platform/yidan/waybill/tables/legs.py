"""The legs of bills (运输段) and where each is in its life."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Recorded
from yidan.store.columns import Instant
from yidan.store.projections import changed_one, projects
from yidan.waybill.events import (
    LegArrived,
    LegCarrier,
    LegConfirmed,
    LegDeparted,
    LegEvent,
    LegFailed,
    LegHandedOver,
    LegLoaded,
    LegReplanned,
    LegRequested,
    LegUnloaded,
)
from yidan.waybill.rules import reading
from yidan.waybill.rules.states import LEG, LegState


class LegRow(SQLModel, table=True):
    """One leg of one bill."""

    __tablename__ = "waybill_leg"
    waybill_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    mode: str
    carrier_identifier: str
    carrier_id: str
    from_location: str
    to_location: str
    planned_departure_at: datetime = Field(sa_type=Instant)
    planned_arrival_at: datetime = Field(sa_type=Instant)
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    train_number: str
    state: str


_LEG = LegRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class LegOnBill:
    """One leg as it stands now."""

    sequence: int
    mode: str
    """SEA, BARGE, RAIL or ROAD."""
    carrier_identifier: str
    carrier_id: str
    """Registered organisation, or ""."""
    from_location: str
    """UN/LOCODE."""
    to_location: str
    """UN/LOCODE."""
    planned_departure_at: datetime
    planned_arrival_at: datetime
    vessel_imo_number: str
    vessel_name: str
    voyage: str
    train_number: str
    state: LegState


def legs_of(connection: Connection, waybill_id: str) -> tuple[LegOnBill, ...]:
    """The legs of a bill in the order of travel."""
    rows = connection.execute(
        select(_LEG).where(_LEG.c.waybill_id == waybill_id).order_by(_LEG.c.sequence)
    ).mappings()
    return tuple(
        LegOnBill(
            **{
                **{name: value for name, value in row.items() if name != "waybill_id"},
                "state": LegState(row["state"]),
            }
        )
        for row in rows
    )


def replace_legs(
    connection: Connection,
    waybill_id: str,
    legs: list[reading.Leg],
    carriers: tuple[LegCarrier, ...],
) -> None:
    """Write the legs of a submitted bill in place of any earlier ones (projectors only)."""
    connection.execute(_LEG.delete().where(_LEG.c.waybill_id == waybill_id))
    carrier_ids = {carrier.sequence: carrier.party_id for carrier in carriers}
    for leg in legs:
        connection.execute(
            insert(_LEG).values(
                waybill_id=waybill_id,
                sequence=leg.sequence,
                mode=leg.mode,
                carrier_identifier=leg.carrier_identifier,
                carrier_id=carrier_ids.get(leg.sequence, ""),
                from_location=leg.from_location,
                to_location=leg.to_location,
                planned_departure_at=leg.planned_departure_at,
                planned_arrival_at=leg.planned_arrival_at,
                vessel_imo_number=leg.vessel_imo_number,
                vessel_name=leg.vessel_name,
                voyage=leg.voyage,
                train_number=leg.train_number,
                state=LEG.initial.value,
            )
        )


def _reported(connection: Connection, recorded: Recorded[LegEvent]) -> None:
    happened = recorded.event
    here = (_LEG.c.waybill_id == happened.waybill_id, _LEG.c.sequence == happened.sequence)
    decided_from = LegState(connection.execute(select(_LEG.c.state).where(*here)).scalar_one())
    after = LEG.advance(decided_from, type(happened))
    changed_one(
        connection.execute(
            update(_LEG).where(*here, _LEG.c.state == decided_from.value).values(state=after.value)
        )
    )


for _happened in (
    LegRequested,
    LegConfirmed,
    LegLoaded,
    LegDeparted,
    LegArrived,
    LegUnloaded,
    LegHandedOver,
    LegFailed,
    LegReplanned,
):
    projects(_happened)(_reported)
