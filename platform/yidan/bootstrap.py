"""The composition root: the one place that names the ports and what fills them."""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlmodel import SQLModel
from typing_extensions import override

import adapters
from ledger.commitment import commit
from yidan.config import Settings
from yidan.documents import fonts
from yidan.documents.rendering import WeasyRenderer
from yidan.parties.signing_in import first_start
from yidan.ports import Clock, Services
from yidan.store import alarms, followers, keys, ledger_tables, schema, snapshots, tables
from yidan.store.bell import RedisBell
from yidan.store.blobs import FolderBlobs
from yidan.store.engine import make_engine, reading, writing
from yidan.store.unit_of_work import Workshop

ROOMS: Final = (
    "parties",
    "documents",
    "waybill",
    "release",
    "tally",
    "gate",
    "exchange",
    "proof",
    "web",
)
"""The rooms of the house, lowest floor first."""

FONTS: Final = "fonts"
"""Folder of the cut fonts, below `var`."""

TABLES_OF_THE_STORE: Final = (tables, ledger_tables, alarms)
"""Modules with the store's own tables, named so that each is known before any table is made."""


class WrongVersionError(Exception):
    """The database's tables are of another version of the platform."""


class UnfinishedRestoreError(Exception):
    """A restore into this folder was cut off; it has to be done again."""


class SystemClock(Clock):
    """The machine's clock."""

    @override
    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


def build(settings: Settings) -> Services:
    """Put the platform together: database, keys, blobs, bell, adapters, renderer.

    Raises:
        UnfinishedRestoreError: a restore into `var` was cut off.
        WrongVersionError: the database is of another version of the platform.
    """
    from yidan.proof.titles.desk import Desk  # noqa: PLC0415 - the chain's libraries cost a second

    configure_logs()
    if (settings.var / snapshots.UNFINISHED).exists():
        raise UnfinishedRestoreError(f"a restore into {settings.var} was cut off: do it again")
    settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    list(furniture("events", "tables"))
    engine = make_engine(settings.sqlalchemy_url)
    make_schema(engine)
    bell = RedisBell(redis_url(settings))

    def ring(consumer: str) -> None:
        if followers.wakes_a_worker(consumer):
            bell.ring(consumer)

    workshop = Workshop(engine, commit, followers.consumers_of, ring=ring)
    folder = settings.var / "keys"
    return Services(
        settings=settings,
        engine=engine,
        unit_of_work=workshop.open,
        clock=SystemClock(),
        blobs=FolderBlobs(settings.var / "blobs"),
        renderer=WeasyRenderer(settings.var / FONTS),
        bell=bell,
        adapters=adapters.find_adapters(),
        titles=Desk(settings),
        keys={
            "session": keys.secret(folder, "session"),
            "token": keys.ed25519(folder, "token"),
            "pint": keys.p256(folder, "pint"),
        },
    )


def migrate(settings: Settings) -> str:
    """Bring the database to this version's tables; answer the version."""
    from yidan.store import migrations  # noqa: PLC0415 - Alembic is for this command alone

    return migrations.upgrade(open_engine(settings), SQLModel.metadata)


def redis_url(settings: Settings) -> str:
    """Where Redis listens: as configured, or the embedded server's socket."""
    return settings.redis_url or f"unix://{(settings.var / 'redis.sock').resolve()}"


def open_engine(settings: Settings) -> Engine:
    """The database alone, for checks: no keys are made, no table is created."""
    list(furniture("events", "tables"))
    return make_engine(settings.sqlalchemy_url)


def prepare(settings: Settings, tell: Callable[[str], object]) -> None:
    """First start: database, keys, witnesses, policy, fonts, and the first administrator's sign-in.

    Args:
        settings: Of this installation.
        tell: Says the one-time sign-in, which is shown nowhere else.
    """
    from yidan.proof import setup  # noqa: PLC0415 - the chain's libraries cost a second

    services = build(settings)
    setup.prepare(settings)
    if not settings.signer_url:
        setup.relayer_key(settings)
    _prepare_fonts(settings.var / FONTS, tell)
    one_time = first_start(services)
    if one_time is not None:
        tell(
            f"First administrator: sign in as {one_time.sign_in_name}"
            f" with the one-time password {one_time.password}"
        )
    services.engine.dispose()


def _prepare_fonts(folder: Path, tell: Callable[[str], object]) -> None:
    """Cut the documents' fonts now, so that the first PDF does not wait for it."""
    if fonts.prepared(folder):
        return
    tell("正在准备单证字体，仅首次 Preparing the documents' fonts, once: some 30 seconds …")
    fonts.prepare(folder)


def configure_logs() -> None:
    """Log JSON lines to standard error; tracebacks without local values, which may be secret."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),
    )


def make_schema(engine: Engine) -> None:
    """Create the tables and their guards in an empty database; refuse any other version's.

    Raises:
        WrongVersionError: the database is of another version of the platform.
    """
    with reading(engine) as connection:
        found = schema.version(connection)
    if found is None:
        with writing(engine) as connection:
            found = schema.version(connection)
            if found is None:
                schema.create(connection, SQLModel.metadata)
                found = schema.HEAD
    if found != schema.HEAD:
        raise WrongVersionError(f"the database is at {found}, not {schema.HEAD}: `yidan migrate`")


def furniture(*names: str) -> Iterator[ModuleType]:
    """Import every module of the rooms that has one of these names, or lies in such a package."""
    for room in ROOMS:
        package = f"{__package__}.{room}"
        if importlib.util.find_spec(package) is None:
            continue
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if set(names) & set(module.name.removeprefix(package).split(".")):
                yield importlib.import_module(module.name)
