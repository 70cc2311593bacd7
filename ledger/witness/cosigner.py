"""Decide whether a checkpoint is cosigned (见证判定).

Source: C2SP tlog-witness, "add-checkpoint". Its sentences stand at the lines. Every request gets
an ``Answer`` with the status the specification names; nothing is raised for what a client sends.

A witness with an ML-DSA-44 key adds a line by it, as tlog-cosignature defines it. Beyond the
specification, a witness that the policy names with a BLS key adds a second line, its
BLS signature (``aggregate``). All witnesses must sign one time for their signatures to add up, so
the client proposes it; the witness takes it only if it is near its own clock.
"""

import hashlib
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NoReturn, Protocol

from ledger import aggregate, note
from ledger import checkpoint as checkpoints
from ledger.checkpoint import Checkpoint, CheckpointError, parse_decimal
from ledger.merkle import EMPTY_ROOT, HASH_SIZE
from ledger.note import Note, NoteError, Signature
from ledger.policy import Policy, PolicyError, Witness
from ledger.proof import ProofError, verify_consistency
from ledger.succession import History
from ledger.witness.keys import WitnessKeys
from ledger.witness.state import Head, WitnessState

MAX_PROOF_LINES: Final = 63
"""Most consistency proof lines that a client may send."""

CLOCK_TOLERANCE_S: Final = 60
"""How far a proposed time may be from the witness's clock."""

PLAIN: Final = "text/plain; charset=utf-8"
"""Content type of everything but a conflict."""

SIZE: Final = "text/x.tlog.size"
"""Content type of a conflict's body."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: HTTPStatus
    body: bytes
    content_type: str = PLAIN


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Return POSIX seconds."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> int:
        """Return POSIX seconds."""
        return int(time.time())


class _RefusedError(Exception):
    """Carries the answer out of a check that failed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class _Request:
    """A parsed request."""

    old_size: int
    proof: list[bytes]
    checkpoint: Checkpoint
    signatures: tuple[Signature, ...]


class Cosigner:
    """A witness without its HTTP server."""

    def __init__(self, keys: WitnessKeys, state: WitnessState, clock: Clock) -> None:
        self._keys = keys
        self._state = state
        self._clock = clock
        self._bls_key = keys.bls

    def add_checkpoint(self, trust: History, body: bytes, proposed_time: str = "") -> Answer:
        """Answer a request to cosign.

        Args:
            trust: The logs that this witness watches, and itself among the witnesses; each
                checkpoint is held to the policy of its size.
            body: The request's body.
            proposed_time: POSIX seconds that the BLS line shall carry, in decimal; may be empty.
        """
        try:
            request = _parse(body)
            policy = _policy_at(trust, request.checkpoint)
            signature = _log_signature(policy, request)
            head = self._state.head(request.checkpoint.origin)
            _check_extends(request, head)
            return self._cosign(policy, request.checkpoint, signature, head, proposed_time)
        except _RefusedError as refused:
            return refused.answer

    def latest(self, trust: History, origin_hash: str) -> Answer:
        """Answer a monitor: the latest cosigned checkpoint of the log with this origin hash."""
        for origin in {log.key.name for policy in trust.policies for log in policy.logs}:
            if hashlib.sha256(origin.encode()).hexdigest() == origin_hash:
                found = self._state.head(origin).note
                if found:
                    return Answer(HTTPStatus.OK, found)
        return Answer(HTTPStatus.NOT_FOUND, b"no checkpoint of this log was cosigned\n")

    def _cosign(
        self, policy: Policy, checkpoint: Checkpoint, signature: Signature, head: Head, wanted: str
    ) -> Answer:
        now = self._clock.now()
        lines = self._cosignatures(checkpoint, now)
        me = next((w for w in policy.witnesses if w.key == self._keys.vkey), None)
        if me and policy.chain:
            lines += self._bls_line(policy, checkpoint, me, _shared_time(wanted, now))
        kept = Note(checkpoint.body(), (signature, *lines)).encode()
        # "The witness MUST persist the new checkpoint before responding", atomically with the
        # comparison.
        new = Head(checkpoint.size, checkpoint.root, kept)
        if not self._state.advance(checkpoint.origin, head, new):
            _conflict(self._state.head(checkpoint.origin).size)
        return Answer(HTTPStatus.OK, "".join(line.encode() for line in lines).encode())

    def _cosignatures(self, checkpoint: Checkpoint, now: int) -> list[Signature]:
        """Return a line by each of the keys; a client passes over one that it does not know."""
        name = self._keys.name
        try:
            return [checkpoints.cosign(checkpoint, name, key, now) for key in self._keys.signing]
        except NoteError as error:
            _refuse(HTTPStatus.BAD_REQUEST, str(error), error)

    def _bls_line(
        self, policy: Policy, checkpoint: Checkpoint, me: Witness, at: int
    ) -> list[Signature]:
        if me.bls != self._bls_key:
            return []
        return [aggregate.sign(policy, checkpoint, self._keys.name, self._keys.bls_secret, at)]


def _parse(body: bytes) -> _Request:
    try:
        return _request(note.decode_text(body))
    except (NoteError, CheckpointError) as error:
        _refuse(HTTPStatus.BAD_REQUEST, str(error), error)


def _request(text: str) -> _Request:
    """Read an old size line, proof lines, an empty line and a checkpoint."""
    header, separator, rest = text.partition("\n\n")
    first, *lines = header.split("\n")
    if not separator or not first.startswith("old ") or len(lines) > MAX_PROOF_LINES:
        raise NoteError("not an old size, proof lines and a checkpoint")
    old_size = parse_decimal(first.removeprefix("old "))
    proof = [note.decode_base64(line) for line in lines]
    if any(len(item) != HASH_SIZE for item in proof):
        raise NoteError("a proof line is not 32 bytes")
    checkpoint, signatures = checkpoints.parse_signed(rest.encode())
    return _Request(old_size, proof, checkpoint, signatures)


def _policy_at(trust: History, checkpoint: Checkpoint) -> Policy:
    """Return the policy that speaks for a checkpoint; a log that was frozen has no key beyond."""
    try:
        return trust.at(checkpoint.origin, checkpoint.size)
    except PolicyError as error:
        _refuse(HTTPStatus.FORBIDDEN, str(error), error)


def _log_signature(policy: Policy, request: _Request) -> Signature:
    """Return the log's own signature once it is verified."""
    checkpoint = request.checkpoint
    log = policy.find_log(checkpoint.origin)
    # "If the checkpoint origin is unknown, the witness MUST respond with a 404 Not Found."
    if log is None:
        _refuse(HTTPStatus.NOT_FOUND, "this log is not watched here")
    own = [line for line in request.signatures if checkpoints.is_by(line, log.key)]
    # "403 Forbidden … if either no signature from a trusted key for the origin is present, or …
    # fails".
    if not own:
        _refuse(HTTPStatus.FORBIDDEN, "the log did not sign the checkpoint")
    try:
        for line in own:
            checkpoints.verify(checkpoint, log.key, line)
    except NoteError as error:
        _refuse(HTTPStatus.FORBIDDEN, "the log's signature does not verify", error)
    return own[0]


def _check_extends(request: _Request, head: Head) -> None:
    """Check that the checkpoint extends the head, in the order that the specification gives."""
    checkpoint = request.checkpoint
    # "The old size MUST be equal to or lower than the checkpoint size. Otherwise … 400 Bad
    # Request".
    if request.old_size > checkpoint.size:
        _refuse(HTTPStatus.BAD_REQUEST, "the old size is above the checkpoint's")
    # "The witness MUST check that the old size matches … If it doesn't match, … 409 Conflict".
    if request.old_size != head.size:
        _conflict(head.size)
    # "A checkpoint of size zero MUST have the root hash of the empty tree … Otherwise … 422". The
    # same status answers a proof that must be empty, a proof that fails, and two roots at one size.
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        _refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "an empty tree has another root")
    try:
        verify_consistency(head.size, checkpoint.size, request.proof, head.root, checkpoint.root)
    except ProofError as error:
        _refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), error)


def _shared_time(wanted: str, now: int) -> int:
    """Return the time for the BLS line: the proposed one if it is near the clock."""
    if not wanted:
        return now
    try:
        proposed = parse_decimal(wanted)
    except CheckpointError as error:
        _refuse(HTTPStatus.BAD_REQUEST, "the proposed time is no plain decimal", error)
    if abs(proposed - now) > CLOCK_TOLERANCE_S:
        _refuse(HTTPStatus.BAD_REQUEST, f"the proposed time is not near this clock: {now}")
    return proposed


def _conflict(size: int) -> NoReturn:
    """Refuse with the size of the latest cosigned checkpoint in decimal and a newline."""
    raise _RefusedError(Answer(HTTPStatus.CONFLICT, f"{size}\n".encode(), SIZE))


def _refuse(status: HTTPStatus, reason: str, cause: Exception | None = None) -> NoReturn:
    raise _RefusedError(Answer(status, f"{reason}\n".encode())) from cause
