"""Everything that a page of titles names has words in both languages."""

from ledger import artifacts
from yidan.release.titles import words
from yidan.release.titles.events import Act
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.rules.offices import Authority, Gate
from yidan.release.titles.word import TitleState


def test_nothing_is_without_words():
    assert set(words.STATES) == set(TitleState)
    assert set(words.ACTS) == set(Act)
    assert set(words.INSTRUCTION_STATES) == set(InstructionState)
    assert set(words.AUTHORITY_NAMES) == set(Authority)
    assert set(words.GATE_NAMES) == set(Gate)


def test_every_event_of_the_contract_that_carries_a_titles_word_has_words():
    told = {
        entry["name"]
        for entry in artifacts.abi()
        if entry["type"] == "event"
        and {"title", "word"} <= {one["name"] for one in entry["inputs"]}
    }
    assert told <= set(words.HAPPENED)
    assert words.happened("Unheard") == ("Unheard", "Unheard")
