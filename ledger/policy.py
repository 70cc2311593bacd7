"""Say which log and which witnesses are trusted, and how many must have signed (信任策略).

Source: C2SP tlog-policy (``log``, ``witness``, ``group``, ``quorum``). Lines of our own, which a
policy may have:

* ``chain <chain id> <contract>``: where roots are anchored;
* ``operator <witness> <text>``: who runs a witness, in words for people;
* ``bls <witness> <public key> <proof of possession>``: its key for the aggregate, in hex.

The policy is never taken from what is being checked: it comes from the one who checks.

Deliberately not here: reading files, and the check of proofs of possession (``aggregate``), so
that a verifier needs no BLS library.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger import checkpoint as checkpoints
from ledger.checkpoint import Checkpoint
from ledger.note import NoteError, Signature, UncheckedError, VerifierKey

NONE: Final = "none"
"""The predefined quorum that asks for no cosignature."""


class PolicyError(ValueError):
    """A policy file is malformed, or a checkpoint does not meet the policy."""


class NotCheckedError(PolicyError):
    """A checkpoint meets the policy only with signatures that cannot be checked here."""


@dataclass(frozen=True)
class BlsKey:
    """A witness's key for the aggregate."""

    public_key: bytes
    """48 bytes."""
    proof: bytes
    """96-byte proof of possession; to be verified before the key is used."""


@dataclass(frozen=True)
class Log:
    """A log whose checkpoints are accepted."""

    key: VerifierKey
    """Its name is the log's origin."""
    url: str = ""


@dataclass(frozen=True)
class Witness:
    """A witness that the quorum may count."""

    name: str
    """Its name in the policy; ``key.name`` is the one in signature lines."""
    key: VerifierKey
    url: str = ""
    operator: str = ""
    """Who runs it, in words."""
    bls: BlsKey | None = None


@dataclass(frozen=True)
class Group:
    """Witnesses or groups of which a number must have signed."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class ChainReference:
    """Where roots are anchored."""

    chain_id: int
    contract: str
    """0x and 40 lower-case hex digits."""


@dataclass(frozen=True)
class Policy:
    """What a checkpoint must carry to be believed."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str
    """Name of a witness or group, or ``none``."""
    chain: ChainReference | None = None

    def find_log(self, origin: str) -> Log | None:
        """Return the log of this origin, if the policy knows it."""
        return next((log for log in self.logs if log.key.name == origin), None)

    def find_witness(self, signature: Signature) -> Witness | None:
        """Return the witness whose cosignature a line claims to be."""
        return next((w for w in self.witnesses if checkpoints.is_by(signature, w.key)), None)

    def is_met_by(self, names: Iterable[str]) -> bool:
        """Tell whether these witnesses, by their names in the policy, are a quorum."""
        met = {witness.name for witness in self.witnesses} & set(names) | {NONE}
        for group in self.groups:  # A group names only what stands before it.
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum in met


@dataclass(frozen=True)
class Verified:
    """A checkpoint that meets a policy."""

    log: Log
    times: Mapping[Witness, int]
    """POSIX second of each cosignature that verified."""
    unchecked: tuple[Witness, ...] = ()
    """Whose cosignatures cannot be checked here; they count for nothing."""


def check(
    policy: Policy, checkpoint: Checkpoint, signatures: Sequence[Signature], *, strict: bool = False
) -> Verified:
    """Check a checkpoint's signatures against a policy.

    Args:
        policy: Whom to trust.
        checkpoint: What was signed.
        signatures: The lines under it.
        strict: Whether a line of an unknown key, or a second line of one key, is refused rather
            than
            ignored. A note's reader ignores unknown keys; a proof bundle must hold nothing
            unchecked.

    Raises:
        PolicyError: When the log is unknown or did not sign, a signature of a known key does not
            verify,
            or the witnesses are no quorum; ``NotCheckedError`` when those that cannot be checked
            here would make it one.
    """
    log = policy.find_log(checkpoint.origin)
    if log is None:
        raise PolicyError("the policy does not know this log")
    log_signed, found = False, dict[Witness, int | None]()
    for signature in signatures:
        witness = policy.find_witness(signature)
        is_log = checkpoints.is_by(signature, log.key)
        if strict and (log_signed if is_log else witness is None or witness in found):
            raise PolicyError(
                f"a signature of {signature.name} is unknown to the policy or repeated"
            )
        if is_log:
            _time_of(checkpoint, log.key, signature)
            log_signed = True
        elif witness:
            found[witness] = _time_of(checkpoint, witness.key, signature)
    if not log_signed:
        raise PolicyError("the log did not sign the checkpoint")
    return _counted(policy, log, found)


def _time_of(checkpoint: Checkpoint, key: VerifierKey, signature: Signature) -> int | None:
    """Return when a witness signed, ``None`` where that cannot be checked here."""
    try:
        return checkpoints.verify(checkpoint, key, signature)
    except UncheckedError:
        return None
    except NoteError as error:
        raise PolicyError(f"the signature of {signature.name} does not verify") from error


def _counted(policy: Policy, log: Log, found: Mapping[Witness, int | None]) -> Verified:
    times = {witness: time for witness, time in found.items() if time is not None}
    if policy.is_met_by(witness.name for witness in times):
        return Verified(log, times, tuple(one for one in found if one not in times))
    if policy.is_met_by(witness.name for witness in found):
        raise NotCheckedError("the quorum needs ML-DSA-44 signatures, which cannot be checked here")
    raise PolicyError("the witnesses that signed are no quorum")
