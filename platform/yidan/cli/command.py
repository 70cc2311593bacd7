"""The `yidan` command itself, and what its parts share."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from yidan.config import Settings, from_environment

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.succession import History
    from ledger.witness.server import WitnessSettings

PRIVATE: Final = 0o077
"""What our processes make is readable by nobody else: database, chain, logs, blobs, keys."""

NO_INSTALLATION: Final = (
    "{where} 中没有安装；请检查该设置，或先运行 `yidan up`。"
    " {where} holds no installation; correct it, or run `yidan up` first."
)
NO_DATABASE: Final = "{where}：数据库没有应答。 {where}: the database does not answer: {why}"
NO_POLICY: Final = (
    "没有信任策略 {path}；账本首次启动时生成。"
    " There is no trust policy {path}; the first `yidan up` writes it."
)
WRONG_POLICY: Final = "{path}：信任策略有误。 {path}: the trust is at fault: {why}"
NO_CHAIN: Final = "无法核对链上锚定：{why} The chain's anchors cannot be compared: {why}"
NO_WITNESS: Final = (
    "没有第 {number} 个内置见证方：YIDAN_WITNESS_PORTS 为 {ports}。"
    " There is no embedded witness {number}: YIDAN_WITNESS_PORTS is {ports}."
)


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


def stop_on_signals() -> threading.Event:
    """An event that is set when the process is asked to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def say(value: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Answer with a text, or with a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False) if as_json else text)


class NotThereError(click.ClickException):
    """What the command works on is not there: status 2, as 1 says that something is wrong with it.

    A folder named by mistake is neither filled nor taken for a sound installation.
    """

    exit_code = 2


def open_installation(settings: Settings) -> "Engine":
    """Open the database of an installation that was started before.

    Raises:
        NotThereError: there is none, or it does not answer.
    """
    from sqlalchemy import inspect  # noqa: PLC0415 - commands import what they need
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415

    from yidan import bootstrap  # noqa: PLC0415

    where = "DATABASE_URL" if settings.database_url else f"YIDAN_VAR={settings.var}"
    if not settings.database_url and not (settings.var / "yidan.db").exists():
        raise NotThereError(NO_INSTALLATION.format(where=where))
    engine = bootstrap.open_engine(settings)
    try:
        there = inspect(engine).has_table("event")
    except OperationalError as error:
        raise NotThereError(NO_DATABASE.format(where=where, why=error.orig)) from error
    if not there:
        raise NotThereError(NO_INSTALLATION.format(where=where))
    return engine


def installed_trust(settings: Settings) -> "History":
    """Read the installation's trust policy and what followed from it.

    Raises:
        NotThereError: there is none, or one that trusts nobody for a fault in it.
    """
    from ledger import succession_files  # noqa: PLC0415 - commands import what they need
    from ledger.policy import PolicyError  # noqa: PLC0415
    from ledger.succession import SuccessionError  # noqa: PLC0415
    from yidan.proof import setup  # noqa: PLC0415

    path = setup.policy_path(settings)
    try:
        return setup.read_trust(settings)
    except FileNotFoundError as error:
        raise NotThereError(NO_POLICY.format(path=error.filename)) from error
    except PolicyError as error:
        raise NotThereError(WRONG_POLICY.format(path=path, why=error)) from error
    except SuccessionError as error:
        followed = path.parent / succession_files.FOLDER
        raise NotThereError(WRONG_POLICY.format(path=followed, why=error)) from error


def embedded_witness(settings: Settings, number: int) -> "WitnessSettings":
    """Tell how embedded witness `number` runs.

    Raises:
        click.UsageError: `YIDAN_WITNESS_PORTS` names fewer.
    """
    from yidan.proof import setup  # noqa: PLC0415 - commands import what they need

    try:
        return setup.witness_settings(settings, number)
    except IndexError as error:
        ports = settings.witness_ports
        raise click.UsageError(NO_WITNESS.format(number=number, ports=ports)) from error


@contextmanager
def refusing(status: int = 1) -> Iterator[None]:
    """Say the reasons of a refusal and end with a status."""
    from yidan.kernel.errors import YidanError  # noqa: PLC0415 - commands import what they need

    try:
        yield
    except YidanError as error:
        for reason in error.reasons:
            click.echo(f"{reason.text('zh')} {reason.text('en')}", err=True)
        sys.exit(status)
