"""Late customs decisions: the later one counts, and no stop is lost behind a release."""

from datetime import UTC, datetime, timedelta

import pytest

from yidan.release.rules.customs import Decision, Effect, effect
from yidan.release.rules.lights import CustomsLight

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BOX = "MSKU9070323"


def decision(status, hour, box="", declaration="D1"):
    return Decision(
        status=CustomsLight(status),
        as_of=NOON + timedelta(hours=hour),
        declaration_number=declaration,
        equipment_reference=box,
    )


@pytest.mark.parametrize(
    ("new", "standing", "did"),
    [
        (("quarantine", 0), [], "counts"),
        (("quarantine", 1), [("released", 0)], "counts"),
        (("quarantine", 0), [("released", 0)], "counts"),
        (("quarantine", 0), [("selectedforscan", 1)], "counts"),
        (("quarantine", 0), [("released", 1)], "covered"),
        (("quarantine", 0, BOX), [("released", 1)], "covered"),
        (("quarantine", 0, BOX), [("released", 1, "", "D2")], "held"),
        (("quarantine", 0, "", ""), [("released", 1, "", "")], "held"),
        (("quarantine", 0), [("released", 1), ("released", 2, BOX, "D2")], "held"),
        (("released", 0), [], "counts"),
        (("released", 0), [("quarantine", -1)], "counts"),
        (("released", 0), [("released", 1)], "counts"),
        (("released", 0), [("quarantine", 1)], "stopped"),
        (("released", 0, BOX), [("quarantine", 1), ("released", 2, BOX)], "counts"),
        (("released", 0), [("quarantine", 1, BOX)], "counts"),
    ],
)
def test_what_a_decision_does_beside_those_that_stand(new, standing, did):
    found, other = effect(decision(*new), [decision(*one) for one in standing])
    assert found is Effect(did)
    if did == "counts":
        assert other == decision(*new)
    else:
        assert other in [decision(*one) for one in standing]
