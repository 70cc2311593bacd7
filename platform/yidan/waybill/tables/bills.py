"""The bills themselves: one row each, their parties, and the finders other rooms use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, UniqueConstraint, select
from sqlmodel import Field, SQLModel

from yidan.kernel.reasons import Role
from yidan.parties.involvement import visible_to
from yidan.store.columns import Instant, Json, Serial
from yidan.waybill.events import (
    NamedParty,
)
from yidan.waybill.rules.states import LIVE, WaybillState
from yidan.waybill.tables import boxes as box_rows
from yidan.waybill.tables import legs as leg_rows
from yidan.waybill.tables.boxes import BoxOnBill
from yidan.waybill.tables.legs import LegOnBill


class WaybillRow(SQLModel, table=True):
    """One bill as it stands now."""

    __tablename__ = "waybill_waybill"
    __table_args__ = (UniqueConstraint("carrier_id", "transport_document_reference"),)
    id: str = Field(primary_key=True)
    transport_document_reference: str = Field(index=True)
    state: str
    version: int
    carrier_id: str
    agent_id: str
    forwarder_id: str
    main_leg: int
    negotiable: bool
    freight_payment: str
    package_quantity: int
    gross_mass_kg: int = Field(sa_type=Serial)
    equipment_quantity: int
    bulk: bool
    parties: Any = Field(sa_type=Json)
    document_id: str
    submitted_at: datetime = Field(sa_type=Instant)
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)


ROW = WaybillRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class BillSummary:
    """A bill's own row."""

    id: str
    transport_document_reference: str
    state: WaybillState
    version: int
    """How often it was submitted."""
    carrier_id: str
    """Carrier of the main leg."""
    agent_id: str
    """Ship's agent that the forwarder named, or ""; only the carrier's appointment lets it act."""
    forwarder_id: str
    main_leg: int
    negotiable: bool
    freight_payment: str
    package_quantity: int
    gross_mass_kg: int
    equipment_quantity: int
    bulk: bool
    """No box at all: kilograms of cargo only."""
    named: tuple[NamedParty, ...]
    """The parties as the bill names them."""
    document_id: str
    """The multimodal waybill issued at acceptance, or ""."""
    submitted_at: datetime
    accepted_at: datetime | None

    @property
    def live(self) -> bool:
        """Whether the carrier answers for it: accepted, and not closed."""
        return self.state in LIVE

    @property
    def parties(self) -> Mapping[Role, str]:
        """Registered organisations by role; of several carriers, the main leg's."""
        found = {
            Role(one.role.lower()): one.party_id
            for one in reversed(self.named)
            if one.party_id and one.role.lower() in set(Role)
        }
        return {**found, Role.CARRIER: self.carrier_id}

    @property
    def consignee(self) -> NamedParty:
        """The consignee as named; its `party_id` is "" while unregistered."""
        return next(one for one in self.named if one.role == "CONSIGNEE")


@dataclass(frozen=True, kw_only=True)
class Bill(BillSummary):
    """A bill with its boxes and legs."""

    boxes: tuple[BoxOnBill, ...]
    legs: tuple[LegOnBill, ...]

    @property
    def sea_leg(self) -> LegOnBill | None:
        """The last leg at sea: the ship that brings the goods to the port of discharge."""
        return next((leg for leg in reversed(self.legs) if leg.mode == "SEA"), None)

    @property
    def vessel_imo_number(self) -> str:
        """IMO number of the ship of the last sea leg, or ""."""
        return self.sea_leg.vessel_imo_number if self.sea_leg is not None else ""

    @property
    def vessel_name(self) -> str:
        """Name of that ship, or ""."""
        return self.sea_leg.vessel_name if self.sea_leg is not None else ""

    @property
    def voyage(self) -> str:
        """Its voyage, or ""."""
        return self.sea_leg.voyage if self.sea_leg is not None else ""

    @property
    def carried(self) -> tuple[LegOnBill, ...]:
        """The legs that the carrier of the main leg carries itself."""
        return tuple(
            leg
            for leg in self.legs
            if leg.sequence == self.main_leg or leg.carrier_id == self.carrier_id
        )

    @property
    def ports(self) -> frozenset[str]:
        """Where the carrier takes goods on and lets them go, as UN/LOCODE."""
        return frozenset(
            place for leg in self.carried for place in (leg.from_location, leg.to_location)
        )

    @property
    def release_ports(self) -> frozenset[str]:
        """Where the carrier releases: the end of its last leg at sea, else of its last leg."""
        at_sea = [leg for leg in self.carried if leg.mode == "SEA"]
        return frozenset(leg.to_location for leg in (at_sea or self.carried)[-1:])

    def box(self, equipment_reference: str) -> BoxOnBill | None:
        """One of its boxes."""
        return next((b for b in self.boxes if b.equipment_reference == equipment_reference), None)


def get_bill(connection: Connection, waybill_id: str) -> Bill | None:
    """A bill by its id."""
    return next(iter(_bills(connection, ROW.c.id == waybill_id)), None)


def find_bills(connection: Connection, transport_document_reference: str) -> list[Bill]:
    """The bills of a number: two carriers may have used the same."""
    return _bills(connection, ROW.c.transport_document_reference == transport_document_reference)


def find_bill(
    connection: Connection, transport_document_reference: str, party_id: str = ""
) -> Bill | None:
    """The one live bill of a number; None if there is none, or more than one.

    Args:
        connection: to the database.
        transport_document_reference: the number.
        party_id: only bills whose carrier or agent this is; "" for any.
    """
    found = [
        bill
        for bill in find_bills(connection, transport_document_reference)
        if bill.live and (not party_id or party_id in (bill.carrier_id, bill.agent_id))
    ]
    return found[0] if len(found) == 1 else None


def bills_of_box(connection: Connection, equipment_reference: str) -> list[Bill]:
    """The live bills that name a box: one box may carry several."""
    ids = box_rows.holders_of(connection, [equipment_reference])
    return [bill for bill in _bills(connection, ROW.c.id.in_(ids)) if bill.live]


def boxes_of_train(
    connection: Connection, equipment_references: list[str], operator_id: str
) -> list[Bill]:
    """The live bills that name one of these boxes and have a rail leg of this operator."""
    ids = box_rows.holders_of(connection, equipment_references)
    return [
        bill
        for bill in _bills(connection, ROW.c.id.in_(ids))
        if bill.live
        and any(leg.mode == "RAIL" and leg.carrier_id == operator_id for leg in bill.legs)
    ]


def taken_number(
    connection: Connection, carrier_id: str, transport_document_reference: str
) -> BillSummary | None:
    """The bill that has this number with this carrier already."""
    where = (
        ROW.c.carrier_id == carrier_id,
        ROW.c.transport_document_reference == transport_document_reference,
    )
    return next(iter(_summaries(connection, *where)), None)


def page(
    connection: Connection,
    party_id: str,
    *,
    before: str = "",
    limit: int = 50,
) -> list[BillSummary]:
    """Up to `limit` bills of a party, the newest first (ids sort by time), behind `before`."""
    where: list[ColumnElement[bool]] = [ROW.c.id.in_(visible_to(party_id, "waybill"))]
    if before:
        where.append(ROW.c.id < before)
    return _summaries(connection, *where, limit=limit)


def of_carrier_side(party_id: str) -> Select[tuple[str]]:
    """Select the ids of the bills whose carrier, or whose agent, a party is."""
    return select(ROW.c.id).where((ROW.c.carrier_id == party_id) | (ROW.c.agent_id == party_id))


def _summaries(
    connection: Connection, *where: ColumnElement[bool], limit: int | None = None
) -> list[BillSummary]:
    rows = connection.execute(
        select(ROW).where(*where).order_by(ROW.c.id.desc()).limit(limit)
    ).mappings()
    return [BillSummary(**_values(row)) for row in rows]


def _bills(connection: Connection, *where: ColumnElement[bool]) -> list[Bill]:
    rows = connection.execute(select(ROW).where(*where).order_by(ROW.c.id)).mappings().all()
    return [
        Bill(
            **_values(row),
            boxes=box_rows.boxes_of(connection, row["id"]),
            legs=leg_rows.legs_of(connection, row["id"]),
        )
        for row in rows
    ]


def _values(row: Mapping[Any, Any]) -> dict[str, Any]:
    values = {name: value for name, value in row.items() if name != "parties"}
    named = tuple(
        NamedParty(**{**one, "identifiers": tuple(one["identifiers"])}) for one in row["parties"]
    )
    return {**values, "state": WaybillState(row["state"]), "named": named}
