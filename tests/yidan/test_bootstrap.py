"""The composition root: a platform from settings alone, the same one at the next start."""

import io
import json
import os
import subprocess
import sys

import structlog

from yidan import bootstrap
from yidan.config import Settings
from yidan.documents import fonts
from yidan.parties.signing_in import first_start

EVERY_TABLE = """
import sys
from pathlib import Path
from sqlalchemy import inspect
from sqlmodel import SQLModel
from yidan import app, bootstrap, worker
from yidan.config import Settings
from yidan.documents import fonts
from yidan.proof import service

services = bootstrap.build(Settings(var=Path(sys.argv[1])))
app.create_app(services)
print(sorted(set(SQLModel.metadata.tables) - set(inspect(services.engine).get_table_names())))
"""


def test_a_second_start_finds_keys_and_data_of_the_first(tmp_path):
    settings = Settings(var=tmp_path / "var")
    first = bootstrap.build(settings)
    assert first_start(first)
    first.engine.dispose()
    second = bootstrap.build(settings)
    assert second.keys["session"] == first.keys["session"]
    assert first_start(second) is None
    second.engine.dispose()


def test_the_first_start_cuts_the_documents_fonts_once_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "_gb2312", lambda: frozenset(range(0x20, 0x7F)))
    settings, told = Settings(var=tmp_path / "var"), []
    bootstrap.prepare(settings, told.append)
    assert [line for line in told if "fonts" in line] == [
        "正在准备单证字体，仅首次 Preparing the documents' fonts, once: some 30 seconds …"
    ]
    cut = {path: path.stat().st_mtime_ns for path in (settings.var / "fonts").iterdir()}
    assert len(cut) == 2
    services = bootstrap.build(settings)
    services.renderer._usual_type  # noqa: B018 - loads what the first page is set with
    services.engine.dispose()
    told.clear()
    bootstrap.prepare(settings, told.append)
    assert told == []
    assert {p: p.stat().st_mtime_ns for p in (settings.var / "fonts").iterdir()} == cut


def test_two_installations_share_no_secret(tmp_path):
    one, two = (bootstrap.build(Settings(var=tmp_path / name)) for name in "ab")
    assert one.keys["session"] != two.keys["session"]
    one.engine.dispose()
    two.engine.dispose()


def test_every_kind_of_adapter_is_found(services):
    groups = {name.partition(".")[0] for name in services.adapters}
    assert groups == {"rail", "road", "shipping_agent", "single_window"}


def test_a_logged_traceback_shows_no_local_value(services, monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    password = "".join(reversed("niemtel"))
    try:
        password.index("x")
    except ValueError:
        structlog.get_logger().exception("it broke")
    line = json.loads(written.getvalue())
    assert line["event"] == "it broke"
    assert "ValueError" in line["exception"]
    assert "letmein" not in written.getvalue()


def test_starting_the_web_application_imports_no_slow_library():
    code = (
        "import sys, yidan.app;"
        "slow = {'weasyprint', 'pyhanko', 'web3', 'eth', 'rq'};"
        "print(sorted(slow & sys.modules.keys()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_the_first_start_makes_every_table_that_any_part_uses(tmp_path):
    """In a process of its own, since other tests have imported modules that a start does not."""
    answer = subprocess.run(
        [sys.executable, "-c", EVERY_TABLE, tmp_path],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert answer.stdout.strip() == "[]"
