"""A real server with a port's morning in it, and Debian's chromium to look at it."""

import logging
import os
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that is not localhost: over plain http a page of it is no secure context.
    "--host-resolver-rules=MAP port.example 127.0.0.1",
]
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{cache}</cachedir></fontconfig>
"""
WAIT_MS = 15_000


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    """The platform, served on a port of its own."""
    from tests.browser.scene import Scene

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    made = Scene(tmp_path_factory.mktemp("scene") / "var", signing_in=True)
    server = make_server("127.0.0.1", 0, made.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    thread.join(10)
    server.server_close()
    made.close()


@pytest.fixture(scope="session")
def fonts(tmp_path_factory):
    """A fontconfig file with the documents' font alone: pictures look the same everywhere."""
    import justmytype_intl_cjk

    folder = Path(justmytype_intl_cjk.__file__).parent / "fonts/ofl/notosanssc"
    place = tmp_path_factory.mktemp("fonts")
    (place / "fonts.conf").write_text(FONTS.format(folder=folder, cache=place / "cache"))
    return place / "fonts.conf"


@pytest.fixture(scope="module")
def chromium(fonts):
    """The browser; closed after the module, since its event loop runs in this very thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
        )
        yield browser
        browser.close()


class Visitor:
    """Somebody at a screen; remembers what the browser complained of."""

    def __init__(self, context, scene) -> None:
        self.scene = scene
        self.page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _heard(self, message) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(self.scene.url + path)

    def sign_in(self, name: str, password: str, language: str = "en") -> None:
        """Through the form, as people do."""
        self.go(f"/sign-in?lang={language}")
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.click("main form button")

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)


@pytest.fixture
def visitor(chromium, scene):
    """A new visitor, whose browser must not have complained in the end."""
    contexts = []

    def come(width=1280, height=800):
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="en")
        contexts.append(context)
        found = Visitor(context, scene)
        contexts[-1].visitor = found
        return found

    yield come
    for context in contexts:
        complaints = context.visitor.complaints
        asked = context.visitor.asked
        context.close()
        assert complaints == []
        assert [url for url in asked if not url.startswith((scene.url, "data:", "blob:"))] == []


@pytest.fixture
def picture(tmp_path):
    """Keep a page as a picture; in the folder PICTURES names, if it names one."""
    from PIL import Image

    def keep(page, name: str) -> Path:
        folder = Path(os.environ.get("PICTURES") or tmp_path)
        folder.mkdir(parents=True, exist_ok=True)
        raw, file = tmp_path / "raw.png", folder / f"{name}.png"
        page.screenshot(path=raw, full_page=True)
        with Image.open(raw) as image:
            image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(file, optimize=True)
        assert file.stat().st_size < 150_000
        return file

    return keep
