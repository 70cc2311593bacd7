"""What customs decided on bills and their boxes, and whether bills were presented."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve
from yidan.release.events import CustomsReported, TitlePresented
from yidan.release.events.bill import Presentation
from yidan.release.rules.lights import CustomsLight, counts_over
from yidan.store.columns import Instant, Serial
from yidan.store.projections import projects
from yidan.waybill.tables import find_bills, relate


class BillKey(NamedTuple):
    """What names a bill: its number is unique per carrier only."""

    carrier: str
    """Party id."""
    number: str


class CustomsDecision(SQLModel, table=True):
    """The decision of customs that counts for a bill (box "") or for one box of it."""

    __tablename__ = "release_customs"
    carrier: str = Field(primary_key=True)
    """Whose bill it was taken for; "": every carrier's of this number."""
    transport_document_reference: str = Field(primary_key=True)
    equipment_reference: str = Field(primary_key=True)
    status: str
    as_of: datetime = Field(sa_type=Instant)
    declaration_number: str
    released_quantity_kg: int | None = Field(default=None, sa_type=Serial)


class TitlePresentation(SQLModel, table=True):
    """That a bill was presented; the last one counts."""

    __tablename__ = "release_presentation"
    waybill_id: str = Field(primary_key=True)
    presentation: str
    reference: str
    recorded_by: str
    presented_at: datetime = Field(sa_type=Instant)


_CUSTOMS = CustomsDecision.__table__  # type: ignore[attr-defined]  # set by SQLModel
_TITLE = TitlePresentation.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Customs:
    """One decision of customs."""

    carrier: str
    equipment_reference: str
    status: CustomsLight
    as_of: datetime
    declaration_number: str
    released_quantity_kg: int | None


@dataclass(frozen=True, kw_only=True)
class Title:
    """One presentation of a bill."""

    presentation: Presentation
    reference: str
    recorded_by: str
    presented_at: datetime


def customs_rows(connection: Connection, number: str) -> list[Customs]:
    """Every decision that counts on bills of this number (box "": the whole bill) or their boxes.

    The caller knows whose bill it asks for: see `customs_of`.
    """
    statement = select(
        _CUSTOMS.c.carrier,
        _CUSTOMS.c.equipment_reference,
        _CUSTOMS.c.status,
        _CUSTOMS.c.as_of,
        _CUSTOMS.c.declaration_number,
        _CUSTOMS.c.released_quantity_kg,
    ).where(_CUSTOMS.c.transport_document_reference == number)
    return [
        Customs(
            carrier=row.carrier,
            equipment_reference=row.equipment_reference,
            status=CustomsLight(row.status),
            as_of=row.as_of,
            declaration_number=row.declaration_number,
            released_quantity_kg=row.released_quantity_kg,
        )
        for row in connection.execute(statement)
    ]


def customs_of(connection: Connection, bill: BillKey, box: str) -> Customs | None:
    """The decision that counts for a box (of a bill as a whole: box ""); None if there is none.

    What stops counts for every carrier's bill of the number. A release counts for the bill it was
    taken for; one that came before any bill, only while one carrier alone uses the number.
    """
    shared = len({one.carrier_id for one in find_bills(connection, bill.number)}) > 1
    counting: Customs | None = None
    for row in customs_rows(connection, bill.number):
        if row.equipment_reference not in ("", box) or row.carrier not in ("", bill.carrier):
            continue
        if row.status is CustomsLight.RELEASED and shared and row.carrier != bill.carrier:
            continue
        if counting is None or counts_over(row.status, row.as_of, counting.status, counting.as_of):
            counting = row
    return counting


def title_of(connection: Connection, waybill_id: str) -> Title | None:
    """How a bill was presented; None if it was not."""
    row = connection.execute(select(_TITLE).where(_TITLE.c.waybill_id == waybill_id)).one_or_none()
    if row is None:
        return None
    return Title(
        presentation=Presentation(row.presentation),
        reference=row.reference,
        recorded_by=row.recorded_by,
        presented_at=row.presented_at,
    )


@projects(CustomsReported)
def _customs_reported(connection: Connection, recorded: Recorded[CustomsReported]) -> None:
    number = recorded.event.transport_document_reference
    relate(connection, number, f"bill:{number}")
    involve(connection, f"bill:{number}", recorded.actor.party, Role.CUSTOMS)
    for box in recorded.event.equipment_references or ("",):
        _decide(connection, recorded.event, box)


def _decide(connection: Connection, happened: CustomsReported, box: str) -> None:
    here = (
        _CUSTOMS.c.carrier == happened.carrier,
        _CUSTOMS.c.transport_document_reference == happened.transport_document_reference,
        _CUSTOMS.c.equipment_reference == box,
    )
    values = {
        "status": happened.status.value,
        "as_of": happened.as_of,
        "declaration_number": happened.declaration_number,
        "released_quantity_kg": happened.released_quantity_kg,
    }
    old = connection.execute(select(_CUSTOMS.c.status, _CUSTOMS.c.as_of).where(*here)).one_or_none()
    if old is None:
        connection.execute(
            insert(_CUSTOMS).values(
                carrier=happened.carrier,
                transport_document_reference=happened.transport_document_reference,
                equipment_reference=box,
                **values,
            )
        )
    elif counts_over(happened.status, happened.as_of, CustomsLight(old.status), old.as_of):
        connection.execute(update(_CUSTOMS).where(*here).values(values))


@projects(TitlePresented)
def _title_presented(connection: Connection, recorded: Recorded[TitlePresented]) -> None:
    happened = recorded.event
    here = _TITLE.c.waybill_id == happened.waybill_id
    values = {
        "presentation": happened.presentation.value,
        "reference": happened.reference,
        "recorded_by": recorded.actor.party,
        "presented_at": recorded.occurred_at,
    }
    if not connection.execute(update(_TITLE).where(here).values(values)).rowcount:
        connection.execute(insert(_TITLE).values(waybill_id=happened.waybill_id, **values))
