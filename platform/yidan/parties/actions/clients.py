"""Let machines and devices ask for tokens with their keys, and revoke keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from joserfc.jwk import OKPKey

from yidan.kernel.errors import InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import reason
from yidan.parties import events, rules, tables
from yidan.parties.actions.organisations import manageable
from yidan.parties.events import ClientKind
from yidan.parties.tables import Client
from yidan.store.unit_of_work import UnitOfWork

KEY_WRONG = reason(
    "client-key-wrong",
    en="Send the public half of an Ed25519 key as a JWK: kty OKP, crv Ed25519, x.",
    zh="请以 JWK 格式发送 Ed25519 公钥：kty 为 OKP，crv 为 Ed25519，x 为公钥。",
)
KEY_TAKEN = reason(
    "client-key-taken",
    en="This key was enrolled before; make a new key for each machine.",
    zh="该密钥已登记过；请为每台设备生成新的密钥。",
)
ALREADY_REVOKED = reason(
    "client-already-revoked", en="This key was revoked already.", zh="该密钥已被吊销。"
)

_KEY_LENGTH: Final = 43
"""Characters of a 32-byte key in base64url without padding."""


@dataclass(frozen=True, kw_only=True)
class EnrolClient:
    """Let a machine or device ask for tokens with its key."""

    organisation_id: str
    kind: ClientKind
    name: str
    public_key: str
    """JWK `x`: Ed25519 public key, base64url without padding."""
    scopes: tuple[str, ...]
    """Empty: all that go with the roles, except administration."""


@dataclass(frozen=True, kw_only=True)
class ClientChanged:
    """What became of a key."""

    event_id: str
    client: Client


def enrol_client(command: EnrolClient, uow: UnitOfWork) -> ClientChanged:
    """Let a machine or device ask for tokens with its key.

    Raises:
        NotFoundError: the acting party does not manage this organisation.
        InvalidError: key or scopes are not acceptable; with all findings.
    """
    organisation = manageable(uow, command.organisation_id)
    allowed = rules.scopes_of(organisation.roles)
    if command.kind is ClientKind.DEVICE:
        allowed &= rules.DEVICE_SCOPES
    key_id = thumbprint(command.public_key)
    uow.lock(f"key:{key_id}")
    findings = rules.scope_findings(command.scopes, allowed, at="/scopes")
    if not key_id:
        findings += [KEY_WRONG(at="/publicKey")]
    elif tables.client_by_key(uow.connection, key_id):
        findings += [KEY_TAKEN(at="/publicKey")]
    if command.kind is ClientKind.DEVICE and not allowed:
        findings += [rules.SCOPE_NOT_OF_ROLE(at="/organisationId", scope="gate:write")]
    if findings:
        raise InvalidError(*findings)
    usual = frozenset(scope for scope in allowed if not scope.startswith("party:"))
    return enrolled(command, key_id, frozenset(command.scopes) or usual, uow)


def enrolled(
    command: EnrolClient, key_id: str, scopes: frozenset[str], uow: UnitOfWork
) -> ClientChanged:
    """Record a new key with these scopes, whoever acts."""
    client_id = uow.new_id()
    recorded = uow.record(
        f"client:{client_id}",
        events.ClientRegistered(
            client_id=client_id,
            organisation_id=command.organisation_id,
            kind=command.kind,
            name=command.name,
            public_key=command.public_key,
            key_id=key_id,
            scopes=tuple(sorted(scopes)),
        ),
    )
    return ClientChanged(event_id=recorded.event_id, client=_client(uow, client_id))


def revoke_client(
    client_id: str, effective_at: datetime | None, why: str, uow: UnitOfWork
) -> ClientChanged:
    """Revoke a key at once, or from a past instant on: a key is lost before one knows.

    Raises:
        NotFoundError: no such key in an organisation one manages.
        InvalidError: the instant lies ahead.
        RefusedError: it is revoked already.
    """
    uow.lock(f"client:{client_id}")
    found = _client(uow, client_id)
    manageable(uow, found.organisation_id)
    if found.revoked_at is not None:
        raise RefusedError(ALREADY_REVOKED(since=found.revoked_at))
    if findings := rules.revoking_findings(effective_at or uow.now, uow.now):
        raise InvalidError(*findings)
    happened = events.ClientRevoked(client_id=client_id, effective_at=effective_at or uow.now)
    recorded = uow.record(f"client:{client_id}", happened, reason=why)
    return ClientChanged(event_id=recorded.event_id, client=_client(uow, client_id))


def thumbprint(public_key: str) -> str:
    """The RFC 7638 thumbprint of an Ed25519 key given as JWK `x`; "" if it is none."""
    if len(public_key) != _KEY_LENGTH:
        return ""
    try:
        key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public_key})
        return str(key.thumbprint())
    except (ValueError, TypeError):
        return ""


def _client(uow: UnitOfWork, client_id: str) -> Client:
    found = tables.client(uow.connection, client_id)
    if found is None:
        raise NotFoundError
    return found
