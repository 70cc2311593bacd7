"""The `yidan` command; each part is imported only by the command that needs it."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from yidan.config import Settings, from_environment

PRIVATE: Final = 0o077
"""What our processes make is readable by nobody else: database, chain, logs, blobs, keys."""


@click.group()
@click.version_option(package_name="yidan")
@click.pass_context
def main(context: click.Context) -> None:
    """Yidan (一单): one bill for the whole way, and a release ledger anyone can check."""
    os.umask(PRIVATE)
    try:
        context.obj = from_environment()
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _say(value: dict[str, Any], text: str, *, as_json: bool) -> None:
    click.echo(json.dumps(value, ensure_ascii=False) if as_json else text)


@main.command()
@click.pass_obj
def up(settings: Settings) -> None:
    """Run the whole platform on this machine: Redis, chain node, ledger, witnesses, worker, web."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.up import Supervisor, all_answer, parts, ports_in_use  # noqa: PLC0415

    if taken := ports_in_use(settings):
        click.echo(
            f"端口被占用 Ports in use: {', '.join(taken)}. Stop what uses them, or choose others"
            " with YIDAN_BIND, YIDAN_WITNESS_PORTS, YIDAN_NODE_PORT.",
            err=True,
        )
        sys.exit(2)
    bootstrap.prepare(settings, tell=click.echo)
    supervisor = Supervisor(parts(settings), settings.var / "logs")
    supervisor.stop_on_signals()
    supervisor.start()
    click.echo(f"Yidan starts (stop with Ctrl-C); logs in {settings.var}/logs")
    try:
        supervisor.watch(
            lambda: all_answer(settings), lambda: click.echo(f"Yidan runs at {settings.public_url}")
        )
    finally:
        supervisor.stop()


@main.command()
@click.pass_obj
def web(settings: Settings) -> None:
    """Serve the API and the pages with gunicorn, one process with threads."""
    threads = ("--threads", "8", "--worker-class", "gthread", "--workers", "1")
    command = ("gunicorn", "--bind", settings.bind, *threads, "--no-control-socket", "wsgi:app")
    os.chdir(_home())
    os.execv(sys.executable, (sys.executable, "-m", *command))  # noqa: S606 - our own command


def _home() -> Path:
    """The folder of `wsgi.py`: the checkout that the package is installed from."""
    import yidan  # noqa: PLC0415 - only this command needs it

    return Path(yidan.__file__).resolve().parents[2]


@main.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Work off the outbox: PDFs, messages to counterparts, dropped files."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan import worker as jobs  # noqa: PLC0415

    services = bootstrap.build(settings)
    jobs.run(services, bootstrap.redis_url(settings))


@main.command()
@click.pass_obj
def ledger(settings: Settings) -> None:
    """Sequence events into the log, sign checkpoints, anchor them: one at a time, under a lease."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.proof import service  # noqa: PLC0415

    service.run(bootstrap.build(settings), _stop_on_signals())


@main.command()
@click.option("--once", is_flag=True, help="Look once and end with a status as below.")
@click.option("--url", metavar="URL", help="Watch the log published there, from outside, once.")
@click.option(
    "--policy", type=click.Path(path_type=Path), help="With --url: whom to trust, a file of yours."
)
@click.option(
    "--state", type=click.Path(path_type=Path), help="With --url: folder of memory and evidence."
)
@click.option("--chain", metavar="URL", help="With --url: also compare the anchors of this node.")
@click.pass_obj
def monitor(
    settings: Settings,
    url: str | None,
    policy: Path | None,
    state: Path | None,
    chain: str | None,
    *,
    once: bool,
) -> None:
    """Compare the log's checkpoints, witnesses, anchors and rows; stop releases if they differ.

    With --url it needs no database: it looks once at the log published there, as anybody may.
    Looking once ends with status 0, 1 if something is wrong, or 2 if it could not look.
    """
    if url is not None:
        _watch(url, policy, state, chain)
    if policy or state or chain:
        raise click.UsageError("--policy, --state and --chain go with --url.")
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.proof import monitoring  # noqa: PLC0415

    services = bootstrap.build(settings)
    if not once:
        monitoring.run(services, _stop_on_signals())
        return
    seen = monitoring.look_once(services)
    lines = [*seen.wrong, *(f"NOT CHECKED: {why}" for why in seen.unseen)]
    click.echo("\n".join(lines) or "Nothing is wrong.")
    sys.exit(1 if seen.wrong else 2 if seen.unseen else 0)


def _watch(url: str, policy: Path | None, state: Path | None, chain: str | None) -> NoReturn:
    from ledger import watch  # noqa: PLC0415 - commands import what they need

    if policy is None or state is None:
        raise click.UsageError("--url needs --policy and --state.")
    arguments = [url, "--policy", str(policy), "--state", str(state)]
    sys.exit(watch.main([*arguments, *(["--chain", chain] if chain else [])]))


@main.command()
@click.argument("number", type=click.IntRange(1, 9))
@click.option(
    "--mldsa44", is_flag=True, help="Also sign with an ML-DSA-44 key, now and ever after."
)
@click.pass_obj
def witness(settings: Settings, number: int, *, mldsa44: bool) -> None:
    """Run embedded witness NUMBER, with its own keys and database."""
    from ledger.witness.server import serve  # noqa: PLC0415 - commands import what they need
    from yidan.proof import setup  # noqa: PLC0415

    serve(replace(setup.witness_settings(settings, number), with_mldsa44=mldsa44))


@main.command()
@click.pass_obj
def node(settings: Settings) -> None:
    """Run the embedded chain node: py-evm over SQLite, JSON-RPC on loopback."""
    from yidan.proof import setup  # noqa: PLC0415 - commands import what they need

    setup.serve_node(settings)


@main.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database to this version's tables."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need

    click.echo(bootstrap.migrate(settings))


@main.command()
@click.option(
    "--check", is_flag=True, required=True, expose_value=False, help="Compare; nothing is written."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def rebuild(settings: Settings, *, as_json: bool) -> None:
    """Replay all events, compare every projection and recompute every commitment."""
    from ledger.commitment import commit  # noqa: PLC0415 - commands import what they need
    from yidan import bootstrap  # noqa: PLC0415
    from yidan.store import rebuild as replay  # noqa: PLC0415

    report = replay.check(bootstrap.open_engine(settings), commit)
    findings = [f"{finding.where}: {finding.what}" for finding in report.findings]
    summary = (
        f"{report.events} events replayed, {len(report.erased)} erased, {len(findings)} findings"
    )
    _say(
        {"events": report.events, "erased": list(report.erased), "findings": findings},
        "\n".join([*findings, summary]),
        as_json=as_json,
    )
    sys.exit(1 if findings else 0)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def fsck(settings: Settings, *, as_json: bool) -> None:
    """Recompute the log from the events; compare tiles, checkpoints and anchors."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.proof import fsck as checks  # noqa: PLC0415

    report = checks.check(bootstrap.open_engine(settings), settings)
    _say(report.as_json(), report.as_text(), as_json=as_json)
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
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
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
    except (sets.BackupError, sealing.SealError, UnavailableError, OSError) as error:
        raise click.ClickException(str(error) or "the database does not answer") from error
    _say(manifest, _describe(manifest), as_json=as_json)


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
    from dataclasses import replace  # noqa: PLC0415 - commands import what they need

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
        snapshots.NotEmptyError,
        snapshots.UnreadableDatabaseError,
        OSError,
    ) as error:
        raise click.ClickException(str(error)) from error
    _say(manifest, f"{_describe(manifest)}\nrestored into {into}", as_json=as_json)


@main.command()
@click.argument("bill")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, the proof bundle in it.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Write the report as PDF here.")
@click.pass_obj
def audit(settings: Settings, bill: str, pdf: Path | None, *, as_json: bool) -> None:
    """Show the whole history of BILL and check each event; status 1 if one was changed."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.proof import audit as audits  # noqa: PLC0415
    from yidan.proof import audit_page, setup  # noqa: PLC0415
    from yidan.store.engine import database_now, reading  # noqa: PLC0415

    trust, origin = setup.read_trust(settings), settings.log_origin
    with reading(bootstrap.open_engine(settings)) as connection, _refusing():
        found = audits.audit(connection, trust, origin, bill, database_now(connection))
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
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.proof import bundles, setup  # noqa: PLC0415
    from yidan.store.engine import reading  # noqa: PLC0415

    trust = setup.read_trust(settings)
    with reading(bootstrap.open_engine(settings)) as connection, _refusing():
        data = bundles.of_subject(connection, trust, subject, fields=fields)
        data = bundles.written(data, bundles.Form(form))
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.write_bytes(data)


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
    from yidan import bootstrap  # noqa: PLC0415
    from yidan.proof import successions  # noqa: PLC0415
    from yidan.store.engine import reading  # noqa: PLC0415

    if bool(policy) + new_log_key + bool(successor) != 1:
        raise click.UsageError("Say one of --policy, --new-log-key and --successor.")
    with _applying(), reading(bootstrap.open_engine(settings)) as connection:
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
    from yidan.proof import setup  # noqa: PLC0415

    with _applying():
        own = setup.witness_settings(settings, number)
        click.echo(hand_over(own, folder / "policy", folder / "note"), nl=False)


@succession.command("apply")
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.pass_obj
def apply_succession(settings: Settings, folder: Path) -> None:
    """Record and keep what a quorum of the old witnesses signed in FOLDER; nothing is restarted."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.proof import successions  # noqa: PLC0415

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
    from yidan.proof import setup  # noqa: PLC0415 - commands import what they need

    with _applying():
        trust = setup.read_trust(settings)
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


@main.command()
@click.argument("event_id")
@click.option("--ground", required=True, help="Why, e.g. the request it follows; no names.")
@click.pass_obj
def erase(settings: Settings, event_id: str, ground: str) -> None:
    """Erase the content and salt of an event that holds personal data; its proof stays."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.kernel.events import SYSTEM  # noqa: PLC0415
    from yidan.store import edge, erasing  # noqa: PLC0415

    services = bootstrap.build(settings)
    with _refusing():
        erased = edge.run(services, SYSTEM, lambda uow: erasing.erase(event_id, ground, uow))
    click.echo(f"Erased by event {erased.event_id}.")


@contextmanager
def _refusing() -> Iterator[None]:
    """Say the reasons of a refusal and end with status 1."""
    from yidan.kernel.errors import YidanError  # noqa: PLC0415 - commands import what they need

    try:
        yield
    except YidanError as error:
        for reason in error.reasons:
            click.echo(f"{reason.text('zh')} {reason.text('en')}", err=True)
        sys.exit(1)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def doctor(*, as_json: bool) -> None:
    """Say what this installation can do and what it lacks."""
    from yidan.documents import rendering  # noqa: PLC0415 - commands import what they need

    found = [reason.text("en") for reason in rendering.doctor()]
    healthy = "Nothing is missing."
    _say({"lacks": found}, "\n".join(found) or healthy, as_json=as_json)


@main.command()
@click.pass_obj
def resume(settings: Settings) -> None:
    """Let releases go on after a stop; run `yidan fsck` first and know why they stopped."""
    from yidan import bootstrap  # noqa: PLC0415 - commands import what they need
    from yidan.proof import stopping  # noqa: PLC0415
    from yidan.store import ledger_state  # noqa: PLC0415
    from yidan.store.engine import reading  # noqa: PLC0415

    engine = bootstrap.open_engine(settings)
    stopping.resume(engine)
    with reading(engine) as connection:
        still = ledger_state.releases_stopped(connection)
    click.echo(f"Releases wait: {still}." if still else "Releases go on.")


if __name__ == "__main__":
    main()
