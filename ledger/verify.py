"""Check a proof bundle (验真).

    python -m ledger.verify BUNDLE --policy FILE [--next POLICY NOTE]... [--chain URL [--bls]]
        [--json]

Prints VALID, INVALID with the reason, or NOT CHECKED with the reason, and what was checked and
who runs the witnesses; exits 0, 1 or 2 (LEDGER 6). Without a policy nothing can be trusted, so
nothing is checked.

A stranger runs this offline: it needs Python and ``cryptography``, nothing of the platform.
``--chain`` asks a node of the policy's chain for the anchor over plain JSON-RPC; ``--bls`` then
checks the witnesses' aggregate signature in the anchor and needs ``py-arkworks-bls12381``.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from ledger import anchor_rpc, bundle, bundle_compact, policy_file
from ledger.anchor_rpc import Anchor, ChainError
from ledger.bundle import (
    Bare,
    Bundle,
    BundleError,
    EventProof,
    NotCheckedError,
    Part,
    Whole,
)
from ledger.note import NoteError
from ledger.policy import ChainReference, Policy, PolicyError, Verified
from ledger.succession import History, SuccessionError

LAST_PRINTABLE_TIME: Final = 253_402_300_799
"""The last second of the year 9999, beyond which a time is shown as a number."""


class Outcome(StrEnum):
    """What a check came to."""

    VALID = "VALID"
    INVALID = "INVALID"
    NOT_CHECKED = "NOT CHECKED"


EXIT_STATUS: Final = {Outcome.VALID: 0, Outcome.INVALID: 1, Outcome.NOT_CHECKED: 2}
"""Exit status of the command."""

FindAnchor = Callable[[ChainReference, int], Anchor | None]
"""Looks up the anchor of a size; raises ``ChainError``."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check with all that led to it."""

    outcome: Outcome
    reason: str = ""
    """Why it is not VALID; empty if it is."""
    checked: tuple[str, ...] = ()
    """What was found true, a sentence each, naming who runs the witnesses."""
    bundle: Bundle | None = None
    """What the bundle says; to be believed only if VALID."""

    @property
    def headline(self) -> str:
        """The first line to show."""
        return f"{self.outcome}: {self.reason}" if self.reason else str(self.outcome)

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON values; events only if the bundle is VALID."""
        proved = self.bundle.events if self.bundle and self.outcome is Outcome.VALID else ()
        return {
            "outcome": str(self.outcome),
            "reason": self.reason,
            "checked": list(self.checked),
            "events": [
                {
                    "eventId": event.event_id,
                    "index": event.index,
                    "fields": [list(field) for field in shown_fields(event)],
                }
                for event in proved
            ],
        }


def verify_bundle(
    data: bytes,
    policy: Policy | None,
    *,
    find_anchor: FindAnchor | None = None,
    with_bls: bool = False,
) -> Verdict:
    """Check a bundle's bytes; never raises on what they are.

    Args:
        data: The bundle in any of its forms, exactly as it was handed over.
        policy: Whom to trust; ``None`` answers NOT CHECKED.
        find_anchor: How to ask the chain; ``None`` leaves the anchor unchecked.
        with_bls: Whether to check the BLS aggregate in the anchor; needs ``find_anchor``.
    """
    if policy is None:
        return Verdict(Outcome.NOT_CHECKED, "no policy says whom to trust")
    try:
        found = bundle_compact.read(data)
        verified = bundle.check(found, policy)
    except NotCheckedError as error:
        return Verdict(Outcome.NOT_CHECKED, str(error))
    except BundleError as error:
        return Verdict(Outcome.INVALID, str(error))
    checked = _sentences(found, policy, verified)
    if find_anchor:
        return _check_anchor(found, policy, checked, find_anchor, with_bls=with_bls)
    return Verdict(Outcome.VALID, "", tuple(checked), found)


def verify_followed(
    data: bytes,
    trust: History | None,
    *,
    find_anchor: FindAnchor | None = None,
    with_bls: bool = False,
) -> Verdict:
    """Check a bundle's bytes by the policy of its size; never raises on what they are.

    Args:
        data: The bundle in any of its forms, exactly as it was handed over.
        trust: A first policy and what followed from it; ``None`` answers NOT CHECKED.
        find_anchor: As for ``verify_bundle``.
        with_bls: Likewise.
    """
    try:
        policy = policy_for(data, trust) if trust else None
    except PolicyError as error:
        return Verdict(Outcome.INVALID, str(error))
    return verify_bundle(data, policy, find_anchor=find_anchor, with_bls=with_bls)


def shown_fields(event: EventProof) -> list[tuple[str, Any]]:
    """Return the paths and values that a bundle shows of an event."""
    if isinstance(event.evidence, Whole):
        return list(event.evidence.fields)
    if isinstance(event.evidence, Part):
        return [(shown.path, shown.value) for shown in event.evidence.disclosures]
    return []


class _StopError(Exception):
    """Ends the check of an anchor with anything but VALID."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


def _check_anchor(
    found: Bundle, policy: Policy, checked: list[str], find_anchor: FindAnchor, *, with_bls: bool
) -> Verdict:
    """Ask the chain about a bundle that is valid by itself."""
    try:
        anchor = _matching_anchor(found, policy, find_anchor)
        checked.append(f"anchored: {found.checkpoint.size} leaves on {_place(policy)}")
        if with_bls:
            checked.append(_aggregate_sentence(found, policy, anchor))
    except _StopError as stop:
        return Verdict(stop.outcome, str(stop), tuple(checked), found)
    return Verdict(Outcome.VALID, "", tuple(checked), found)


def _matching_anchor(found: Bundle, policy: Policy, find_anchor: FindAnchor) -> Anchor:
    if policy.chain is None:
        raise _StopError(Outcome.NOT_CHECKED, "the policy names no chain")
    size = found.checkpoint.size
    try:
        anchor = find_anchor(policy.chain, size)
    except ChainError as error:
        raise _StopError(Outcome.NOT_CHECKED, str(error)) from error
    if anchor is None:
        reason = f"{size} leaves are not anchored on {_place(policy)}"
        raise _StopError(Outcome.NOT_CHECKED, reason)
    if anchor.root != found.checkpoint.root:
        reason = f"another root of {size} leaves is anchored on {_place(policy)}"
        raise _StopError(Outcome.INVALID, reason)
    return anchor


def _aggregate_sentence(found: Bundle, policy: Policy, anchor: Anchor) -> str:
    if not anchor.signers:
        raise _StopError(Outcome.NOT_CHECKED, "the anchor carries no aggregate")
    try:
        # Imported here: the BLS library is needed for this check alone.
        from ledger import aggregate  # noqa: PLC0415 - see above

        total = aggregate.unpack(anchor.signers, anchor.signature)
        signers = aggregate.verify_aggregate(policy, found.checkpoint, total)
    except ImportError as error:
        raise _StopError(Outcome.NOT_CHECKED, "no BLS library is installed") from error
    except (NoteError, PolicyError) as error:
        raise _StopError(Outcome.INVALID, str(error)) from error
    names = ", ".join(witness.name for witness in signers)
    return f"aggregate: signed with BLS by {names} at {_time(total.time)}"


def _place(policy: Policy) -> str:
    return f"chain {policy.chain.chain_id}, {policy.chain.contract}" if policy.chain else ""


def _sentences(found: Bundle, policy: Policy, verified: Verified) -> list[str]:
    head = found.checkpoint
    return [
        f"log: {head.origin}, {head.size} leaves, root {head.root.hex()}",
        *(_event_sentence(event) for event in found.events),
        *(
            f"witness: {witness.name}, run by {witness.operator or 'an unnamed operator'},"
            f" signed at {_time(time)}"
            for witness, time in verified.times.items()
        ),
        *(
            f"not checked: the signature of {witness.name}, as ML-DSA-44 cannot be checked here"
            for witness in verified.unchecked
        ),
        f"quorum: {policy.quorum}",
    ]


def _event_sentence(event: EventProof) -> str:
    shown = len(shown_fields(event))
    what = {Whole: f"all {shown} fields", Part: f"{shown} of its fields", Bare: "no field"}
    return f"leaf {event.index}: event {event.event_id}, {what[type(event.evidence)]} shown"


def _time(seconds: int) -> str:
    if seconds > LAST_PRINTABLE_TIME:
        return str(seconds)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="ledger.verify", description="Check a proof bundle.")
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("--policy", type=Path, help="policy file: whom to trust")
    parser.add_argument(
        "--next",
        type=Path,
        nargs=2,
        action="append",
        default=[],
        metavar=("POLICY", "NOTE"),
        help="policy that followed, and the note in which the old trust says so; may be repeated",
    )
    parser.add_argument(
        "--chain", metavar="URL", help="node of the policy's chain: check the anchor"
    )
    parser.add_argument("--bls", action="store_true", help="check the aggregate in the anchor too")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    chosen = parser.parse_args(arguments)
    if chosen.bls and not chosen.chain:
        parser.error("--bls needs --chain")
    if chosen.next and not chosen.policy:
        parser.error("--next needs --policy: the first one that you trust")
    verdict = _verdict(chosen)
    sys.stdout.write(as_json(verdict) if chosen.json else as_text(verdict))
    return EXIT_STATUS[verdict.outcome]


def _verdict(chosen: argparse.Namespace) -> Verdict:
    try:
        data = chosen.bundle.read_bytes()
        history = _history(chosen.policy, chosen.next) if chosen.policy else None
    except (OSError, PolicyError, SuccessionError) as error:
        return Verdict(Outcome.NOT_CHECKED, str(error))

    def ask(chain: ChainReference, size: int) -> Anchor | None:
        return anchor_rpc.find_anchor(chosen.chain, chain, size)

    find_anchor = ask if chosen.chain else None
    return verify_followed(data, history, find_anchor=find_anchor, with_bls=chosen.bls)


def _history(first: Path, steps: Sequence[tuple[Path, Path]]) -> History:
    """Read the first policy and follow what the old trust says of the new."""
    history = History(policy_file.parse(first.read_bytes()))
    for policy_path, note_path in steps:
        new = policy_file.parse(policy_path.read_bytes())
        history = history.then(new, note_path.read_bytes())
    return history


def policy_for(data: bytes, history: History) -> Policy:
    """Return the policy that a bundle is checked by: the one of its checkpoint's size.

    Raises:
        PolicyError: When its log was frozen at a smaller size.
    """
    try:
        head = bundle_compact.read(data).checkpoint
    except BundleError:
        return history.newest  # The check itself says what is wrong with the bytes.
    return history.at(head.origin, head.size)


def as_json(verdict: Verdict) -> str:
    """Return a verdict as JSON text."""
    text = json.dumps(verdict.to_json(), ensure_ascii=False, indent=1) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()  # octets of a policy that are no text


def as_text(verdict: Verdict) -> str:
    """Return a verdict as lines for people, with the fields it proves."""
    lines = [verdict.headline, *(f"  {sentence}" for sentence in verdict.checked)]
    if verdict.bundle and verdict.outcome is Outcome.VALID:
        for event in verdict.bundle.events:
            for path, value in shown_fields(event):
                text = json.dumps(value, ensure_ascii=False)
                lines.append(f"    leaf {event.index} {path} = {text}")
    return "".join(f"{printable(line)}\n" for line in lines)


def printable(line: str) -> str:
    """Escape what could move a terminal's cursor or turn its text around."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line)


if __name__ == "__main__":
    sys.exit(main())
