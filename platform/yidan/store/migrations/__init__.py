"""Migrations: every change of the tables, in order, on SQLite and PostgreSQL (Alembic).

The metadata is handed in by whoever runs them, so that the store imports no room. A test upgrades
an empty database and compares it with the models.
"""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData

from yidan.store import schema
from yidan.store.engine import reading, writing


def configuration(connection: Connection, metadata: MetaData) -> Config:
    """Alembic's configuration for one connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


def upgrade(engine: Engine, metadata: MetaData) -> str:
    """Bring a database to the newest version, in one transaction; answer that version."""
    with writing(engine) as connection:
        command.upgrade(configuration(connection, metadata), "head")
        return schema.version(connection) or ""


def differences(engine: Engine, metadata: MetaData) -> list[object]:
    """Where a database differs from the models; empty when it is as this version wants it."""
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def draft(engine: Engine, metadata: MetaData, message: str) -> None:
    """Write a new version file from the difference between a database and the models."""
    with writing(engine) as connection:
        command.revision(configuration(connection, metadata), message, autogenerate=True)
