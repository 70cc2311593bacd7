"""A store, a renderer and blob store that count; and the real fonts and PDFs."""

import functools
import hashlib
import io
from dataclasses import dataclass, field
from types import SimpleNamespace

import pypdfium2
import pytest
from pypdf import PdfReader

from yidan.documents import kinds
from yidan.documents.rendering import WeasyRenderer


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
def house(workshop):
    return SimpleNamespace(
        unit_of_work=workshop.open,
        renderer=CountingRenderer(),
        blobs=MemoryBlobs(),
        settings=SimpleNamespace(public_url="https://port.example"),
    )


VERIFY_URL = "https://port.example/verify/0193526e-8a41-7c10-b6f2-5d1e7a90c3d4"


@pytest.fixture(scope="session")
def font_folder(request):
    return request.config.cache.mkdir("fonts")


@pytest.fixture(scope="session")
def renderer(font_folder):
    return WeasyRenderer(font_folder)


@pytest.fixture(scope="session")
def pdf_of(renderer):
    """The PDF of an example, by the kind's and the example's name."""

    @functools.cache
    def render(kind, example):
        found = kinds.find(kind)
        return renderer.render(kind, found.version, found.examples[example], VERIFY_URL)

    return render


@pytest.fixture(scope="session")
def read_pdf():
    return lambda pdf: PdfReader(io.BytesIO(pdf), strict=True)


@pytest.fixture(scope="session")
def picture_of():
    """A page of a PDF, counted from 0, as a picture."""

    def draw(pdf, page=0, scale=2):
        with pypdfium2.PdfDocument(pdf) as document:
            return document[page].render(scale=scale).to_pil()

    return draw
