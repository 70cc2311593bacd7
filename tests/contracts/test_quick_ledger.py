"""Calls without blocks do what mined transactions do: words, logs, reasons and gas."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.crypto import keccak
from quick_ledger import BEGINNING, QuickChain, QuickLedger, QuickPlayground, gas_before, slot_of

from ledger.chain import instructions

WHY = keccak(text="why")
FLOOR = 10
"""Least gas of a transaction for each zero byte; the others count four times (EIP-7623)."""


def transaction_gas(answer, data):
    """What a transaction costs whose call cost this."""
    zeros = data.count(0)
    used = gas_before(data) + answer.gas
    used -= min(answer.refund, used // 5)
    return max(used, BEGINNING + FLOOR * (4 * len(data) - 3 * zeros))


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


@pytest.fixture
def mined(tmp_path):
    """A chain of its own: serials and anchors are used up for every test of a shared one."""
    chain = lc.LedgerChain(tmp_path / "chain.sqlite3").furnish()
    yield chain
    chain.close()


def test_quick_calls_do_what_mined_transactions_do(mined, quick, title):
    chain = mined
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


def test_a_second_ledger_beside_it_is_another_one_at_the_same_time(title):
    chain = QuickChain().furnish()
    other = chain.another()
    assert other.contract != chain.contract
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 5, lc.SHIPPER_ID, 0)
    with lc.refused("NotKeeper"):
        other.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 5, lc.SHIPPER_ID, 0)
    assert other.title(title).sequence == 0
    other.wait(60)
    assert chain.now == other.now == chain.timestamp


def test_a_playground_counts_a_transactions_gas_and_keeps_what_was_done_to_itself(title):
    chain = QuickChain().furnish()
    playground = QuickPlayground(chain)
    call = instructions.call_data("issue", title, lc.CARRIER_NO, 5, lc.SHIPPER_ID, 0)
    with lc.refused(None):
        playground.run(lc.CARRIER, call, gas=gas_before(call) + 2_000)
    playground.run(lc.CARRIER, call)
    assert playground.storage(0, title) != 0
    assert chain.title(title).sequence == 0


def test_a_playground_calls_the_code_that_an_account_points_to(title):
    """EIP-7702: the code of the ledger, at an account whose storage is empty."""
    chain = QuickChain().furnish()
    playground = QuickPlayground(chain)
    code = bytes.fromhex("ef0100" + chain.contract[2:])
    playground.set_code(lc.BANK.raw_address, code)
    chain.contract = lc.BANK.address
    with lc.refused("NotKeeper"):
        playground.run(lc.ADMIN, instructions.call_data("suspend", 1, WHY))
