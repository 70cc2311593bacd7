"""Pack everything that proves events were logged and witnessed into one byte string (证明包).

Source: LEDGER 6, "Proof bundle". Each member is covered by the proof, so any change of any byte
makes a bundle
invalid: there is exactly one byte string for it, which ``bundle_format`` writes and reads.

Deliberately not here: the policy, which never travels in the bundle, and the BLS aggregate, which
lives on the chain.
"""

from collections.abc import Iterable, Mapping

from ledger import checkpoint as checkpoints
from ledger import commitment, merkle
from ledger import policy as policies
from ledger.bundle_format import (
    FORMAT,
    MAX_SIZE,
    Bare,
    Bundle,
    BundleError,
    EventProof,
    Evidence,
    NotCheckedError,
    Part,
    Whole,
    decode,
    encode,
    line_key,
)
from ledger.checkpoint import Checkpoint
from ledger.jcs import JSON
from ledger.merkle import TileReader
from ledger.note import Signature
from ledger.policy import Policy, PolicyError, Verified
from ledger.proof import ProofError, verify_inclusion

__all__ = [
    "FORMAT",
    "MAX_SIZE",
    "Bare",
    "Bundle",
    "BundleError",
    "EventProof",
    "Evidence",
    "NotCheckedError",
    "Part",
    "Whole",
    "build",
    "check",
    "decode",
    "encode",
    "leaf_hash",
    "prove",
    "show_part",
    "show_whole",
]


def prove(
    store: TileReader,
    size: int,
    event_id: str,
    index: int,
    evidence: Evidence,
) -> EventProof:
    """Return an event with its inclusion proof in the tree of ``size`` leaves.

    Raises:
        ValueError: When the leaf is not in that tree.
        TileMissingError: When the store holds fewer leaves.
    """
    inclusion = merkle.inclusion_proof(store, index, size)
    return EventProof(event_id, index, tuple(inclusion), evidence)


def show_whole(document: Mapping[str, JSON], salt: bytes) -> Whole:
    """Return a document in full."""
    return Whole(tuple(commitment.flatten(document)), salt)


def show_part(document: Mapping[str, JSON], salt: bytes, paths: Iterable[str]) -> Part:
    """Return single fields of a document.

    Raises:
        KeyError: When the document has no such field.
    """
    return Part(tuple(commitment.disclose(document, salt, path) for path in sorted(set(paths))))


def build(policy: Policy, note: bytes, events: Iterable[EventProof]) -> bytes:
    """Return the bundle of events under a signed checkpoint.

    Takes from the note the log's signature and one cosignature of each witness of the policy;
    other lines, such as BLS ones, are left out.

    Raises:
        BundleError: When the result would not verify against the policy.
        NoteError: When the note is malformed.
        CheckpointError: When the note is no checkpoint.
    """
    checkpoint, lines = checkpoints.parse_signed(note)
    log = policy.find_log(checkpoint.origin)
    own = [line.payload for line in lines if log and checkpoints.is_by(line, log.key)]
    if not own:
        raise BundleError("the log did not sign the checkpoint")
    known = {line_key(line): line for line in lines if policy.find_witness(line)}
    bundle = Bundle(
        checkpoint,
        own[0],
        tuple(known[key] for key in sorted(known)),
        tuple(sorted(events, key=lambda event: event.index)),
    )
    data = encode(bundle)
    check(decode(data), policy)
    return data


def check(bundle: Bundle, policy: Policy) -> Verified:
    """Check everything a bundle says against a policy.

    Raises:
        BundleError: When the log is unknown, a signature is unknown, repeated or false, the
            witnesses are no
            quorum, or an event's fields or leaf do not lead to the checkpoint's root;
            ``NotCheckedError`` when the quorum needs signatures that cannot be checked here.
    """
    log = policy.find_log(bundle.checkpoint.origin)
    if log is None:
        raise BundleError("the policy does not know this log")
    own = Signature(log.key.name, log.key.key_id, bundle.log_signature)
    try:
        verified = policies.check(
            policy, bundle.checkpoint, [own, *bundle.cosignatures], strict=True
        )
        for event in bundle.events:
            _check_event(bundle.checkpoint, event)
    except policies.NotCheckedError as error:
        raise NotCheckedError(str(error)) from error
    except (PolicyError, ProofError) as error:
        raise BundleError(str(error)) from error
    return verified


def leaf_hash(origin: str, event: EventProof) -> bytes:
    """Return the 32-byte hash of the leaf that an event's evidence leads to.

    Raises:
        ProofError: When single fields lead to different commitments.
    """
    committed = _commitment(event.evidence)
    return merkle.leaf_hash(commitment.leaf_data(origin, event.event_id, committed))


def _check_event(checkpoint: Checkpoint, event: EventProof) -> None:
    leaf = leaf_hash(checkpoint.origin, event)
    verify_inclusion(leaf, event.index, checkpoint.size, event.inclusion, checkpoint.root)


def _commitment(evidence: Evidence) -> bytes:
    if isinstance(evidence, Whole):
        return commitment.commit_fields(evidence.fields, evidence.salt)
    if isinstance(evidence, Bare):
        return evidence.commitment
    found = {commitment.disclosed_commitment(shown) for shown in evidence.disclosures}
    if len(found) != 1:
        raise ProofError("the fields shown are not of one event")
    return found.pop()
