"""A store for the room's tests, and a renderer and blob store that count."""

import hashlib
import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from sqlmodel import SQLModel

from yidan.documents.events import CONSUMERS
from yidan.store.engine import make_engine, writing
from yidan.store.schema import protect
from yidan.store.unit_of_work import Workshop


def commit_by_hash(fields, salt):
    return hashlib.sha256(salt + json.dumps(fields, sort_keys=True).encode()).digest()


@pytest.fixture
def workshop(database_url):
    engine = make_engine(database_url)
    with writing(engine) as connection:
        SQLModel.metadata.create_all(connection)
        protect(connection)
    yield Workshop(engine, commit_by_hash, lambda name: ("log", *CONSUMERS.get(name, ())))
    engine.dispose()


@dataclass
class CountingRenderer:
    rendered: list = field(default_factory=list)

    def render(self, kind, version, body, verify_url):
        self.rendered.append((kind, version, verify_url))
        return f"%PDF {len(self.rendered)} {body}".encode()


@dataclass
class MemoryBlobs:
    kept: dict = field(default_factory=dict)

    def put(self, data):
        name = hashlib.sha256(data).hexdigest()
        self.kept[name] = data
        return name

    def get(self, sha256_hex):
        return self.kept[sha256_hex]


@pytest.fixture
def services(workshop):
    return SimpleNamespace(
        unit_of_work=workshop.open,
        renderer=CountingRenderer(),
        blobs=MemoryBlobs(),
        settings=SimpleNamespace(public_url="https://port.example"),
    )
