"""What happens to organisations, people and keys (参与方).

Subjects: `organisation:<id>`, `person:<id>`, `client:<id>` (machines and devices), `agency:<id>` (a
carrier's appointment of an agent). No secret ever stands in an event: a password's event says that
it was set, never what it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from yidan.kernel.events import Event, event
from yidan.kernel.reasons import Role


class Position(StrEnum):
    """What a person may do in their organisation (岗位)."""

    ADMIN = "admin"
    """管理员: everything the organisation may, and its people and keys."""
    CLERK = "clerk"
    """操作员: the organisation's daily work."""
    READER = "reader"
    """查看员: looks only."""


class ClientKind(StrEnum):
    """What holds a key."""

    MACHINE = "machine"
    """A partner's system (系统接口)."""
    DEVICE = "device"
    """A kiosk or lane computer (自助机)."""


@event("party.organisation_registered.v1")
@dataclass(frozen=True, kw_only=True)
class OrganisationRegistered(Event):
    """An organisation was entered and waits to be verified (登记)."""

    organisation_id: str
    name: str
    roles: tuple[Role, ...]
    identifiers: tuple[str, ...]
    """`scheme:value`, e.g. `uscc:91110000600037341L`."""


@event("party.organisation_verified.v1")
@dataclass(frozen=True, kw_only=True)
class OrganisationVerified(Event):
    """An administrator has checked who it is; it may act (核验)."""

    organisation_id: str


@event("party.organisation_suspended.v1")
@dataclass(frozen=True, kw_only=True)
class OrganisationSuspended(Event):
    """It may not act until it is verified again (停用); why is the envelope's reason."""

    organisation_id: str


@event("party.person_added.v1")
@dataclass(frozen=True, kw_only=True)
class PersonAdded(Event):
    """A person may sign in for an organisation (人员)."""

    person_id: str
    organisation_id: str
    sign_in_name: str
    name: str
    position: Position


@event("party.password_set.v1")
@dataclass(frozen=True, kw_only=True)
class PasswordSet(Event):
    """A person's password was set; earlier sessions end."""

    person_id: str
    one_time: bool
    """True: good for setting another one only."""


@event("party.person_disabled.v1")
@dataclass(frozen=True, kw_only=True)
class PersonDisabled(Event):
    """A person may not sign in any more."""

    person_id: str


@event("party.client_registered.v1")
@dataclass(frozen=True, kw_only=True)
class ClientRegistered(Event):
    """A machine or device may ask for tokens with this key (接口密钥、设备密钥)."""

    client_id: str
    organisation_id: str
    kind: ClientKind
    name: str
    public_key: str
    """Ed25519 public key, base64url without padding (JWK `x`, RFC 8037)."""
    key_id: str
    """RFC 7638 thumbprint of the key."""
    scopes: tuple[str, ...]


@event("party.client_revoked.v1")
@dataclass(frozen=True, kw_only=True)
class ClientRevoked(Event):
    """The key is worth nothing from this instant on; what was done before it stands."""

    client_id: str
    effective_at: datetime


@event("party.agent_appointed.v1")
@dataclass(frozen=True, kw_only=True)
class AgentAppointed(Event):
    """A carrier lets a shipping agent act for it on bills that name both (船代委托)."""

    agency_id: str
    carrier_id: str
    agent_id: str
    un_location_codes: tuple[str, ...]
    """Ports it is for; empty: every port."""
    valid_until: datetime | None
    """First instant at which it is over; None: until the carrier ends it."""


@event("party.agency_ended.v1")
@dataclass(frozen=True, kw_only=True)
class AgencyEnded(Event):
    """The carrier ended an appointment: from here on the agent does nothing for it (终止委托)."""

    agency_id: str


_ORGANISATION: Final = "019ab000-0000-7000-8000-000000000001"
_PERSON: Final = "019ab000-0000-7000-8000-000000000002"
_CLIENT: Final = "019ab000-0000-7000-8000-000000000003"
_AGENCY: Final = "019ab000-0000-7000-8000-000000000004"
_CARRIER: Final = "019ab000-0000-7000-8000-000000000005"

SAMPLES: Final = (
    OrganisationRegistered(
        organisation_id=_ORGANISATION,
        name="连云港海通船务代理有限公司",
        roles=(Role.SHIPPING_AGENT,),
        identifiers=("uscc:91110000600037341L",),
    ),
    OrganisationVerified(organisation_id=_ORGANISATION),
    OrganisationSuspended(organisation_id=_ORGANISATION),
    PersonAdded(
        person_id=_PERSON,
        organisation_id=_ORGANISATION,
        sign_in_name="li.wei",
        name="李伟",
        position=Position.CLERK,
    ),
    PasswordSet(person_id=_PERSON, one_time=True),
    PersonDisabled(person_id=_PERSON),
    ClientRegistered(
        client_id=_CLIENT,
        organisation_id=_ORGANISATION,
        kind=ClientKind.MACHINE,
        name="EDI gateway",
        public_key="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        key_id="kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        scopes=("exchange:write", "release:write"),
    ),
    ClientRevoked(client_id=_CLIENT, effective_at=datetime(2026, 11, 22, 8, tzinfo=UTC)),
    AgentAppointed(
        agency_id=_AGENCY,
        carrier_id=_CARRIER,
        agent_id=_ORGANISATION,
        un_location_codes=("CNLYG",),
        valid_until=datetime(2027, 11, 22, 8, tzinfo=UTC),
    ),
    AgencyEnded(agency_id=_AGENCY),
)
"""One of each type, for the reference page and the round-trip test."""
