"""Put the witnesses' BLS signatures of one checkpoint into one, for the chain (聚合见证).

Source: LEDGER 6. What is signed binds the domain tag, chain id, contract address, origin, size,
root, time and the set of witnesses, as eight words of 32 bytes, so that a contract can rebuild it
by ``abi.encode``:

    SHA-256("yidan/checkpoint/bls/v1"), chain id, contract, SHA-256(origin), size, root, time,
    SHA-256("yidan/witness-set/v1" || public keys in rising order)

All signers sign one ``time``, proposed by who collects the signatures. A signer is named by its
bit: bit 0 is the lowest public key of the set. A witness sends its signature as a note signature
line of type 0xff with the identifier ``yidan/checkpoint/bls/v1``; the payload is the time (8
bytes, big-endian) and the signature.

Nothing here runs without the BLS library of ``ledger.bls``; the offline verifier does not import
it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ledger import bls
from ledger.checkpoint import MAX_TREE_SIZE, TIMESTAMP_SIZE, Checkpoint
from ledger.note import KeyType, NoteError, Signature, key_id
from ledger.policy import Policy, PolicyError, Witness

TAG: Final = b"yidan/checkpoint/bls/v1"
"""Domain tag, and the identifier behind signature type 0xff."""

SET_TAG: Final = b"yidan/witness-set/v1"
"""Domain tag of a witness set's id."""

SIGNER_BITS: Final = 192
"""Bits of the anchor's word that name signers."""

WORD: Final = 32
"""Bytes of a word of the EVM."""


@dataclass(frozen=True)
class Aggregate:
    """One signature for many witnesses."""

    signature: bytes
    """96 bytes."""
    signers: int
    """Bit i is set for the i-th public key of the set in rising order."""
    time: int
    """POSIX second that all of them signed."""

    @property
    def signers_word(self) -> int:
        """Signers and time as the anchor's one word: the time in the upper 64 of 256 bits."""
        return self.time << SIGNER_BITS | self.signers


def unpack(signers_word: int, signature: bytes) -> Aggregate:
    """Return the aggregate that an anchor carries."""
    time, signers = divmod(signers_word, 1 << SIGNER_BITS)
    return Aggregate(signature, signers, time)


def bls_witnesses(policy: Policy) -> tuple[Witness, ...]:
    """Return the witnesses that have a BLS key, in the order of their bits."""
    found = ((w.bls.public_key, w) for w in policy.witnesses if w.bls)
    return tuple(witness for _, witness in sorted(found, key=lambda pair: pair[0]))


def witness_set_id(policy: Policy) -> bytes:
    """Return the 32-byte name of the policy's set of BLS keys."""
    keys = (w.bls.public_key for w in bls_witnesses(policy) if w.bls)
    return hashlib.sha256(SET_TAG + b"".join(keys)).digest()


def message(policy: Policy, checkpoint: Checkpoint, time: int) -> bytes:
    """Return the 256 bytes that each witness signs.

    Raises:
        PolicyError: When the policy names no chain.
    """
    if policy.chain is None:
        raise PolicyError("the policy names no chain")
    words = (
        hashlib.sha256(TAG).digest(),
        policy.chain.chain_id.to_bytes(WORD, "big"),
        bytes.fromhex(policy.chain.contract.removeprefix("0x")).rjust(WORD, b"\x00"),
        hashlib.sha256(checkpoint.origin.encode()).digest(),
        checkpoint.size.to_bytes(WORD, "big"),
        checkpoint.root,
        time.to_bytes(WORD, "big"),
        witness_set_id(policy),
    )
    return b"".join(words)


def sign(
    policy: Policy, checkpoint: Checkpoint, name: str, secret_key: bytes, time: int
) -> Signature:
    """Return a witness's BLS signature line.

    Raises:
        PolicyError: When the policy names no chain.
        BlsError: When the secret key is malformed.
    """
    signature = bls.sign(secret_key, message(policy, checkpoint, time))
    line_id = bls_key_id(name, bls.sk_to_pk(secret_key))
    return Signature(name, line_id, time.to_bytes(TIMESTAMP_SIZE, "big") + signature)


def bls_key_id(name: str, public_key: bytes) -> bytes:
    """Return the 4-byte id of a witness's BLS key in signature lines."""
    return key_id(name, bytes([KeyType.OWN]) + TAG + public_key)


def is_bls(signature: Signature, witness: Witness) -> bool:
    """Tell whether a line claims to be this witness's BLS signature."""
    if witness.bls is None:
        return False
    expected = witness.key.name, bls_key_id(witness.key.name, witness.bls.public_key)
    return (signature.name, signature.key_id) == expected


def verify(policy: Policy, checkpoint: Checkpoint, witness: Witness, signature: Signature) -> int:
    """Check one witness's BLS signature line and its key's proof of possession.

    Returns:
        The POSIX second that it signed.

    Raises:
        NoteError: When the line names another key or does not verify, or the possession is not
            proved.
        PolicyError: When the policy names no chain.
    """
    if witness.bls is None or not is_bls(signature, witness):
        raise NoteError("a BLS signature is of another key")
    _check_possession(witness)
    time = int.from_bytes(signature.payload[:TIMESTAMP_SIZE], "big")
    signed = message(policy, checkpoint, time)
    if not bls.verify(witness.bls.public_key, signed, signature.payload[TIMESTAMP_SIZE:]):
        raise NoteError("a BLS signature does not verify")
    return time


def combine(policy: Policy, signatures: Mapping[str, Signature]) -> Aggregate:
    """Add up verified signature lines, keyed by the witnesses' names in the policy.

    Raises:
        NoteError: When there is none, one is of no BLS witness, or they signed different times.
    """
    order = [witness.name for witness in bls_witnesses(policy)]
    times = {line.payload[:TIMESTAMP_SIZE] for line in signatures.values()}
    if len(times) != 1 or not signatures.keys() <= set(order):
        raise NoteError("signatures of one time by witnesses of the set are needed")
    total = bls.aggregate([line.payload[TIMESTAMP_SIZE:] for line in signatures.values()])
    signers = sum(1 << order.index(name) for name in signatures)
    return Aggregate(total, signers, int.from_bytes(times.pop(), "big"))


def verify_aggregate(
    policy: Policy, checkpoint: Checkpoint, aggregate: Aggregate
) -> tuple[Witness, ...]:
    """Check an aggregate, every signer's proof of possession, and that the signers are a quorum.

    Returns:
        The witnesses that signed.

    Raises:
        NoteError: When it does not verify, a bit names no witness, or a possession is not proved.
        PolicyError: When the policy names no chain, or the signers are no quorum.
    """
    order = bls_witnesses(policy)
    if not 0 < aggregate.signers < 1 << len(order) or not 0 < aggregate.time <= MAX_TREE_SIZE:
        raise NoteError("an aggregate names no witness, or one beyond the set")
    signers = tuple(w for bit, w in enumerate(order) if aggregate.signers >> bit & 1)
    for witness in signers:
        _check_possession(witness)
    keys = [witness.bls.public_key for witness in signers if witness.bls]
    signed = message(policy, checkpoint, aggregate.time)
    if not bls.fast_aggregate_verify(keys, signed, aggregate.signature):
        raise NoteError("the aggregate does not verify")
    if not policy.is_met_by(witness.name for witness in signers):
        raise PolicyError("the witnesses in the aggregate are no quorum")
    return signers


def _check_possession(witness: Witness) -> None:
    if witness.bls is None or not _possessed(witness.bls.public_key, witness.bls.proof):
        raise NoteError(f"{witness.name} has not proved that it possesses its BLS key")


@lru_cache(maxsize=1024)
def _possessed(public_key: bytes, proof: bytes) -> bool:
    return bls.pop_verify(public_key, proof)
