"""A draft survey that finds more 水尺计重 than was issued: nothing changes but by reissue."""

from __future__ import annotations

import ledger_chain as lc
from eth_utils.crypto import keccak
from ledger_chain import refused

from ledger.chain import instructions
from ledger.chain.words import TitleState

WHY = keccak(text="why")
UNTIL = lc.START + 10**9
ISSUED, FOUND = 1_000, 1_030


def order(chain, title, quantity):
    sequence = chain.title(title).sequence
    terms = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, quantity, UNTIL)
    chain.send(lc.CARRIER, "order", title, sequence, *terms)
    return sequence + 1


def collect(chain, title, number, total):
    chain.send_data(lc.TERMINAL, instructions.collect(title, number, lc.CONSIGNEE_ID, total, WHY))


def test_s23_more_than_was_issued_is_neither_ordered_nor_delivered(chain, surrendered):
    with refused("QuantityOutOfRange"):
        order(chain, surrendered, FOUND)
    number = order(chain, surrendered, ISSUED)
    with refused("AboveAuthorised"):
        collect(chain, surrendered, number, ISSUED + 1)
    with refused("QuantityOutOfRange"):
        order(chain, surrendered, FOUND - ISSUED)
    collect(chain, surrendered, number, ISSUED)
    assert chain.title(surrendered).state == TitleState.RELEASED


def test_s23_an_upward_correction_is_a_reissue_that_the_holder_asks_for(chain, issued, title):
    child = keccak(title)
    wish = instructions.lineage(issued, [], [(child, FOUND)])
    with refused("NotForAmendment"):
        chain.send(lc.CARRIER, "replace", issued, 1, [], [(child, FOUND)])
    chain.send(lc.SHIPPER, "surrender_for_amendment", issued, 1, wish)
    with refused("OtherLineage"):
        chain.send(lc.CARRIER, "replace", issued, 2, [], [(child, FOUND + 1)])
    chain.send(lc.CARRIER, "replace", issued, 2, [], [(child, FOUND)])
    assert chain.title(issued).state == TitleState.VOID
    chain.send(lc.SHIPPER, "surrender", child, 1)
    number = order(chain, child, FOUND)
    collect(chain, child, number, FOUND)
    assert chain.title(child).state == TitleState.RELEASED


def test_s23_a_surrender_is_rejected_first_if_the_survey_comes_after_it(chain, surrendered, title):
    wish = instructions.lineage(surrendered, [], [(keccak(title), FOUND)])
    with refused("NotActive"):
        chain.send(lc.SHIPPER, "surrender_for_amendment", surrendered, 2, wish)
    chain.send(lc.CARRIER, "reject_surrender", surrendered, 2, WHY)
    chain.send(lc.SHIPPER, "surrender_for_amendment", surrendered, 3, wish)
    chain.send(lc.CARRIER, "replace", surrendered, 4, [], [(keccak(title), FOUND)])
    assert chain.title(keccak(title)).quantity == FOUND


def test_s23_once_goods_leave_a_surplus_has_a_title_of_its_own(chain, ordered, title):
    collect(chain, ordered, 3, 500)
    wish = instructions.lineage(ordered, [], [(keccak(title), FOUND)])
    sequence = chain.title(ordered).sequence
    with refused("NotActive"):
        chain.send(lc.SHIPPER, "surrender_for_amendment", ordered, sequence, wish)
    with refused("NotForAmendment"):
        chain.send(lc.CARRIER, "replace", ordered, sequence, [], [(keccak(title), FOUND)])
    surplus = (keccak(title), lc.CARRIER_NO, FOUND - ISSUED, lc.SHIPPER_ID, 0)
    chain.send(lc.CARRIER, "issue", *surplus)
    assert chain.title(keccak(title)).quantity == FOUND - ISSUED
