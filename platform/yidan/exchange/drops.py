"""File drop: partners without HTTP put files into their own folder.

`var/exchange/<party id>/<adapter>/in/` is written by whatever the operator lets the partner in
with (SFTP); the folder is the authentication. A file is received as if it had come by HTTP, its
answer lies in `out/`, the file moves to `done/`. A crash in between repeats the file, which the
inbox recognises. A file that is too large, or whose party may not send, moves to `refused/` and
raises an alarm, once; put back into `in/` it is tried again.
"""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import structlog

from yidan.exchange import actions
from yidan.kernel.errors import ConflictError, UnavailableError, YidanError
from yidan.kernel.events import Actor
from yidan.ports import Adapter, Services
from yidan.store import edge
from yidan.store.alarms import raise_alarm
from yidan.store.engine import database_now, writing

MAX_BYTES: Final = 10 * 1024 * 1024
"""Largest file that is received; a larger one is moved to `refused/`."""
ALARM: Final = "file-not-received"

log = structlog.get_logger()


def collect(services: Services) -> int:
    """Receive every file that lies in a drop folder; answer how many.

    A file that cannot be received never keeps the others waiting.
    """
    received = 0
    for adapter, path in waiting(services):
        try:
            received += _receive(services, adapter, path)
        except FileNotFoundError:
            log.info("another worker took a dropped file", file=str(path))
        except Exception:
            log.exception("dropped file failed; the next round tries again", file=str(path))
    return received


def waiting(services: Services) -> Iterator[tuple[Adapter, Path]]:
    """Files that are complete: partners write under a name with a dot first or `.part` last."""
    root = services.settings.var / "exchange"
    for path in sorted(root.glob("*/*/in/*")):
        adapter = services.adapters.get(path.parent.parent.name)
        half_written = path.name.startswith(".") or path.suffix == ".part"
        if adapter is not None and path.is_file() and not half_written and _real(root, path):
            yield adapter, path


def _real(root: Path, path: Path) -> bool:
    """Whether nothing on the way is a link: a partner reaches into its own folder only (D11)."""
    home = path.parent.parent
    return all(
        one.resolve() == root.resolve() / one.relative_to(root)
        for one in (path, home / "out", home / "done", home / "refused")
    )


def _receive(services: Services, adapter: Adapter, path: Path) -> bool:
    home = path.parent.parent
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        return _refuse(services, path, f"larger than {MAX_BYTES} bytes")
    actor = Actor(party=home.parent.name, user="file-drop")
    try:
        receipt = edge.run(services, actor, lambda uow: actions.receive(raw, adapter, uow))
    except (ConflictError, UnavailableError):
        log.warning("dropped file waits for the next round", file=str(path))
        return False
    except YidanError as error:
        return _refuse(services, path, str(error))
    for folder in ("out", "done"):
        (home / folder).mkdir(exist_ok=True)
    if receipt.answer is not None:
        draft = home / "out" / f".{path.name}"
        draft.write_bytes(receipt.answer)
        draft.replace(home / "out" / path.name)
    path.replace(home / "done" / path.name)
    return True


def _refuse(services: Services, path: Path, why: str) -> bool:
    """Move a file aside and say so, once; nothing that lies in `refused/` is overwritten."""
    folder = path.parent.parent / "refused"
    folder.mkdir(exist_ok=True)
    log.error("dropped file was refused", file=str(path), why=why)
    with writing(services.engine) as connection:
        what = f"{path.relative_to(services.settings.var)}: {why}"
        raise_alarm(connection, ALARM, what, now=database_now(connection))
    names = (f"{path.name}.{number}" if number else path.name for number in count())
    path.replace(next(aim for aim in map(folder.joinpath, names) if not aim.exists()))
    return False
