"""Holds that stand and that stood."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Recorded
from yidan.kernel.reasons import Role
from yidan.parties.involvement import involve, visible_to
from yidan.release.events import HoldLifted, HoldPlaced
from yidan.release.rules.holds import Hold, HoldKind, guardian
from yidan.store.columns import Instant
from yidan.store.projections import changed_one, projects


class HoldRow(SQLModel, table=True):
    """One hold on one guardian."""

    __tablename__ = "release_hold"
    id: str = Field(primary_key=True)
    guardian: str = Field(index=True)
    """Subject it hangs on, e.g. `bill:MAEU261122001`."""
    kind: str
    placed_by: str
    placed_role: str
    placed_at: datetime = Field(sa_type=Instant)
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)
    why: str


_TABLE = HoldRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


def _hold(row: Row[tuple[object, ...]]) -> Hold:
    return Hold(
        id=row.id,
        guardian=row.guardian,
        kind=HoldKind(row.kind),
        placed_by=row.placed_by,
        placed_role=Role(row.placed_role),
        placed_at=row.placed_at,
        lifted_at=row.lifted_at,
        why=row.why,
    )


def find(connection: Connection, hold_id: str) -> Hold | None:
    """A hold by its id."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == hold_id)).one_or_none()
    return None if row is None else _hold(row)


def active_on(connection: Connection, guardians: Sequence[str]) -> tuple[Hold, ...]:
    """The holds that stand on any of these guardians; the guards read them under the lock."""
    statement = select(_TABLE).where(_TABLE.c.guardian.in_(guardians), _TABLE.c.lifted_at.is_(None))
    return tuple(_hold(row) for row in connection.execute(statement))


def page(connection: Connection, party_id: str, *, before: str, limit: int) -> list[Hold]:
    """The holds a party placed or may lift, the newest first, behind `before`."""
    where = [_TABLE.c.id.in_(visible_to(party_id, "hold"))]
    if before:
        where.append(_TABLE.c.id < before)
    statement = select(_TABLE).where(*where).order_by(_TABLE.c.id.desc()).limit(limit)
    return [_hold(row) for row in connection.execute(statement)]


@projects(HoldPlaced)
def _placed(connection: Connection, recorded: Recorded[HoldPlaced]) -> None:
    happened = recorded.event
    connection.execute(
        insert(_TABLE).values(
            id=happened.hold_id,
            guardian=guardian(happened.scope, happened.key),
            kind=happened.kind.value,
            placed_by=recorded.actor.party,
            placed_role=happened.placed_role.value,
            placed_at=recorded.recorded_at,
            why=recorded.reason,
        )
    )
    subject = f"hold:{happened.hold_id}"
    involve(connection, subject, recorded.actor.party, happened.placed_role)
    for carrier in happened.carriers:
        involve(connection, subject, carrier, Role.CARRIER)


@projects(HoldLifted)
def _lifted(connection: Connection, recorded: Recorded[HoldLifted]) -> None:
    here = (_TABLE.c.id == recorded.event.hold_id, _TABLE.c.lifted_at.is_(None))
    changed_one(
        connection.execute(update(_TABLE).where(*here).values(lifted_at=recorded.recorded_at))
    )
