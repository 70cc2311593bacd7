"""Restore a backup set elsewhere 恢复: checked before it is used, whole or not at all.

Hashes, the manifest's signature, the passphrase, the database's own check, rows and root: all of it
is compared before the folder gets its name. A restored log is not trusted to be the newest one:
releases stay stopped, and nothing is signed, until the witnesses say that they have seen no longer
one (`proof.service`). Witnesses that came with the set know no more than it does: where they did,
releases wait for an operator's `yidan resume` besides.
"""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel

from ledger import merkle, policy_file
from ledger.policy import Policy, PolicyError
from ledger.succession import History, SuccessionError, digest
from yidan.config import Settings, variable
from yidan.proof import setup
from yidan.proof.backup import sets
from yidan.proof.backup.sealing import Seal
from yidan.proof.backup.sets import BackupError, Reader, signed_bytes
from yidan.proof.backup.taking import (
    BLOBS,
    CHAIN,
    CHAIN_FILE,
    DATABASE,
    FILES,
    KEYS,
    WITNESSES,
)
from yidan.proof.fsck import check_notes
from yidan.store import ledger_state, log, schema, snapshots
from yidan.store.engine import database_now, reading, writing
from yidan.store.keys import sync_folder

SAME: Final = ("log_origin", "chain_id")
"""Settings that a restored installation must share with the one that was backed up."""


def restore(
    source: Path,
    settings: Settings,
    *,
    passphrase: bytes | None,
    policy: bytes | None = None,
    open_server: Callable[[], Engine],
) -> dict[str, Any]:
    """Restore a set into `settings.var`, which must be absent or empty; answer its manifest.

    Args:
        source: Folder or tar file of the set.
        settings: Of the installation to be; `var` is the folder to make.
        passphrase: Of a sealed set; None if it is not sealed.
        policy: A trust policy known from elsewhere, whose log key must have signed the set.
        open_server: Opens the PostgreSQL database to fill, where the set holds one.

    Raises:
        BackupError: the set, the settings or the place do not allow it; nothing was restored.
        SealError: the passphrase is wrong, or the set was changed.
    """
    with sets.read(source) as reader:
        reader.check()
        manifest = reader.manifest
        _check_settings(manifest, settings)
        seal = _seal(manifest, passphrase)
        with sets.draft_of(settings.var.resolve(), "restoring") as draft:
            _check_free(settings.var)
            var = draft / "var"
            var.mkdir(mode=0o700)
            _unpack(reader, seal, draft, var)
            trusted = _check_signature(reader, var, policy, settings)
            _check_blobs(manifest, var)
            if manifest["database"] == "sqlite":
                _restore_sqlite(reader, seal, var, trusted)
                _put_in_place(var, settings.var)
            else:
                dump = draft / DATABASE["postgresql"]
                reader.extract(dump.name, seal, dump)
                _restore_server(open_server(), dump, manifest, trusted, var, settings.var)
    return manifest


def _check_settings(manifest: dict[str, Any], settings: Settings) -> None:
    if manifest["schema"] != schema.HEAD:
        raise BackupError(
            f"the set is of tables {manifest['schema']}, this version has {schema.HEAD}:"
            " restore it with the version that made it, then `yidan migrate`"
        )
    for name in SAME:
        then, now = manifest["settings"][name], getattr(settings, name)
        if then != now:
            raise BackupError(f"{variable(name)} was {then} and is {now}: set it as it was")
    kind = "postgresql" if settings.sqlalchemy_url.startswith("postgresql") else "sqlite"
    if kind != manifest["database"]:
        raise BackupError(f"the set holds a {manifest['database']} database: set DATABASE_URL so")


def _seal(manifest: dict[str, Any], passphrase: bytes | None) -> Seal | None:
    if manifest["seal"] is None:
        if passphrase is not None:
            raise BackupError("the set is not sealed: whoever gave it to you could have made it")
        return None
    if passphrase is None:
        raise BackupError("the set is sealed: --passphrase-file")
    return Seal.of(passphrase, manifest["seal"])


def _check_free(var: Path) -> None:
    if (var / snapshots.UNFINISHED).exists():
        shutil.rmtree(var)  # of a restore that was cut off
    if var.exists() and any(var.iterdir()):
        raise BackupError(f"{var} is not empty")


def _unpack(reader: Reader, seal: Seal | None, draft: Path, var: Path) -> None:
    for name, folder in (
        (FILES, var),
        (KEYS, var),
        (WITNESSES, var / "witnesses"),
        (BLOBS, var / "blobs"),
    ):
        plain = draft / name
        if reader.extract(name, seal, plain):
            with tarfile.open(plain) as archive:
                _extract(archive, folder)
            plain.unlink()
    reader.extract(CHAIN, seal, var / CHAIN_FILE)
    for path in var.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Write a set's plain files; Python 3.11 before 3.11.4 has no filter for extraction."""
    for member in archive:
        path = PurePosixPath(member.name)
        content = archive.extractfile(member) if member.isfile() else None
        if content is None or path.is_absolute() or ".." in path.parts:
            raise BackupError(f"{member.name} is no plain file inside the set")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with content, target.open("xb") as file:
            shutil.copyfileobj(content, file)


def _check_signature(reader: Reader, var: Path, known: bytes | None, settings: Settings) -> History:
    """Check that the log's newest key signed the manifest, and that it is among those restored.

    A policy that somebody had before may be any of those that the newest one followed from.
    """
    origin = settings.log_origin
    own = Settings(var=var, log_origin=origin)
    try:
        trust = setup.read_trust(own)
        policy = setup.latest_of(trust, origin)
    except (setup.MissingKeyError, PolicyError, SuccessionError, OSError) as error:
        raise BackupError(f"the set does not say whom to trust: {error}") from error
    trusted = _trusted(trust, policy_file.parse(known)) if known is not None else trust
    found = policy.find_log(origin)
    wanted = found if trusted is trust else trusted.newest.find_log(origin)
    if found is None or wanted is None or found.key != wanted.key:
        raise BackupError("the set is of another log than the policy names")
    try:
        Ed25519PublicKey.from_public_bytes(found.key.public_key).verify(
            reader.signature, signed_bytes(reader.manifest_bytes)
        )
    except InvalidSignature:
        raise BackupError("the manifest is not signed by the log's key") from None
    if KEYS in reader.manifest["members"]:
        try:
            setup.signing_key(own, policy, origin)
        except setup.MissingKeyError:
            raise BackupError("the log key in the set is not the one of its policy") from None
    return trusted


def _trusted(trust: History, known: Policy) -> History:
    """What the set's trust is to somebody who had a policy: all of it, if it followed from that."""
    followed = digest(known) in {digest(policy) for policy in trust.policies}
    return trust if followed else History(known)


def _check_blobs(manifest: dict[str, Any], var: Path) -> None:
    found = [path for path in (var / "blobs").rglob("*") if path.is_file()]
    for path in found:
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
            raise BackupError(f"blob {path.name} is not what its name says")
    if len(found) != manifest["blobs"]:
        raise BackupError(f"{len(found)} blobs where {manifest['blobs']} were taken")


def _restore_sqlite(reader: Reader, seal: Seal | None, var: Path, trusted: History) -> None:
    database = var / "yidan.db"
    reader.extract(DATABASE["sqlite"], seal, database)
    engine = snapshots.open_copy(database)
    try:
        with reading(engine) as connection:
            _check_database(connection, reader.manifest, trusted)
        with writing(engine) as connection:
            _mark(connection, reader.manifest, var)
    finally:
        engine.dispose()
    database.chmod(0o600)


def _restore_server(  # noqa: PLR0917 - what is filled, from what, and what is moved when
    engine: Engine,
    dump: Path,
    manifest: dict[str, Any],
    trusted: History,
    var: Path,
    target: Path,
) -> None:
    """Fill the database in one transaction, committed after the folder has its place.

    A crash between leaves a mark in the folder: nothing starts on it, and the next restore
    begins anew; if the transaction was committed, it finds its own backup there and is done.
    """
    (var / snapshots.UNFINISHED).touch(mode=0o600)
    with reading(engine) as connection:
        done = schema.version(connection) == schema.HEAD and ledger_state.restored_from(
            connection
        ) == named(manifest)
    if done:
        _put_in_place(var, target)
    else:
        with writing(engine) as connection:
            snapshots.fill_server(connection, dump, SQLModel.metadata)
            _check_database(connection, manifest, trusted)
            _mark(connection, manifest, var)
            _put_in_place(var, target)
    (target / snapshots.UNFINISHED).unlink()
    sync_folder(target)


def _mark(connection: Connection, manifest: dict[str, Any], var: Path) -> None:
    """Stop releases: until the witnesses agree, and an operator too if they are the set's own."""
    ledger_state.mark_restored(connection, named(manifest))
    if any((var / "witnesses").glob("*")):
        why = (
            f"restored from {named(manifest)} with its own witnesses, who know of nothing newer:"
            " hold or end every right used since then, then `yidan resume`"
        )
        ledger_state.stop_releases(connection, why, since=database_now(connection))


def named(manifest: dict[str, Any]) -> str:
    """What people call this backup."""
    return f"backup {manifest['id']} of {manifest['takenAt']}"


def _check_database(connection: Connection, manifest: dict[str, Any], trusted: History) -> None:
    """Compare rows and root with the manifest, and the cosigned checkpoint with the policy."""
    stated = manifest["log"]
    if snapshots.counts(connection) != manifest["rows"]:
        raise BackupError("the tables do not have as many rows as were taken")
    size = log.size(connection)
    root = merkle.root_at(log.DatabaseTiles(connection), size)
    if (size, root.hex()) != (stated["size"], stated["root"]):
        raise BackupError("the log has not the size and root that were taken")
    cosigned = log.latest_checkpoint(connection, cosigned=True)
    findings = list(check_notes(trusted, [cosigned])) if cosigned else []
    if (cosigned.size if cosigned else 0) != stated["cosignedSize"] or findings:
        raise BackupError("; ".join(findings) or "the last cosigned checkpoint is not there")


def _put_in_place(var: Path, target: Path) -> None:
    for path in [*var.rglob("*"), var]:
        if path.is_dir():
            sync_folder(path)
        else:
            _sync(path)
    if target.exists():
        target.rmdir()
    var.rename(target)
    sync_folder(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
