"""What stands against a pledgee's notice, its foreclosure, and the passing on of its pledge."""

import pytest

from tests.yidan.release.titles.test_rules import (
    DAY,
    FORECLOSING,
    HOLDER,
    NOW,
    PENDING,
    codes,
    word,
)
from yidan.kernel.reasons import Role
from yidan.release.titles.events import Act
from yidan.release.titles.foreclosing import NOTICE_RUNNING
from yidan.release.titles.word import TitleState

BANKS = (Act.GIVE_NOTICE, Act.WITHDRAW_NOTICE, Act.FORECLOSE, Act.ASSIGN_PLEDGE)


@pytest.mark.parametrize("act", BANKS)
def test_only_the_pledgee_of_a_live_title_acts_on_its_pledge(act):
    assert codes(act, handle=HOLDER) == ["title-not-pledgee"]
    assert "title-not-pledged" in codes(act, word())
    assert "title-not-in-state" in codes(act, word(TitleState.RELEASED, flags=9))
    assert "title-not-in-state" in codes(act, None)


def test_notice_is_given_once_and_taken_back_only_where_it_was_given():
    assert codes(Act.GIVE_NOTICE, FORECLOSING) == ["title-foreclosing"]
    for act in (Act.WITHDRAW_NOTICE, Act.FORECLOSE):
        assert codes(act, word(flags=1)) == ["title-no-notice"]


def test_a_pledgee_forecloses_after_its_notice_ran_out():
    assert codes(Act.FORECLOSE, notice_ends=NOW) == ["title-notice-running"]
    assert codes(Act.FORECLOSE, notice_ends=NOW - DAY) == []
    assert NOTICE_RUNNING(until="then").owner is Role.BANK


def test_a_pledgee_does_not_foreclose_what_is_frozen_ordered_or_being_amended():
    assert codes(Act.FORECLOSE, word(flags=9, holds=0x10)) == ["title-frozen"]
    assert codes(Act.FORECLOSE, word(TitleState.RELEASING, flags=9, ordered=4, collected=3)) == [
        "title-orders-open"
    ]
    assert codes(Act.FORECLOSE, word(TitleState.AMENDMENT, flags=9)) == ["title-not-in-state"]


def test_a_pledge_is_not_passed_to_oneself():
    assert codes(Act.ASSIGN_PLEDGE, terms={"pledgee": 3}) == ["title-to-itself"]


def test_an_offer_that_stands_is_nobodys_to_end_but_its_takers():
    assert codes(Act.RECLAIM, PENDING) == ["title-offer-stands"]
    assert codes(Act.RECLAIM, word()) == ["title-not-in-state"]
