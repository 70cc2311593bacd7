"""A port on a platform that can be killed, put back and looked at."""

import uuid
from dataclasses import replace
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import make_url

from tests.port import Port
from tests.portal import Portal
from yidan import bootstrap
from yidan.config import Settings

LONG = {"decision_ttl_s": 3600, "token_ttl_s": 3600}
"""A slow machine must not let a decision or a token end in the middle of a test."""


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request):
    """URL of the PostgreSQL server, or "" for SQLite."""
    if request.param == "sqlite":
        return ""
    return request.getfixturevalue("postgres_server")


@pytest.fixture
def platform_on(server, tmp_path):
    """A whole platform on each kind of database, its Redis away."""
    if not server:
        yield from _built(tmp_path, "")
        return
    name = f"c{uuid.uuid4().hex[:12]}"
    plain = server.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name)
    yield from _built(tmp_path, url.render_as_string(hide_password=False))
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def platform_here(tmp_path):
    """A whole platform on SQLite, its Redis away."""
    yield from _built(tmp_path, "")


def _built(folder, url):
    built = bootstrap.build(Settings(var=folder / "var", database_url=url, **LONG))
    # Nobody hears the bell in these tests: what they are about must not need it.
    yield replace(built, bell=SimpleNamespace(ring=lambda _consumer: None))
    built.engine.dispose()


@pytest.fixture
def portal_on(platform_on):
    """The platform with its application, and ways to make parties that call it."""
    return Portal(platform_on)


@pytest.fixture
def port_on(platform_on):
    """Its port."""
    return Port(SimpleNamespace(open=platform_on.unit_of_work))


@pytest.fixture
def port_here(platform_here):
    """The port of the platform on SQLite."""
    return Port(SimpleNamespace(open=platform_here.unit_of_work))


def pytest_collection_modifyitems(items):
    """What loads the whole machine runs one after the other, the port day included."""
    for item in items:
        if "tests/chaos/" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("machine"))
