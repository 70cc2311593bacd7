"""Hand the log's trust over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from yidan.cli.command import embedded_witness, installed_trust, main, open_installation
from yidan.config import Settings


@main.group()
def succession() -> None:
    """Hand the log's trust over: other witnesses, another log key, another log."""


@succession.command("propose")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The policy to come, e.g. with another witness.",
)
@click.option("--new-log-key", is_flag=True, help="The policy of now with a new log key.")
@click.option(
    "--successor", metavar="ORIGIN", default="", help="End this log at the size; ORIGIN goes on."
)
@click.option(
    "--at", type=click.IntRange(0), help="Last size of the old policy; default: 100 leaves ahead."
)
@click.pass_obj
def propose_succession(
    settings: Settings,
    folder: Path,
    policy: Path | None,
    successor: str,
    at: int | None,
    *,
    new_log_key: bool,
) -> None:
    """Write the policy to come and the note to be signed into FOLDER; the log's key signs it."""
    from ledger import policy_file  # noqa: PLC0415 - commands import what they need
    from yidan.proof import successions  # noqa: PLC0415
    from yidan.store.engine import reading  # noqa: PLC0415

    if bool(policy) + new_log_key + bool(successor) != 1:
        raise click.UsageError("Say one of --policy, --new-log-key and --successor.")
    with _applying(), reading(open_installation(settings)) as connection:
        if policy is not None:
            new = policy_file.parse(policy.read_bytes())
        else:
            new = successions.with_new_key(settings, successor or settings.log_origin)
        made = successions.proposed(connection, settings, new, at, successor)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy").write_bytes(made.policy)
    (folder / "note").write_bytes(made.note)
    click.echo(f"Proposed in {folder}: let a quorum of the witnesses sign {folder / 'note'}.")


@succession.command("sign")
@click.argument("number", type=click.IntRange(1, 9))
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.pass_obj
def sign_succession(settings: Settings, number: int, folder: Path) -> None:
    """Sign what is proposed in FOLDER as embedded witness NUMBER, and show what was signed."""
    from ledger.witness.__main__ import hand_over  # noqa: PLC0415 - commands import what they need

    own = embedded_witness(settings, number)
    with _applying():
        click.echo(hand_over(own, folder / "policy", folder / "note"), nl=False)


@succession.command("apply")
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.pass_obj
def apply_succession(settings: Settings, folder: Path) -> None:
    """Record and keep what a quorum of the old witnesses signed in FOLDER; nothing is restarted."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.proof import successions  # noqa: PLC0415

    open_installation(settings)
    with _applying():
        new, note = (folder / "policy").read_bytes(), (folder / "note").read_bytes()
        step = successions.apply(bootstrap.build(settings), new, note)
    if step.successor:
        click.echo(f"Applied: this log ends at {step.size} leaves, {step.successor} goes on.")
    else:
        click.echo(f"Applied: the new policy speaks beyond {step.size} leaves.")


@succession.command("list")
@click.pass_obj
def list_successions(settings: Settings) -> None:
    """List the steps that followed from the first policy."""
    with _applying():
        trust = installed_trust(settings)
    for number, (step, _) in enumerate(trust.steps, start=1):
        end = f", frozen; {step.successor} goes on" if step.successor else ""
        click.echo(f"{number}: {step.origin}, beyond {step.size} leaves{end}")
    if not trust.steps:
        click.echo("The first policy speaks.")


@contextmanager
def _applying() -> Iterator[None]:
    """Say why trust cannot be handed over and end with status 1."""
    from ledger.note import NoteError  # noqa: PLC0415 - commands import what they need
    from ledger.policy import PolicyError  # noqa: PLC0415
    from ledger.succession import SuccessionError  # noqa: PLC0415
    from yidan.proof.setup import MissingKeyError  # noqa: PLC0415
    from yidan.proof.successions import NotAppliedError  # noqa: PLC0415

    faults = (NotAppliedError, SuccessionError, PolicyError, NoteError, MissingKeyError, OSError)
    try:
        yield
    except faults as error:
        raise click.ClickException(str(error)) from error
