"""A lot's balance as a bar."""

from yidan.release.bulk.pages import ORDER_STATES, bar
from yidan.release.bulk.rules import Balance, OrderState


def test_the_parts_of_a_bar_follow_each_other_and_leave_what_is_gone():
    balance = Balance(on_hand_kg=90_000, pledged_kg=30_000, reserved_kg=50_000)
    assert bar(100_000, balance) == [
        ("free", 0, 100),
        ("reserved", 100, 500),
        ("pledged", 600, 300),
    ]


def test_an_empty_lot_has_an_empty_bar():
    nothing = Balance(on_hand_kg=0, pledged_kg=0, reserved_kg=0)
    assert bar(0, nothing) == [("free", 0, 0), ("reserved", 0, 0), ("pledged", 0, 0)]


def test_states_an_order_can_be_seen_in_have_words():
    assert set(ORDER_STATES) == set(OrderState) - {OrderState.NONE}
