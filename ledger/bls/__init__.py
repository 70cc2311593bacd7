"""Sign with BLS12-381 and add signatures up, in the proof-of-possession scheme (聚合签名).

Source: draft-irtf-cfrg-bls-signature-05, ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_:
public keys in G1 (48 bytes), signatures in G2 (96 bytes), both compressed; secret keys are 32
bytes, big-endian. Hashing to the curve is RFC 9380. Checks answer ``True`` or ``False`` and never
raise on bad bytes.

Stricter than the draft in one point: the point at infinity is refused as a key and as a
signature, also when signatures are added up.

``fast_aggregate_verify`` is safe only for keys whose proof of possession was checked. Otherwise a
rogue key (the attacker's key minus another's) forges the other's signature.

Two backends give the same answers: ``arkworks`` does the work, ``py_ecc`` is the reference and
the oracle in tests, some hundred times slower.
"""

import hashlib
import hmac
import importlib
from collections.abc import Sequence
from typing import Any, Final, Literal, Protocol, cast

BackendName = Literal["arkworks", "py_ecc"]
"""Which library computes."""

CIPHERSUITE: Final = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""Domain separation tag of signatures (draft section 4.2.3)."""

POP_TAG: Final = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""Domain separation tag of proofs of possession (draft section 4.2.3)."""

ORDER: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""Order of the groups; a secret key lies in ``[1, ORDER)``."""

SECRET_KEY_SIZE: Final = 32
"""Bytes of a secret key."""

PUBLIC_KEY_SIZE: Final = 48
"""Bytes of a compressed point of G1."""

SIGNATURE_SIZE: Final = 96
"""Bytes of a compressed point of G2."""


class BlsError(ValueError):
    """A key or signature is malformed, at infinity, or outside its group."""


class _Backend(Protocol):
    """What a backend module offers. Points are checked bytes; bad ones raise ``BlsError``."""

    def public_key(self, secret: int) -> bytes: ...
    def sign(self, secret: int, message: bytes, tag: bytes) -> bytes: ...
    def add_signatures(self, signatures: Sequence[bytes]) -> bytes: ...
    def add_public_keys(self, public_keys: Sequence[bytes]) -> bytes: ...
    def verify(
        self, public_keys: Sequence[bytes], messages: Sequence[bytes], signature: bytes, tag: bytes
    ) -> bool: ...


_MODULES: Final = {"arkworks": "ledger.bls.arkworks", "py_ecc": "ledger.bls.reference"}


def _backend(name: BackendName) -> _Backend:
    # Imported when first used: the offline verifier must run without either library.
    module: Any = importlib.import_module(_MODULES[name])
    return cast("_Backend", module)


def key_gen(ikm: bytes, key_info: bytes = b"") -> bytes:
    """Derive a 32-byte secret key from at least 32 secret random bytes (draft section 2.3).

    Raises:
        BlsError: When the key material is shorter than 32 bytes.
    """
    if len(ikm) < SECRET_KEY_SIZE:
        raise BlsError("key material must be at least 32 bytes")
    salt, secret = b"BLS-SIG-KEYGEN-SALT-", 0
    while secret == 0:
        salt = hashlib.sha256(salt).digest()
        pseudo_random_key = hmac.digest(salt, ikm + b"\x00", "sha256")
        # L = ceil((3 * ceil(log2(r))) / 16) = 48 bytes, so two blocks of HKDF-Expand.
        info = key_info + (48).to_bytes(2, "big")
        first = hmac.digest(pseudo_random_key, info + b"\x01", "sha256")
        second = hmac.digest(pseudo_random_key, first + info + b"\x02", "sha256")
        secret = int.from_bytes((first + second)[:48], "big") % ORDER
    return secret.to_bytes(SECRET_KEY_SIZE, "big")


def sk_to_pk(secret_key: bytes, *, backend: BackendName = "arkworks") -> bytes:
    """Return the 48-byte public key.

    Raises:
        BlsError: When the secret key is not 32 bytes in ``[1, ORDER)``.
    """
    return _backend(backend).public_key(_secret(secret_key))


def sign(secret_key: bytes, message: bytes, *, backend: BackendName = "arkworks") -> bytes:
    """Return the 96-byte signature over a message.

    Raises:
        BlsError: When the secret key is not 32 bytes in ``[1, ORDER)``.
    """
    return _backend(backend).sign(_secret(secret_key), message, CIPHERSUITE)


def verify(
    public_key: bytes, message: bytes, signature: bytes, *, backend: BackendName = "arkworks"
) -> bool:
    """Tell whether a signature over a message is of this key."""
    return _verify([public_key], [message], signature, CIPHERSUITE, backend)


def aggregate(signatures: Sequence[bytes], *, backend: BackendName = "arkworks") -> bytes:
    """Add signatures up to one of 96 bytes.

    Raises:
        BlsError: When there is none, or one is malformed, at infinity or outside the group, or
            the sum is
            at infinity.
    """
    if not signatures:
        raise BlsError("nothing to aggregate")
    _check_points(signatures, SIGNATURE_SIZE)
    total = _backend(backend).add_signatures(signatures)
    _check_points([total], SIGNATURE_SIZE)
    return total


def aggregate_verify(
    public_keys: Sequence[bytes],
    messages: Sequence[bytes],
    signature: bytes,
    *,
    backend: BackendName = "arkworks",
) -> bool:
    """Tell whether an aggregate holds one signature of each key over its own message."""
    return _verify(public_keys, messages, signature, CIPHERSUITE, backend)


def fast_aggregate_verify(
    public_keys: Sequence[bytes],
    message: bytes,
    signature: bytes,
    *,
    backend: BackendName = "arkworks",
) -> bool:
    """Tell whether an aggregate holds one signature of each key over one message.

    Requires that ``pop_verify`` held for every key. A key listed twice counts twice: who counts
    signers must see to it that they are distinct.
    """
    try:
        _check_points(public_keys, PUBLIC_KEY_SIZE)
        if not public_keys:
            return False
        total = _backend(backend).add_public_keys(public_keys)
    except BlsError:
        return False
    return _verify([total], [message], signature, CIPHERSUITE, backend)


def pop_prove(secret_key: bytes, *, backend: BackendName = "arkworks") -> bytes:
    """Return the 96-byte proof that one possesses the secret key (draft section 3.3.2).

    Raises:
        BlsError: When the secret key is not 32 bytes in ``[1, ORDER)``.
    """
    secret, library = _secret(secret_key), _backend(backend)
    return library.sign(secret, library.public_key(secret), POP_TAG)


def pop_verify(public_key: bytes, proof: bytes, *, backend: BackendName = "arkworks") -> bool:
    """Tell whether a proof of possession is of this key (draft section 3.3.3)."""
    return _verify([public_key], [public_key], proof, POP_TAG, backend)


def _verify(
    public_keys: Sequence[bytes],
    messages: Sequence[bytes],
    signature: bytes,
    tag: bytes,
    backend: BackendName,
) -> bool:
    if not public_keys or len(public_keys) != len(messages):
        return False
    try:
        _check_points(public_keys, PUBLIC_KEY_SIZE)
        _check_points([signature], SIGNATURE_SIZE)
        return _backend(backend).verify(public_keys, messages, signature, tag)
    except BlsError:
        return False


def _secret(secret_key: bytes) -> int:
    secret = int.from_bytes(secret_key, "big")
    if len(secret_key) != SECRET_KEY_SIZE or not 0 < secret < ORDER:
        raise BlsError("a secret key is 32 bytes in [1, r)")
    return secret


def _check_points(points: Sequence[bytes], size: int) -> None:
    """Refuse another length, an uncompressed point and infinity before any arithmetic."""
    for point in points:
        if len(point) != size:
            raise BlsError(f"a point is not {size} bytes")
        # The first bit marks a compressed point, the second the point at infinity.
        if point[0] & 0xC0 != 0x80:  # noqa: PLR2004 - the two flag bits of the comment above
            raise BlsError("a point is not compressed, or at infinity")
