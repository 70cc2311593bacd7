"""BLS12-381 arithmetic by py_ecc, the reference implementation and the oracle in tests.

Source: draft-irtf-cfrg-bls-signature-05 section 2, as py_ecc words it. Pure Python: a check takes
about half a second. Deliberately not here: lengths, infinity and the public API, which
``ledger.bls`` keeps.
"""

from collections.abc import Sequence
from functools import reduce

from eth_typing import BLSPubkey, BLSSignature
from py_ecc.bls.ciphersuites import G2ProofOfPossession
from py_ecc.bls.g2_primitives import (
    G1_to_pubkey,
    G2_to_signature,
    pubkey_to_G1,
    signature_to_G2,
    subgroup_check,
)
from py_ecc.bls.typing import G1Uncompressed, G2Uncompressed
from py_ecc.optimized_bls12_381.optimized_curve import add

from ledger.bls import BlsError


def public_key(secret: int) -> bytes:
    """Return the 48-byte public key of a secret scalar."""
    return bytes(G2ProofOfPossession.SkToPk(secret))


def sign(secret: int, message: bytes, tag: bytes) -> bytes:
    """Return the 96-byte signature over a message under a domain separation tag."""
    return bytes(G2ProofOfPossession._CoreSign(secret, message, tag))  # noqa: SLF001 - takes the tag


def add_signatures(signatures: Sequence[bytes]) -> bytes:
    """Return the sum of signatures.

    Raises:
        BlsError: When one is no point of the group.
    """
    return bytes(G2_to_signature(reduce(add, map(_signature, signatures))))


def add_public_keys(public_keys: Sequence[bytes]) -> bytes:
    """Return the sum of public keys.

    Raises:
        BlsError: When one is no point of the group.
    """
    return bytes(G1_to_pubkey(reduce(add, map(_public_key, public_keys))))


def verify(
    public_keys: Sequence[bytes], messages: Sequence[bytes], signature: bytes, tag: bytes
) -> bool:
    """Check an aggregate over one message for each key; bad points answer ``False``."""
    keys = [BLSPubkey(key) for key in public_keys]
    return bool(
        G2ProofOfPossession._CoreAggregateVerify(  # noqa: SLF001 - takes the tag
            keys, messages, BLSSignature(signature), tag
        )
    )


def _signature(data: bytes) -> G2Uncompressed:
    try:
        point = signature_to_G2(BLSSignature(data))
    except ValueError as error:
        raise BlsError("no point of the curve") from error
    if not subgroup_check(point):
        raise BlsError("no point of the group")
    return point


def _public_key(data: bytes) -> G1Uncompressed:
    try:
        point = pubkey_to_G1(BLSPubkey(data))
    except ValueError as error:
        raise BlsError("no point of the curve") from error
    if not subgroup_check(point):
        raise BlsError("no point of the group")
    return point
