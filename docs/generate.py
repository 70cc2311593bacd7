"""Write the pages of docs/reference that are made from the code: `make docs`.

Everything is found by walking the packages, so a new room, event, reason, setting, command, adapter
or document kind appears by itself. A test compares the committed pages with what this makes.
"""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final

import click
from click.testing import CliRunner

import adapters
import yidan
from yidan import cli, config
from yidan.app import create_app
from yidan.bootstrap import build
from yidan.kernel.events import REGISTRY, Event, content_of
from yidan.kernel.machine import Machine
from yidan.kernel.reasons import Role, declared

REFERENCE: Final = Path(__file__).parent / "reference"
NUMBERED: Final = re.compile(r"^ *def ((?:test|drill)_(?:\w+_)?s(\d{1,2})_\w+)\(", re.MULTILINE)
"""A test whose name holds a scenario's number."""
MADE: Final = "<!-- Made by `make docs` from the code; edit the code. -->\n"


@cache
def modules() -> tuple[ModuleType, ...]:
    """Every module of the core and of the adapters, in name order, but for the migrations."""
    found = [
        module.name
        for package in (yidan, adapters)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    return tuple(
        importlib.import_module(name) for name in sorted(found) if "migrations" not in name
    )


def instances(kind: type) -> Iterator[tuple[ModuleType, Any]]:
    """Module-level objects of a type, each with the module that declares it first."""
    seen: set[int] = set()
    for module in modules():
        for value in vars(module).values():
            if isinstance(value, kind) and id(value) not in seen:
                seen.add(id(value))
                yield module, value


def fields(cls: type) -> Iterator[tuple[str, str, str]]:
    """Name, type as written and description of each annotated field of a class and its bases."""
    for base in reversed(cls.__mro__[:-1]):
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef)
        for node, below in zip(body.body, [*body.body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign) and "ClassVar" not in ast.unparse(node.annotation):
                yield ast.unparse(node.target), ast.unparse(node.annotation), _text(below)


def _text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return " ".join(str(node.value.value).split())
    return ""


def first_paragraph(thing: object) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    lines = [list(head)]
    lines.append(["---"] * len(lines[0]))
    lines += [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def events() -> str:
    """Every event type with its fields and the sample that the tests store and read back."""
    samples: dict[str, Event] = {
        sample.TYPE: sample for module in modules() for sample in getattr(module, "SAMPLES", ())
    }
    page = [
        """# Events

What can happen. A type never changes its meaning: a new one is a `.v2`. Every event also carries
the envelope: event id, subject, position, times, actor, reason.
"""
    ]
    for name, cls in sorted(REGISTRY.items()):
        page.append(f"## {name}\n\n{first_paragraph(cls)}\n")
        page.append(
            table(
                ("field", "type", "meaning"), ((f"`{n}`", f"`{t}`", d) for n, t, d in fields(cls))
            )
        )
        if name in samples:
            shown = json.dumps(content_of(samples[name]), ensure_ascii=False, indent=2)
            page.append(f"```json\n{shown}\n```\n")
    return "\n".join(page)


def states() -> str:
    """Every state machine as its table."""
    page = [
        """# States

Every state machine. What is not in a table is not allowed; the guards stand beside the tables in
each room's `rules`.
"""
    ]
    for module, machine in sorted(instances(Machine), key=lambda pair: str(pair[1].name)):
        page.append(
            f"## {machine.name}\n\nSource: `{module.__name__}`. First state: {machine.initial}.\n"
        )
        states_of = machine.initial.__class__
        meanings = ((ast.literal_eval(value), text) for value, text in _members(states_of))
        page.append(table(("state", "meaning"), meanings))
        order = list(states_of)
        steps = sorted(
            (
                (state, happened.TYPE, after)
                for (state, happened), after in machine.transitions.items()
            ),
            key=lambda step: (order.index(step[0]), step[1]),
        )
        page.append(table(("in state", "event", "next state"), steps))
    return "\n".join(page)


def reasons() -> str:
    """Every reason that an answer can give."""
    rows = ((f"`{r.code}`", r.owner or "", r.en, r.zh) for r in declared())
    return (
        "# Reasons\n\nWhy something is refused, and which role normally owes the next step."
        " A problem's `reasons` name these codes.\n\n"
        + table(("code", "owner", "English", "中文"), rows)
    )


def roles() -> str:
    """The roles a party can have."""
    rows = ((f"`{ast.literal_eval(value)}`", text) for value, text in _members(Role))
    return "# Roles\n\nWhat a party can be.\n\n" + table(("role", "中文"), rows)


def _members(enum: type) -> Iterator[tuple[str, str]]:
    body = ast.parse(inspect.getsource(enum)).body[0]
    assert isinstance(body, ast.ClassDef)
    for node, below in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(node, ast.Assign):
            yield ast.unparse(node.value), _text(below)


def settings() -> str:
    """Every setting with its variable, default and meaning."""
    plain = config.Settings()
    rows = (
        (f"`{config.variable(name)}`", kind, f"`{getattr(plain, name)}`", meaning)
        for name, kind, meaning in fields(config.Settings)
    )
    return (
        "# Settings\n\nRead once from the environment."
        " An unknown variable with our prefix stops the start.\n\n"
        + table(("variable", "type", "default", "meaning"), rows)
    )


def commands() -> str:
    """`--help` of every command."""
    page = ["# Commands\n"]
    for path in _paths(cli.main, ()):
        shown = CliRunner().invoke(
            cli.main, [*path, "--help"], prog_name="yidan", terminal_width=100
        )
        page.append(f"## {' '.join(('yidan', *path))}\n\n```text\n{shown.output.rstrip()}\n```\n")
    return "\n".join(page)


def _paths(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, inner in sorted(command.commands.items()):
            yield from _paths(inner, (*path, name))


def outside_systems() -> str:
    """Every adapter."""
    rows = (
        (
            f"`{m.ADAPTER.name}`",
            m.ADAPTER.content_type,
            "yes" if m.ADAPTER.authority else "",
            first_paragraph(m),
        )
        for m in modules()
        if hasattr(m, "ADAPTER")
    )
    spoken = (
        (f"`{m.ADAPTER.name}`", s.direction, s.message, s.version, s.source, s.transport)
        for m in modules()
        for s in getattr(m, "MESSAGES", ())
    )
    head = ("system", "direction", "message", "version", "source", "transport")
    return (
        "# Adapters\n\nOne module per outside system. From an authority, what names goods and"
        " cannot be understood places a SECURITY hold.\n\n"
        + table(("adapter", "media type", "authority", "what it is"), rows)
        + "\n## Messages\n\n"
        + table(head, spoken)
    )


def document_kinds() -> str:
    """Every document kind."""
    kinds = (m for m in modules() if m.__name__.startswith("yidan.documents.kinds."))
    rows = (
        (f"`{m.KIND.name}`", m.KIND.version, m.KIND.title_zh, first_paragraph(m))
        for m in kinds
        if hasattr(m, "KIND")
    )
    head = ("kind", "version", "中文", "what it is")
    return "# Document kinds\n\nOne folder each.\n\n" + table(head, rows)


def scenarios() -> str:
    """Every attack and fault of the ledger's list, with the tests that carry its number."""
    root = REFERENCE.parent.parent
    tests: dict[str, list[str]] = {}
    for path in sorted((root / "tests").rglob("*.py")):
        for name, number in NUMBERED.findall(path.read_text(encoding="utf-8")):
            where = path.relative_to(root).as_posix()
            tests.setdefault(f"S{number}", []).append(f"[`{name}`](../../{where})")
    listed = (root / "docs" / "scenarios.tsv").read_text(encoding="utf-8").splitlines()
    rows = (
        (number, title, "<br>".join(tests.get(number, ["none of its own yet"])))
        for number, title in (line.split("\t") for line in listed)
    )
    return (
        "# Scenarios\n\nWhat may go wrong with titles, goods, keys, witnesses, log and chain;"
        " a test carries the number of the scenario that it plays, and may play a part of it"
        " only.\n\n" + table(("number", "scenario", "tests"), rows)
    )


def openapi() -> str:
    """The OpenAPI 3.1 document of the whole API."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(build(config.Settings(var=Path(folder))))
        return json.dumps(app.api_doc, ensure_ascii=False, indent=1) + "\n"


PAGES: Final = MappingProxyType[str, Callable[[], str]](
    {
        "adapters.md": outside_systems,
        "commands.md": commands,
        "documents.md": document_kinds,
        "events.md": events,
        "openapi.json": openapi,
        "reasons.md": reasons,
        "roles.md": roles,
        "scenarios.md": scenarios,
        "settings.md": settings,
        "states.md": states,
    }
)
"""The pages by file name and what makes each."""


def page(name: str) -> str:
    """One page as it has to be in the repository."""
    modules()  # Events and reasons are declared by loading them.
    text = PAGES[name]()
    return text if name.endswith(".json") else MADE + text


def main() -> None:
    """Write all pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name in PAGES:
        (REFERENCE / name).write_text(page(name), encoding="utf-8")


if __name__ == "__main__":
    main()
