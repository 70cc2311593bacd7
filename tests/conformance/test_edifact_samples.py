"""Every public EDIFACT sample is read: boxes are EQD segments, deviations are listed."""

import re

import pytest

from adapters import find_adapters
from adapters.codecs import edifact

SAMPLES = {
    "apimeister/IFTMIN_D00B_Bring_BIG14.edi": (
        1,
        {"edifact-wrong-character-set", "edifact-empty-segments", "edifact-wrong-count"},
    ),
    "apimeister/d00b_iftsta.edi": (1, {"edifact-wrong-reference"}),
    "apimeister/d04b_baplie.edi": (1, set()),
    "apimeister/d95b_coprar.edi": (2, {"edifact-no-unb", "edifact-wrong-count"}),
    "php-edifact/CODECO_generator_SAMPLES_3.edi": (1, set()),
    "php-edifact/COHAOR_generator_SAMPLES_6.edi": (1, {"edifact-repertoire"}),
    "php-edifact/COPARN_D95B_MAEU_Riga_README.edi": (1, set()),
    "php-edifact/COPARN_generator_SAMPLES_2.edi": (1, set()),
    "php-edifact/COPINO_generator_SAMPLES_1.edi": (1, set()),
    "php-edifact/COPRAR_generator_SAMPLES_4.edi": (1, set()),
    "php-edifact/D95BBAPLIE.edi": (3, set()),
    "php-edifact/D95BCOARRI.edi": (21, set()),
    "php-edifact/VERMAS_generator_SAMPLES_0.edi": (1, {"edifact-repertoire"}),
    "portofrotterdam/VIFTSAI0000001.txt": (0, {"edifact-no-unz"}),
    "portofrotterdam/VIFTSAI0000002.txt": (0, {"edifact-no-unz"}),
    "portofrotterdam/VIFTSAI0000003.txt": (0, {"edifact-no-unz"}),
    "portofrotterdam/VIFTSAI0000004.txt": (0, set()),
    "portofrotterdam/VIFTSAI0000005.txt": (0, {"edifact-no-unz"}),
}


@pytest.fixture
def samples(standards):
    return standards / "edifact" / "samples"


def test_the_list_names_every_sample_there_is(samples):
    there = {str(path.relative_to(samples)) for path in samples.glob("*/*") if path.is_file()}
    assert there == SAMPLES.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_with_its_boxes_and_its_findings(samples, name):
    raw = (samples / name).read_bytes()
    boxes, findings = SAMPLES[name]
    found = edifact.read(raw)
    read = sum(len(list(message.all("EQD"))) for message in found.messages)
    assert read == boxes == len(re.findall(rb"(?:^|')\s*EQD\+", raw))
    noted = [*found.findings, *(f for m in found.messages for f in m.findings)]
    assert {finding.code for finding in noted} == findings


@pytest.mark.parametrize("adapter", ["shipping_agent.edifact", "road.copino"])
@pytest.mark.parametrize("name", SAMPLES)
def test_an_adapter_answers_every_sample_with_a_command_or_a_reason(samples, name, adapter):
    for message in find_adapters()[adapter].parse((samples / name).read_bytes()).messages:
        assert message.commands or message.findings
