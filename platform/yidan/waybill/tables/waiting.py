"""Parties that a bill names by identifier and that nobody has registered yet (待登记的参与方)."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import Field, SQLModel

from yidan.waybill.events import NamedParty


class WaitingRow(SQLModel, table=True):
    """One identifier of one such party."""

    __tablename__ = "waybill_waiting_party"
    identifier: str = Field(primary_key=True)
    waybill_id: str = Field(primary_key=True, index=True)
    role: str = Field(primary_key=True)


_WAITING = WaitingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


def replace_waiting(
    connection: Connection, waybill_id: str, parties: tuple[NamedParty, ...]
) -> None:
    """Write whom a submitted bill waits for in place of any earlier ones (projectors only)."""
    connection.execute(delete(_WAITING).where(_WAITING.c.waybill_id == waybill_id))
    rows = {
        (identifier, one.role)
        for one in parties
        if not one.party_id
        for identifier in one.identifiers
    }
    for identifier, role in sorted(rows):
        connection.execute(
            insert(_WAITING).values(identifier=identifier, waybill_id=waybill_id, role=role)
        )


def take_waiting(connection: Connection, identifiers: Iterable[str]) -> list[tuple[str, str]]:
    """Bills and roles that waited for one of these identifiers, which then wait no more."""
    here = _WAITING.c.identifier.in_(list(identifiers))
    statement = select(_WAITING.c.waybill_id, _WAITING.c.role).where(here).distinct()
    found = sorted((row.waybill_id, row.role) for row in connection.execute(statement))
    for waybill_id, role in found:
        connection.execute(
            delete(_WAITING).where(_WAITING.c.waybill_id == waybill_id, _WAITING.c.role == role)
        )
    return found
