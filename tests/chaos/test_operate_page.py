"""The operator's page: it names every alarm there is, and only settings and commands that exist."""

import ast
import re
from pathlib import Path

from yidan import cli
from yidan.config import Settings
from yidan.exchange import deliveries, drops
from yidan.proof import service, stopping
from yidan.up import LONGEST_PAUSE_S
from yidan.worker import CLAIM_S, POLL_S

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/operate.md").read_text("utf-8")
PLAIN = re.sub(r"\s+", " ", PAGE)


def raised_kinds():
    """The kinds of alarm that the platform's sources raise."""
    for path in (ROOT / "platform").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = isinstance(node, ast.Call) and getattr(
                node.func, "attr", getattr(node.func, "id", "")
            )
            if named in {"raise_alarm", "alarm"} and len(node.args) > 1:
                kind = node.args[1]
                if isinstance(kind, ast.Constant):
                    yield kind.value
    yield stopping.ALARM
    yield drops.ALARM


def test_every_alarm_stands_on_the_page_and_no_other():
    listed = re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert sorted(listed) == sorted(set(raised_kinds()))


def test_the_times_on_the_page_are_those_of_the_code():
    assert f"late by the poll, {POLL_S:g} s" in PLAIN
    assert f"lease ends within {service.LEASE_S} s" in PLAIN
    assert f"{LONGEST_PAUSE_S:g} s between tries" in PLAIN
    assert max(CLAIM_S, deliveries.LEASE_S) == 60
    assert "by the next one within a minute" in PLAIN


def test_the_commands_and_settings_on_the_page_exist():
    named = set(re.findall(r"`yidan ([a-z]+)", PAGE))
    assert named <= set(cli.main.commands)
    assert {"backup", "restore"} <= set(named)
    for name in re.findall(r"`YIDAN_([A-Z_]+)`", PAGE):
        assert name.lower() in Settings.__dataclass_fields__
