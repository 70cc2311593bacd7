"""What may take a title's place, and what stands against it."""

from dataclasses import replace

import pytest

from tests.yidan.release.titles.test_rules import (
    BANK,
    FAMILY,
    HOLDER,
    ON_PAPER,
    PLEDGED,
    TAKER,
    codes,
    word,
)
from yidan.release.titles.amending import family
from yidan.release.titles.events import Act
from yidan.release.titles.rules.outcomes import is_outcome
from yidan.release.titles.word import TitleState

ASK = Act.SURRENDER_FOR_AMENDMENT
AMENDED = word(TitleState.AMENDMENT)


def asked(*children, others=(), **changes):
    wanted = replace(FAMILY, children=children, others=others, **changes)
    return codes(ASK, family=wanted)


def test_a_split_conserves_the_quantity_and_a_reissue_may_change_it():
    assert asked(4, 6) == asked(11) == asked() == []
    assert asked(4, 7) == ["title-quantities-differ"]
    assert asked(10, 0) == ["title-quantity"]
    assert asked(1 << 40) == ["title-quantity"]
    assert asked(2, 2, 2, 2, 2) == ["title-too-many-at-once"]


def test_a_merge_conserves_the_quantity_of_titles_that_are_alike():
    other = word(quantity=5)
    assert asked(15, others=(other,)) == []
    assert asked(14, others=(other,)) == ["title-quantities-differ"]
    assert asked(35, others=(other,) * 5) == ["title-too-many-at-once"]
    for unlike in ({"holds": 1}, {"gates_required": 2}, {"issuer": 2}, {"flags": 1}):
        assert asked(15, others=(word(quantity=5, **unlike),)) == ["title-unlike"]
    assert asked(15, others=(word(quantity=5, gates_satisfied=1, flags=4),)) == []
    assert asked(15, others=(other,), one_pledge=False) == ["title-unlike"]


def test_a_title_is_amended_by_its_holder_while_it_is_free():
    assert codes(ASK, handle=TAKER) == ["title-not-holder"]
    assert codes(ASK, PLEDGED) == ["title-pledged"]
    assert codes(ASK, word(TitleState.SURRENDERED)) == ["title-not-in-state"]


def test_a_pledged_title_is_amended_with_its_pledgee():
    assert codes(Act.SURRENDER_PLEDGED, family=FAMILY) == []
    assert codes(Act.SURRENDER_PLEDGED, family=replace(FAMILY, children=(3, 3))) == [
        "title-quantities-differ"
    ]
    assert HOLDER != BANK


@pytest.mark.parametrize("act", [Act.REPLACE, Act.SWITCH_TO_PAPER])
def test_the_issuer_does_just_what_was_asked_for_and_is_known(act):
    assert codes(act, family=None) == ["title-wish-unknown"]
    wrong = ON_PAPER if act is Act.REPLACE else FAMILY
    assert codes(act, family=wrong) == ["title-asked-otherwise"]
    assert codes(act, word()) == ["title-not-in-state"]
    assert codes(act, word(TitleState.AMENDMENT, holds=0x10)) == ["title-frozen"]


def test_titles_are_merged_when_all_are_surrendered_for_it():
    waiting = replace(FAMILY, others=(word(quantity=5),), children=(15,), surrendered=False)
    assert codes(Act.REPLACE, family=waiting) == ["title-others-not-surrendered"]
    differs = replace(waiting, surrendered=True, children=(14,))
    assert codes(Act.REPLACE, family=differs) == ["title-quantities-differ"]


def test_a_pledged_title_does_not_go_on_paper():
    pledged = word(TitleState.AMENDMENT, flags=1)
    assert codes(Act.SWITCH_TO_PAPER, pledged) == ["title-paper-pledged"]


def test_a_wish_is_read_from_its_terms():
    read = family({"children": [{"quantity": 3}, {"quantity": 4}]}, ())
    assert (read.children, read.paper) == ((3, 4), False)
    assert family({"paper": "ab"}, ()).paper


@pytest.mark.parametrize(
    ("act", "happened", "evidence", "is_it"),
    [
        (ASK, "SurrenderedForAmendment", "aa", True),
        (ASK, "SurrenderedForAmendment", "bb", False),
        (Act.SURRENDER_PLEDGED, "SurrenderedForAmendment", "aa", True),
        (Act.SURRENDER_PLEDGED, "Surrendered", "", False),
        (Act.REPLACE, "Replaced", "aa", True),
        (Act.REPLACE, "Replaced", "bb", False),
        (Act.SWITCH_TO_PAPER, "SwitchedToPaper", "pp", True),
        (Act.SWITCH_TO_PAPER, "SwitchedToPaper", "aa", False),
    ],
)
def test_an_outcome_is_known_by_its_lineage(act, happened, evidence, is_it):
    terms = {"lineage": "aa", "paper": "pp"}
    after = word(TitleState.AMENDMENT, sequence=5)
    assert is_outcome(act, 4, terms, happened, word(), after, evidence=evidence) is is_it


def test_a_title_comes_back_from_paper_once():
    assert codes(Act.SWITCH_BACK, switched_back=True) == ["title-switched-back"]
    assert codes(Act.SWITCH_BACK, word()) == ["title-not-in-state"]
    terms = {"paper_title": "ab", "holder": HOLDER}
    again = (Act.SWITCH_BACK, 0, terms, "Issued", None)
    assert is_outcome(*again, word(sequence=1))
    assert not is_outcome(*again, word(sequence=1, holder=TAKER))
