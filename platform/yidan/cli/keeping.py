"""Back up, restore, erase."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from yidan.cli.command import main, open_installation, refusing, say
from yidan.config import Settings

_PASSPHRASE: Final = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the passphrase; a newline at its end does not count.",
)


def _passphrase(file: Path | None) -> bytes | None:
    return file.read_bytes().rstrip(b"\r\n") if file else None


def _describe(manifest: dict[str, Any]) -> str:
    log, rows = manifest["log"], manifest["rows"]
    return (
        f"backup {manifest['id']} of {manifest['takenAt']}: {rows['event']} events,"
        f" {log['size']} leaves, root {log['root']}, {manifest['blobs']} blobs"
    )


@main.command()
@click.argument("target", type=click.Path(path_type=Path))
@_PASSPHRASE
@click.option("--no-keys", is_flag=True, help="Leave the keys out; keep them elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="Answer with the manifest as JSON.")
@click.pass_obj
def backup(
    settings: Settings, target: Path, passphrase_file: Path | None, *, no_keys: bool, as_json: bool
) -> None:
    """Take a backup while the platform works: TARGET is a folder, or one file if it ends in .tar.

    Database, chain, log, witnesses, blobs and keys as one set, encrypted under the passphrase.
    """
    from ledger.policy import PolicyError  # noqa: PLC0415 - commands import what they need
    from ledger.succession import SuccessionError  # noqa: PLC0415
    from yidan import bootstrap  # noqa: PLC0415
    from yidan.kernel.errors import UnavailableError  # noqa: PLC0415
    from yidan.proof.backup import sealing, sets, taking  # noqa: PLC0415

    try:
        manifest = taking.backup(
            bootstrap.open_engine(settings),
            settings,
            target,
            passphrase=_passphrase(passphrase_file),
            with_keys=not no_keys,
        )
    except (
        sets.BackupError,
        sealing.SealError,
        PolicyError,
        SuccessionError,
        UnavailableError,
        OSError,
    ) as error:
        raise click.ClickException(str(error) or "the database does not answer") from error
    say(manifest, _describe(manifest), as_json=as_json)


@main.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--into", required=True, type=click.Path(path_type=Path), help="Folder to make: the new var."
)
@_PASSPHRASE
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A trust policy you had before; its log must have signed the set.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer with the manifest as JSON.")
@click.pass_obj
def restore(
    settings: Settings,
    source: Path,
    into: Path,
    passphrase_file: Path | None,
    policy: Path | None,
    *,
    as_json: bool,
) -> None:
    """Restore the backup set SOURCE into a new folder, checked first, whole or not at all.

    A set of PostgreSQL also fills the empty database that DATABASE_URL names. Releases stay stopped
    until the witnesses say that they have seen no newer log.
    """
    from ledger.policy import PolicyError  # noqa: PLC0415 - commands import what they need
    from yidan import bootstrap  # noqa: PLC0415
    from yidan.proof.backup import restoring, sealing, sets  # noqa: PLC0415
    from yidan.store import snapshots  # noqa: PLC0415

    there = replace(settings, var=into)
    try:
        list(bootstrap.furniture("events", "tables"))
        manifest = restoring.restore(
            source,
            there,
            passphrase=_passphrase(passphrase_file),
            policy=policy.read_bytes() if policy else None,
            open_server=lambda: bootstrap.open_engine(there),
        )
    except (
        sets.BackupError,
        sealing.SealError,
        PolicyError,
        snapshots.NotEmptyError,
        snapshots.UnreadableDatabaseError,
        OSError,
    ) as error:
        raise click.ClickException(str(error)) from error
    say(manifest, f"{_describe(manifest)}\nrestored into {into}", as_json=as_json)


@main.command()
@click.argument("event_id")
@click.option("--ground", required=True, help="Why, e.g. the request it follows; no names.")
@click.pass_obj
def erase(settings: Settings, event_id: str, ground: str) -> None:
    """Erase the content and salt of an event that holds personal data; its proof stays."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.kernel.events import SYSTEM  # noqa: PLC0415
    from yidan.store import edge, erasing  # noqa: PLC0415

    open_installation(settings)
    services = bootstrap.build(settings)
    with refusing():
        erased = edge.run(services, SYSTEM, lambda uow: erasing.erase(event_id, ground, uow))
    click.echo(f"Erased by event {erased.event_id}.")
