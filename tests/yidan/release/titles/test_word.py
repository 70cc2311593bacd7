"""The word as the room reads it: the ledger's layout and the contract's, field by field."""

import pytest

from ledger.chain import words
from yidan.release.titles import word
from yidan.release.titles.word import TitleState


def test_the_layout_is_the_ledgers():
    assert dict(word.LAYOUT) == dict(words.TITLE_LAYOUT)
    assert {number: state.name for number, state in word.STATES.items()} == {
        state.value: state.name for state in words.TitleState
    }
    flags = (words.Flag.PLEDGED, words.Flag.APART, words.Flag.CHILD, words.Flag.FORECLOSING)
    assert flags == (word.PLEDGED, word.APART, word.CHILD, word.FORECLOSING)
    assert word.BEARER == words.BEARER


def packed(**fields):
    return f"{words.TitleWord(**fields).pack():064x}"


def test_a_words_fields_are_read_as_they_were_packed():
    fields = {
        "state": 4, "flags": 5, "quantity": 900, "ordered": 500, "collected": 20, "owner": 7,
        "holder": 8, "holds": 0x11, "gates_required": 6, "gates_satisfied": 2, "issuer": 3,
        "sequence": 12,
    }  # fmt: skip
    read = word.read(packed(**fields))
    assert read.state is TitleState.RELEASING
    expected = {name: value for name, value in fields.items() if name != "state"}
    assert {name: getattr(read, name) for name in expected} == expected
    assert (read.pledged, read.foreclosing, read.in_one_hand) == (True, False, True)
    assert (read.open_gates, read.frozen) == (4, True)
    assert (read.taker, read.offered_until, read.offered_roles) == (0, None, 0)


def test_an_offer_stands_where_quantities_will():
    offer = words.Offer(77, 4_000_000_000, words.Roles.OWNER).noted()
    read = word.read(packed(state=2, quantity=5, owner=1, holder=1, sequence=2, **offer))
    assert (read.taker, read.offered_roles, read.ordered, read.collected) == (77, 1, 0, 0)
    assert read.offered_until is not None
    assert read.offered_until.timestamp() == 4_000_000_000


def test_an_offer_beyond_the_calendar_ends_with_it():
    offer = words.Offer(77, 2**40 - 1, words.Roles.OWNER).noted()
    until = word.read(packed(state=2, quantity=5, sequence=2, **offer)).offered_until
    assert until is not None
    assert until.year == 9999


@pytest.mark.parametrize("bad", ["", "1" * 63, f"{7:064x}", "zz" * 32])
def test_what_is_no_word_is_refused(bad):
    with pytest.raises(ValueError, match=r"digits|known|base 16"):
        word.read(bad)


def test_a_second_word_is_its_pledge():
    told = f"{words.PledgeWord(pledgee=3, notice_s=86_400, ends_at=4_000_000_000).pack():064x}"
    pledge = word.read_pledge(told)
    assert pledge is not None
    assert (pledge.pledgee, pledge.notice_s) == (3, 86_400)
    assert pledge.ends_at is not None
    assert word.read_pledge("") is None
    assert word.read_pledge(f"{3:064x}") == word.Pledge(3, 0, None)


PLEDGED = word.read(packed(state=1, flags=1, quantity=1, sequence=2))
FORECLOSING = word.read(packed(state=1, flags=9, quantity=1, sequence=2))
NOTICE = f"{1 << 64 | 5:064x}"


@pytest.mark.parametrize(
    ("told", "read", "after"),
    [
        ("9" * 64, PLEDGED, "9" * 64),
        ("", PLEDGED, f"{5:064x}"),
        ("", FORECLOSING, NOTICE),
        ("", word.read(packed(state=1, quantity=1, sequence=2)), ""),
        ("", word.read(packed(state=9, flags=1, quantity=1, sequence=2)), ""),
        ("", word.read(packed(state=10, quantity=1, sequence=2)), NOTICE),
    ],
)
def test_a_second_word_follows_from_the_first_where_no_event_tells(told, read, after):
    assert word.second_after(NOTICE, told, read) == after


def test_without_a_second_word_before_there_is_none_after():
    assert word.second_after("", "", PLEDGED) == ""
