"""BLS12-381 arithmetic by py-arkworks-bls12381, the one used at run time.

Source: draft-irtf-cfrg-bls-signature-05 section 2. ``from_compressed_bytes`` refuses points that
are off the curve, outside the subgroup, or not canonically encoded. Deliberately not here:
lengths, infinity and the public API, which ``ledger.bls`` keeps for both backends.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import TypeVar

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from ledger.bls import BlsError

_Point = TypeVar("_Point", G1Point, G2Point)


def public_key(secret: int) -> bytes:
    """Return the 48-byte public key of a secret scalar."""
    return bytes((G1Point() * Scalar(secret)).to_compressed_bytes())


def sign(secret: int, message: bytes, tag: bytes) -> bytes:
    """Return the 96-byte signature over a message under a domain separation tag."""
    return bytes((G2Point.hash_to_curve(message, tag) * Scalar(secret)).to_compressed_bytes())


def add_signatures(signatures: Sequence[bytes]) -> bytes:
    """Return the sum of signatures.

    Raises:
        BlsError: When one is no point of the group.
    """
    return bytes(_sum(G2Point.from_compressed_bytes, signatures).to_compressed_bytes())


def add_public_keys(public_keys: Sequence[bytes]) -> bytes:
    """Return the sum of public keys.

    Raises:
        BlsError: When one is no point of the group.
    """
    return bytes(_sum(G1Point.from_compressed_bytes, public_keys).to_compressed_bytes())


def verify(
    public_keys: Sequence[bytes], messages: Sequence[bytes], signature: bytes, tag: bytes
) -> bool:
    """Check e(pk1, H(m1)) · … · e(-g1, signature) = 1 (draft section 2.9).

    Raises:
        BlsError: When a key or the signature is no point of its group.
    """
    keys = [_decode(G1Point.from_compressed_bytes, key) for key in public_keys]
    hashes = [G2Point.hash_to_curve(message, tag) for message in messages]
    point = _decode(G2Point.from_compressed_bytes, signature)
    return bool(GT.pairing_check([*keys, -G1Point()], [*hashes, point]))


def _decode(decode: Callable[[bytes], _Point], data: bytes) -> _Point:
    try:
        return decode(data)
    except ValueError as error:
        raise BlsError("no point of the group") from error


def _sum(decode: Callable[[bytes], _Point], points: Sequence[bytes]) -> _Point:
    return reduce(add, [_decode(decode, data) for data in points])
