"""Let the old trust hand over to the new: other witnesses, another log key, another log (交接).

Source: LEDGER 2 (``rotateWitnessSet``, ``freezeLog``) and 6: "signed by a quorum of the old set,
logged, effective at a size". A succession is a signed note whose text is:

    yidan/succession/v1
    <origin>
    <size>                      the last size of the log that the old policy speaks for
    <base64 of the SHA-256 of the old policy file, as ``policy_file`` writes it>
    <base64 of the SHA-256 of the new policy file>
    successor <origin>          only where the log is frozen at that size and another follows

It holds if the log's old key signed it and a quorum of the old witnesses did. Their lines are of
type 0xff with the identifier ``yidan/succession/v1``, so that no signature of a checkpoint can be
taken for one. A witness signs by its operator's hand, never by itself.

Whoever trusts the first policy file can follow any number of successions to the newest one, and
checks each checkpoint by the policy of its size. Deliberately not here: where the files lie.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from ledger import note as notes
from ledger import policy as policies
from ledger import policy_file
from ledger.checkpoint import CheckpointError, parse_decimal, parse_signed
from ledger.merkle import HASH_SIZE
from ledger.note import (
    KeyType,
    Note,
    NoteError,
    PrivateKey,
    Signature,
    UncheckedError,
    VerifierKey,
    decode_base64,
    encode_base64,
    key_id,
    public_key_bytes,
)
from ledger.policy import Policy, PolicyError

TAG: Final = "yidan/succession/v1"
"""First line of the text, and the identifier behind signature type 0xff."""

_LINES: Final = 5


class SuccessionError(ValueError):
    """A succession is malformed, or the old trust did not sign it."""


@dataclass(frozen=True)
class Succession:
    """What the old trust says of the new."""

    origin: str
    size: int
    """Checkpoints up to this size are checked by the old policy, larger ones by the new."""
    old: bytes
    """32 bytes: SHA-256 of the old policy file."""
    new: bytes
    """32 bytes: SHA-256 of the new policy file."""
    successor: str = ""
    """Origin of the log that follows; the old one is frozen at ``size``."""

    def body(self) -> str:
        """Return the text that is signed."""
        lines = [TAG, self.origin, str(self.size), encode_base64(self.old), encode_base64(self.new)]
        lines += [f"successor {self.successor}"] if self.successor else []
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a text.

        Raises:
            SuccessionError: When it is not what ``body`` writes.
        """
        tag, *lines = text.removesuffix("\n").split("\n")
        origin, size, old, new, rest = (*lines, "", "", "", "", "")[:_LINES]
        try:
            found = cls(
                origin,
                parse_decimal(size),
                decode_base64(old),
                decode_base64(new),
                rest.removeprefix("successor "),
            )
        except (NoteError, CheckpointError) as error:
            raise SuccessionError("a succession is malformed") from error
        sizes = {len(found.old), len(found.new)}
        if tag != TAG or sizes != {HASH_SIZE} or not origin or found.body() != text:
            raise SuccessionError("not the text of a succession")
        return found


def digest(policy: Policy) -> bytes:
    """Return the 32 bytes that name a policy: SHA-256 of its file."""
    return hashlib.sha256(policy_file.write(policy)).digest()


def propose(old: Policy, new: Policy, origin: str, size: int, successor: str = "") -> Succession:
    """Return the succession from one policy to another, to be signed.

    Args:
        old: Whom to trust up to ``size``.
        new: Whom to trust after it.
        origin: The log's.
        size: The last one that the old policy speaks for.
        successor: Origin of the log that follows, if this one is frozen at ``size``.

    Raises:
        SuccessionError: When a policy does not know the log that it is to speak for.
    """
    if old.find_log(origin) is None or new.find_log(successor or origin) is None:
        raise SuccessionError("a policy does not know the log")
    if successor == origin:
        raise SuccessionError("a log does not succeed itself")
    return Succession(origin, size, digest(old), digest(new), successor)


def sign(succession: Succession, name: str, private_key: PrivateKey) -> Signature:
    """Sign as the log, under its origin, or as a witness, under its key name."""
    payload = private_key.sign(succession.body().encode())
    return Signature(name, _key_id(name, public_key_bytes(private_key)), payload)


def encode(succession: Succession, signatures: Iterable[Signature]) -> bytes:
    """Return the signed note."""
    return Note(succession.body(), tuple(signatures)).encode()


def check(old: Policy, new: Policy, note: bytes) -> Succession:
    """Check that the old policy hands over to the new one.

    Raises:
        SuccessionError: When the note is malformed or of other policies, a signature does not
            verify, the log's old key did not sign, or the old witnesses that did are no quorum.
    """
    try:
        parsed = Note.parse(note)
    except NoteError as error:
        raise SuccessionError(str(error)) from error
    found = Succession.parse(parsed.text)
    log, successor = old.find_log(found.origin), found.successor or found.origin
    if log is None or new.find_log(successor) is None:
        raise SuccessionError("a policy does not know the log")
    if (found.old, found.new) != (digest(old), digest(new)):
        raise SuccessionError("the succession is of other policies")
    if not _signed_by(parsed, log.key):
        raise SuccessionError("the log's old key did not sign")
    signers = [one.name for one in old.witnesses if _signed_by(parsed, one.key)]
    if not old.is_met_by(signers):
        raise SuccessionError("the old witnesses that signed are no quorum")
    return found


def _signed_by(note: Note, key: VerifierKey) -> bool:
    """Tell whether a key's line stands under the note; one that does not verify is refused.

    One that cannot be checked here counts for nothing.
    """
    wanted = key.name, _key_id(key.name, key.public_key)
    line = next((one for one in note.signatures if (one.name, one.key_id) == wanted), None)
    if line is None:
        return False
    try:
        notes.verify(key, note.text.encode(), line.payload)
    except UncheckedError:
        return False
    except NoteError as error:
        raise SuccessionError(f"the signature of {key.name} does not verify") from error
    return True


def _key_id(name: str, public_key: bytes) -> bytes:
    return key_id(name, bytes([KeyType.OWN]) + TAG.encode() + public_key)


@dataclass(frozen=True)
class History:
    """A first policy that is trusted, and the policies that followed from it."""

    first: Policy
    steps: tuple[tuple[Succession, Policy], ...] = ()

    @property
    def policies(self) -> tuple[Policy, ...]:
        """All policies, the first one first."""
        return self.first, *(policy for _, policy in self.steps)

    @property
    def newest(self) -> Policy:
        """The policy that speaks now."""
        return self.policies[-1]

    def frozen_at(self, origin: str) -> Succession | None:
        """Return the step at which a log ends and another follows, if there is one."""
        ends = (step for step, _ in self.steps if step.origin == origin and step.successor)
        return next(ends, None)

    def then(self, new: Policy, note: bytes) -> "History":
        """Return the history with one more policy.

        Raises:
            SuccessionError: When the newest policy does not hand over to it, or the size is one
                that an earlier succession has passed already.
        """
        found = check(self.newest, new, note)
        earlier = [step.size for step, _ in self.steps if step.origin == found.origin]
        if found.size < max(earlier, default=0):
            raise SuccessionError("a succession goes back behind an earlier one")
        return History(self.first, (*self.steps, (found, new)))

    def at(self, origin: str, size: int) -> Policy:
        """Return the policy that a checkpoint of this log and size is checked by.

        Raises:
            PolicyError: When the log was frozen at a smaller size.
        """
        speaking = self.first
        for step, policy in self.steps:
            if step.origin == origin and size <= step.size:
                return speaking
            if step.origin == origin and step.successor:
                raise PolicyError(f"the log was frozen at {step.size} leaves")
            speaking = policy
        return speaking

    def met_by(self, note: bytes) -> Policy | None:
        """Return the policy of a signed checkpoint's size if the checkpoint meets it.

        Raises:
            NoteError: When the bytes are no note.
            CheckpointError: When the note is no checkpoint.
        """
        head, lines = parse_signed(note)
        try:
            found = self.at(head.origin, head.size)
            policies.check(found, head, lines)
        except PolicyError:
            return None
        return found
