"""Ask a witness to cosign, and believe only what verifies (见证客户端).

Source: C2SP tlog-witness, "add-checkpoint", the client's side. The log's checkpointer asks each
witness of its policy; what comes back is verified against the policy before it is used. The BLS
line is asked for at one time that all witnesses share (``aggregate``).

Deliberately not here: retries over time and several witnesses at once, which are the caller's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx

from ledger import aggregate, note
from ledger import checkpoint as checkpoints
from ledger.checkpoint import Checkpoint, CheckpointError, parse_decimal
from ledger.note import Note, NoteError, Signature
from ledger.policy import Policy, Witness
from ledger.witness import TIME_HEADER

CLOCK_DIFFERENCE_S: Final = 600
"""How far a witness's time may be from ours before its cosignature is refused."""


class WitnessError(Exception):
    """A witness did not cosign.

    ``WitnessUnreachableError``: no answer; ask again later.
    ``WitnessRefusedError``: it answered with an error, or with signatures that do not verify.
    ``WitnessForkError``: the checkpoint does not extend what it has cosigned. The log was changed:
    stop.
    ``WitnessAheadError``: it has seen a larger checkpoint than this one. The log was rolled back:
    stop.
    """


class WitnessUnreachableError(WitnessError):
    """No answer came."""


class WitnessRefusedError(WitnessError):
    """The answer was an error, or its signatures do not verify."""


class WitnessForkError(WitnessRefusedError):
    """The checkpoint does not extend what the witness has cosigned: this log was changed."""


class WitnessAheadError(WitnessError):
    """The witness has cosigned a larger checkpoint: this log was rolled back."""


@dataclass(frozen=True)
class Cosigned:
    """What a witness signed; verified."""

    witness: Witness
    cosignature: Signature
    """Its Ed25519 cosignature/v1 line."""
    time: int
    """POSIX second in the cosignature."""
    bls: Signature | None
    """Its BLS line over the shared time, where the policy names its BLS key and a chain."""


def request_body(
    checkpoint: Checkpoint, log_signature: Signature, old_size: int, proof: Sequence[bytes]
) -> bytes:
    """Return the body of ``POST /add-checkpoint``."""
    lines = [f"old {old_size}\n", *(f"{note.encode_base64(item)}\n" for item in proof), "\n"]
    return "".join(lines).encode() + Note(checkpoint.body(), (log_signature,)).encode()


def ask(
    http: httpx.Client,
    policy: Policy,
    witness: Witness,
    checkpoint: Checkpoint,
    log_signature: Signature,
    *,
    proof_from: Callable[[int], Sequence[bytes]],
    old_size: int,
    time: int,
) -> Cosigned:
    """Have a witness cosign a checkpoint.

    The witness knows best what it cosigned last: when it names another size than ``old_size``, it
    is asked once more with the proof from there.

    Args:
        http: Client with the caller's time-outs.
        policy: The log's own policy.
        witness: A witness of the policy with its URL.
        checkpoint: What to cosign.
        log_signature: The log's signature of it.
        proof_from: Gives the consistency proof from a size to the checkpoint's.
        old_size: Size that this witness cosigned last, as far as known; 0 if nothing is.
        time: POSIX second for the BLS line, the same for all witnesses.

    Raises:
        WitnessUnreachableError: When no answer came.
        WitnessAheadError: When it has cosigned a larger checkpoint.
        WitnessForkError: When the checkpoint does not extend what it has cosigned.
        WitnessRefusedError: On any other answer.
    """
    size = old_size
    for _ in range(2):
        body = request_body(checkpoint, log_signature, size, proof_from(size))
        answer = _post(http, witness, body, time)
        if answer.status_code != HTTPStatus.CONFLICT:
            return _read(policy, witness, checkpoint, answer, time)
        size = _told_size(answer)
        if size > checkpoint.size:
            raise WitnessAheadError(
                f"{witness.name} has seen {size} leaves, this log has {checkpoint.size}"
            )
    raise WitnessRefusedError(f"{witness.name} changed its mind about what it has seen")


def _post(http: httpx.Client, witness: Witness, body: bytes, time: int) -> httpx.Response:
    url = f"{witness.url.rstrip('/')}/add-checkpoint"
    try:
        return http.post(url, content=body, headers={TIME_HEADER: str(time)})
    except httpx.HTTPError as error:
        raise WitnessUnreachableError(f"{witness.name} does not answer") from error


def _told_size(answer: httpx.Response) -> int:
    try:
        return parse_decimal(answer.text.removesuffix("\n"))
    except CheckpointError as error:
        raise WitnessRefusedError("a conflict without a size") from error


def _read(
    policy: Policy, witness: Witness, checkpoint: Checkpoint, answer: httpx.Response, time: int
) -> Cosigned:
    if answer.status_code != HTTPStatus.OK:
        # "… a proof that fails, and two roots at one size": C2SP tlog-witness answers 422.
        forked = answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        kind = WitnessForkError if forked else WitnessRefusedError
        raise kind(f"{witness.name} answered {answer.status_code}: {answer.text[:200].strip()}")
    try:
        return _verified(policy, witness, checkpoint, answer.text, time)
    except NoteError as error:
        raise WitnessRefusedError(f"{witness.name} sent what does not verify: {error}") from error


def _verified(
    policy: Policy, witness: Witness, checkpoint: Checkpoint, text: str, time: int
) -> Cosigned:
    """Verify signature lines; those of unknown keys are ignored, as the specification demands."""
    lines = [Signature.parse(line) for line in text.removesuffix("\n").split("\n")]
    own = next((line for line in lines if checkpoints.is_by(line, witness.key)), None)
    if own is None:
        raise NoteError("no cosignature of its key")
    signed_at = checkpoints.verify(checkpoint, witness.key, own)
    if abs(signed_at - time) > CLOCK_DIFFERENCE_S:
        raise NoteError("its clock is far from ours")
    bls_line = next((line for line in lines if aggregate.is_bls(line, witness)), None)
    if bls_line and aggregate.verify(policy, checkpoint, witness, bls_line) != time:
        raise NoteError("the BLS line carries another time")
    return Cosigned(witness, own, signed_at, bls_line)
