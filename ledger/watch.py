"""Watch a log from outside (外部监视): over HTTP, with nothing but a policy file and a memory.

    python -m ledger.watch URL --policy FILE --state DIR [--chain URL] [--json]

Source: C2SP tlog-tiles (what a log publishes under a URL) and LEDGER 9 (S53). One look fetches the
published checkpoint, follows the trust to its size and demands: it meets the policy of its size;
it extends the one seen at the last look, those that the policy's witnesses keep, and what the
chain anchors. Proofs are computed here from the published tiles and verified, so nothing that a
server says is believed.

Prints what was found; exits 0, 1 if something is wrong (both signed notes then lie in the state
folder as ``evidence-*.json``: they convict the log to anybody who has its key), or 2 if it could
not look at the log, or not at the chain that it was to compare. A witness that does not answer
says nothing, and is named; so is one that is ahead: it signs before the log publishes what a
quorum has signed. Run it again and again, from a timer: the memory is what makes a rewound or
split log show.

Needs Python and ``cryptography``, nothing of the platform and no access to its database.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ledger import anchor_rpc, merkle, monitor, succession_files
from ledger import checkpoint as checkpoints
from ledger.anchor_rpc import ChainError
from ledger.checkpoint import Checkpoint, CheckpointError
from ledger.monitor import PUBLISHED, BeyondError, Disagreement, Kind, View
from ledger.note import NoteError
from ledger.policy import ChainReference, PolicyError, Witness
from ledger.published import Fetch, RemoteTiles, follow
from ledger.remote import UnreachableError, ask
from ledger.succession import History, SuccessionError
from ledger.verify import printable

REMEMBERED: Final = "the last look"
PATIENCE: Final = 10
"""So many times, a second apart, a log is asked again for what a quorum has signed already."""

HEAD: Final = "head"
"""Name of the file that keeps the checkpoint of the last look."""


@dataclass(frozen=True)
class Look:
    """What one look saw."""

    size: int
    """Leaves of the published checkpoint."""
    root: bytes
    compared: tuple[str, ...]
    """The places whose checkpoints or anchors were compared."""
    silent: tuple[str, ...]
    """The places that did not answer, and why."""
    findings: tuple[Disagreement, ...]
    """What is wrong; empty if nothing is."""
    unseen: str = ""
    """Why the chain that was to be compared was not; empty if it was, or was not to be."""

    def to_json(self) -> dict[str, Any]:
        """Return the look as JSON values."""
        return {
            "size": self.size,
            "root": self.root.hex(),
            "compared": list(self.compared),
            "silent": list(self.silent),
            "unseen": self.unseen,
            "findings": [{"kind": str(one.kind), "message": one.message} for one in self.findings],
        }

    def as_text(self) -> str:
        """Return the look as lines for people."""
        lines = [f"{one.kind}: {one.message}" for one in self.findings]
        lines += [f"NOT CHECKED: {self.unseen}"] if self.unseen else []
        lines = lines or ["Nothing is wrong."]
        lines += [f"  {self.size} leaves, root {self.root.hex()}"]
        lines += [f"  compared: {place}" for place in self.compared]
        lines += [f"  no answer: {place}" for place in self.silent]
        return "".join(f"{printable(line)}\n" for line in lines)


def look(
    url: str,
    trust: History,
    state: Path,
    *,
    chain_url: str = "",
    get: Fetch = ask,
    rest: Callable[[float], None] = time.sleep,
) -> Look:
    """Look once; what is wrong is kept as evidence, what is right as the new memory.

    Args:
        url: The log's, where ``/checkpoint`` and ``/tile/…`` are.
        trust: Names the log's key and witnesses, and is followed from there by what they signed.
        state: Folder of the memory and the evidence.
        chain_url: Node of the policy's chain; empty: anchors are not compared.
        get: Fetches a URL.
        rest: Waits so many seconds.

    Raises:
        UnreachableError: When the log does not answer, publishes nothing, or nothing that can be
            read.
    """
    url = url.rstrip("/")
    note, head = _published(url, get)
    followed = follow(trust, url, get)
    trust = followed.trust
    places = _Places(trust, head.origin, get)
    shown, tries = places.witnesses(), 0
    while tries < PATIENCE and places.is_behind(head.size, shown):
        rest(1)
        tries += 1
        note, head = _published(url, get)
    if not places.is_behind(head.size, shown):
        shown = places.not_ahead(head.size, shown)
    views = [View(PUBLISHED, note), *places.remembered(state), *places.views(shown)]
    anchors = places.anchors(chain_url) if chain_url else {}
    tiles = RemoteTiles(url, head.size, get)

    def prove(old: int, new: int) -> list[bytes]:
        return merkle.consistency_proof(tiles, old, new)

    found = monitor.compare(trust, head.origin, views, anchors, prove)
    if not found and trust.met_by(note) is None:
        message = f"{PUBLISHED}: the witnesses that signed {head.size} leaves are no quorum"
        found = [Disagreement(Kind.UNWITNESSED, message, (note,))]
    found += followed.refused
    for one in found:
        _keep_evidence(state, one)
    if not found:
        _keep(state, HEAD, note)
    compared, silent = tuple(places.compared), tuple(places.silent)
    return Look(head.size, head.root, compared, silent, tuple(found), places.unseen)


def _published(url: str, get: Fetch) -> tuple[bytes, Checkpoint]:
    note = get(f"{url}/checkpoint")
    if note is None:
        raise UnreachableError(f"{url} publishes no checkpoint yet")
    try:
        return note, checkpoints.parse_signed(note)[0]
    except (NoteError, CheckpointError) as error:
        raise UnreachableError(f"{url}/checkpoint is no checkpoint: {error}") from error


class _Places:
    """Asks all places but the log itself, and notes which of them answered."""

    def __init__(self, trust: History, origin: str, get: Fetch) -> None:
        self._trust = trust
        self._origin = origin
        self._get = get
        self.compared = [PUBLISHED]
        self.silent: list[str] = []
        self.unseen = ""

    def remembered(self, state: Path) -> list[View]:
        """Return what was published at the last look."""
        path = state / HEAD
        if not path.exists():
            return []
        self.compared.append(REMEMBERED)
        return [View(REMEMBERED, path.read_bytes())]

    def witnesses(self) -> dict[Witness, bytes]:
        """Return what the witnesses keep, of those with a URL in any policy."""
        name = hashlib.sha256(self._origin.encode()).hexdigest()
        known = {one.url: one for policy in self._trust.policies for one in policy.witnesses}
        found = {}
        for witness in (one for one in known.values() if one.url):
            try:
                note = self._get(f"{witness.url.rstrip('/')}/{name}/checkpoint")
            except UnreachableError as error:
                self.silent.append(f"{_place(witness)}: {error}")
                continue
            if note is not None:
                found[witness] = note
        return found

    def views(self, shown: Mapping[Witness, bytes]) -> list[View]:
        """Return what is compared of the witnesses."""
        self.compared += [_place(witness) for witness in shown]
        return [View(_place(witness), note) for witness, note in shown.items()]

    def is_behind(self, published: int, shown: Mapping[Witness, bytes]) -> bool:
        """Whether a quorum has signed more than what is published: the log must publish that."""
        ahead = self._ahead(published, shown)
        for size in ahead.values():
            policy = self._trust.at(self._origin, size)
            urls = {witness.url for witness, at in ahead.items() if at >= size}
            if policy.is_met_by(one.name for one in policy.witnesses if one.url in urls):
                return True
        return False

    def not_ahead(self, published: int, shown: Mapping[Witness, bytes]) -> dict[Witness, bytes]:
        """Leave out, and name, who has signed what too few others have yet."""
        ahead = self._ahead(published, shown)
        for witness, size in ahead.items():
            self.silent.append(f"{_place(witness)}: its {size} leaves are not published yet")
        return {witness: note for witness, note in shown.items() if witness not in ahead}

    def _ahead(self, published: int, shown: Mapping[Witness, bytes]) -> dict[Witness, int]:
        """Return the sizes beyond what is published that the log did sign, by witness."""
        found = {}
        for witness, note in shown.items():
            with suppress(NoteError, CheckpointError, BeyondError):
                found[witness] = monitor.signed(self._trust, self._origin, note).size
        return {witness: size for witness, size in found.items() if size > published}

    def anchors(self, url: str) -> Mapping[int, bytes]:
        """Return root by size as the chain has them."""
        chain = self._trust.newest.chain
        try:
            found = anchor_rpc.all_anchors(url, _named(chain))
        except ChainError as error:
            self.unseen = f"the chain: {error}"
            return {}
        self.compared.append(f"{len(found)} anchors on the chain")
        return {size: anchor.root for size, anchor in found.items()}


def _place(witness: Witness) -> str:
    return f"witness {witness.name}"


def _named(chain: ChainReference | None) -> ChainReference:
    if chain is None:
        raise ChainError("the policy names no chain")
    return chain


def _keep_evidence(state: Path, found: Disagreement) -> None:
    content = {
        "kind": str(found.kind),
        "message": found.message,
        "notes": [note.decode("utf-8", "backslashreplace") for note in found.notes],
    }
    data = json.dumps(content, ensure_ascii=False, indent=1).encode()
    _keep(state, f"evidence-{hashlib.sha256(data).hexdigest()[:16]}.json", data)


def _keep(folder: Path, name: str, data: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{name}.new"
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / name)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="ledger.watch", description="Watch a log from outside.")
    parser.add_argument("url", metavar="URL", help="the log's, e.g. https://port.example/log")
    parser.add_argument("--policy", type=Path, required=True, help="policy file: whom to trust")
    parser.add_argument("--state", type=Path, required=True, help="folder of memory and evidence")
    parser.add_argument("--chain", metavar="URL", default="", help="compare this node's anchors")
    parser.add_argument("--json", action="store_true", help="print the look as JSON")
    chosen = parser.parse_args(arguments)
    try:
        trust = succession_files.read(chosen.policy)
        seen = look(chosen.url, trust, chosen.state, chain_url=chosen.chain)
    except (OSError, PolicyError, SuccessionError, UnreachableError) as error:
        sys.stderr.write(printable(f"NOT CHECKED: {error}") + "\n")
        return 2
    sys.stdout.write(json.dumps(seen.to_json()) + "\n" if chosen.json else seen.as_text())
    return 1 if seen.findings else 2 if seen.unseen else 0


if __name__ == "__main__":
    sys.exit(main())
