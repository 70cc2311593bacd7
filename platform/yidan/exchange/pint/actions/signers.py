"""Whose signatures count, and which of our parties a message means."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yidan.exchange.pint import signing, tables
from yidan.exchange.pint.events import PintSignerRegistered, SignerKind
from yidan.exchange.pint.rules.envelope import Code
from yidan.exchange.pint.tables import PintSigner
from yidan.kernel.errors import InvalidError, NotFoundError
from yidan.kernel.reasons import Role, reason
from yidan.parties.actions import acting_party
from yidan.parties.rules import OrganisationState
from yidan.parties.tables import Organisation, find_party, organisation
from yidan.ports import BlobStore
from yidan.store.unit_of_work import UnitOfWork

KEYS_WRONG = reason(
    "pint-keys-wrong",
    en="Send a JWK Set of public RSA, EC or OKP keys, without private parts.",
    zh="请发送由 RSA、EC 或 OKP 公钥组成的 JWK Set，不含私钥部分。",
)
ORGANISATION_UNKNOWN = reason(
    "pint-organisation-unknown",
    en="There is no such organisation; register it first.",
    zh="没有该企业；请先登记。",
)
OWN_CODE = reason(
    "pint-own-code", en="{code} is this platform's own code.", zh="{code} 是本平台自己的代码。"
)
PLATFORM_TAKEN = reason(
    "pint-organisation-taken",
    en="This organisation calls as platform {code} already.",
    zh="该企业已作为平台 {code} 接入。",
)

CODE_LISTS: Final[Mapping[tuple[str, str], str]] = {
    ("GLEIF", ""): "lei",
    ("GLEIF", "LEI"): "lei",
    ("ZZZ", "USCC"): "uscc",
    ("SMDG", ""): "smdg",
    ("SMDG", "LCL"): "smdg",
    ("NMFTA", ""): "scac",
    ("NMFTA", "SCAC"): "scac",
}
"""Our schemes of party identifiers, by code list provider and code list."""


@dataclass(frozen=True, kw_only=True)
class Here:
    """This platform among the others."""

    code: str
    signer: signing.Signer
    blobs: BlobStore
    registry: str
    """Base URI of our control tracking registry."""


@dataclass(frozen=True, kw_only=True)
class RegisterSigner:
    """Say whose signatures count."""

    code: str
    kind: SignerKind
    organisation_id: str
    url: str
    jwks: Mapping[str, Any]
    token_url: str = ""
    client_id: str = ""


def register_signer(command: RegisterSigner, here: Here, uow: UnitOfWork) -> PintSigner:
    """Register a platform or carrier with its public keys; the last registration counts.

    Raises:
        NotFoundError: the acting party is no administrator.
        InvalidError: keys, code or organisation are not acceptable; with all findings.
    """
    require_administrator(uow)
    uow.lock(f"pint-signer:{command.code}", f"organisation:{command.organisation_id}")
    findings = list(_findings(command, here, uow))
    if findings:
        raise InvalidError(*findings)
    happened = PintSignerRegistered(
        code=command.code,
        kind=command.kind,
        organisation_id=command.organisation_id,
        url=command.url.rstrip("/"),
        jwks=json.dumps(command.jwks, separators=(",", ":"), sort_keys=True),
        token_url=command.token_url,
        client_id=command.client_id,
    )
    uow.record(f"pint-signer:{command.code}", happened)
    return tables.signers(uow.connection, [command.code])[command.code]


def require_administrator(uow: UnitOfWork) -> None:
    """Let administrators alone pass.

    Raises:
        NotFoundError: the acting party is none.
    """
    if Role.ADMINISTRATOR not in acting_party(uow).roles:
        raise NotFoundError


def _findings(command: RegisterSigner, here: Here, uow: UnitOfWork) -> Iterable[Any]:
    try:
        signing.read_keys(command.jwks)
    except ValueError:
        yield KEYS_WRONG(at="/jwks")
    if command.code == here.code:
        yield OWN_CODE(at="/code", code=here.code)
    if organisation(uow.connection, command.organisation_id) is None:
        yield ORGANISATION_UNKNOWN(at="/organisationId")
    if command.kind is SignerKind.PLATFORM:
        other = tables.platform_of(uow.connection, command.organisation_id)
        if other is not None and other.code != command.code:
            yield PLATFORM_TAKEN(at="/organisationId", code=other.code)


def list_signers(uow: UnitOfWork) -> list[PintSigner]:
    """Everybody whose signatures count, for administrators.

    Raises:
        NotFoundError: the acting party is none.
    """
    require_administrator(uow)
    return tables.all_signers(uow.connection)


def calling_platform(uow: UnitOfWork) -> PintSigner:
    """The platform whose machine calls.

    Raises:
        ForbiddenError: its organisation is not verified.
        NotFoundError: it is no platform that was registered.
    """
    found = tables.platform_of(uow.connection, acting_party(uow).id)
    if found is None:
        raise NotFoundError
    return found


def keys_for(uow: UnitOfWork, here: Here, codes: Iterable[str]) -> signing.Keys:
    """Registered keys by code, ours among them; unknown codes are left out."""
    found = tables.signers(uow.connection, codes)
    registered = {code: signing.read_keys(json.loads(one.jwks)) for code, one in found.items()}
    return {**registered, here.code: here.signer.keys}


def our_party(uow: UnitOfWork, here: Here, codes: Iterable[Code]) -> Organisation | None:
    """The one verified organisation that these codes name; None if none or several."""
    found = {one.id: one for code in codes if (one := _by_code(uow, here, code))}
    if len(found) != 1:
        return None
    (one,) = found.values()
    return one if one.state is OrganisationState.VERIFIED else None


def _by_code(uow: UnitOfWork, here: Here, code: Code) -> Organisation | None:
    if code.provider == here.code:
        return find_party(uow.connection, code.value)
    scheme = CODE_LISTS.get((code.provider, code.list_name))
    return find_party(uow.connection, f"{scheme}:{code.value}") if scheme else None
