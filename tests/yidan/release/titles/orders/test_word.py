"""The order's word as the room reads it: the ledger's layout and the contract's, field by field."""

import pytest

from ledger.chain import words
from yidan.release.titles.orders import word
from yidan.release.titles.orders.word import OrderState


def packed(**fields):
    return f"{words.OrderWord(**fields).pack():064x}"


def test_the_layout_is_the_ledgers():
    assert dict(word.LAYOUT) == dict(words.ORDER_LAYOUT)
    assert {number: state.name for number, state in word.STATES.items()} == {
        state.value: state.name for state in words.OrderState if state.value
    }


def test_an_orders_fields_are_read_as_they_were_packed():
    fields = {
        "terminal": 3, "nominee": 9, "authorised": 900, "collected": 20,
        "valid_until": 1_800_000_000, "issuer": 2, "number": 5,
    }  # fmt: skip
    read = word.read(packed(state=1, **fields))
    assert read.state is OrderState.OPEN
    assert {name: getattr(read, name) for name in fields} == fields


@pytest.mark.parametrize(("state", "counted"), [(1, 900), (2, 900), (3, 20)])
def test_of_a_revoked_order_its_title_counts_what_was_collected(state, counted):
    assert word.read(packed(state=state, authorised=900, collected=20)).counted == counted


@pytest.mark.parametrize("state", [0, 4])
def test_what_is_no_orders_word_is_refused(state):
    with pytest.raises(ValueError, match="not known"):
        word.read(f"{state:064x}")
