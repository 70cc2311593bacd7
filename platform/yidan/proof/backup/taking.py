"""Take a backup while the platform works 备份: one instant of everything, then copying at leisure.

The database, the embedded chain's store and the embedded witnesses' records are held at one
instant; blobs, which only ever grow, are copied after it, so that every blob the database names is
in the set. What lies in `var` and is not known here is taken too: a folder that a later version
adds is in the backup before anybody thinks of it.
"""

import hashlib
import json
import secrets
import tarfile
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, Engine

from ledger import merkle
from ledger.witness.keys import FILE_NAMES as WITNESS_KEYS
from ledger.witness.server import STATE_FILE as WITNESS_STATE
from yidan.config import Settings
from yidan.kernel.content import instant_to_text
from yidan.proof import setup
from yidan.proof.backup.sealing import Seal
from yidan.proof.backup.sets import (
    FORMAT,
    BackupError,
    Writer,
    draft_of,
    put_in_place,
    signed_bytes,
)
from yidan.store import log, schema, snapshots
from yidan.store.engine import database_now, is_sqlite

DATABASE: Final = {"sqlite": "database.sqlite", "postgresql": "database.tar"}
"""The database's member of a set, by kind."""
CHAIN: Final = "chain.sqlite"
WITNESSES, FILES, BLOBS, KEYS = "witnesses.tar", "files.tar", "blobs.tar", "keys.tar"
CHAIN_FILE: Final = "chain.db"

_ELSEWHERE: Final = frozenset({"keys", "witnesses", "blobs", CHAIN_FILE, "yidan.db"})
"""What members of their own hold."""
_MADE_ANEW: Final = frozenset({"logs", "fonts", "redis.sock"})
"""What every start makes again."""


def backup(
    engine: Engine, settings: Settings, target: Path, *, passphrase: bytes | None, with_keys: bool
) -> dict[str, Any]:
    """Make a backup set and answer its manifest; `target` ending in `.tar` is one file.

    Raises:
        BackupError: there is something at the target, keys would lie there in clear, or the
            platform was never started.
        UnavailableError: the database does not answer.
    """
    if with_keys and passphrase is None:
        raise BackupError("keys are kept under a passphrase only: --passphrase-file or --no-keys")
    if target.exists():
        raise BackupError(f"{target} is there already")
    if not setup.policy_path(settings).exists():
        raise BackupError(f"{settings.var} holds no installation")
    with draft_of(target, "draft") as draft:
        folder = draft / "set"
        folder.mkdir(mode=0o700)
        seal = Seal.of(passphrase) if passphrase is not None else None
        writer = Writer(folder, seal)
        # Before the instant: what the monitor saw last is never more than the log in the set.
        _take_tar(draft, writer, FILES, _other_files(settings))
        facts = _take_instant(engine, settings, draft, writer)
        facts |= {"blobs": _take_folders(settings, draft, writer, with_keys=with_keys)}
        manifest = _manifest(settings, seal, writer, facts)
        newest = setup.latest_of(setup.read_trust(settings), settings.log_origin)
        key = setup.signing_key(settings, newest, settings.log_origin)
        signature = key.sign(signed_bytes(manifest))
        writer.close(manifest, signature)
        put_in_place(folder, target, one_file=target.suffix == ".tar")
    return dict(json.loads(manifest))


def _manifest(
    settings: Settings, seal: Seal | None, writer: Writer, facts: dict[str, Any]
) -> bytes:
    content = {
        "format": FORMAT,
        "id": secrets.token_hex(8),
        "schema": schema.HEAD,
        "seal": seal.described() if seal else None,
        **facts,
        "settings": public_settings(settings),
        "members": writer.members,
    }
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"


def _take_instant(
    engine: Engine, settings: Settings, draft: Path, writer: Writer
) -> dict[str, Any]:
    """Take database, chain and witnesses at one instant; answer what the database then was."""
    folders = [
        path.parent for path in sorted((settings.var / "witnesses").glob(f"*/{WITNESS_STATE}"))
    ]
    chain = [settings.var / CHAIN_FILE] if (settings.var / CHAIN_FILE).exists() else []
    beside = [*chain, *(folder / WITNESS_STATE for folder in folders)]
    name = DATABASE["sqlite" if is_sqlite(engine) else "postgresql"]
    with snapshots.at_one_instant(engine, beside) as held:
        plain = draft / name
        held.database.copy_to(plain)
        with held.database.look(plain) as connection:
            facts = _facts(connection, settings)
        copies = [draft / f"copy-{number}" for number in range(len(beside))]
        for file, copy in zip(held.files, copies, strict=True):
            file.copy_to(copy)
    writer.take(name, plain)
    if chain:
        writer.take(CHAIN, copies[0])
    named = {
        f"{folder.name}/{WITNESS_STATE}": copy.read_bytes()
        for folder, copy in zip(folders, copies[len(chain) :], strict=True)
    }
    _take_tar(draft, writer, WITNESSES, named.items())
    return facts


def _facts(connection: Connection, settings: Settings) -> dict[str, Any]:
    size = log.size(connection)
    cosigned = log.latest_checkpoint(connection, cosigned=True)
    return {
        "database": connection.dialect.name,
        "takenAt": instant_to_text(database_now(connection)),
        "log": {
            "origin": settings.log_origin,
            "size": size,
            "root": merkle.root_at(log.DatabaseTiles(connection), size).hex(),
            "cosignedSize": cosigned.size if cosigned else 0,
        },
        "rows": snapshots.counts(connection),
    }


def _take_folders(settings: Settings, draft: Path, writer: Writer, *, with_keys: bool) -> int:
    """Take what lies in folders; answer how many blobs."""
    var = settings.var
    blobs = 0

    def counted() -> Iterator[tuple[str, bytes]]:
        nonlocal blobs
        for name, data in _files_under(var / "blobs"):
            if hashlib.sha256(data).hexdigest() != Path(name).name:
                raise BackupError(f"blob {name} was changed on disk")
            blobs += 1
            yield name, data

    _take_tar(draft, writer, BLOBS, counted())
    if with_keys:
        _take_tar(draft, writer, KEYS, _keys(var))
    return blobs


def _keys(var: Path) -> Iterator[tuple[str, bytes]]:
    for name, data in _files_under(var / "keys"):
        yield f"keys/{name}", data
    for path in sorted((var / "witnesses").glob("*/*")):
        if path.name in WITNESS_KEYS:
            yield str(path.relative_to(var)), path.read_bytes()


def _other_files(settings: Settings) -> Iterator[tuple[str, bytes]]:
    for path in sorted(settings.var.iterdir()):
        known = path.name in _ELSEWHERE | _MADE_ANEW or path.name.startswith(".")
        beside_a_database = path.name.endswith((".lock", "-wal", "-shm", "-journal"))
        if known or beside_a_database:
            continue
        if path.is_file():
            yield path.name, path.read_bytes()
        elif path.is_dir():
            yield from ((f"{path.name}/{name}", data) for name, data in _files_under(path))


def _files_under(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Files by their path in the folder; drafts are left out, and what vanishes meanwhile."""
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or path.is_symlink() or not path.is_file():
            continue
        try:
            yield str(path.relative_to(folder)), path.read_bytes()
        except FileNotFoundError:
            continue


def _take_tar(draft: Path, writer: Writer, name: str, files: Any) -> None:
    plain = draft / name
    with tarfile.open(plain, "w") as archive:
        for inside, data in files:
            member = tarfile.TarInfo(inside)
            member.size, member.mode = len(data), 0o600
            archive.addfile(member, BytesIO(data))
    writer.take(name, plain)


def public_settings(settings: Settings) -> dict[str, Any]:
    """The settings as the manifest tells them: no password in a URL."""
    return {
        name: _without_password(value) if name.endswith("_url") else _plain(value)
        for name, value in asdict(settings).items()
    }


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc="…@" + parts.netloc.rpartition("@")[2]))
