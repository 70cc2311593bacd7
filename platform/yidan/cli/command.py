"""The `yidan` command itself, and what its parts share."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

from yidan.config import from_environment

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


def stop_on_signals() -> threading.Event:
    """An event that is set when the process is asked to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def say(value: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Answer with a text, or with a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False) if as_json else text)


@contextmanager
def refusing() -> Iterator[None]:
    """Say the reasons of a refusal and end with status 1."""
    from yidan.kernel.errors import YidanError  # noqa: PLC0415 - commands import what they need

    try:
        yield
    except YidanError as error:
        for reason in error.reasons:
            click.echo(f"{reason.text('zh')} {reason.text('en')}", err=True)
        sys.exit(1)
