"""Run the platform, or one of its parts."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import click

from yidan.cli.command import embedded_witness, main, open_installation, stop_on_signals
from yidan.config import Settings


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

    service.run(bootstrap.build(settings), stop_on_signals())


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

    if once:
        open_installation(settings)
    services = bootstrap.build(settings)
    if not once:
        monitoring.run(services, stop_on_signals())
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

    serve(replace(embedded_witness(settings, number), with_mldsa44=mldsa44))


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
