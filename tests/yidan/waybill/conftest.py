"""A right bill to go wrong from, one thing at a time."""

import copy

import pytest

from yidan.documents import kinds


@pytest.fixture
def bill():
    """A container bill: barge, sea, rail and road; three boxes, one cargo item in each."""
    examples = kinds.find("multimodal_waybill").examples
    return copy.deepcopy(dict(examples["duisburg_xian"]))


@pytest.fixture
def bulk_bill():
    """A bulk bill: one sea leg, iron ore in kilograms, no box; and its forwarder."""
    examples = kinds.find("multimodal_waybill").examples
    body = copy.deepcopy(dict(examples["bulk_iron_ore"]))
    forwarder = {
        "role": "FORWARDER",
        "name": "连云港丝路联运国际货运代理有限公司",
        "identifiers": [{"scheme": "USCC", "value": "91320703MA1Q5KHY6Q"}],
    }
    return {**body, "parties": [*body["parties"], forwarder]}
