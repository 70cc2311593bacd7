"""Signed texts of PINT: JWS compact serialization (RFC 7515 7.1), keys, checksums (签名文本).

A signature is judged by keys that an administrator registered for the platform or carrier;
whatever key or certificate a message brings along is not looked at, and neither are algorithms that
need no key pair. Checksums are SHA-256 over the signed text, or over the canonical form (RFC 8785).
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import rfc8785
from joserfc import jws
from joserfc._rfc7515.model import CompactSignature, JWSAlgModel
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, Key, KeySet, KeySetSerialization
from typing_extensions import override

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
"""Signatures by a key pair. Neither "none" nor a shared secret is among them."""


MAX_ENVELOPE: Final = 4_194_304
"""Largest envelope that is read, in bytes."""


class _Registry(jws.JWSRegistry):
    """Signatures as PINT has them: with certificates in the header, over payloads of some size."""

    max_header_length = 65_536
    max_payload_length = MAX_ENVELOPE

    def __init__(self) -> None:
        super().__init__(strict_check_header=False)

    @override
    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_REGISTRY: Final = _Registry()
Keys = Mapping[str, KeySet]
"""Registered public keys by signer: a platform's code, or a carrier's `SMDG:HMM`."""


def sha256(text: str | bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def canonical_checksum(document: object) -> str:
    """SHA-256 of the canonical form (RFC 8785) of a JSON value."""
    return sha256(rfc8785.dumps(document))  # type: ignore[arg-type]  # JSON values only


def payload_of(text: str) -> bytes | None:
    """What a signed text holds, the signature unchecked; None if it is no signed text."""
    found = _extracted(text)
    return found.payload if found else None


def verifies(text: str, keys: KeySet | None) -> bool:
    """Whether one of these keys made the signature; the header's own keys are not looked at."""
    found = _extracted(text)
    return found is not None and any(_made_by(found, key) for key in (keys.keys if keys else ()))


def _extracted(text: str) -> CompactSignature | None:
    """The parts of a signed text, if it is written in the one way that RFC 7515 has for them.

    Base64 has twins, which would let a text be changed under its signature; and an unencoded
    payload (RFC 7797) is not what PINT means by compact serialization.
    """
    try:
        found = jws.extract_compact(text.encode("ascii"), registry=_REGISTRY)
    except (JoseError, ValueError):
        return None
    if {"b64", "crit"} & found.protected.keys():
        return None
    return found if all(_one_way(part) for part in text.split(".")) else None


def _one_way(part: str) -> bool:
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode() == part


def _made_by(found: CompactSignature, key: Key) -> bool:
    try:
        return jws.validate_compact(found, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        return False


def read_keys(document: Mapping[str, Any]) -> KeySet:
    """Public keys of a JWK Set (RFC 7517).

    Raises:
        ValueError: it holds no public key, a private or a shared one, or one of another kind.
    """
    try:
        found = KeySet.import_key_set(_only_keys(document))
    except (JoseError, KeyError, TypeError) as error:
        raise ValueError("no JWK Set") from error
    if not found.keys or any(_unfit(key) for key in found.keys):
        raise ValueError("public RSA, EC and OKP keys only")
    return found


def _only_keys(document: Mapping[str, Any]) -> KeySetSerialization:
    return {"keys": [dict(one) for one in document["keys"]]}


def _unfit(key: Key) -> bool:
    return key.key_type not in {"RSA", "EC", "OKP"} or bool(key.is_private)


class Signer:
    """Signs in the platform's name (ES256), with the key's thumbprint as its id."""

    def __init__(self, key: ECKey) -> None:
        self._key = key
        self._kid = key.thumbprint()

    def sign(self, payload: Mapping[str, Any]) -> str:
        """A signed text of a JSON object, in its canonical form."""
        header = {"alg": "ES256", "kid": self._kid}
        data = rfc8785.dumps(dict(payload))
        return jws.serialize_compact(header, data, self._key, registry=_REGISTRY)

    @property
    def keys(self) -> KeySet:
        """The public half."""
        return KeySet([ECKey.import_key(self.public)])

    @property
    def public(self) -> dict[str, Any]:
        """The public half as a JWK."""
        return {**self._key.as_dict(private=False), "kid": self._kid, "use": "sig", "alg": "ES256"}
