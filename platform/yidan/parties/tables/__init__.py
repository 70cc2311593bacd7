"""The read side of parties: organisations, people, keys; see `operational` for signing in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlmodel import Field, SQLModel

from yidan.kernel.events import Recorded
from yidan.kernel.reasons import Reason, Role
from yidan.parties import events
from yidan.parties.events import ClientKind, Position
from yidan.parties.involvement import involve
from yidan.parties.rules import ORGANISATION, PERSON_STILL_ACTIVE, OrganisationState
from yidan.store.columns import Instant, Json
from yidan.store.erasing import forgets
from yidan.store.projections import changed_one, projects


class OrganisationRow(SQLModel, table=True):
    """An organisation."""

    __tablename__ = "parties_organisation"
    id: str = Field(primary_key=True)
    name: str
    state: str
    roles: Any = Field(sa_type=Json)
    identifiers: Any = Field(sa_type=Json)
    registered_at: datetime = Field(sa_type=Instant)
    registered_by: str


class IdentifierRow(SQLModel, table=True):
    """An identifier belongs to one organisation only."""

    __tablename__ = "parties_identifier"
    identifier: str = Field(primary_key=True)
    organisation_id: str = Field(index=True)


class PersonRow(SQLModel, table=True):
    """A person who may sign in."""

    __tablename__ = "parties_person"
    id: str = Field(primary_key=True)
    organisation_id: str = Field(index=True)
    sign_in_name: str = Field(unique=True)
    name: str
    position: str
    disabled: bool
    must_set_password: bool
    epoch: int
    """Rises whenever earlier sessions must end."""


class ClientRow(SQLModel, table=True):
    """A machine's or device's key."""

    __tablename__ = "parties_client"
    id: str = Field(primary_key=True)
    organisation_id: str = Field(index=True)
    kind: str
    name: str
    public_key: str
    key_id: str = Field(unique=True)
    scopes: Any = Field(sa_type=Json)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


_ORGANISATION = OrganisationRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_IDENTIFIER = IdentifierRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_PERSON = PersonRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_CLIENT = ClientRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """An organisation as rules and other rooms see it."""

    id: str
    name: str
    state: OrganisationState
    roles: frozenset[Role]
    identifiers: tuple[str, ...]
    registered_at: datetime
    registered_by: str
    """Party id of who entered it."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person."""

    id: str
    organisation_id: str
    sign_in_name: str
    name: str
    position: Position
    disabled: bool
    must_set_password: bool
    epoch: int


@dataclass(frozen=True, kw_only=True)
class Client:
    """A machine or device with its key."""

    id: str
    organisation_id: str
    kind: ClientKind
    name: str
    public_key: str
    key_id: str
    scopes: frozenset[str]
    revoked_at: datetime | None

    def works_at(self, at: datetime) -> bool:
        """Whether the key was good at an instant."""
        return self.revoked_at is None or at < self.revoked_at


# --- finders ------------------------------------------------------------------------------------


def organisation(connection: Connection, organisation_id: str) -> Organisation | None:
    """An organisation by id."""
    statement = select(_ORGANISATION).where(_ORGANISATION.c.id == organisation_id)
    row = connection.execute(statement).mappings().one_or_none()
    return _organisation(row) if row else None


def names(connection: Connection, organisation_ids: Iterable[str]) -> dict[str, str]:
    """Names of organisations by id, where they are known."""
    statement = select(_ORGANISATION.c.id, _ORGANISATION.c.name).where(
        _ORGANISATION.c.id.in_(list(organisation_ids))
    )
    return {row.id: row.name for row in connection.execute(statement)}


def find_by_identifier(connection: Connection, scheme: str, value: str) -> Organisation | None:
    """An organisation by an identifier, e.g. ("uscc", "91110000600037341L")."""
    statement = (
        select(_ORGANISATION)
        .join(_IDENTIFIER, _IDENTIFIER.c.organisation_id == _ORGANISATION.c.id)
        .where(_IDENTIFIER.c.identifier == f"{scheme}:{value}")
    )
    row = connection.execute(statement).mappings().one_or_none()
    return _organisation(row) if row else None


def find_party(connection: Connection, text: str) -> Organisation | None:
    """An organisation by its id or by `scheme:value`."""
    scheme, colon, value = text.partition(":")
    if colon:
        return find_by_identifier(connection, scheme, value)
    return organisation(connection, text)


def organisations(connection: Connection, *, after: str | None, limit: int) -> list[Organisation]:
    """Organisations, newest first; with `after`, those older than that id."""
    statement = select(_ORGANISATION).order_by(_ORGANISATION.c.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(_ORGANISATION.c.id < after)
    return [_organisation(row) for row in connection.execute(statement).mappings()]


def has_administrator(connection: Connection) -> bool:
    """Whether the platform's administration was founded."""
    roles = connection.execute(select(_ORGANISATION.c.roles)).scalars()
    return any(Role.ADMINISTRATOR.value in found for found in roles)


def taken_identifiers(connection: Connection, identifiers: Iterable[str]) -> set[str]:
    """Those of the identifiers that belong to an organisation already."""
    statement = select(_IDENTIFIER.c.identifier).where(
        _IDENTIFIER.c.identifier.in_(list(identifiers))
    )
    return set(connection.execute(statement).scalars())


def person(connection: Connection, person_id: str) -> Person | None:
    """A person by id."""
    return _one_person(connection, _PERSON.c.id == person_id)


def person_by_name(connection: Connection, sign_in_name: str) -> Person | None:
    """A person by sign-in name."""
    return _one_person(connection, _PERSON.c.sign_in_name == sign_in_name)


def client(connection: Connection, client_id: str) -> Client | None:
    """A machine or device by id."""
    return _one_client(connection, _CLIENT.c.id == client_id)


def client_by_key(connection: Connection, key_id: str) -> Client | None:
    """A machine or device by its key's thumbprint."""
    return _one_client(connection, _CLIENT.c.key_id == key_id)


def _one_person(connection: Connection, where: Any) -> Person | None:
    row = connection.execute(select(_PERSON).where(where)).mappings().one_or_none()
    return Person(**{**row, "position": Position(row["position"])}) if row else None


def _one_client(connection: Connection, where: Any) -> Client | None:
    row = connection.execute(select(_CLIENT).where(where)).mappings().one_or_none()
    if row is None:
        return None
    kind, scopes = ClientKind(row["kind"]), frozenset(row["scopes"])
    return Client(**{**row, "kind": kind, "scopes": scopes})


def _organisation(row: RowMapping) -> Organisation:
    return Organisation(
        id=row["id"],
        name=row["name"],
        state=OrganisationState(row["state"]),
        roles=frozenset(Role(role) for role in row["roles"]),
        identifiers=tuple(row["identifiers"]),
        registered_at=row["registered_at"],
        registered_by=row["registered_by"],
    )


# --- projectors ---------------------------------------------------------------------------------


@projects(events.OrganisationRegistered)
def _registered(connection: Connection, recorded: Recorded[events.OrganisationRegistered]) -> None:
    made = recorded.event
    connection.execute(
        insert(_ORGANISATION).values(
            id=made.organisation_id,
            name=made.name,
            state=OrganisationState.REGISTERED.value,
            roles=sorted(role.value for role in made.roles),
            identifiers=list(made.identifiers),
            registered_at=recorded.recorded_at,
            registered_by=recorded.actor.party,
        )
    )
    for identifier in made.identifiers:
        row = {"identifier": identifier, "organisation_id": made.organisation_id}
        connection.execute(insert(_IDENTIFIER).values(row))
    for role in made.roles:
        involve(connection, recorded.subject, made.organisation_id, role)


@projects(events.OrganisationVerified)
def _verified(connection: Connection, recorded: Recorded[events.OrganisationVerified]) -> None:
    _change_state(connection, recorded.event.organisation_id, type(recorded.event))


@projects(events.OrganisationSuspended)
def _suspended(connection: Connection, recorded: Recorded[events.OrganisationSuspended]) -> None:
    _change_state(connection, recorded.event.organisation_id, type(recorded.event))


def _change_state(connection: Connection, organisation_id: str, happened: Any) -> None:
    found = organisation(connection, organisation_id)
    state = found.state if found else OrganisationState.NONE
    statement = (
        update(_ORGANISATION)
        .where(_ORGANISATION.c.id == organisation_id, _ORGANISATION.c.state == state.value)
        .values(state=ORGANISATION.advance(state, happened).value)
    )
    changed_one(connection.execute(statement))


@projects(events.PersonAdded)
def _added(connection: Connection, recorded: Recorded[events.PersonAdded]) -> None:
    added = recorded.event
    connection.execute(
        insert(_PERSON).values(
            id=added.person_id,
            organisation_id=added.organisation_id,
            sign_in_name=added.sign_in_name,
            name=added.name,
            position=added.position.value,
            disabled=False,
            must_set_password=True,
            epoch=0,
        )
    )


@projects(events.PasswordSet)
def _password_set(connection: Connection, recorded: Recorded[events.PasswordSet]) -> None:
    changed_one(
        connection.execute(
            update(_PERSON)
            .where(_PERSON.c.id == recorded.event.person_id)
            .values(must_set_password=recorded.event.one_time, epoch=_PERSON.c.epoch + 1)
        )
    )


@projects(events.PersonDisabled)
def _disabled(connection: Connection, recorded: Recorded[events.PersonDisabled]) -> None:
    changed_one(
        connection.execute(
            update(_PERSON)
            .where(_PERSON.c.id == recorded.event.person_id, _PERSON.c.disabled.is_(False))
            .values(disabled=True, epoch=_PERSON.c.epoch + 1)
        )
    )


@projects(events.ClientRegistered)
def _client_registered(connection: Connection, recorded: Recorded[events.ClientRegistered]) -> None:
    made = recorded.event
    connection.execute(
        insert(_CLIENT).values(
            id=made.client_id,
            organisation_id=made.organisation_id,
            kind=made.kind.value,
            name=made.name,
            public_key=made.public_key,
            key_id=made.key_id,
            scopes=sorted(made.scopes),
        )
    )


@projects(events.ClientRevoked)
def _client_revoked(connection: Connection, recorded: Recorded[events.ClientRevoked]) -> None:
    changed_one(
        connection.execute(
            update(_CLIENT)
            .where(_CLIENT.c.id == recorded.event.client_id, _CLIENT.c.revoked_at.is_(None))
            .values(revoked_at=recorded.event.effective_at)
        )
    )


# --- forgetting ---------------------------------------------------------------------------------


def _nameless(added: events.PersonAdded) -> events.PersonAdded:
    return replace(added, name="", sign_in_name=f"erased-{added.person_id}")


def _still_active(connection: Connection, added: events.PersonAdded) -> list[Reason]:
    found = person(connection, added.person_id)
    return [] if found is None or found.disabled else [PERSON_STILL_ACTIVE()]


@forgets(events.PersonAdded, _nameless, _still_active)
def _forget_person(connection: Connection, recorded: Recorded[events.PersonAdded]) -> None:
    kept = recorded.event
    changed_one(
        connection.execute(
            update(_PERSON)
            .where(_PERSON.c.id == kept.person_id)
            .values(name=kept.name, sign_in_name=kept.sign_in_name)
        )
    )
