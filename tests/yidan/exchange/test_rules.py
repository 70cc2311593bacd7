"""What is believed of a sender, and how a transmission is summed up."""

import pytest

from yidan.exchange.rules import InboxState, sender_findings, state_of


@pytest.mark.parametrize("claimed", [["AGENT1"], ["agent1 ", "AGENT1"], ["", "AGENT1"]])
def test_a_sender_is_one_of_the_partys_identifiers(claimed):
    assert sender_findings(claimed, ["AGENT1", "91110000600037341L"]) == []


@pytest.mark.parametrize("claimed", [["AGENT2"], ["AGENT1", "AGENT2"], [], [""]])
def test_another_sender_or_none_is_not_believed(claimed):
    found = sender_findings(claimed, ["AGENT1"])
    assert [reason.code for reason in found] == ["sender-mismatch"]


@pytest.mark.parametrize(
    ("messages", "lines", "state"),
    [
        ([], [], InboxState.UNREADABLE),
        ([True], [True, True], InboxState.APPLIED),
        ([True], [], InboxState.APPLIED),
        ([True], [True, False], InboxState.PARTLY_APPLIED),
        ([True, False], [True, False], InboxState.PARTLY_APPLIED),
        ([False], [False], InboxState.REFUSED),
    ],
)
def test_a_transmission_is_summed_up(messages, lines, state):
    assert state_of(messages, lines) is state
