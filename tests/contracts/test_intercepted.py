"""Whoever intercepts a release reference, or a party's handle, can do nothing with it."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from ledger_chain import refused

from ledger.chain import instructions
from ledger.chain.instructions import call_data

WHY = keccak(text="why")
UNTIL = lc.START + 10**9
THIEVES = (lc.STRANGER, lc.RIVAL_CARRIER, lc.SHIPPER, lc.BANK)


def everything_known(title):
    """Calls by one who knows title, order number, nominee, quantities and terminal."""
    return (
        instructions.collect(title, 3, lc.CONSIGNEE_ID, 600, WHY),
        call_data("renominate", title, 3, lc.BANK_ID),
        call_data("revoke_order", title, 3),
        call_data("order", title, 3, lc.TERMINAL_NO, lc.BANK_ID, 400, UNTIL),
        call_data("hand_over", instructions.TERMINALS + lc.TERMINAL_NO, lc.STRANGER.address),
        instructions.nullify(lc.TERMINAL_NO, [9_999]),
    )


@pytest.mark.parametrize("thief", THIEVES, ids=["stranger", "rival", "shipper", "bank"])
def test_s17_an_intercepted_reference_collects_nothing(chain, ordered, thief):
    word, order = chain.title(ordered), chain.order(ordered, 3)
    for data in everything_known(ordered):
        with refused("NotKeeper"):
            chain.send_data(thief, data)
    assert (chain.title(ordered), chain.order(ordered, 3)) == (word, order)


def test_s17_nor_does_it_when_the_thief_signs_and_another_relays(chain, ordered):
    free = int.from_bytes(ordered[:7], "big")
    for nonce, data in enumerate(everything_known(ordered), start=free):
        signed = chain.signed(lc.STRANGER, data, nonce=nonce)
        chain.send_data(lc.RIVAL_CARRIER, instructions.relay([signed]))
        assert chain.events()[0].arguments["reason"] == "NotKeeper"


def test_s17_a_handle_without_its_key_is_no_party(chain, issued):
    """The shipper's handle is public; only its key moves, pledges or delegates."""
    for data in (
        call_data("surrender", issued, 1),
        call_data("pledge", issued, 1, lc.BANK_ID, 86_400),
        call_data("propose", issued, 1, lc.BANK_ID, chain.now + 99, 3),
        call_data("delegate", lc.SHIPPER_ID, lc.STRANGER.address, issued, 15, UNTIL, 1_000),
        chain.transfer_data(issued, lc.BANK_ID),
    ):
        with refused("NotHolder"):
            chain.send_data(lc.STRANGER, data)
    new = (lc.SHIPPER_ID, lc.STRANGER.address)
    with refused("NotHolder"):
        chain.send(lc.STRANGER, "rotate_key", *new, *chain.possession(lc.SHIPPER_ID, lc.STRANGER))


def test_s17_at_the_right_terminal_another_collector_is_refused(chain, ordered):
    for other in (lc.BANK_ID, lc.SHIPPER_ID, 0):
        with refused("NomineeMismatch"):
            chain.send_data(lc.TERMINAL, instructions.collect(ordered, 3, other, 600, WHY))
