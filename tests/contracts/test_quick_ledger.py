"""Calls without blocks do what mined transactions do: words, logs, reasons and gas."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from quick_ledger import QuickChain, QuickLedger, slot_of

from ledger.chain import instructions

WHY = keccak(text="why")
ZERO_BYTE, OTHER_BYTE, BEGINNING, FLOOR = 4, 16, 21_000, 10
"""Gas of a transaction before its call: per byte of data and at all (EIP-2028, EIP-7623)."""


def transaction_gas(answer, data):
    """What a transaction costs whose call cost this."""
    zeros = data.count(0)
    others = len(data) - zeros
    used = BEGINNING + ZERO_BYTE * zeros + OTHER_BYTE * others + answer.gas
    used -= min(answer.refund, used // 5)
    return max(used, BEGINNING + FLOOR * (zeros + 4 * others))


@pytest.fixture
def quick():
    return QuickLedger()


def acts(chain, title):
    """A life with acts of every part of the ledger, some of them refused."""
    call = instructions.call_data
    until = lc.START + 10**8
    yield lc.CARRIER, call("issue", title, lc.CARRIER_NO, 1_000, lc.SHIPPER_ID, 0)
    yield lc.CARRIER, call("issue", title, lc.CARRIER_NO, 1_000, lc.SHIPPER_ID, 0)
    yield lc.SHIPPER, chain.transfer_data(title, lc.CONSIGNEE_ID, sequence=1)
    yield lc.SHIPPER, call("surrender", title, 2)
    yield lc.CUSTOMS, call("hold", title, lc.CUSTOMS_BIT, WHY)
    yield lc.CONSIGNEE, call("pledge", title, 3, lc.BANK_ID, 86_400)
    yield lc.BANK, call("give_notice", title, 4)
    yield lc.BANK, call("discharge", title, 5)
    yield lc.CUSTOMS, call("unhold", title, lc.CUSTOMS_BIT, WHY)
    surrender = chain.signed(lc.CONSIGNEE, call("surrender", title, 7), sequence=7)
    stale = chain.signed(lc.CONSIGNEE, call("surrender", title, 7), sequence=7, deadline=until)
    yield lc.STRANGER, instructions.relay([surrender, stale])
    yield lc.CARRIER, call("order", title, 8, lc.TERMINAL_NO, lc.BANK_ID, 600, until)
    for total in (10, 10, 600, 601):
        yield lc.TERMINAL, instructions.collect(title, 9, lc.BANK_ID, total, WHY)
    yield lc.TERMINAL, instructions.nullify(lc.TERMINAL_NO, range(300))
    yield lc.ADMIN, instructions.anchor(2**62, WHY, 1, b"")
    yield lc.STRANGER, b"\x01\x02\x03\x04"


def test_quick_calls_do_what_mined_transactions_do(chain, quick, title):
    assert quick.contract == chain.contract
    for sender, data in acts(chain, title):
        chain.now += 1
        quick.now = chain.now + 1
        answer = quick.call(sender, data)
        if not answer.succeeded:
            with lc.refused(answer.reason):
                chain.send_data(sender, data)
            continue
        gas = chain.send_data(sender, data)
        assert [(e.name, e.arguments) for e in answer.events()] == [
            (e.name, e.arguments) for e in chain.events()
        ]
        assert quick.storage(0, title) == chain.title(title).pack()
        if data[:4] != instructions.selector("anchor"):
            assert transaction_gas(answer, data) == gas
    assert quick.storage(1, title, 9) == chain.order(title, 9).pack()


def test_a_refused_call_leaves_nothing_behind(quick, title):
    before = dict(quick.accounts.values)
    call = instructions.call_data("issue", title, lc.CARRIER_NO, 1, 99, 0)
    assert quick.call(lc.CARRIER, call).reason == "UnknownParty"
    assert quick.call(lc.CARRIER, call, value=1).reason is None
    assert quick.call(lc.CARRIER, call, value=10**30).gas == 0
    assert quick.call(lc.CARRIER, call, gas=3_000).reason is None
    quick.accounts.begin()
    assert {key: value for key, value in quick.accounts.values.items() if value} == {
        key: value for key, value in before.items() if value
    }


def test_a_rewound_ledger_is_furnished_and_empty(quick, title):
    call = instructions.call_data("issue", title, lc.CARRIER_NO, 1, lc.SHIPPER_ID, 0)
    quick.run(lc.CARRIER, call)
    quick.set_storage(5, 2, 1, 0)
    quick.rewind()
    assert quick.storage(0, title) == quick.storage(2, 1, 0) == 0
    quick.run(lc.CARRIER, call)
    assert slot_of(0, title) == lc.slot_of(0, title)


def test_a_chain_without_blocks_serves_the_contracts_tests(title):
    chain = QuickChain().furnish()
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 5, lc.SHIPPER_ID, 0)
    with lc.refused("NotHolder"):
        chain.send(lc.STRANGER, "surrender", title, 1)
    chain.wait(60)
    chain.send(lc.SHIPPER, "surrender", title, 1)
    assert chain.last_event().name == "Surrendered"
    assert chain.title(title).sequence == 2
