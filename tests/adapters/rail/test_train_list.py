"""Train arrival lists: what arrives, and every finding at its JSON pointer."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.rail.train_list import ADAPTER
from yidan.ports import ReportTrainArrival, WagonLoad

RECORDED = (Path(__file__).parent / "recorded" / "train_list.json").read_bytes()
CONSIGNMENT = "/specifiedConsignment/0"
TRAIN = f"{CONSIGNMENT}/mainCarriageLogisticsTransportMovement/0/id"
PLACE = f"{CONSIGNMENT}/deliveryEvent/occurrenceLogisticsLocation/id"
ARRIVED = f"{CONSIGNMENT}/deliveryEvent/actualOccurrenceDateTime"
WAGONS = f"{CONSIGNMENT}/utilizedLogisticsTransportEquipment"
BOX = f"{WAGONS}/0/carriedLogisticsTransportEquipment/0/id"
SEAL = f"{WAGONS}/0/carriedLogisticsTransportEquipment/0/affixedLogisticsSeal/0/id"


def load(wagon, box, *seals):
    return WagonLoad(wagon_number=wagon, equipment_reference=box, seal_numbers=seals)


def parsed(value):
    (message,) = ADAPTER.parse(json.dumps(value).encode()).messages
    return message.commands, [(finding.code, finding.at) for finding in message.findings]


def changed(at, new):
    value = copy.deepcopy(json.loads(RECORDED))
    target = value
    *path, last = at.split("/")[1:]
    for name in path:
        target = target[int(name)] if isinstance(target, list) else target[name]
    if new is None:
        del target[last]
    else:
        target[int(last) if isinstance(target, list) else last] = new
    return value


def test_a_list_reports_the_arrival_of_every_box_on_its_wagon():
    found = ADAPTER.parse(RECORDED)
    assert (found.sender, found.recipient) == ("RAILSHANGHAI", "YIDAN")
    assert (found.reference, found.claimed_senders) == ("TL2611220001", ("RAILSHANGHAI",))
    (message,) = found.messages
    assert message.findings == ()
    assert message.commands == (
        ReportTrainArrival(
            train_number="X8024",
            un_location_code="CNSHA",
            arrived_at=datetime(2026, 11, 21, 22, 10, tzinfo=UTC),
            loads=(
                load("5271234", "CSQU3054383", "CR123456"),
                load("5271234", "MSKU1234565"),
                load("5271235", "HLXU8438530"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("at", "new", "code"),
    [
        ("/exchangedDocument/id", None, "train-list-lacks"),
        ("/exchangedDocument/senderTradeParty/id", 5, "train-list-lacks"),
        ("/specifiedConsignment", [], "train-list-lacks"),
        (TRAIN, "x 1!", "train-list-number-form"),
        (PLACE, "SHA", "un-location-code-form"),
        (ARRIVED, "2026-11-22T06:10:00", "train-list-bad-instant"),
        (ARRIVED, "2026-02-31T06:10:00Z", "train-list-bad-instant"),
        (WAGONS, [], "train-list-lacks"),
        (PLACE, None, "train-list-lacks"),
        (TRAIN, None, "train-list-lacks"),
        (BOX, None, "train-list-lacks"),
        (f"{WAGONS}/0/id", None, "train-list-lacks"),
        (f"{WAGONS}/0/id", "车1", "train-list-number-form"),
        (BOX, "MSKU1234567", "container-check-digit"),
        (SEAL, "/", "seal-number-form"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_at_its_place_and_nothing_is_reported(at, new, code):
    commands, findings = parsed(changed(at, new))
    assert commands == ()
    assert findings == [(code, at)]


def test_a_box_on_two_wagons_is_refused():
    at = f"{WAGONS}/1/carriedLogisticsTransportEquipment/0/id"
    commands, findings = parsed(changed(at, "CSQU3054383"))
    assert commands == ()
    assert findings == [("train-list-box-twice", "")]


def test_more_wagons_than_a_train_has_are_refused_and_findings_are_bounded():
    wagon = {"id": "5271234", "carriedLogisticsTransportEquipment": [{"id": "X"}]}
    commands, findings = parsed(changed(WAGONS, [wagon] * 501))
    assert commands == ()
    assert findings[0] == ("train-list-too-many-wagons", WAGONS)
    assert len(findings) == 100


def test_an_unknown_member_is_kept_and_reported():
    commands, findings = parsed(changed("/exchangedDocument/extra", "1"))
    assert len(commands) == 1
    assert findings == [("train-list-unknown-member", "/exchangedDocument")]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"[]", "train-list-lacks"),
        (b'{"a": 1, "a": 2}', "json-duplicate-name"),
        (b'{"a": 1.5}', "json-not-an-integer"),
        (b"", "json-malformed"),
    ],
)
def test_what_is_no_strict_json_object_is_kept_with_the_reason(raw, code):
    found = ADAPTER.parse(raw)
    assert found.messages == ()
    assert [finding.code for finding in found.findings] == [code]


def test_the_railway_is_told_nothing():
    now = datetime(2026, 11, 22, tzinfo=UTC)
    found = ADAPTER.parse(RECORDED)
    assert ADAPTER.acknowledge(found, [], reference="R", at=now) is None
    assert ADAPTER.build(None, recipient="X", reference="R", at=now) is None
