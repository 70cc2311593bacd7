"""Who is a party to what: object-level access in one place (OWASP API1, ARCHITECTURE 4).

Projectors say who is involved in a subject and in which role; actions ask with `require`, lists
with `visible_to`. "Not yours" and "not there" are the same `NotFoundError`.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel

from yidan.kernel.errors import NotFoundError
from yidan.kernel.reasons import Role
from yidan.store.unit_of_work import UnitOfWork


class Involvement(SQLModel, table=True):
    """One party's role in one subject."""

    __tablename__ = "parties_involvement"
    subject: str = Field(primary_key=True)
    party_id: str = Field(primary_key=True, index=True)
    role: str = Field(primary_key=True)


_TABLE = Involvement.__table__  # type: ignore[attr-defined]  # set by SQLModel


def involve(connection: Connection, subject: str, party_id: str, role: Role) -> None:
    """Make a party a party to a subject (projectors only)."""
    make = sqlite_insert if connection.dialect.name == "sqlite" else pg_insert
    row = {"subject": subject, "party_id": party_id, "role": role.value}
    connection.execute(make(_TABLE).values(row).on_conflict_do_nothing())


def withdraw(connection: Connection, subject: str, party_id: str, role: Role) -> None:
    """End a party's role in a subject (projectors only)."""
    connection.execute(
        delete(_TABLE).where(
            _TABLE.c.subject == subject, _TABLE.c.party_id == party_id, _TABLE.c.role == role.value
        )
    )


def roles_in(connection: Connection, subject: str, party_id: str) -> frozenset[Role]:
    """The roles a party has in a subject."""
    statement = select(_TABLE.c.role).where(
        _TABLE.c.subject == subject, _TABLE.c.party_id == party_id
    )
    return frozenset(Role(role) for role in connection.execute(statement).scalars())


def roles_among(
    connection: Connection, subjects: Sequence[str], party_id: str
) -> dict[str, frozenset[Role]]:
    """The roles a party has in each of several subjects, where it has any."""
    statement = select(_TABLE.c.subject, _TABLE.c.role).where(
        _TABLE.c.subject.in_(subjects), _TABLE.c.party_id == party_id
    )
    found: dict[str, frozenset[Role]] = {}
    for row in connection.execute(statement):
        found[row.subject] = found.get(row.subject, frozenset()) | {Role(row.role)}
    return found


def involved(connection: Connection, subject: str) -> list[tuple[str, Role]]:
    """Every (party id, role) of a subject, sorted."""
    statement = select(_TABLE.c.party_id, _TABLE.c.role).where(_TABLE.c.subject == subject)
    return sorted((party, Role(role)) for party, role in connection.execute(statement))


def require(uow: UnitOfWork, subject: str, *roles: Role) -> frozenset[Role]:
    """Make sure the acting party has one of `roles` (or any role, if none is named) in the subject.

    Raises:
        NotFoundError: the party has none of them, or there is no such subject.
    """
    found = roles_in(uow.connection, subject, uow.actor.party)
    matching = found & set(roles) if roles else found
    if not matching:
        raise NotFoundError
    return matching


def visible_to(party_id: str, kind: str) -> Select[tuple[str]]:
    """Select the ids of `kind` that a party may see: `.where(Table.id.in_(visible_to(…)))`."""
    return select(func.substr(_TABLE.c.subject, len(kind) + 2)).where(
        _TABLE.c.party_id == party_id, _TABLE.c.subject.startswith(f"{kind}:", autoescape=True)
    )
