"""What the tree promises: names, places, and the few rules of our own that no linter knows.

Each rule is a small function over source text, tried on a planted offence before it is believed.
"""

import ast
import hashlib
import importlib
import json
import platform as standard_platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from yidan.kernel.events import REGISTRY, content_of, event_from

ROOT = Path(__file__).parents[1]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]
PYTHON = [path for path in TRACKED if path.suffix == ".py"]
SOURCES = [
    path
    for path in PYTHON
    if path.relative_to(ROOT).parts[0] in {"platform", "ledger", "adapters", "wsgi.py"}
]
CORE = [path for path in SOURCES if path.is_relative_to(ROOT / "platform")]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def offences(paths, rule) -> list[str]:
    return [
        f"{name_of(path)}:{line}"
        for path in paths
        for line in rule(ast.parse(path.read_text(encoding="utf-8")))
    ]


# --- places ------------------------------------------------------------------------------------


def test_platform_stays_the_standard_librarys_in_the_repository_root():
    code = "import platform, sys; print(platform.system(), platform.__file__)"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    system, file = answer.stdout.split()
    assert system == standard_platform.system()
    assert not Path(file).is_relative_to(ROOT / "platform")


def test_platform_is_a_source_root_and_no_package():
    assert not (ROOT / "platform/__init__.py").exists()


@pytest.mark.parametrize("name", ["yidan", "ledger", "adapters"])
def test_our_packages_load_from_this_checkout(name):
    code = f"import {name}; print({name}.__file__)"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True
    )
    assert Path(answer.stdout.strip()).is_relative_to(ROOT)


def test_ruff_sees_a_package_that_shadows_the_standard_library(tmp_path):
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "platform" not in tomllib.loads(settings)["tool"]["ruff"].get("src", [])
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform/__init__.py").touch()
    ruff = [Path(sys.executable).with_name("ruff"), "check", "--no-cache", "--select", "A005"]
    answer = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "A005" in answer.stdout


def test_no_module_has_a_name_that_says_nothing():
    nothing = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [name_of(path) for path in PYTHON if nothing & {*path.parent.parts, path.stem}] == []


# --- one-off rules -----------------------------------------------------------------------------

CLOCK_CALLS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}


def dotted(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""


def clock_readings(tree: ast.Module) -> Iterator[int]:
    """Lines that ask for the time outside a class named …Clock."""
    clocks = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith("Clock")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in clocks:
            called = ".".join(dotted(node.func).split(".")[-2:])
            if called in CLOCK_CALLS:
                yield node.lineno


def test_only_a_clock_reads_the_time():
    assert list(clock_readings(ast.parse("x = datetime.datetime.now(UTC)"))) == [1]
    assert list(clock_readings(ast.parse("class WallClock:\n  now = datetime.now(UTC)"))) == []
    assert offences(SOURCES, clock_readings) == []


def environment_readings(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and dotted(node) in {"os.environ", "os.getenv"}:
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (node.lineno for name in node.names if name.name in {"environ", "getenv"})


def test_only_config_reads_the_environment():
    assert list(environment_readings(ast.parse("from os import environ\nos.getenv('A')"))) == [1, 2]
    config = ROOT / "platform/yidan/config.py"
    assert offences([path for path in SOURCES if path != config], environment_readings) == []


QUANTITY = re.compile(r"(_kg|_g|_mm|_minor|_wei|_quantity|_count)$")


def fractional_quantities(tree: ast.Module) -> Iterator[int]:
    """Lines that annotate a quantity with a type that rounds."""
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind):
                pass
            case ast.arg(arg=name, annotation=ast.expr() as kind):
                pass
            case _:
                continue
        if QUANTITY.search(name) and re.search(r"\b(float|Decimal)\b", ast.unparse(kind)):
            yield node.lineno


def test_quantities_are_integers():
    assert list(fractional_quantities(ast.parse("def f(gross_kg: float | None): ..."))) == [1]
    assert list(fractional_quantities(ast.parse("class A:\n  amount_minor: Decimal"))) == [2]
    assert offences(SOURCES, fractional_quantities) == []


def slow_queries(tree: ast.Module) -> Iterator[int]:
    """Lines that page by OFFSET or count a whole table: both grow with the table (QUALITY P9)."""
    docstrings = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="offset")):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="count", value=ast.Name(id="func")), args=[]):
                yield node.lineno
            case ast.Constant(value=str(text)) if id(node) not in docstrings:
                if re.search(r"\bOFFSET\b|count\(\*\)", text):
                    yield node.lineno


def test_no_query_of_the_platform_pages_by_offset_or_counts_a_table():
    planted = (
        "select(a).offset(9)\nselect(func.count())\nq = 'select count(*) from t'\n'''OFFSET'''"
    )
    assert sorted(slow_queries(ast.parse(planted))) == [1, 2, 3]
    store = ROOT / "platform/yidan/store"
    rooms = [path for path in CORE if not path.is_relative_to(store)]
    assert offences(rooms, slow_queries) == []


def foreign_imports(tree: ast.Module) -> Iterator[str]:
    """Top-level names of what a module imports from outside the standard library."""
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
        yield from {name.split(".")[0] for name in names} - sys.stdlib_module_names


def test_the_kernel_needs_the_standard_library_and_stdnum_only():
    assert set(foreign_imports(ast.parse("import os, flask.json"))) == {"flask"}
    kernel = [path for path in CORE if path.is_relative_to(ROOT / "platform/yidan/kernel")]
    used = {name for path in kernel for name in foreign_imports(ast.parse(path.read_text()))}
    assert used <= {"yidan", "stdnum", "typing_extensions"}


def test_nothing_imports_wsgi():
    imported = {name for path in PYTHON for name in foreign_imports(ast.parse(path.read_text()))}
    assert "wsgi" not in imported


# --- schemas -----------------------------------------------------------------------------------


def loose_patterns(schema: object) -> Iterator[str]:
    r"""Patterns that take any script's digits (`\d \w \s`) or let a newline follow (`$`)."""
    if isinstance(schema, dict):
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and re.search(r"\\[dws]|\$(?!\(\?!)", pattern):
            yield pattern
        yield from (name for name in schema.get("patternProperties", {}) if "\\" in name)
    children = schema.values() if isinstance(schema, dict) else schema
    if isinstance(schema, dict | list):
        for child in children:
            yield from loose_patterns(child)


def test_schemas_have_no_loose_patterns():
    planted = {"a": [{"pattern": r"^\d+"}, {"pattern": "^[0-9]$"}, {"pattern": r"^[0-9]$(?!\n)"}]}
    assert list(loose_patterns(planted)) == [r"^\d+", "^[0-9]$"]
    schemas = [
        p for p in TRACKED if p.match("*schema*.json") and not p.is_relative_to(ROOT / "tests")
    ]
    found = {name_of(p): list(loose_patterns(json.loads(p.read_text("utf-8")))) for p in schemas}
    assert {name: patterns for name, patterns in found.items() if patterns} == {}


# --- what git must not hold --------------------------------------------------------------------

SECRETS = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abp]-[0-9A-Za-z-]{20,}"
    r"|\b\w*(?:password|passwd|secret|api_?key|private_?key|token)\w*[\"']?\s*[:=]\s*[\"'][^\s\"'{}]{12,}[\"']",
    re.IGNORECASE,
)
# Every host that the project names, so that none is named by accident.
# What RFC 2606 and RFC 6761 keep free for examples may stand anywhere.
HOSTS = {
    *("c2sp.org", "developer.dcsa.org", "json-schema.org", "semver.org", "www.rfc-editor.org"),
    *("www.apache.org", "www.w3.org"),
    # named by the code of others, in its comments and licences
    *("bugzil.la", "caniuse.com", "eprint.iacr.org", "github.com", "hyperelliptic.org"),
    *("nvlpubs.nist.gov", "paulmillr.com"),
    "93.184.215.14",  # of example.com: a test needs an address that is public
}
FREE = re.compile(r"(.+\.)?(example|test|localhost|example\.(com|org))|127\.0\.0\.1|[a-z]+")
NAMED = re.compile(
    r"\b[a-z]+://(?:[^\s/@]*@)?(?P<url>[\w.-]+)"
    r"|(?<!from )(?<![\w.@/-])"
    r"(?P<bare>(?:[\w-]+\.)+(?:org|com|net|io|dev|cn|eu|edu|gov))(?![\w(-]|\.\w)"
    r"|(?P<option>(?:extra-)?index[-]url)",
    re.IGNORECASE,
)


def strange_hosts(text: str) -> list[str]:
    """Hosts that a text names and the project does not know, and options that take a registry."""
    named = (match["url"] or match["bare"] or match["option"] for match in NAMED.finditer(text))
    return [host for host in named if host not in HOSTS and not FREE.fullmatch(host.lower())]


def lines_with(pattern: re.Pattern[str], paths) -> list[str]:
    found = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{name_of(path)}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    return found


def test_git_holds_no_secret():
    assert SECRETS.search('admin_password = "correct-horse-7"')
    assert SECRETS.search("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIODxd5hS")
    assert not SECRETS.search("token = issue_token(client)")
    ours = [p for p in TRACKED if not p.is_relative_to(ROOT / "tests") and p.suffix != ".lock"]
    assert lines_with(SECRETS, ours) == []


def test_no_tracked_file_names_a_host_that_is_not_known_here():
    strange, option = f"mirror.{'invalid'}.org", f"index-{'url'}"
    planted = f"see https://u:p@{strange}:8/simple, {strange} and --extra-{option}"
    assert strange_hosts(planted) == [strange, strange, f"extra-{option}"]
    assert strange_hosts("https://port.example:8443/verify, http://127.0.0.1:86, c2sp.org") == []
    files = [path for path in TRACKED if path.suffix != ".png"]
    found = {name_of(path): strange_hosts(path.read_text("utf-8")) for path in files}
    assert {name: hosts for name, hosts in found.items() if hosts} == {}


# --- code of others ---------------------------------------------------------------------------

VENDOR = ROOT / "platform/yidan/web/static/vendor"


def test_the_code_of_others_is_what_was_published():
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in TRACKED
        if path.is_relative_to(VENDOR) and path.parent != VENDOR
    }
    assert files == sums
    for folder in {path.parent for path in TRACKED if path.is_relative_to(VENDOR)} - {VENDOR}:
        assert "MIT License" in (folder / "LICENSE").read_text(encoding="utf-8")
        assert f"@{folder.name.replace('-', '/', 1)}]" in (VENDOR / "README.md").read_text("utf-8")


# --- registries --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def modules():
    """Every module of the core, loaded, so that every event is declared."""
    names = [
        ".".join(path.relative_to(ROOT / "platform").with_suffix("").parts)
        for path in CORE
        if "migrations" not in path.parts
    ]
    return [importlib.import_module(name.removesuffix(".__init__")) for name in names]


def test_every_event_type_has_a_sample_that_survives_storage(modules):
    samples = [
        s for m in modules if m.__name__.endswith("events") for s in getattr(m, "SAMPLES", ())
    ]
    for sample in samples:
        stored = json.loads(json.dumps(content_of(sample)))
        assert event_from(sample.TYPE, stored) == sample
    ours = {name for name, cls in REGISTRY.items() if cls.__module__.startswith("yidan.")}
    assert {sample.TYPE for sample in samples} == ours
