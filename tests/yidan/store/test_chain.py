"""Nonces without gaps, instructions once, attempts kept before they are sent."""

from datetime import timedelta

import pytest

from yidan.kernel.events import SYSTEM
from yidan.store import chain

CHAIN, ADDRESS = 20251, "0x" + "ab" * 20


@pytest.fixture
def uow(workshop):
    with workshop.open(SYSTEM) as uow:
        chain.know_sender(uow.connection, CHAIN, ADDRESS, 7)
        chain.know_sender(uow.connection, CHAIN, ADDRESS, 99)
        yield uow


def plan(uow, key, kind="anchor"):
    return chain.plan(
        uow.connection,
        chain_id=CHAIN,
        address=ADDRESS,
        key=key,
        kind=kind,
        payload={"to": None, "data": "00", "gas": 1},
        now=uow.now,
    )


def test_each_instruction_takes_the_next_nonce_and_a_known_one_takes_none(uow):
    assert [plan(uow, "anchor:1"), plan(uow, "anchor:2")] == [7, 8]
    assert plan(uow, "anchor:1") is None
    assert plan(uow, "anchor:3") == 9
    keys = [instruction.key for instruction in chain.open_instructions(uow.connection)]
    assert keys == ["anchor:1", "anchor:2", "anchor:3"]


def test_an_instruction_goes_from_planned_to_confirmed(uow):
    plan(uow, "anchor:1")
    found = chain.find(uow.connection, "anchor:1")
    attempt = chain.Attempt(
        transaction_hash="aa",
        instruction_id=found.id,
        nonce=found.nonce,
        raw=b"raw",
        fees_wei="2/1",
        signed_at=uow.now,
        sent_at=None,
    )
    chain.keep_attempt(uow.connection, attempt)
    assert chain.attempts_of(uow.connection, [found.id]) == [attempt]
    sent_at = uow.now + timedelta(seconds=1)
    chain.sent(uow.connection, "aa", found.id, now=sent_at)
    assert chain.find(uow.connection, "anchor:1").state == "sent"
    assert chain.attempts_of(uow.connection, [found.id])[0].sent_at == sent_at
    chain.advance(uow.connection, found.id, "mined", block_number=5, block_hash="bb", detail="aa")
    assert chain.is_open(uow.connection, "anchor")
    chain.advance(uow.connection, found.id, "confirmed", block_number=5, now=uow.now)
    assert not chain.is_open(uow.connection, "anchor")
    assert [one.key for one in chain.confirmed(uow.connection, "anchor")] == ["anchor:1"]
    assert chain.count_open(uow.connection) == 0


def test_the_newest_of_a_kind_is_found_in_a_state_or_in_any(uow):
    plan(uow, "anchor:1")
    plan(uow, "anchor:2")
    first = chain.find(uow.connection, "anchor:1")
    chain.advance(uow.connection, first.id, "confirmed", now=uow.now)
    assert chain.newest(uow.connection, "anchor").key == "anchor:2"
    assert chain.newest(uow.connection, "anchor", state="confirmed").key == "anchor:1"
    assert chain.newest(uow.connection, "nullify") is None
