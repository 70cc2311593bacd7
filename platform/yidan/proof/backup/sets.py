"""A backup set 备份集: a folder, or the same in one tar file, with a signed manifest.

`manifest.json` names every member with its length and SHA-256 as stored, what the log was, and how
many rows each table had; `manifest.sig` is the log key's Ed25519 signature over it. A set is built
under another name beside its place and renamed when it is whole and durable, so that nothing half
made ever looks like one. Nothing that is not named in the manifest is read.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from yidan.proof.backup.sealing import CHUNK, Seal
from yidan.store.keys import sync_folder

FORMAT: Final = "yidan-backup/1"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
NEEDED: Final = frozenset(
    {"format", "id", "schema", "seal", "database", "takenAt", "log", "rows", "blobs", "settings"}
    | {"members"}
)
"""What a manifest says at least."""


class BackupError(Exception):
    """The set cannot be made, or is not one that may be restored; the text says why."""


def signed_bytes(manifest: bytes) -> bytes:
    """What the log key signs: never a checkpoint, whose first line is the log's origin."""
    return FORMAT.encode() + b"\n" + manifest


@contextmanager
def draft_of(target: Path, ending: str) -> Iterator[Path]:
    """A folder to build in, beside the target; what a killed run left there is removed first.

    Raises:
        BackupError: another run builds beside this target now.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = os.open(target.parent, os.O_RDONLY | os.O_CLOEXEC)
    draft = target.parent / f".{target.name}.{ending}"
    try:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"another backup or restore works in {target.parent}") from None
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(place)


class Writer:
    """Puts members into a set that is being made."""

    def __init__(self, folder: Path, seal: Seal | None) -> None:
        self._folder = folder
        self._seal = seal
        self.members: dict[str, dict[str, Any]] = {}

    def take(self, name: str, plain: Path) -> None:
        """Take a finished file in, sealed if the set is; the plain file is removed."""
        digest, length = hashlib.sha256(), 0
        with plain.open("rb") as source, (self._folder / name).open("xb") as target:
            for block in self._blocks(name, source):
                digest.update(block)
                length += len(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        plain.unlink()
        self.members[name] = {"bytes": length, "sha256": digest.hexdigest()}

    def _blocks(self, name: str, source: BinaryIO) -> Iterable[bytes]:
        return self._seal.sealed(name, source) if self._seal else _read(source)

    def close(self, manifest: bytes, signature: bytes) -> None:
        """Write the manifest last and make everything durable."""
        for name, data in ((MANIFEST, manifest), (SIGNATURE, signature.hex().encode() + b"\n")):
            with (self._folder / name).open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        sync_folder(self._folder)


def put_in_place(folder: Path, target: Path, *, one_file: bool) -> None:
    """Give a whole set its name, as a folder or as one tar file."""
    finished = folder
    if one_file:
        finished = folder.parent / "set.tar"
        with finished.open("xb") as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                for path in sorted(folder.iterdir()):
                    archive.add(path, path.name)
            file.flush()
            os.fsync(file.fileno())
    finished.rename(target)
    sync_folder(target.parent)


@contextmanager
def read(source: Path) -> Iterator["Reader"]:
    """Open a set and read its manifest.

    Raises:
        BackupError: it is no set of ours, or was cut off.
    """
    with ExitStack() as stack:
        archive = None
        if source.is_file():
            try:
                archive = stack.enter_context(tarfile.open(source, "r:"))
                archive.getmembers()
            except tarfile.TarError as error:
                raise BackupError(f"{source} is no backup, or was cut off: {error}") from error
        yield Reader(source, archive)


class Reader:
    """Reads a set, only what its manifest names, and only after the hashes were compared."""

    def __init__(self, source: Path, archive: tarfile.TarFile | None) -> None:
        self._source = source
        self._archive = archive
        self.manifest_bytes = self._whole(MANIFEST)
        self.signature = _hex(self._whole(SIGNATURE))
        self.manifest = _parsed(self.manifest_bytes)

    def check(self) -> None:
        """Compare every member with the manifest; nothing may lack, nothing may be there besides.

        Raises:
            BackupError: the set was cut off or changed.
        """
        named = self.manifest["members"]
        there = self._names() - {MANIFEST, SIGNATURE}
        if there != named.keys():
            odd = ", ".join(sorted(there ^ named.keys()))
            raise BackupError(f"the set is not what its manifest says: {odd}")
        for name, stated in named.items():
            if self._measured(name) != stated:
                raise BackupError(f"{name} was cut off or changed")

    def _measured(self, name: str) -> dict[str, Any]:
        digest, length = hashlib.sha256(), 0
        try:
            with self._open(name) as source:
                for block in _read(source):
                    digest.update(block)
                    length += len(block)
        except tarfile.TarError:
            return {}
        return {"bytes": length, "sha256": digest.hexdigest()}

    def extract(self, name: str, seal: Seal | None, target: Path) -> bool:
        """Write a member as it was before it was sealed; False if the set has none of this name.

        Raises:
            SealError: the passphrase is wrong, or the member was changed.
        """
        if name not in self.manifest["members"]:
            return False
        with self._open(name) as source, target.open("xb") as file:
            for block in seal.opened(name, source) if seal else _read(source):
                file.write(block)
        return True

    def _names(self) -> set[str]:
        if self._archive is not None:
            return set(self._archive.getnames())
        return {path.name for path in self._source.iterdir()}

    def _open(self, name: str) -> BinaryIO:
        if self._archive is None:
            return (self._source / name).open("rb")
        found = self._archive.extractfile(name)
        if found is None:
            raise BackupError(f"{name} is no file")
        return found  # type: ignore[return-value]  # a binary reader

    def _whole(self, name: str) -> bytes:
        try:
            with self._open(name) as source:
                return source.read()
        except (FileNotFoundError, KeyError, tarfile.TarError):
            raise BackupError(f"{self._source} is no backup: it has no {name}") from None


def _read(source: BinaryIO) -> Iterator[bytes]:
    while block := source.read(CHUNK):
        yield block


def _hex(data: bytes) -> bytes:
    try:
        return bytes.fromhex(data.decode().strip())
    except ValueError:
        raise BackupError(f"{SIGNATURE} is no signature") from None


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
        members = found["members"]
        whole = found.keys() >= NEEDED and found["format"] == FORMAT
        well_formed = whole and not any("/" in name or name.startswith(".") for name in members)
    except (ValueError, KeyError, TypeError, AttributeError):
        well_formed = False
    if not well_formed:
        raise BackupError(f"{MANIFEST} is not one of {FORMAT}")
    return dict(found)
