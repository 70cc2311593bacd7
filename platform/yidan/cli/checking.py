"""Check what is kept, prove it, and let releases go on."""

import sys
from pathlib import Path

import click

from yidan.cli.command import (
    NO_CHAIN,
    NotThereError,
    installed_trust,
    main,
    open_installation,
    refusing,
    say,
)
from yidan.config import Settings


@main.command()
@click.option(
    "--check", is_flag=True, required=True, expose_value=False, help="Compare; nothing is written."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def rebuild(settings: Settings, *, as_json: bool) -> None:
    """Replay all events, compare every projection and recompute every commitment."""
    from ledger.commitment import commit  # noqa: PLC0415 - commands import what they need
    from yidan.store import rebuild as replay  # noqa: PLC0415

    report = replay.check(open_installation(settings), commit)
    findings = [f"{finding.where}: {finding.what}" for finding in report.findings]
    summary = (
        f"{report.events} events replayed, {len(report.erased)} erased, {len(findings)} findings"
    )
    say(
        {"events": report.events, "erased": list(report.erased), "findings": findings},
        "\n".join([*findings, summary]),
        as_json=as_json,
    )
    sys.exit(1 if findings else 0)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def fsck(settings: Settings, *, as_json: bool) -> None:
    """Recompute the log from the events; compare tiles, checkpoints and anchors.

    Ends with status 0, 1 if anything was found, or 2 if it could not look.
    """
    from ledger.chain.client import ChainUnavailableError  # noqa: PLC0415 - only here is it needed
    from yidan.proof import fsck as checks  # noqa: PLC0415
    from yidan.proof import setup  # noqa: PLC0415

    engine = open_installation(settings)
    if setup.policy_path(settings).exists():
        installed_trust(settings)
    try:
        report = checks.check(engine, settings)
    except ChainUnavailableError as error:
        raise NotThereError(NO_CHAIN.format(why=error)) from error
    say(report.as_json(), report.as_text(), as_json=as_json)
    sys.exit(1 if report.findings else 0)


@main.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--policy", type=click.Path(path_type=Path), help="Whom to trust; default: this installation's."
)
@click.option(
    "--next",
    "following",
    type=(str, str),
    multiple=True,
    metavar="POLICY NOTE",
    help="Policy that followed, and the note in which the old trust says so; may be repeated.",
)
@click.option("--chain", metavar="URL", help="Also check the anchor at this JSON-RPC URL.")
@click.option(
    "--bls", is_flag=True, help="Also check the witnesses' BLS aggregate (needs --chain)."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def verify(
    settings: Settings,
    bundle: Path,
    policy: Path | None,
    following: tuple[tuple[str, str], ...],
    chain: str | None,
    *,
    bls: bool,
    as_json: bool,
) -> None:
    """Verify a proof bundle offline: VALID (0), INVALID (1) or NOT CHECKED (2)."""
    from ledger import succession_files  # noqa: PLC0415 - commands import what they need
    from ledger import verify as verifier  # noqa: PLC0415

    trusted = settings.var / "policy"
    chosen = policy or (trusted if trusted.exists() else None)
    arguments = [str(bundle)]
    arguments += ["--policy", str(chosen)] if chosen else []
    if policy is None and chosen:
        following = tuple((str(new), str(note)) for new, note in succession_files.steps(chosen))
    for pair in following:
        arguments += ["--next", *pair]
    arguments += ["--chain", chain] if chain else []
    arguments += ["--bls"] if bls else []
    arguments += ["--json"] if as_json else []
    sys.exit(verifier.main(arguments))


@main.command()
@click.argument("bill")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, the proof bundle in it.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Write the report as PDF here.")
@click.pass_obj
def audit(settings: Settings, bill: str, pdf: Path | None, *, as_json: bool) -> None:
    """Show the whole history of BILL and check each event.

    Ends with status 0, 1 if an event was changed, or 2 if there is nothing to check.
    """
    from yidan.proof import audit as audits  # noqa: PLC0415 - commands import what they need
    from yidan.proof import audit_page  # noqa: PLC0415
    from yidan.store.engine import database_now, reading  # noqa: PLC0415

    engine, trust = open_installation(settings), installed_trust(settings)
    with reading(engine) as connection, refusing(status=2):
        now = database_now(connection)
        found = audits.audit(connection, trust, settings.log_origin, bill, now)
    if pdf is not None:
        pdf.write_bytes(audit_page.pdf(found, settings.var / "fonts"))
    click.echo(audits.as_json_text(found) if as_json else found.as_text())
    sys.exit(0 if found.is_sound else 1)


@main.command()
@click.argument("subject")
@click.option("--field", "fields", multiple=True, help="Show this field only, e.g. /occurredAt.")
@click.option(
    "--form",
    type=click.Choice(["json", "compact", "text"]),
    default="json",
    help="JSON, the compact form, or that as text for a code.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write; default: print.")
@click.pass_obj
def prove(
    settings: Settings, subject: str, fields: tuple[str, ...], form: str, out: Path | None
) -> None:
    """Write the proof bundle of SUBJECT (kind:id), of all its fields or of single ones."""
    from yidan.proof import bundles  # noqa: PLC0415 - commands import what they need
    from yidan.store.engine import reading  # noqa: PLC0415

    engine, trust = open_installation(settings), installed_trust(settings)
    with reading(engine) as connection, refusing():
        data = bundles.of_subject(connection, trust, subject, fields=fields)
        data = bundles.written(data, bundles.Form(form))
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.write_bytes(data)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def doctor(*, as_json: bool) -> None:
    """Say what this installation can do and what it lacks."""
    from yidan.documents import rendering  # noqa: PLC0415 - commands import what they need

    found = [reason.text("en") for reason in rendering.doctor()]
    healthy = "Nothing is missing."
    say({"lacks": found}, "\n".join(found) or healthy, as_json=as_json)


@main.command()
@click.pass_obj
def resume(settings: Settings) -> None:
    """Let releases go on after a stop; run `yidan fsck` first and know why they stopped."""
    from yidan.proof import stopping  # noqa: PLC0415 - commands import what they need
    from yidan.store import ledger_state  # noqa: PLC0415
    from yidan.store.engine import reading  # noqa: PLC0415

    engine = open_installation(settings)
    stopping.resume(engine)
    with reading(engine) as connection:
        still = ledger_state.releases_stopped(connection)
    click.echo(f"Releases wait: {still}." if still else "Releases go on.")
