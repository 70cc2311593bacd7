"""What is owed next on a title, and by whom."""

from datetime import timedelta

import pytest

from tests.yidan.release.titles.test_rules import NOW, PENDING, word
from yidan.kernel.reasons import Role
from yidan.release.titles.next_steps import Who, owed
from yidan.release.titles.rules.offices import AUTHORITIES, GATEKEEPERS
from yidan.release.titles.word import TitleState


def steps(read, now=NOW):
    return [(one.reason.code, one.who.value) for one in owed(read, now)]


@pytest.mark.parametrize(
    ("read", "code", "who"),
    [
        (word(), "next-title-holder", "holder"),
        (word(flags=1), "next-title-pledgee", "pledgee"),
        (word(flags=9), "next-title-foreclosure", "pledgee"),
        (PENDING, "next-title-taker", "taker"),
        (word(TitleState.SURRENDERED), "next-title-issuer", "issuer"),
        (word(TitleState.SURRENDERED, flags=1), "next-title-issuer", "issuer"),
        (word(TitleState.AMENDMENT), "next-title-amendment", "issuer"),
        (word(TitleState.RELEASING), "next-title-release", "issuer"),
        (word(TitleState.RELEASED), "next-title-over", "nobody"),
        (word(TitleState.PAPER, holds=1), "next-title-over", "nobody"),
    ],
)
def test_a_state_says_who_moves_the_title_on(read, code, who):
    assert steps(read) == [(code, who)]


def test_an_offer_that_lapsed_is_the_holders_again():
    late = owed(PENDING, NOW + timedelta(days=2))
    assert (late[0].reason.code, late[0].who) == ("next-title-lapsed", Who.HOLDER)


def test_every_hold_and_open_gate_names_its_keeper():
    found = owed(word(TitleState.RELEASING, holds=0b100001, gates_required=0b110), NOW)
    assert [(one.reason.owner, one.office) for one in found] == [
        (Role.CARRIER, 0),
        (Role.CUSTOMS, AUTHORITIES),
        (Role.BANK, AUTHORITIES + 5),
        (Role.CUSTOMS, GATEKEEPERS + 1),
        (Role.BANK, GATEKEEPERS + 2),
    ]
    assert found[1].reason.text("zh") == "存在扣留；只能由扣留方解除：海关。"
    assert found[4].reason.text("en") == "A condition of the release is open: payment."


def test_a_letter_of_indemnity_is_no_condition_that_anybody_satisfies():
    assert len(owed(word(gates_required=0x80), NOW)) == 1
