"""Tokens of machines: client assertions in (RFC 7523), access tokens out (RFC 9068). Ed25519 only.

An assertion is signed by the client's enrolled key: `iss` = `sub` = the client's id, `aud` this
platform or its token endpoint, at most five minutes old or young, its `jti` good once. The
algorithm is ours to choose, not the header's: "none" and HMAC with a public key as secret are
refused before any key is looked at (QUALITY B3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from typing_extensions import override

from yidan.kernel.content import JsonValue
from yidan.kernel.errors import InvalidError, UnauthenticatedError
from yidan.kernel.strict_json import loads

ALGORITHMS: Final = frozenset({"Ed25519", "EdDSA"})
"""Ed25519 by its name of RFC 9864 and by the older one of RFC 8037, which most clients send."""
LIFE: Final = timedelta(minutes=5)
"""Longest life of an assertion."""
SKEW: Final = timedelta(seconds=30)
"""How far a client's clock may be off."""
ACCESS_TYPE: Final = "at+jwt"
MAX_TOKEN: Final = 4_096
"""Longest token that is looked at, in characters."""
_MAX_JTI: Final = 255


class _EdwardsOnly(JWSRegistry):
    """Signatures by Ed25519, whichever of its two names the header gives."""

    @override
    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_REGISTRY: Final = _EdwardsOnly()


@dataclass(frozen=True)
class Assertion:
    """What a verified client assertion says."""

    client_id: str
    jti: str
    expires_at: datetime


@dataclass(frozen=True)
class Access:
    """What a verified access token says."""

    client_id: str
    party: str
    scopes: frozenset[str]
    issued_at: datetime


def public_key(x: str) -> OKPKey:
    """An Ed25519 public key from its JWK `x`."""
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})


def claimed_client(token: str) -> str:
    """The client an assertion says it is from; not yet believed.

    Raises:
        UnauthenticatedError: it is not a JWT of ours to read.
    """
    if len(token) > MAX_TOKEN:
        raise UnauthenticatedError
    try:
        found = jws.extract_compact(token.encode("ascii"))
    except (JoseError, ValueError):
        raise UnauthenticatedError from None
    issuer = _claims(found.payload).get("iss")
    if not isinstance(issuer, str):
        raise UnauthenticatedError
    return issuer


def read_assertion(
    token: str, key: OKPKey, key_id: str, *, audiences: frozenset[str], now: datetime
) -> Assertion:
    """Verify a client assertion.

    Raises:
        UnauthenticatedError: signature, algorithm, key id, issuer, audience or times are not right.
    """
    header, claims = _verified(token, key)
    if header.get("kid", key_id) != key_id or claims.get("iss") != claims.get("sub"):
        raise UnauthenticatedError
    asked = claims.get("aud")
    audience = asked if isinstance(asked, list) else [asked]
    if len(audience) != 1 or audience[0] not in audiences:
        raise UnauthenticatedError
    expires_at = _instant(claims, "exp")
    if not now - SKEW < expires_at <= now + LIFE + SKEW:
        raise UnauthenticatedError
    for name in {"iat", "nbf"} & claims.keys():
        if _instant(claims, name) > now + SKEW:
            raise UnauthenticatedError
    jti, issuer = claims.get("jti"), claims.get("iss")
    if not isinstance(issuer, str) or not isinstance(jti, str) or not 1 <= len(jti) <= _MAX_JTI:
        raise UnauthenticatedError
    return Assertion(issuer, jti, expires_at)


def issue(
    access: Access, key: Ed25519PrivateKey, *, issuer: str, life_s: int, token_id: str
) -> str:
    """Sign an access token."""
    issued = int(access.issued_at.timestamp())
    claims = {
        "iss": issuer,
        "aud": issuer,
        "sub": access.client_id,
        "client_id": access.client_id,
        "party": access.party,
        "scope": " ".join(sorted(access.scopes)),
        "iat": issued,
        "exp": issued + life_s,
        "jti": token_id,
    }
    header = {"alg": "Ed25519", "typ": ACCESS_TYPE}
    return jwt.encode(header, claims, OKPKey.import_key(key), registry=_REGISTRY)


def read_access(token: str, key: Ed25519PrivateKey, *, issuer: str, now: datetime) -> Access:
    """Verify an access token of our own.

    Raises:
        UnauthenticatedError: it is not ours, not an access token, or expired.
    """
    if len(token) > MAX_TOKEN:
        raise UnauthenticatedError
    header, claims = _verified(token, OKPKey.import_key(key.public_key()))
    if header.get("typ") != ACCESS_TYPE:
        raise UnauthenticatedError
    if claims.get("iss") != issuer or claims.get("aud") != issuer:
        raise UnauthenticatedError
    if _instant(claims, "exp") <= now or _instant(claims, "iat") > now + SKEW:
        raise UnauthenticatedError
    return Access(
        client_id=str(claims["sub"]),
        party=str(claims["party"]),
        scopes=frozenset(str(claims["scope"]).split()),
        issued_at=_instant(claims, "iat"),
    )


def _verified(token: str, key: OKPKey) -> tuple[Mapping[str, Any], Mapping[str, JsonValue]]:
    try:
        found = jws.deserialize_compact(token.encode("ascii"), key, registry=_REGISTRY)
    except (JoseError, ValueError):
        raise UnauthenticatedError from None
    return found.headers(), _claims(found.payload)


def _claims(payload: bytes) -> Mapping[str, JsonValue]:
    try:
        claims = loads(payload, max_bytes=MAX_TOKEN, max_depth=4)
    except InvalidError:
        raise UnauthenticatedError from None
    if not isinstance(claims, dict):
        raise UnauthenticatedError
    return claims


def _instant(claims: Mapping[str, JsonValue], name: str) -> datetime:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnauthenticatedError
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise UnauthenticatedError from None
