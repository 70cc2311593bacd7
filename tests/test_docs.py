"""The documents are under test: what they show works, what they name exists, claims are held."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs import generate
from yidan import cli

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("contracts/*.md")})
WRITTEN = [page for page in PAGES if generate.MADE not in page.read_text("utf-8")]


TARGETS = (
    "help setup demo test check lint types imports docs bench gas pictures drills clean".split()  # noqa: SIM905 - reads as the list it is
)


def name_of(page):
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def made():
    """The generated pages, made in a process where no test has declared anything."""
    code = (
        "import json; from docs.generate import PAGES, page;"
        "print(json.dumps({name: page(name) for name in PAGES}))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout)


@pytest.mark.parametrize("name", generate.PAGES)
def test_the_reference_is_what_the_code_says(made, name):
    committed = (generate.REFERENCE / name).read_text("utf-8")
    assert committed == made[name], "run `make docs`"


def test_every_reason_speaks_chinese_and_english(made):
    rows = re.findall(r"^\| `(.+?)` \| .*? \| (.*) \| (.*) \|$", made["reasons.md"], re.MULTILINE)
    assert len(rows) > 50
    assert [code for code, en, _ in rows if not re.match(r"[ -~]*[A-Za-z]{2}", en)] == []
    assert [code for code, _, zh in rows if not re.search(r"[一-鿿]{2}", zh)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_within_the_repository_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_every_page_is_reached_from_the_readme():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
        ahead += [(page.parent / link).resolve() for link in links if "://" not in link]
    assert {name_of(page) for page in PAGES} - {name_of(page) for page in reached} == set()


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name
        for page in PAGES
        for name in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert {"demo", "test", "check", "docs"} <= named <= targets


def test_every_command_that_a_page_names_exists():
    named = {
        name
        for page in WRITTEN
        for name in re.findall(r"(?:`|bin/)yidan ([a-z]+)", page.read_text("utf-8"))
    }
    assert {"verify", "fsck", "rebuild"} <= named <= set(cli.main.commands)


def test_make_alone_prints_every_target_with_what_it_does():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in TARGETS:
        assert re.search(rf"^make {name} +\w", shown, re.MULTILINE), name


def test_every_claim_names_a_test_that_exists():
    rows = re.findall(
        r"^\| .+ \| (.+) \|$", (generate.REFERENCE / "claims.md").read_text("utf-8"), re.MULTILINE
    )[2:]
    assert len(rows) > 5
    for row in rows:
        file, _, function = row.strip("`").partition("::")
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert function in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, row


# --- CONTRIBUTING ------------------------------------------------------------------------------

BLOCKS = re.findall(
    r"^```\w+ title=(\S+)\n(.*?)^```$",
    (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)
SEE_THEM_WORK = """
from docs import generate
from yidan import cli
from yidan.documents import kinds, schemas
from adapters import find_adapters

ADAPTER = find_adapters()["road.yard_note"]
assert "`road.yard_note`" in generate.page("adapters.md")
assert "`arrival_notice`" in generate.page("documents.md")
assert "mooring.line_made_fast.v1" in generate.page("events.md")
assert ADAPTER.parse(b"CSQU3054383").messages[0].commands[0].equipment_references == (
    "CSQU3054383",
)
assert ADAPTER.parse(b"\\xff").findings[0].text("zh") == "便条不是文本；请发送文本。"
kind = kinds.find("arrival_notice")
assert schemas.findings(kind, kind.examples["plain"]) == []
assert [found.at for found in schemas.findings(kind, {})] == ["/noticeReference"]
print("ALL WORK")
"""


def test_what_contributing_shows_works(tmp_path):
    for source in ("platform", "ledger", "adapters", "docs"):
        shutil.copytree(
            ROOT / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__")
        )
    assert len(BLOCKS) == 6
    for name, text in BLOCKS:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        if file.suffix == ".py":
            (file.parent / "__init__.py").touch()
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", SEE_THEM_WORK],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}/platform:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == "ALL WORK\n", answer.stderr


def test_what_contributing_shows_is_in_our_style(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, text in BLOCKS:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        if file.suffix == ".py":
            (file.parent / "__init__.py").touch()
    ruff = Path(sys.executable).with_name("ruff")
    for command in (["check", "--ignore", "INP001,D104"], ["format", "--check"]):
        answer = subprocess.run(
            [ruff, *command, "--no-cache"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stdout
