"""An upgraded empty database equals the models, and what is recorded stays guarded."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from yidan import bootstrap
from yidan.store import migrations, schema
from yidan.store.engine import make_engine, reading, writing
from yidan.store.schema import APPEND_ONLY

pytestmark = pytest.mark.integration


@pytest.fixture
def upgraded(database_url):
    list(bootstrap.furniture("events", "tables"))
    engine = make_engine(database_url)
    migrations.upgrade(engine, SQLModel.metadata)
    yield engine
    engine.dispose()


def test_an_upgraded_empty_database_equals_the_models(upgraded):
    assert migrations.differences(upgraded, SQLModel.metadata) == []


def test_upgrading_again_changes_nothing(upgraded):
    assert migrations.upgrade(upgraded, SQLModel.metadata) == schema.HEAD


def test_a_database_made_at_once_equals_the_models_and_is_at_the_head(database_url):
    list(bootstrap.furniture("events", "tables"))
    engine = make_engine(database_url)
    bootstrap.make_schema(engine)
    assert migrations.upgrade(engine, SQLModel.metadata) == schema.HEAD
    assert migrations.differences(engine, SQLModel.metadata) == []
    engine.dispose()


def test_the_head_is_the_newest_version_there_is():
    versions = sorted(Path(migrations.__file__).parent.glob("versions/v*.py"))
    assert versions[-1].name.startswith(f"v{schema.HEAD}_")


def test_another_versions_database_is_not_started_on(upgraded):
    with writing(upgraded) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(bootstrap.WrongVersionError, match="yidan migrate"):
        bootstrap.make_schema(upgraded)


@pytest.mark.parametrize("table", [*APPEND_ONLY, "event_content"])
def test_the_guards_stand_after_every_migration(upgraded, table):
    with reading(upgraded) as connection:
        if connection.dialect.name == "sqlite":
            found = connection.execute(
                text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t"),
                {"t": table},
            ).scalar_one()
            assert found == 2
            return
    with pytest.raises(DBAPIError, match="append-only"), writing(upgraded) as connection:
        connection.execute(text(f"TRUNCATE {table} CASCADE"))
