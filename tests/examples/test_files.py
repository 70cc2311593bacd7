"""The port day's files: complete, well-formed, and the ones that the tutorial walks through."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters import find_adapters
from runner.files import FOLDER, PORT_TIME, Day, with_check_digit
from yidan.kernel.identifiers import container, party

ROOT = Path(__file__).parents[2]
IDS = {key: f"id-of-{key}" for key in ("steelworks", "bank", "haulier")}
NAMES = sorted(path.name for path in FOLDER.iterdir())
ADAPTERS = {
    "02-train-list.json": "rail.train_list",
    "05-release-order.edi": "shipping_agent.edifact",
    "06-customs-release-box.xml": "single_window.customs_xml",
    "09-pickup-notice.edi": "road.copino",
    "22-customs-release-bulk.xml": "single_window.customs_xml",
}


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_whole_once_its_placeholders_are_filled(name):
    text = Day(7, IDS).text(name)
    assert "{{" not in text
    match Path(name).suffix:
        case ".json":
            json.loads(text)
        case ".xml":
            ET.fromstring(text)  # noqa: S314 - our own file
        case suffix:
            assert suffix == ".edi"


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_every_message_is_understood_without_a_finding(name):
    adapter = find_adapters()[ADAPTERS[name]]
    understood = adapter.parse(Day(7, IDS).text(name).encode())
    (message,) = understood.messages
    assert len(message.commands) == 1
    assert (understood.findings, message.findings) == ((), ())


def test_a_moved_day_is_written_in_the_form_asked_for():
    tomorrow = datetime.now(PORT_TIME) + timedelta(days=1)
    assert Day(1).fill("{{today+1d:%Y%m%d}} {{run}}") == f"{tomorrow:%Y%m%d} 001"


def test_an_instant_carries_its_offset():
    moved = datetime.fromisoformat(Day(1).fill("{{now-30m}}"))
    assert moved.utcoffset() == timedelta(hours=8)
    off = datetime.now(PORT_TIME) - moved
    assert timedelta(minutes=30) <= off < timedelta(minutes=31)


def test_an_id_that_nobody_gave_is_an_error():
    with pytest.raises(KeyError):
        Day(1).fill("{{id:bank}}")


def test_a_hundred_days_have_a_hundred_good_box_numbers():
    boxes = {Day(run).box for run in range(1, 101)}
    assert len(boxes) == 100
    assert [box for box in boxes if container.findings(box)] == []
    assert Day(1).box == with_check_digit("CSQU305438") == "CSQU3054383"


def test_every_party_has_true_identifiers_and_its_own():
    parties = json.loads((FOLDER / "parties.json").read_text(encoding="utf-8"))
    identifiers = [one for each in parties for one in each["identifiers"]]
    assert [one for one in identifiers if party.findings(one)] == []
    assert len(set(identifiers)) == len(identifiers)


def test_the_tutorial_names_every_file_and_no_other():
    tutorial = (ROOT / "docs/tutorial/port-day.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:\d\d-[a-z0-9-]+|parties)\.(?:json|edi|xml))`", tutorial)
    assert sorted(named) == NAMES
