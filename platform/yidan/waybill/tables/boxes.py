"""The boxes of bills, with the seals each should have now (一箱制)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Index, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Recorded
from yidan.store.columns import Json, Serial
from yidan.store.projections import changed_one, projects
from yidan.waybill.events import BoxResealed, LegArrived, SealDiffered
from yidan.waybill.rules import reading


class EquipmentRow(SQLModel, table=True):
    """One box on one bill."""

    __tablename__ = "waybill_equipment"
    __table_args__ = (Index("waybill_equipment_box", "equipment_reference"),)
    waybill_id: str = Field(primary_key=True)
    equipment_reference: str = Field(primary_key=True)
    iso_equipment_code: str
    fullness: str
    billed_seal_numbers: Any = Field(sa_type=Json)
    seal_numbers: Any = Field(sa_type=Json)
    seal_differs: bool
    package_quantity: int
    gross_mass_kg: int = Field(sa_type=Serial)
    arrived_leg: int


_BOX = EquipmentRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class BoxOnBill:
    """One box of a bill as it stands now."""

    equipment_reference: str
    iso_equipment_code: str
    fullness: str
    """FULL or EMPTY."""
    billed_seal_numbers: tuple[str, ...]
    """As the bill was submitted."""
    seal_numbers: tuple[str, ...]
    """As they should be now: the bill's, or those of the last permitted change."""
    seal_differs: bool
    """Other seals were seen and nobody has resealed the box since."""
    package_quantity: int
    gross_mass_kg: int
    """Cargo and packing, without the box."""
    arrived_leg: int
    """Sequence of the last leg on which it was seen to arrive; 0 for none."""


def boxes_of(connection: Connection, waybill_id: str) -> tuple[BoxOnBill, ...]:
    """The boxes of a bill by number."""
    return tuple(box for _, box in read(connection, _BOX.c.waybill_id == waybill_id))


def holders_of(connection: Connection, equipment_references: list[str]) -> set[str]:
    """Ids of the bills that name one of these boxes."""
    found = connection.execute(
        select(_BOX.c.waybill_id).where(_BOX.c.equipment_reference.in_(equipment_references))
    )
    return set(found.scalars())


def read(connection: Connection, *where: ColumnElement[bool]) -> list[tuple[str, BoxOnBill]]:
    """Boxes with the ids of their bills, by box number."""
    rows = connection.execute(
        select(_BOX).where(*where).order_by(_BOX.c.equipment_reference)
    ).mappings()
    return [
        (
            row["waybill_id"],
            BoxOnBill(
                **{
                    **{name: value for name, value in row.items() if name != "waybill_id"},
                    "billed_seal_numbers": tuple(row["billed_seal_numbers"]),
                    "seal_numbers": tuple(row["seal_numbers"]),
                }
            ),
        )
        for row in rows
    ]


def replace_boxes(connection: Connection, waybill_id: str, boxes: list[reading.Box]) -> None:
    """Write the boxes of a submitted bill in place of any earlier ones (projectors only)."""
    connection.execute(_BOX.delete().where(_BOX.c.waybill_id == waybill_id))
    for box in boxes:
        connection.execute(
            insert(_BOX).values(
                waybill_id=waybill_id,
                equipment_reference=box.equipment_reference,
                iso_equipment_code=box.iso_equipment_code,
                fullness=box.fullness,
                billed_seal_numbers=list(box.seal_numbers),
                seal_numbers=list(box.seal_numbers),
                seal_differs=False,
                package_quantity=box.package_quantity,
                gross_mass_kg=box.gross_mass_kg,
                arrived_leg=0,
            )
        )


def _change(
    connection: Connection, waybill_id: str, equipment_reference: str, **values: object
) -> None:
    changed_one(
        connection.execute(
            update(_BOX)
            .where(
                _BOX.c.waybill_id == waybill_id,
                _BOX.c.equipment_reference == equipment_reference,
            )
            .values(**values)
        )
    )


@projects(LegArrived)
def _arrived(connection: Connection, recorded: Recorded[LegArrived]) -> None:
    happened = recorded.event
    for box in happened.boxes:
        _change(
            connection,
            happened.waybill_id,
            box.equipment_reference,
            arrived_leg=happened.sequence,
        )


@projects(SealDiffered)
def _differed(connection: Connection, recorded: Recorded[SealDiffered]) -> None:
    happened = recorded.event
    _change(connection, happened.waybill_id, happened.equipment_reference, seal_differs=True)


@projects(BoxResealed)
def _resealed(connection: Connection, recorded: Recorded[BoxResealed]) -> None:
    happened = recorded.event
    _change(
        connection,
        happened.waybill_id,
        happened.equipment_reference,
        seal_numbers=list(happened.seal_numbers),
        seal_differs=False,
    )
