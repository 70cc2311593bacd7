"""Finding adapters by walking the package."""

import sys
from pathlib import Path

import pytest

import adapters
from adapters import find_adapters

ROOT = Path(__file__).parents[2]


def test_every_adapter_is_found_under_its_module_name():
    found = find_adapters()
    assert list(found) == [
        "rail.train_list",
        "road.copino",
        "shipping_agent.edifact",
        "single_window.customs_xml",
    ]
    for name, adapter in found.items():
        assert sys.modules[f"adapters.{name}"].ADAPTER is adapter
        assert adapter.name == name


def test_only_customs_is_an_authority():
    assert [name for name, adapter in find_adapters().items() if adapter.authority] == [
        "single_window.customs_xml"
    ]


def test_every_adapter_says_which_messages_it_speaks_and_reads_no_others():
    for name, adapter in find_adapters().items():
        spoken = sys.modules[f"adapters.{name}"].MESSAGES
        assert {message.direction for message in spoken} <= {"in", "out"}
        read = {message.message for message in spoken if message.direction == "in"}
        assert read == set(getattr(adapter, "readers", read))
        page = (ROOT / "docs/reference/adapters.md").read_text("utf-8")
        for message in spoken:
            assert f"| `{name}` | {message.direction} | {message.message} |" in page


def test_two_adapters_of_one_name_are_refused(monkeypatch, tmp_path):
    (tmp_path / "double.py").write_text(
        "import types\nADAPTER = types.SimpleNamespace(name='road.copino')\n"
    )
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match=r"two adapters are named 'road\.copino'"):
        find_adapters()
    sys.modules.pop("adapters.double", None)
