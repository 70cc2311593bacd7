"""The lights and their total: every combination against the rule as DOMAIN 2.0 writes it."""

from datetime import UTC, datetime, timedelta
from itertools import permutations, product

import pytest

from yidan.release.rules import lights
from yidan.release.rules.lights import (
    ChargesLight,
    CommercialLight,
    CustomsLight,
    CustomsProgress,
    DischargeLight,
    Lights,
    TerminalLight,
    Total,
)

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
ALL = list(product(CommercialLight, DischargeLight, TerminalLight, CustomsLight, ChargesLight))


def test_only_the_one_combination_of_green_lights_is_green():
    green = [
        combination
        for combination in ALL
        if lights.total(
            Lights(
                commercial=combination[0],
                discharge=combination[1],
                terminal=combination[2],
                customs=combination[3],
                charges=combination[4],
            )
        )
        is Total.GREEN
    ]
    assert green == [
        ("ok", "discharged", "released", "released", "paid"),
        ("ok", "discharged", "released", "released", "credit"),
    ]


@pytest.mark.parametrize("customs", CustomsLight)
def test_yellow_is_customs_at_work_with_all_else_green(customs):
    found = lights.total(
        Lights(
            commercial=CommercialLight.OK,
            discharge=DischargeLight.DISCHARGED,
            terminal=TerminalLight.RELEASED,
            customs=customs,
            charges=ChargesLight.PAID,
        )
    )
    expected = {
        "notreleased": "RED",
        "selectedforscan": "YELLOW",
        "documentarycontrol": "YELLOW",
        "quarantine": "YELLOW",
        "portequalisation": "YELLOW",
        "transhipment": "RED",
        "released": "GREEN",
    }
    assert found == expected[customs.value]


def test_charges_count_only_where_the_port_enforces_them():
    free = Lights(
        commercial=CommercialLight.OK,
        discharge=DischargeLight.DISCHARGED,
        terminal=TerminalLight.RELEASED,
        customs=CustomsLight.RELEASED,
    )
    assert lights.total(free) is Total.RED
    assert lights.total(free, charges_enforced=False) is Total.GREEN


@pytest.mark.parametrize(
    ("boxes", "progress"),
    [
        ((), CustomsProgress.UNKNOWN),
        ((CustomsLight.QUARANTINE,), CustomsProgress.UNKNOWN),
        ((CustomsLight.RELEASED, CustomsLight.QUARANTINE), CustomsProgress.PARTIALLY_CLEARED),
        ((CustomsLight.RELEASED, CustomsLight.RELEASED), CustomsProgress.CLEARED),
    ],
)
def test_the_progress_of_a_bill(boxes, progress):
    assert lights.progress(boxes) is progress


def test_every_order_of_arrival_of_customs_decisions_ends_in_the_same_light():
    decisions = [
        (CustomsLight.SELECTED_FOR_SCAN, NOW),
        (CustomsLight.RELEASED, NOW + timedelta(hours=1)),
        (CustomsLight.NOT_RELEASED, NOW + timedelta(hours=2)),
        (CustomsLight.RELEASED, NOW + timedelta(hours=3)),
        (CustomsLight.NOT_RELEASED, NOW + timedelta(hours=3)),
        (CustomsLight.QUARANTINE, NOW + timedelta(hours=3)),
    ]
    ends = set()
    for order in permutations(decisions):
        counting = order[0]
        for decision in order[1:]:
            if lights.counts_over(*decision, *counting):
                counting = decision
        ends.add(counting)
    assert ends == {(CustomsLight.NOT_RELEASED, NOW + timedelta(hours=3))}
