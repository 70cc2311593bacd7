"""`/v1/organisations`, `/v1/people`, `/v1/clients`, `/v1/devices`, `/v1/me`: who takes part."""

from typing import Annotated, Self

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from yidan.http import auth
from yidan.http.auth import known, needs
from yidan.http.edge import look, perform
from yidan.http.models import Id, IdPath, Instant, ShortText, Text, WireModel
from yidan.http.openapi import answers
from yidan.http.paging import PageQuery, cursor_of, keys_of
from yidan.kernel.reasons import Role
from yidan.parties import actions
from yidan.parties.events import ClientKind, Position
from yidan.parties.tables import Client, Organisation

bp = APIBlueprint("parties", __name__)

Scope = Annotated[str, Field(max_length=40)]
Secret = Annotated[str, Field(min_length=1, max_length=200)]


class RegisterOrganisation(WireModel):
    """An organisation to enter."""

    name: ShortText
    roles: list[Role] = Field(min_length=1, max_length=11)
    identifiers: list[Annotated[str, Field(max_length=80)]] = Field(min_length=1, max_length=10)
    """`scheme:value`, e.g. `uscc:91110000600037341L`."""


class Why(WireModel):
    """Why something is done, for the record."""

    reason: Text


class AddPerson(WireModel):
    """A person who may sign in."""

    organisation_id: Id | None = None
    """Default: the caller's own."""
    sign_in_name: Annotated[str, Field(min_length=3, max_length=64)]
    name: ShortText
    position: Position
    one_time_password: Secret
    """Good for setting another one only."""


class EnrolClient(WireModel):
    """A machine that may ask for tokens."""

    organisation_id: Id | None = None
    """Default: the caller's own."""
    name: ShortText
    public_key: Annotated[str, Field(max_length=80)]
    """`x` of its Ed25519 public key as JWK (RFC 8037)."""
    scopes: list[Scope] = Field(default_factory=list, max_length=20)
    """Default: everything that goes with the roles, except administration."""


class EnrolDevice(WireModel):
    """A kiosk or lane computer."""

    name: ShortText
    public_key: Annotated[str, Field(max_length=80)]
    """`x` of its Ed25519 public key as JWK (RFC 8037)."""


class RevokeClient(WireModel):
    """The end of a key."""

    effective_at: Instant | None = None
    """Default: now. May lie in the past, since a key is lost before one knows; never ahead."""
    reason: Text


class OrganisationAnswer(WireModel):
    """An organisation."""

    id: Id
    name: str
    state: str
    roles: list[Role]
    identifiers: list[str]
    registered_at: Instant
    event_id: str | None = None
    """Event that this call recorded."""

    @classmethod
    def of(cls, found: Organisation, event_id: str | None = None) -> Self:
        """The answer about an organisation."""
        return cls(
            id=found.id,
            name=found.name,
            state=found.state.value,
            roles=sorted(found.roles),
            identifiers=list(found.identifiers),
            registered_at=found.registered_at,
            event_id=event_id,
        )

    @classmethod
    def changed(cls, done: actions.OrganisationChanged) -> Self:
        """The answer to a change."""
        return cls.of(done.organisation, done.event_id)


class OrganisationList(WireModel):
    """A page of organisations."""

    items: list[OrganisationAnswer]
    next_cursor: str
    """Empty: this is the last page."""


class PersonAnswer(WireModel):
    """A person."""

    id: Id
    organisation_id: Id
    sign_in_name: str
    name: str
    position: Position
    disabled: bool
    event_id: str

    @classmethod
    def of(cls, done: actions.PersonChanged) -> Self:
        """The answer to a change."""
        person = done.person
        return cls(
            id=person.id,
            organisation_id=person.organisation_id,
            sign_in_name=person.sign_in_name,
            name=person.name,
            position=person.position,
            disabled=person.disabled,
            event_id=done.event_id,
        )


class ClientAnswer(WireModel):
    """A machine or device."""

    id: Id
    organisation_id: Id
    kind: ClientKind
    name: str
    key_id: str
    """RFC 7638 thumbprint: the `kid` of its assertions."""
    scopes: list[str]
    revoked_at: Instant | None
    event_id: str

    @classmethod
    def of(cls, done: actions.ClientChanged) -> Self:
        """The answer to a change."""
        client: Client = done.client
        return cls(
            id=client.id,
            organisation_id=client.organisation_id,
            kind=client.kind,
            name=client.name,
            key_id=client.key_id,
            scopes=sorted(client.scopes),
            revoked_at=client.revoked_at,
            event_id=done.event_id,
        )


class MeAnswer(WireModel):
    """The caller."""

    party: str
    user: str
    roles: list[Role]
    scopes: list[str]


@bp.get("/v1/me", responses=answers(MeAnswer, 200))
@known
def who_am_i() -> Response:
    """Say who the caller is and what they may do."""
    caller = auth.principal()
    return look(
        lambda _uow: caller,
        lambda found: MeAnswer(
            party=found.actor.party,
            user=found.actor.user,
            roles=sorted(found.roles),
            scopes=[] if found.barred else sorted(found.scopes),
        ),
    )


@bp.post("/v1/organisations", responses=answers(OrganisationAnswer))
@needs("party:admin")
def register_organisation(body: RegisterOrganisation) -> Response:
    """Enter an organisation; it waits to be verified."""
    command = actions.RegisterOrganisation(
        name=body.name, roles=tuple(body.roles), identifiers=tuple(body.identifiers)
    )
    return perform(
        lambda uow: actions.register_organisation(command, uow),
        OrganisationAnswer.changed,
        location=lambda done: f"/v1/organisations/{done.organisation.id}",
    )


@bp.get("/v1/organisations", responses=answers(OrganisationList, 200))
@needs("party:admin")
def list_organisations(query: PageQuery) -> Response:
    """List the organisations that the caller may administer, newest first."""
    after = keys_of(query.cursor, 1)

    def answer(page: actions.OrganisationPage) -> OrganisationList:
        return OrganisationList(
            items=[OrganisationAnswer.of(item) for item in page.items],
            next_cursor=cursor_of(page.last) if page.last else "",
        )

    return look(
        lambda uow: actions.list_organisations(
            uow, after=after[0] if after else None, limit=query.limit
        ),
        answer,
    )


@bp.get("/v1/organisations/<id>", responses=answers(OrganisationAnswer, 200))
@known
def see_organisation(path: IdPath) -> Response:
    """Show one's own organisation, or one that the caller may administer."""
    return look(lambda uow: actions.see_organisation(path.id, uow), OrganisationAnswer.of)


@bp.post("/v1/organisations/<id>/verification", responses=answers(OrganisationAnswer))
@needs("party:admin")
def verify_organisation(path: IdPath, body: Why) -> Response:
    """Say that an organisation is who it says, and why one is sure; it may act from now on."""
    return perform(
        lambda uow: actions.verify_organisation(path.id, body.reason, uow),
        OrganisationAnswer.changed,
    )


@bp.post("/v1/organisations/<id>/suspension", responses=answers(OrganisationAnswer))
@needs("party:admin")
def suspend_organisation(path: IdPath, body: Why) -> Response:
    """Stop an organisation from acting."""
    return perform(
        lambda uow: actions.suspend_organisation(path.id, body.reason, uow),
        OrganisationAnswer.changed,
    )


@bp.post("/v1/people", responses=answers(PersonAnswer))
@needs("party:manage")
def add_person(body: AddPerson) -> Response:
    """Let a person sign in, first with a one-time password."""
    command = actions.AddPerson(
        organisation_id=body.organisation_id or auth.actor().party,
        sign_in_name=body.sign_in_name,
        name=body.name,
        position=body.position,
        one_time_password=body.one_time_password,
    )
    return perform(lambda uow: actions.add_person(command, uow), PersonAnswer.of)


@bp.post("/v1/people/<id>/end", responses=answers(PersonAnswer))
@needs("party:manage")
def disable_person(path: IdPath, body: Why) -> Response:
    """End a person's access and every session."""
    return perform(lambda uow: actions.disable_person(path.id, body.reason, uow), PersonAnswer.of)


@bp.post("/v1/clients", responses=answers(ClientAnswer))
@needs("party:manage")
def enrol_client(body: EnrolClient) -> Response:
    """Let a machine ask for tokens with its key."""
    command = actions.EnrolClient(
        organisation_id=body.organisation_id or auth.actor().party,
        kind=ClientKind.MACHINE,
        name=body.name,
        public_key=body.public_key,
        scopes=tuple(body.scopes),
    )
    return perform(lambda uow: actions.enrol_client(command, uow), ClientAnswer.of)


@bp.post("/v1/devices", responses=answers(ClientAnswer))
@needs("party:manage")
def enrol_device(body: EnrolDevice) -> Response:
    """Let a kiosk ask for tokens with its key; they are good for the gate only."""
    command = actions.EnrolClient(
        organisation_id=auth.actor().party,
        kind=ClientKind.DEVICE,
        name=body.name,
        public_key=body.public_key,
        scopes=(),
    )
    return perform(lambda uow: actions.enrol_client(command, uow), ClientAnswer.of)


@bp.post("/v1/clients/<id>/revocation", responses=answers(ClientAnswer))
@needs("party:manage")
def revoke_client(path: IdPath, body: RevokeClient) -> Response:
    """Revoke a machine's or device's key, at once or from a past instant on."""
    return perform(
        lambda uow: actions.revoke_client(path.id, body.effective_at, body.reason, uow),
        ClientAnswer.of,
    )
