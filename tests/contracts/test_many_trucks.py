"""S20: a lot goes in a thousand parts, and the weighbridges' messages come doubled and mixed up."""

import random

import ledger_chain as lc
from eth_utils.crypto import keccak

from ledger.chain import instructions
from ledger.chain.words import TitleState

TRUCKS, LOADS = 20, 50
EVIDENCE = keccak(text="weighbridge ticket")


def test_s20_a_thousand_loads_in_any_order_are_each_counted_once(chain, title):
    chance = random.Random(20)  # noqa: S311 - a test that repeats itself
    loads = {
        truck: [chance.randint(1, 32_000) for _ in range(LOADS)] for truck in range(1, TRUCKS + 1)
    }
    lot_kg = sum(map(sum, loads.values()))
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, lot_kg, lc.SHIPPER_ID, 0)
    chain.send(lc.SHIPPER, "surrender", title, chain.title(title).sequence)
    numbers = {}
    for truck, kilograms in loads.items():
        sequence = chain.title(title).sequence
        order = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, sum(kilograms), lc.START + 10**8)
        chain.send(lc.CARRIER, "order", title, sequence, *order)
        numbers[truck] = sequence + 1

    totals = [
        (truck, sum(kilograms[: load + 1]))
        for truck, kilograms in loads.items()
        for load in range(LOADS)
    ]
    messages = totals + chance.sample(totals, 200)
    chance.shuffle(messages)
    counted = dict.fromkeys(loads, 0)
    for truck, total in messages:
        call = instructions.collect(title, numbers[truck], lc.CONSIGNEE_ID, total, EVIDENCE)
        if total > counted[truck]:
            chain.send_data(lc.TERMINAL, call)
            counted[truck] = total
        else:
            done = counted[truck] == sum(loads[truck])
            with lc.refused("OrderNotOpen" if done else "NotIncreasing"):
                chain.send_data(lc.TERMINAL, call)
        assert chain.title(title).collected == sum(counted.values())
    word = chain.title(title)
    assert (word.state, word.collected, word.quantity) == (TitleState.RELEASED, lot_kg, lot_kg)
