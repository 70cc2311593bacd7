"""The client credentials grant: an assertion in, a token out (RFC 6749 4.4, RFC 7523 2.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from yidan.kernel.errors import UnauthenticatedError, YidanError
from yidan.kernel.reasons import Reason, reason
from yidan.parties import rules, tables, tokens
from yidan.parties.rules import OrganisationState
from yidan.parties.tables import Client, operational
from yidan.store.unit_of_work import UnitOfWork

GRANT_TYPE: Final = "client_credentials"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

REQUEST_WRONG = reason(
    "oauth-request-wrong",
    en="Send grant_type={grant}, client_assertion_type={kind} and client_assertion, each once.",
    zh="请各发送一次 grant_type={grant}、client_assertion_type={kind} 和 client_assertion。",
)
CLIENT_WRONG = reason(
    "oauth-client-wrong",
    en="The assertion is not good: check key, alg (EdDSA), iss, sub, aud, exp; use a jti once.",
    zh="断言无效：请检查密钥、alg（EdDSA）、iss、sub、aud、exp，且每个 jti 只能使用一次。",
)
SCOPE_WRONG = reason(
    "oauth-scope-wrong",
    en="The scope {scope} was not given to this client; leave it out.",
    zh="该客户端没有权限 {scope}；请去掉。",
)


class OAuthError(YidanError):
    """The grant is refused; `error` is its code of RFC 6749 5.2."""

    def __init__(self, error: str, *reasons: Reason) -> None:
        super().__init__(*reasons)
        self.error = error


@dataclass(frozen=True)
class Issuer:
    """Who issues: its name, the addresses it answers under, its key and the tokens' life."""

    name: str
    audiences: frozenset[str]
    key: Ed25519PrivateKey
    life_s: int


@dataclass(frozen=True)
class Granted:
    """A granted access token."""

    token: str
    life_s: int
    scopes: frozenset[str]


def grant(form: Mapping[str, str], issuer: Issuer, uow: UnitOfWork) -> Granted:
    """Answer a token request.

    Raises:
        OAuthError: with its code and every reason.
    """
    if (form.get("grant_type"), form.get("client_assertion_type")) != (GRANT_TYPE, ASSERTION_TYPE):
        raise OAuthError("invalid_request", REQUEST_WRONG(grant=GRANT_TYPE, kind=ASSERTION_TYPE))
    try:
        client = _authenticated(form, issuer, uow)
    except UnauthenticatedError:
        raise OAuthError("invalid_client", CLIENT_WRONG()) from None
    scopes = _scopes(client, form.get("scope", ""), uow)
    access = tokens.Access(client.id, client.organisation_id, scopes, uow.now)
    token = tokens.issue(
        access, issuer.key, issuer=issuer.name, life_s=issuer.life_s, token_id=uow.new_id()
    )
    return Granted(token, issuer.life_s, scopes)


def _authenticated(form: Mapping[str, str], issuer: Issuer, uow: UnitOfWork) -> Client:
    text = form.get("client_assertion", "")
    client = tables.client(uow.connection, tokens.claimed_client(text))
    if client is None or not client.works_at(uow.now):
        raise UnauthenticatedError
    if form.get("client_id", client.id) != client.id:
        raise UnauthenticatedError
    key = tokens.public_key(client.public_key)
    assertion = tokens.read_assertion(
        text, key, client.key_id, audiences=issuer.audiences, now=uow.now
    )
    if not operational.use_assertion(
        uow.connection, client.id, assertion.jti, expires_at=assertion.expires_at, now=uow.now
    ):
        raise UnauthenticatedError
    return client


def _scopes(client: Client, asked: str, uow: UnitOfWork) -> frozenset[str]:
    organisation = tables.organisation(uow.connection, client.organisation_id)
    if organisation is None or organisation.state is not OrganisationState.VERIFIED:
        state = organisation.state.value if organisation else OrganisationState.NONE.value
        raise OAuthError("unauthorized_client", rules.PARTY_NOT_VERIFIED(state=state))
    allowed = client.scopes & rules.scopes_of(organisation.roles)
    wanted = frozenset(asked.split()) or allowed
    if beyond := sorted(wanted - allowed):
        raise OAuthError("invalid_scope", *(SCOPE_WRONG(scope=scope[:40]) for scope in beyond[:20]))
    return wanted
