"""Keep a trust policy and the successions that followed it as files (交接文件).

Beside a policy file, in the folder ``successions``, lies each step that followed from it, counted
from 1: ``0001.policy`` and ``0001.note``. The note is written last: without it there is no step.
Whoever trusts the policy file trusts what can be followed from it, and nothing else that lies
there. The platform, its witnesses and anybody else keep them alike.

Deliberately not here: what a succession means (``succession``).
"""

import os
from pathlib import Path
from typing import Final

from ledger import policy_file
from ledger.succession import History

FOLDER: Final = "successions"
"""Name of the folder beside the policy file."""

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, time of change, size and inode of each file that says whom to trust."""


def steps(policy: Path) -> list[tuple[Path, Path]]:
    """Return policy file and note of each step that follows a policy file, in order."""
    notes = sorted((policy.parent / FOLDER).glob("[0-9]*.note"))
    return [(note.with_suffix(".policy"), note) for note in notes]


def read(policy: Path) -> History:
    """Read a policy file and follow what its trust says of the next.

    Raises:
        FileNotFoundError: When there is no policy, or a step lacks its own.
        PolicyError: When a policy file is malformed.
        SuccessionError: When a step does not follow from the trust before it.
    """
    history = History(policy_file.parse(policy.read_bytes()))
    for new, note in steps(policy):
        history = history.then(policy_file.parse(new.read_bytes()), note.read_bytes())
    return history


def add(policy: Path, new: bytes, note: bytes) -> History:
    """Check and keep one more step; on return it survives a crash. Keeping the last again is fine.

    Returns:
        The history with the step.

    Raises:
        FileNotFoundError: When there is no policy.
        PolicyError: When a policy file is malformed.
        SuccessionError: When the step does not follow from the newest trust.
    """
    history, known = read(policy), steps(policy)
    if known and (known[-1][0].read_bytes(), known[-1][1].read_bytes()) == (new, note):
        return history
    history = history.then(policy_file.parse(new), note)
    folder = policy.parent / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(policy.parent)
    for suffix, data in ((".policy", new), (".note", note)):
        _write(folder / f"{len(known) + 1:04d}{suffix}", data)
    return history


class TrustReader:
    """A policy file with its successions, read again only when they changed."""

    def __init__(self, policy: Path) -> None:
        self._policy = policy
        self._seen: Stamp = ()
        self._history: History | None = None

    def current(self) -> History | None:
        """Return whom to trust, ``None`` while there is no policy file.

        Raises:
            PolicyError: When a policy file is malformed.
            SuccessionError: When a step does not follow from the trust before it.
        """
        stamp = self._stamp()
        if not stamp:
            return None
        if self._history is None or stamp != self._seen:
            self._history, self._seen = read(self._policy), stamp
        return self._history

    def _stamp(self) -> Stamp:
        files = [self._policy, *(path for step in steps(self._policy) for path in step)]
        try:
            found = [(path.name, path.stat()) for path in files]
        except FileNotFoundError:
            return ()
        return tuple((name, one.st_mtime_ns, one.st_size, one.st_ino) for name, one in found)


def _write(path: Path, data: bytes) -> None:
    """Write a whole file or nothing, and make it durable."""
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
