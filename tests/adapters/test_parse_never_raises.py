"""Whatever the bytes, an adapter answers with an interchange (QUALITY 4, fuzz counts)."""

import random
from pathlib import Path

import pytest

from adapters import find_adapters
from yidan.ports import Interchange

HERE = Path(__file__).parent
RECORDED = sorted(p for p in HERE.glob("*/recorded/*") if p.is_file())
SIGNS = b"'+:?<>&/\"{}[],;!% \r\n\x00\xff\xe6UNABHTZ0159"


def adapter_of(path):
    group = path.parts[-3]
    return next(a for name, a in find_adapters().items() if name.startswith(group + "."))


def mutated(data, chance):
    data = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] = chance.choice(SIGNS)
            case 1:
                del data[place : place + chance.randrange(1, 30)]
            case 2:
                data[place:place] = bytes(chance.choices(SIGNS, k=chance.randrange(1, 9)))
            case _:
                data[place:place] = data[chance.randrange(len(data)) :][:60]
    return bytes(data)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_five_hundred_mutations_of_each_recorded_message_are_answered(path):
    adapter, data, chance = adapter_of(path), path.read_bytes(), random.Random(path.name)  # noqa: S311 - reproducible fuzz
    for _ in range(500):
        found = adapter.parse(mutated(data, chance))
        assert isinstance(found, Interchange)
        for reason in [*found.findings, *(f for m in found.messages for f in m.findings)]:
            assert reason.text("zh")
            assert reason.text("en")


@pytest.mark.parametrize("name", list(find_adapters()))
@pytest.mark.parametrize("data", [b"", b"\x00", b"'" * 1000, b"UNB", b"<a", b"[", b"\xff" * 99])
def test_bytes_that_are_nothing_are_answered_with_a_finding(name, data):
    found = find_adapters()[name].parse(data)
    assert found.findings
    assert found.messages == ()
